//! A browser as far as the server can tell: it keeps cookies, sends its origin, and hands JSON to passkeys.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use url::Url;

use super::Key;

/// Where the server under test lives unless a test says otherwise.
pub const ORIGIN: &str = "http://localhost:3000";

/// Keeps what a browser keeps. A clone is a second tab that shares nothing from then on.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    origin: String,
    pub cookies: BTreeMap<String, String>,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Browser {
    pub(super) fn new(router: Router, origin: &Url) -> Self {
        Self { router, origin: origin.origin().ascii_serialization(), cookies: BTreeMap::new() }
    }

    /// The same browser, at another process of the same server.
    pub fn at(&self, app: &super::App) -> Self {
        Self { router: app.router.clone(), ..self.clone() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    /// A person navigates.
    pub async fn open(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], Body::empty())
            .await
    }

    /// A page of ours calls the API.
    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], body.to_string().into()).await
    }

    /// Anything else. `headers` replace what a browser would send; an empty value removes it.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let host = self.origin.split_once("://").unwrap().1;
        let mut request = Request::new(body);
        *request.uri_mut() = path.parse().unwrap();
        let all = request.headers_mut();
        all.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        all.insert(header::USER_AGENT, HeaderValue::from_static("Mozilla/5.0 (test)"));
        if method != Method::GET && method != Method::HEAD {
            all.insert(header::ORIGIN, HeaderValue::from_str(&self.origin).unwrap());
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            all.insert(header::COOKIE, HeaderValue::from_str(&pairs.join("; ")).unwrap());
        }
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            if value.is_empty() {
                all.remove(name);
            } else {
                all.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
        }
        *request.method_mut() = method;
        let address: SocketAddr = "203.0.113.77:40000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));

        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.set_cookies() {
            let mut parts = cookie.split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            if parts.any(|attribute| attribute == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Begin to make an account; the creation options.
    pub async fn begin_sign_up(&mut self, email: &str) -> Value {
        self.post("/auth/passkey/register/options", &json!({ "email": email })).await.success()
    }

    /// Begin to sign in; the request options.
    pub async fn begin_sign_in(&mut self) -> Value {
        self.post("/auth/passkey/login/options", &json!({})).await.success()
    }

    pub async fn finish_sign_up(&mut self, response: Value) -> Answer {
        self.post("/auth/passkey/register/verify", &json!({ "response": response })).await
    }

    pub async fn finish_sign_in(&mut self, response: Value) -> Answer {
        self.post("/auth/passkey/login/verify", &json!({ "response": response })).await
    }

    /// Make an account with a new synced passkey.
    pub async fn sign_up(&mut self, email: &str) -> Key {
        self.sign_up_with(Key::new(), email).await
    }

    /// Make an account with this passkey.
    pub async fn sign_up_with(&mut self, mut key: Key, email: &str) -> Key {
        let options = self.begin_sign_up(email).await;
        let response = key.create(&options);
        self.finish_sign_up(response).await.success();
        key
    }

    pub async fn sign_in(&mut self, key: &Key) -> Answer {
        let options = self.begin_sign_in().await;
        self.finish_sign_in(key.get(&options)).await
    }

    pub async fn session(&mut self) -> Answer {
        self.get("/auth/session").await
    }

    pub async fn sign_out(&mut self) -> Answer {
        self.post("/auth/logout", &json!({})).await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
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
