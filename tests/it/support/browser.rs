//! A browser as far as the server can tell: it keeps cookies, sends its origin, and proves the key of its session.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use holdfast::clock::{Clock, SystemClock};
use serde_json::Value;
use url::Url;

use super::proof::{DeviceKey, Jwt};
use super::transport::{NOBODY, Transport};
use super::{App, Key};

/// Where the server under test lives unless a test says otherwise.
pub const ORIGIN: &str = "http://localhost:3000";

const JSON: (&str, &str) = ("content-type", "application/json");

/// Keeps what a browser keeps. A clone is a second tab that shares nothing from then on: what a thief has who copied
/// all of it, until he is stripped of something.
#[derive(Clone)]
pub struct Browser {
    transport: Transport,
    clock: Arc<dyn Clock>,
    /// Scheme, host and port of the page it shows.
    pub origin: String,
    pub cookies: BTreeMap<String, String>,
    /// What it says it is. Empty: it says nothing.
    pub user_agent: String,
    /// Empty: it says nothing.
    pub languages: String,
    /// From where it calls. `None`: nobody can tell.
    pub address: Option<IpAddr>,
    /// The key that its session is bound to.
    pub device_key: Option<DeviceKey>,
    /// Whether its calls prove that key, as a page's do.
    pub proves: bool,
    /// The last `DPoP-Nonce` and `DPoP-Ath`, which a page keeps. Empty: none came yet.
    pub nonce: String,
    pub ath: String,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Browser {
    pub(super) fn new(transport: Transport, clock: Arc<dyn Clock>, origin: &Url) -> Self {
        Self {
            transport,
            clock,
            origin: origin.origin().ascii_serialization(),
            cookies: BTreeMap::new(),
            user_agent: "Mozilla/5.0 (test)".to_owned(),
            languages: "en-GB,en;q=0.8".to_owned(),
            address: Some([203, 0, 113, 77].into()),
            device_key: None,
            proves: true,
            nonce: String::new(),
            ath: String::new(),
        }
    }

    /// The same browser, at another process of the same server.
    pub fn at(&self, app: &App) -> Self {
        Self { transport: Transport::Router(app.router.clone()), ..self.clone() }
    }

    /// The same browser, at the program that listens there.
    pub fn at_address(&self, address: SocketAddr) -> Self {
        Self { transport: Transport::Tcp(address), clock: Arc::new(SystemClock), ..self.clone() }
    }

    /// A new synced passkey that works at this browser's origin.
    pub fn new_key(&self) -> Key {
        Key::new().at(&self.origin)
    }

    /// What a thief has who copied the cookies and nothing else.
    pub fn cookies_only(&self) -> Self {
        Self { device_key: None, nonce: String::new(), ath: String::new(), ..self.clone() }
    }

    /// The session cookie.
    #[track_caller]
    pub fn sid(&self) -> String {
        self.cookies.get("__Host-sid").expect("a session cookie").clone()
    }

    /// The address as a proof names it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{}", self.origin, path.split('?').next().unwrap())
    }

    /// The proof that a page of ours would send with this call.
    pub fn proof(&self, method: &Method, path: &str) -> Jwt {
        let key = self.device_key.as_ref().expect("a device key");
        key.proof(method.as_str(), &self.url(path))
            .with("iat", self.clock.now().0 / 1000)
            .with("nonce", self.nonce.as_str())
            .with("ath", self.ath.as_str())
    }

    /// A page of ours, or a program, reads.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.call(&Method::GET, path, None).await
    }

    /// A page of ours calls the API.
    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.call(&Method::POST, path, Some(body)).await
    }

    /// A call of the API. What a page does about proofs is done: it sends one if it can, and tries once more if it
    /// is told how.
    pub async fn call(&mut self, method: &Method, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.call_once(method, path, body).await;
        let is_told_how = ["use_dpop_nonce", "dpop_proof_required"].contains(&answer.code().as_str());
        if is_told_how && self.can_prove() { self.call_once(method, path, body).await } else { answer }
    }

    async fn call_once(&mut self, method: &Method, path: &str, body: Option<&Value>) -> Answer {
        let proof = self.can_prove().then(|| self.proof(method, path).encode());
        let proof = proof.as_deref().map(|proof| ("dpop", proof));
        let json = body.is_some().then_some(JSON);
        let headers: Vec<_> = json.into_iter().chain(proof).collect();
        let body = body.map_or_else(Body::empty, |body| body.to_string().into());
        self.send(method.clone(), path, &headers, body).await
    }

    /// Without a nonce a proof is of no use, and a page waits until it is given one.
    fn can_prove(&self) -> bool {
        self.proves && self.device_key.is_some() && !self.nonce.is_empty()
    }

    /// A person navigates. No script runs before that, so no proof comes with it.
    pub async fn open(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], Body::empty())
            .await
    }

    /// Anything else. `headers` replace what a browser would send; an empty value removes it, a name that comes twice
    /// is sent twice.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::new(body);
        *request.uri_mut() = path.parse().unwrap();
        *request.headers_mut() = self.usual_headers(&method);
        *request.method_mut() = method;
        let all = request.headers_mut();
        for (number, (name, value)) in headers.iter().enumerate() {
            let came_before = headers[..number].iter().any(|(earlier, _)| earlier == name);
            let name: HeaderName = name.parse().unwrap();
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            if value.is_empty() {
                all.remove(name);
            } else if came_before {
                all.append(name, value);
            } else {
                all.insert(name, value);
            }
        }
        let (parts, body) = self.transport.send(request, self.address).await.into_parts();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        self.keep(&answer);
        answer
    }

    fn usual_headers(&self, method: &Method) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut say = |name, text: &str| {
            if !text.is_empty() {
                headers.insert(name, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            }
        };
        say(header::HOST, self.origin.split_once("://").unwrap().1);
        say(header::USER_AGENT, &self.user_agent);
        say(header::ACCEPT_LANGUAGE, &self.languages);
        if method != Method::GET && method != Method::HEAD {
            say(header::ORIGIN, &self.origin);
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        say(header::COOKIE, &pairs.join("; "));
        headers
    }

    fn keep(&mut self, answer: &Answer) {
        if answer.set_cookie("__Host-sid").is_some() {
            // What a page knew was about the session or token before.
            self.nonce.clear();
            self.ath.clear();
        }
        for cookie in answer.set_cookies() {
            let mut parts = cookie.split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            if parts.any(|attribute| attribute == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        for (name, slot) in [("dpop-nonce", &mut self.nonce), ("dpop-ath", &mut self.ath)] {
            if !answer.header(name).is_empty() {
                answer.header(name).clone_into(slot);
            }
        }
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Whether somebody said so: a server that was gone says nothing.
    pub fn came(&self) -> bool {
        self.status != NOBODY
    }

    /// The code of a refusal, or nothing.
    pub fn code(&self) -> String {
        let json: Option<Value> = serde_json::from_slice(&self.body).ok();
        json.and_then(|json| Some(json.get("code")?.as_str()?.to_owned())).unwrap_or_default()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The Set-Cookie header of this cookie.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        self.set_cookies().into_iter().find(|cookie| cookie.split('=').next() == Some(name))
    }

    /// The session token that came with it.
    pub fn new_sid(&self) -> Option<&str> {
        let (pair, _) = self.set_cookie("__Host-sid")?.split_once(';')?;
        Some(pair.split_once('=')?.1)
    }

    /// Whether this island is on the page.
    pub fn shows_island(&self, name: &str) -> bool {
        self.text().contains(&format!("data-component=\"{name}_"))
    }

    /// It went well, whatever it says.
    #[track_caller]
    pub fn ok(&self) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
    }

    /// It went well: the JSON.
    #[track_caller]
    pub fn success(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }

    /// It was refused, in the one shape that errors have: the JSON.
    #[track_caller]
    pub fn refusal(&self, status: u16, code: &str) -> Value {
        let json = self.json();
        assert_eq!((self.status.as_u16(), json["code"].as_str()), (status, Some(code)), "{json}");
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(json["requestId"], self.header("x-request-id"), "{json}");
        let sentence = json["error"].as_str().unwrap();
        assert!(sentence.ends_with('.') && sentence.contains(' '), "not a sentence: {sentence}");
        json
    }
}
