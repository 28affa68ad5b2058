//! A real receiver of webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    RetryAfter(u16, u64),
    Redirect,
    Late(Duration),
    Never,
    Endless,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub time: String,
    pub signature: String,
    pub path: String,
    pub body: String,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// They come whenever a server runs, and are kept apart.
    checkpoints: Mutex<Vec<Received>>,
    replies: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Option<Reply>>,
}

/// The receiver. Gone when dropped.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in?team=a", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(receive).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, task }
    }

    /// The same receiver, to be served by somebody else too.
    pub fn router(&self) -> Router {
        Router::new().fallback(receive).with_state(self.shared.clone())
    }

    /// What the next requests are answered, in order; after them, 204.
    pub fn answer(&self, replies: &[Reply]) {
        self.shared.replies.lock().unwrap().extend(replies);
    }

    /// What all requests are answered that have no answer of their own.
    pub fn always(&self, reply: Reply) {
        *self.shared.otherwise.lock().unwrap() = Some(reply);
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The checkpoints of the audit trail that came.
    pub fn checkpoints(&self) -> Vec<Received> {
        self.shared.checkpoints.lock().unwrap().clone()
    }

    /// What the bodies say in `data.n`, in the order in which they came.
    pub fn numbers(&self) -> Vec<i64> {
        let number = |received: &Received| {
            let body: serde_json::Value = serde_json::from_str(&received.body).unwrap();
            body["data"]["n"].as_i64().unwrap()
        };
        self.received().iter().map(number).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Received {
    /// As a receiver checks it: <https://www.standardwebhooks.com>, written anew.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let signature = STANDARD.decode(self.signature.strip_prefix("v1,").unwrap()).unwrap();
        let signed = format!("{}.{}.{}", self.id, self.time, self.body);
        ring::hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    }
}

async fn receive(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let received = Received {
        id: header("webhook-id"),
        time: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        path: uri.to_string(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    if received.body.contains("\"type\":\"audit.checkpoint\"") {
        shared.checkpoints.lock().unwrap().push(received);
        return StatusCode::NO_CONTENT.into_response();
    }
    shared.received.lock().unwrap().push(received);
    let next = shared.replies.lock().unwrap().pop_front();
    let reply = next.or(*shared.otherwise.lock().unwrap()).unwrap_or(Reply::Status(204));
    let status = |code| StatusCode::from_u16(code).unwrap();
    match reply {
        Reply::Status(code) => status(code).into_response(),
        Reply::RetryAfter(code, seconds) => (status(code), [("retry-after", seconds.to_string())]).into_response(),
        Reply::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response(),
        Reply::Late(pause) => {
            tokio::time::sleep(pause).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Reply::Never => std::future::pending().await,
        Reply::Endless => {
            let chunk = || async { Some((Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 8192])), ())) };
            let body = futures::stream::unfold((), move |()| chunk());
            axum::body::Body::from_stream(body).into_response()
        }
    }
}
