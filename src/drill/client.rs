//! A browser as far as a server can tell, or whatever else an attack needs: it keeps cookies, says where it is, and proves a key.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::device_key::DeviceKey;
use super::target::Target;
use super::trial::Stop;

/// An answer gets so long. The server gives up after thirty seconds itself.
const TIMEOUT: Duration = Duration::from_secs(35);
/// No answer of the API is longer.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// What the two sorts of browsers of a drill call themselves: the owner's, and a thief's.
pub(super) const OWNER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
pub(super) const THIEF: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";

/// Cookies, network, name and key of whoever calls. A clone is a copy that a thief has made of all of it.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) target: Arc<Target>,
    pub(super) from: Option<Ipv4Addr>,
    pub(super) agent: &'static str,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) key: Option<DeviceKey>,
    /// The last `DPoP-Nonce` and `DPoP-Ath`.
    pub(super) nonce: String,
    pub(super) ath: String,
}

/// What the server said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) json: Value,
    pub(super) request_id: String,
    /// From the request's first byte to the answer's last.
    pub(super) took: Duration,
    /// `POST /path`, for messages.
    pub(super) call: String,
    /// From where it was called, if the drill chose that.
    pub(super) from: Option<Ipv4Addr>,
}

/// An open connection.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    _driver: JoinSet<hyper::Result<()>>,
}

impl Line {
    pub(super) async fn open(target: &Target, from: Option<Ipv4Addr>) -> Result<Self, Stop> {
        let wire = target.connect(from).await.map_err(|error| Stop::failed(format!("no connection: {error}")))?;
        let (sender, connection) = http1::handshake(wire).await.map_err(Stop::failed)?;
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        Ok(Self { sender, _driver: driver })
    }

    /// `None` if no whole answer came.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Option<Answer> {
        let call = format!("{} {}", request.method(), request.uri().path());
        self.sender.ready().await.ok()?;
        let started = Instant::now();
        let response = tokio::time::timeout(TIMEOUT, self.sender.send_request(request)).await.ok()?.ok()?;
        let (parts, body) = response.into_parts();
        let body = tokio::time::timeout(TIMEOUT, Limited::new(body, ANSWER_LIMIT).collect()).await.ok()?.ok()?;
        let took = started.elapsed();
        let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let request_id = text("x-request-id").unwrap_or_default().to_owned();
        let json = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        Some(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            json,
            request_id,
            took,
            call,
            from: None,
        })
    }
}

impl Browser {
    pub(super) fn new(target: Arc<Target>, from: Option<Ipv4Addr>) -> Self {
        Self {
            target,
            from,
            agent: OWNER,
            cookies: BTreeMap::new(),
            key: None,
            nonce: String::new(),
            ath: String::new(),
        }
    }

    /// These cookies on another machine, in another network.
    pub(super) fn stolen_to(&self, from: Option<Ipv4Addr>) -> Self {
        let cookies = self.cookies.clone();
        Self { agent: THIEF, cookies, ..Self::new(self.target.clone(), from) }
    }

    /// The session's token.
    pub(super) fn sid(&self) -> String {
        self.cookies.get("__Host-sid").cloned().unwrap_or_default()
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Answer, Stop> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Stop> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// As a page of the service calls: with a proof where it has a key, and once more if it is told how.
    async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Stop> {
        let answer = self.call_once(&method, path, body).await?;
        let is_told_how = ["use_dpop_nonce", "dpop_proof_required"].contains(&answer.code());
        if is_told_how && self.key.is_some() && !self.nonce.is_empty() {
            return self.call_once(&method, path, body).await;
        }
        Ok(answer)
    }

    async fn call_once(&mut self, method: &Method, path: &str, body: Option<&Value>) -> Result<Answer, Stop> {
        let proof = self.proof(method, path);
        let mut headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", proof.as_str())).collect();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.send(method.clone(), path, &headers, body.map(Value::to_string).unwrap_or_default()).await
    }

    /// The proof that a page would send along, where there is a key.
    pub(super) fn proof(&self, method: &Method, path: &str) -> Option<String> {
        let key = self.key.as_ref().filter(|_| !self.nonce.is_empty())?;
        let url = format!("{}{path}", self.target.origin);
        Some(key.proof(method.as_str(), &url, &self.nonce, Some(&self.ath)))
    }

    /// Anything at all. `headers` replace what a browser sends; an empty value removes it.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, Stop> {
        let said = format!("{method} {path}");
        let answer = self.try_send(method, path, headers, body).await?;
        answer.ok_or_else(|| Stop::failed(format!("{said} was not answered")))
    }

    /// The same, where no answer is an answer: `None`.
    pub(super) async fn try_send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Option<Answer>, Stop> {
        let request = self.request(method, path, headers, body.into())?;
        let answer = Line::open(&self.target, self.from).await?.send(request).await;
        Ok(answer.map(|answer| {
            self.keep(&answer);
            Answer { from: self.from.filter(|_| self.target.has_networks), ..answer }
        }))
    }

    /// Over a connection that is open already, for measuring.
    pub(super) async fn post_over(&mut self, line: &mut Line, path: &str, body: &Value) -> Result<Answer, Stop> {
        let json = [("content-type", "application/json")];
        let request = self.request(Method::POST, path, &json, body.to_string().into())?;
        line.send(request).await.ok_or_else(|| Stop::failed(format!("POST {path} was not answered")))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Stop> {
        let mut all = HeaderMap::new();
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let origin = if method == Method::GET { "" } else { self.target.origin.as_str() };
        let usual = [
            ("host", self.target.host()),
            ("user-agent", self.agent),
            ("accept-language", "en-GB,en;q=0.8"),
            ("origin", origin),
            ("cookie", cookies.as_str()),
        ];
        for (name, value) in usual.iter().chain(headers) {
            let name: HeaderName = name.parse().map_err(Stop::failed)?;
            if value.is_empty() {
                all.remove(name);
            } else {
                all.insert(name, HeaderValue::from_str(value).map_err(Stop::failed)?);
            }
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(Stop::failed)?;
        *request.headers_mut() = all;
        Ok(request)
    }

    fn keep(&mut self, answer: &Answer) {
        let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        for cookie in cookies {
            let mut parts = cookie.split("; ");
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if name == "__Host-sid" {
                self.nonce.clear();
                self.ath.clear();
            }
            if parts.any(|attribute| attribute == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        for (name, slot) in [("dpop-nonce", &mut self.nonce), ("dpop-ath", &mut self.ath)] {
            if let Some(value) = answer.headers.get(name).and_then(|value| value.to_str().ok()) {
                value.clone_into(slot);
            }
        }
    }
}

impl Answer {
    /// The `code` of an error.
    pub(super) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    pub(super) fn is_success(&self) -> bool {
        self.status == 200
    }

    /// For messages.
    pub(super) fn said(&self) -> String {
        let code = self.code();
        format!("{} answered {}{}{code}", self.call, self.status, if code.is_empty() { "" } else { " " })
    }

    /// The object to ask a touch for, of a 403.
    pub(super) fn step_up(&self) -> Value {
        self.json.get("stepUp").cloned().unwrap_or_else(|| json!({}))
    }
}
