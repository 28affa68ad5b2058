//! A browser's worth of HTTP on one connection.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

pub type Cookies = BTreeMap<String, String>;

pub struct Client {
    port: u16,
    origin: String,
    host: String,
    line: SendRequest<Full<Bytes>>,
    pub cookies: Cookies,
}

impl Client {
    pub async fn open(port: u16) -> Self {
        let host = format!("localhost:{port}");
        Self { port, origin: format!("http://{host}"), host, line: line(port).await, cookies: Cookies::new() }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn get(&mut self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    async fn call(&mut self, method: Method, path: &str, body: Option<String>) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, AGENT)
            .header(header::ACCEPT_LANGUAGE, "en-GB");
        if !self.cookies.is_empty() {
            let jar: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, jar.join("; "));
        }
        if body.is_some() {
            request =
                request.header(header::ORIGIN, &self.origin).header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::from(body.unwrap_or_default())).unwrap();
        // Express closes what was idle for five seconds.
        if self.line.ready().await.is_err() {
            self.line = line(self.port).await;
            self.line.ready().await.unwrap();
        }
        let (parts, body) = self.line.send_request(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || attributes.to_ascii_lowercase().ends_with("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        (parts.status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

async fn line(port: u16) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (line, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    line
}
