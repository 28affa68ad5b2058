//! A browser's side of Device Bound Session Credentials by hand, as Chromium 156 speaks it
//! (reference/browser.md §2). Every statement it makes can be replaced by a bad one.

use super::proof::{DeviceKey, Jwt};
use super::{Answer, App, Browser};
use axum::body::Body;
use axum::http::Method;

/// The bound cookie.
pub const BOUND: &str = "__Host-bound";
const REFRESH: &str = "/auth/dbsc/refresh";

/// DBSC needs https: the same server under such an origin.
pub async fn https(app: &App) -> App {
    app.beside(&[("HOLDFAST_ORIGIN", "https://login.example.test")]).await
}

/// What `Secure-Session-Registration` said.
#[derive(Clone, Debug)]
pub struct Offer {
    pub path: String,
    pub challenge: String,
    pub authorization: String,
}

impl Offer {
    /// The one offer in this answer.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let header = answer.header("secure-session-registration");
        assert!(header.starts_with("(ES256);"), "{header:?} in {answer:?}");
        Self {
            path: parameter(header, "path").unwrap(),
            challenge: parameter(header, "challenge").unwrap(),
            authorization: parameter(header, "authorization").unwrap(),
        }
    }
}

/// What the browser keeps of a bound session, beside its cookies.
#[derive(Clone)]
pub struct Dbsc {
    pub key: DeviceKey,
    pub offer: Offer,
    /// `session_identifier` of the config.
    pub id: String,
    /// The challenge for the next refresh, if one was sent ahead.
    pub challenge: Option<String>,
}

impl Dbsc {
    /// A browser that was offered a binding and has not registered yet.
    #[track_caller]
    pub fn offered(answer: &Answer) -> Self {
        Self { key: DeviceKey::new(), offer: Offer::of(answer), id: String::new(), challenge: None }
    }

    /// What a registration states.
    pub fn registration(&self) -> Jwt {
        self.key
            .states("dbsc+jwt")
            .with_header("jwk", self.key.jwk())
            .with("jti", self.offer.challenge.as_str())
            .with("authorization", self.offer.authorization.as_str())
    }

    /// What a refresh states.
    pub fn response(&self, challenge: &str) -> Jwt {
        self.key.states("dbsc+jwt").with("jti", challenge)
    }

    /// Register, as the browser does by itself after the answer that offered it.
    pub async fn register(&mut self, browser: &mut Browser) -> Answer {
        let answer = self.register_with(browser, &self.registration().encode()).await;
        if answer.status.is_success() {
            answer.json()["session_identifier"].as_str().unwrap().clone_into(&mut self.id);
            self.keep_challenge(&answer);
        }
        answer
    }

    /// Register with this statement, whatever it is worth.
    pub async fn register_with(&self, browser: &mut Browser, statement: &str) -> Answer {
        send(browser, &self.offer.path, &[("secure-session-response", statement)]).await
    }

    /// Refresh, as the browser does by itself: ask for a challenge if it has none, answer it, and again if that one
    /// was stale; five posts at most.
    pub async fn refresh(&mut self, browser: &mut Browser) -> Answer {
        let mut answer = match self.challenge.take() {
            Some(challenge) => self.refresh_with(browser, &self.response(&challenge).encode()).await,
            None => self.ask(browser).await,
        };
        for _ in 1..5 {
            if answer.status != 403 {
                break;
            }
            let challenge = self.challenge_in(&answer).expect("a challenge");
            answer = self.refresh_with(browser, &self.response(&challenge).encode()).await;
        }
        if answer.status.is_success() {
            self.keep_challenge(&answer);
        }
        answer
    }

    /// Refresh without a statement.
    pub async fn ask(&self, browser: &mut Browser) -> Answer {
        send(browser, REFRESH, &[("sec-secure-session-id", &self.id)]).await
    }

    /// Refresh with this statement, whatever it is worth.
    pub async fn refresh_with(&self, browser: &mut Browser, statement: &str) -> Answer {
        let headers = [("sec-secure-session-id", self.id.as_str()), ("secure-session-response", statement)];
        send(browser, REFRESH, &headers).await
    }

    /// The challenge in an answer. Without the session's id beside it a browser would ignore it.
    #[track_caller]
    pub fn challenge_in(&self, answer: &Answer) -> Option<String> {
        let header = answer.header("secure-session-challenge");
        if header.is_empty() {
            return None;
        }
        assert_eq!(parameter(header, "id").as_deref(), Some(self.id.as_str()), "{header}");
        let (challenge, _) = header.strip_prefix('"').unwrap().split_once('"').unwrap();
        Some(challenge.to_owned())
    }

    fn keep_challenge(&mut self, answer: &Answer) {
        self.challenge = self.challenge_in(answer).or(self.challenge.take());
    }
}

/// As the browser's network service posts: an empty body, no content type.
pub async fn send(browser: &mut Browser, path: &str, headers: &[(&str, &str)]) -> Answer {
    let all: Vec<_> = [("sec-fetch-site", "same-origin")].into_iter().chain(headers.iter().copied()).collect();
    browser.send(Method::POST, path, &all, Body::empty()).await
}

/// Sign up over https and register: the binding, and the passkey.
pub async fn sign_up(browser: &mut Browser, email: &str) -> (Dbsc, super::Key) {
    let mut key = browser.new_key();
    let options = browser.begin_sign_up(email).await;
    let made = browser.finish_sign_up(key.create(&options)).await;
    made.success();
    let mut dbsc = Dbsc::offered(&made);
    dbsc.register(browser).await.success();
    (dbsc, key)
}

/// A parameter of a structured field, where it is a string.
fn parameter(header: &str, name: &str) -> Option<String> {
    let (_, rest) = header.split_once(&format!(";{name}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}
