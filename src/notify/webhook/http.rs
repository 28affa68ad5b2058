//! One request over one connection: nothing is followed, nothing is kept, and of the answer only its head is read.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use crate::notify::Failure;

/// A receiver gets so long for everything, from name to answer. Standard Webhooks recommends 15 to 30 seconds; ours must
/// end while a server that stops still waits for it.
const TIMEOUT: Duration = Duration::from_secs(8);
/// The head of an answer may be this long.
const HEAD_LIMIT: usize = 16 * 1024;

/// The way to one URL. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    url: Url,
    /// Made at the first request: the machine's authorities are read from many files.
    tls: Arc<OnceCell<TlsConnector>>,
}

/// What is read of an answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
}

impl Client {
    pub fn new(url: Url) -> Self {
        Self { url, tls: Arc::default() }
    }

    /// Post this JSON.
    pub async fn post(&self, headers: &[(&'static str, String)], body: String) -> Result<Answer, Failure> {
        let request = self.request(headers, body).ok_or_else(|| Failure::last("http_request"))?;
        let answer = tokio::time::timeout(TIMEOUT, self.send(request)).await;
        answer.unwrap_or_else(|_| Err(Failure::again("http_timeout")))
    }

    fn request(&self, headers: &[(&'static str, String)], body: String) -> Option<Request<Full<Bytes>>> {
        let host = &self.url[Position::BeforeHost..Position::AfterPort];
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.url[Position::BeforePath..Position::AfterQuery])
            .header(HOST, host)
            .header(USER_AGENT, concat!("holdfast/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(Full::from(body)).ok()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let no_connection = |_| Failure::again("http_connection");
        let host = self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = self.url.port_or_known_default().unwrap_or(443);
        let stream = TcpStream::connect((host, port)).await.map_err(no_connection)?;
        if self.url.scheme() == "http" {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::last("http_host"))?;
        let tls = self.tls.get_or_try_init(connector).await?;
        exchange(tls.connect(name, stream).await.map_err(|_| Failure::again("http_tls"))?, request).await
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Failure> {
    let no_answer = |_| Failure::again("http_answer");
    let connection = http1::Builder::new().max_buf_size(HEAD_LIMIT).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connection.map_err(no_answer)?;
    // Dropped with the rest, however this ends; what is left of the body is never read.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(no_answer)?;
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer { status: response.status().as_u16(), retry_after: retry_after.map(Duration::from_secs) })
}

async fn connector() -> Result<TlsConnector, Failure> {
    let found = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.map_err(|_| Failure::again("stopped"))?.certs);
    if roots.is_empty() {
        tracing::warn!("this machine has no list of certificate authorities, so no webhook can be sent");
        return Err(Failure::again("no_authorities"));
    }
    // ring, like everything else here.
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Failure::again("http_tls"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
