//! How a browser reaches the server: by calling the router, or over a real connection.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response};
use holdfast::clock::ManualClock;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::ServiceExt;
use url::Url;

use super::{App, Browser};

/// The way to the server.
#[derive(Clone)]
pub enum Transport {
    /// In this very process.
    Router(Router),
    /// A connection of its own for each request. The server must trust us as a proxy, or everybody is 127.0.0.1.
    Tcp(SocketAddr),
}

/// What is said for a server that is not there, or went away before it had answered: no status of anybody's.
pub const NOBODY: u16 = 599;

impl Transport {
    /// Send a request that comes from this address.
    pub async fn send(&self, mut request: Request<Body>, from: Option<IpAddr>) -> Response<Bytes> {
        match self {
            Self::Router(router) => {
                if let Some(address) = from {
                    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 40_000)));
                }
                collect(router.clone().oneshot(request).await.unwrap()).await
            }
            Self::Tcp(server) => {
                if let Some(address) = from {
                    let address = HeaderValue::from_str(&address.to_string()).unwrap();
                    request.headers_mut().insert("x-forwarded-for", address);
                }
                over_tcp(*server, request).await.unwrap_or_else(|error| {
                    Response::builder().status(NOBODY).body(Bytes::from(error.to_string())).unwrap()
                })
            }
        }
    }
}

async fn over_tcp(server: SocketAddr, request: Request<Body>) -> Result<Response<Bytes>, Box<dyn Error>> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    let whole = match response {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            body.collect().await.map(|body| Response::from_parts(parts, body.to_bytes()))
        }
        Err(error) => Err(error),
    };
    connection.abort();
    Ok(whole?)
}

async fn collect<B>(response: Response<B>) -> Response<Bytes>
where
    B: axum::body::HttpBody,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// A server that listens. Gone when dropped.
pub struct Listening {
    address: SocketAddr,
    origin: Url,
    clock: Arc<ManualClock>,
    task: JoinHandle<()>,
}

impl Listening {
    pub async fn start(app: &App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { address, origin: app.state.config.origin.clone(), clock: app.clock.clone(), task }
    }

    /// Where it listens.
    pub fn url(&self) -> Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// A browser somewhere on the network.
    pub fn browser(&self) -> Browser {
        Browser::new(Transport::Tcp(self.address), self.clock.clone(), &self.origin)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
