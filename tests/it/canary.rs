//! Whatever is secret in some weeks of a person's life here lies in no log line, no row, and no answer that refuses something.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use holdfast::server::logging;
use serde_json::{Value, json};
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::support::dbsc::{self, Dbsc, https};
use crate::support::secrets::forms;
use crate::support::{App, Backend, Browser, DeviceKey, flip_last_bit, run};

// On one thread, so that all that is logged can be caught: a subscriber is of a thread.
mod sqlite {
    #[tokio::test]
    async fn u03_no_secret_lies_anywhere() {
        super::run(super::Backend::Sqlite, super::u03_no_secret_lies_anywhere).await;
    }
}
mod postgres {
    #[tokio::test]
    async fn u03_no_secret_lies_anywhere() {
        super::run(super::Backend::Postgres, super::u03_no_secret_lies_anywhere).await;
    }
}

/// Members of bodies, at any depth, that hold what only its owner may know.
const SECRET_MEMBERS: [&str; 7] =
    ["challenge", "secret", "signature", "proof", "token", "boundToken", "clientDataJSON"];

/// What went over the wire.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Passed>>);

#[derive(Default)]
struct Passed {
    secrets: BTreeSet<String>,
    refusals: Vec<(String, Vec<u8>)>,
    request_id: String,
}

impl Passed {
    fn add(&mut self, secret: &str) {
        // A compact JWT is secret as a whole, and so is its signature; of `id.secret` the second.
        let parts: Vec<&str> = secret.split('.').collect();
        let last = *parts.last().unwrap();
        let bare = secret.strip_prefix("hfk_").unwrap_or(secret);
        self.secrets.extend([secret, bare, last].into_iter().filter(|it| it.len() >= 20).map(str::to_owned));
    }

    fn add_members(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|item| self.add_members(item)),
            Value::Object(members) => {
                for (name, item) in members {
                    match item {
                        Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => self.add(text),
                        _ => self.add_members(item),
                    }
                }
            }
            _ => {}
        }
    }

    fn add_body(&mut self, body: &[u8]) {
        if let Ok(json) = serde_json::from_slice(body) {
            self.add_members(&json);
        }
    }

    fn add_headers(&mut self, headers: &HeaderMap) {
        let texts = |name: &str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<&str> = texts("cookie").flat_map(|all| all.split("; ")).collect();
        let set = texts("set-cookie").filter_map(|cookie| cookie.split(';').next());
        for pair in pairs.into_iter().chain(set) {
            self.add(pair.split_once('=').unwrap().1);
        }
        for name in ["dpop", "dpop-nonce", "secure-session-response"] {
            texts(name).for_each(|text| self.add(text));
        }
        texts("authorization").filter_map(|text| text.strip_prefix("Bearer ")).for_each(|key| self.add(key));
        // `"challenge";id="…"` and `(ES256);challenge="…";authorization="…"`: every string in it but the id, which is none.
        for name in ["secure-session-challenge", "secure-session-registration"] {
            for text in texts(name) {
                let strings: Vec<&str> = text.split('"').collect();
                let secret =
                    strings.chunks_exact(2).filter(|it| !it[0].ends_with("id=") && !it[0].ends_with("path="));
                secret.for_each(|it| self.add(it[1]));
            }
        }
    }
}

async fn listen(State(Wire(passed)): State<Wire>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    {
        let mut passed = passed.lock().unwrap();
        passed.add_headers(&parts.headers);
        passed.add_body(&body);
    }
    let what = format!("the answer to {} {}", parts.method, parts.uri);
    let (parts, body) = next.run(Request::from_parts(parts, Body::from(body))).await.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    let mut passed = passed.lock().unwrap();
    passed.add_headers(&parts.headers);
    if parts.status.is_success() {
        passed.add_body(&body);
    } else {
        passed.refusals.push((what, body.to_vec()));
    }
    if let Some(id) = parts.headers.get("x-request-id") {
        id.to_str().unwrap().clone_into(&mut passed.request_id);
    }
    Response::from_parts(parts, Body::from(body))
}

impl Wire {
    /// The same process, listened to.
    fn tap(&self, mut app: App) -> App {
        app.router = app.router.layer(from_fn_with_state(self.clone(), listen));
        app
    }
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// As the server logs, but of everything, and of spans too.
    fn catch(&self) -> tracing::subscriber::DefaultGuard {
        // While there is but one subscriber, tracing asks that of the thread on which a line is first met: another test's has none,
        // and the line would be off for all.
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));
        LazyLock::force(&ANOTHER);
        let log = self.clone();
        let lines = tracing_subscriber::fmt::layer().json().with_span_events(FmtSpan::NEW);
        let filter = logging::with_quiet(Targets::new().with_default(LevelFilter::TRACE));
        let lines = lines.with_writer(move || log.clone()).with_filter(filter);
        tracing::subscriber::set_default(Registry::default().with(lines))
    }
}

/// Finds many needles in one pass: by their first bytes, which few have in common.
struct Needles(HashMap<[u8; FIRST], Vec<Vec<u8>>>);

const FIRST: usize = 8;

impl Needles {
    fn of(secrets: &BTreeSet<String>) -> Self {
        let mut by_start: HashMap<[u8; FIRST], Vec<Vec<u8>>> = HashMap::new();
        for needle in secrets.iter().flat_map(|secret| forms(secret)).filter(|needle| needle.len() >= FIRST) {
            by_start.entry(needle[..FIRST].try_into().unwrap()).or_default().push(needle);
        }
        Self(by_start)
    }

    fn find(&self, hay: &[u8]) -> Option<String> {
        hay.windows(FIRST).enumerate().find_map(|(at, start)| {
            let found = self.0.get(start)?.iter().find(|needle| hay[at..].starts_with(needle))?;
            let around = &hay[at.saturating_sub(60)..(at + found.len() + 20).min(hay.len())];
            Some(String::from_utf8_lossy(around).into_owned())
        })
    }
}

async fn bound_to_a_key(app: &App) -> Browser {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("bob@example.test").await;
    browser.session().await.success();
    let thief = browser.cookies_only();
    browser
        .guarded_post("/billing/payout", &json!({ "accountHolder": "Bob", "iban": "NO9386011117947" }), &key)
        .await
        .success();
    app.advance(15 * 60);
    browser.rotate().await.success();
    browser.session().await.success();
    let bad = browser.proof(&Method::GET, "/api-keys").with("ath", "x").encode();
    browser
        .send(Method::GET, "/api-keys", &[("dpop", &bad)], Body::empty())
        .await
        .refusal(401, "invalid_dpop_proof");
    app.advance(60);
    // A replaced token: the session ends.
    thief.clone().session().await.refusal(401, "invalid_session");
    browser.sign_in_bound(&key).await.success();
    browser
}

async fn bound_by_the_browser(app: &App) {
    let mut browser = app.browser();
    let (mut bound, key) = dbsc::sign_up(&mut browser, "eve@example.test").await;
    app.advance(8 * 60);
    bound.refresh(&mut browser).await.ok();
    let challenge = bound.challenge.clone().unwrap();
    let mut thief = Dbsc { key: DeviceKey::new(), ..bound.clone() };
    thief.refresh_with(&mut browser, &thief.response(&challenge).encode()).await.refusal(401, "binding_ended");
    let entered = browser.sign_in(&key).await;
    thief.offer = dbsc::Offer::of(&entered);
    let stale = thief.registration().with("jti", "A".repeat(43)).encode();
    thief.register_with(&mut browser, &stale).await.refusal(400, "invalid_request");
}

/// A code and a link that were mailed, used, and used again.
async fn mailed(app: &App) -> String {
    let mut browser = app.browser();
    let key = browser.sign_up("zoe@example.test").await;
    browser.confirm(app, "zoe@example.test", &key).await;
    app.browser().sign_in(&key).await.success();
    let link = App::letter_to(&app.letters().await, "zoe@example.test").link();
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    mailer.press(&page).await;
    mailer.follow(&link).await;
    mailer.send(Method::POST, "/not-me", &[("origin", "https://evil.example")], Body::empty()).await;
    link.split_once("t=").unwrap().1.to_owned()
}

async fn programs(app: &App) {
    let mut browser = app.browser();
    let key = browser.sign_up("joe@example.test").await;
    let made = browser.guarded_post("/api-keys", &json!({ "name": "backend" }), &key).await.success();
    let secret = made["secret"].as_str().unwrap();
    let body = json!({ "token": browser.sid() }).to_string();
    for bearer in [format!("Bearer {secret}"), format!("Bearer {secret}A")] {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("origin", "")];
        app.browser().send(Method::POST, "/auth/introspect", &headers, body.clone().into()).await;
    }
    let options = browser.begin_step_up("session_continue", json!({})).await;
    let answer = key.get(&options);
    browser.finish_step_up(flip_last_bit(&answer, "signature")).await.refusal(400, "signature_invalid");
    browser.finish_step_up(answer).await.refusal(400, "challenge_used");
    // A secret in the wrong place, and a body that is no JSON.
    browser.get(&format!("/auth/session?token={}", browser.sid())).await;
    let torn = format!("{{\"response\": \"{}", browser.sid());
    let json = [(header::CONTENT_TYPE.as_str(), "application/json")];
    browser
        .send(Method::POST, "/auth/passkey/login/verify", &json, torn.into())
        .await
        .refusal(400, "invalid_json");
    browser.sign_out().await.success();
}

async fn u03_no_secret_lies_anywhere(app: App) {
    let (wire, log) = (Wire::default(), Log::default());
    let guard = log.catch();
    let located = wire.tap(app.located(&[]).await);
    located.rich_history().await;
    programs(&located).await;
    let mailed = mailed(&located).await;
    bound_to_a_key(&located).await;
    let secure = wire.tap(https(&app).await);
    bound_by_the_browser(&secure).await;
    drop(guard);

    let passed = std::mem::take(&mut *wire.0.lock().unwrap());
    let log = std::mem::take(&mut *log.0.lock().unwrap());
    let text = String::from_utf8_lossy(&log);
    assert!(passed.secrets.contains(&mailed), "the link's page has it in a cookie");
    assert!(passed.secrets.len() > 300, "{}", passed.secrets.len());
    for line in ["\"answered\"", &passed.request_id] {
        assert!(text.contains(line), "not all was caught: {line}");
    }
    assert!(Needles::of(&BTreeSet::from([passed.request_id])).find(&log).is_some(), "the search finds nothing");

    let needles = Needles::of(&passed.secrets);
    assert_eq!(needles.find(&log), None, "in the log");
    assert!(passed.refusals.len() > 50, "{}", passed.refusals.len());
    for (what, body) in &passed.refusals {
        assert_eq!(needles.find(body), None, "in {what}");
    }
    let values = app.every_value().await;
    // A ceremony is found by its challenge, which is worth nothing without the browser's cookie.
    let values = values.iter().filter(|(column, _)| column != "ceremonies.challenge");
    let mut count = 0;
    for (column, value) in values {
        count += 1;
        assert_eq!(needles.find(value), None, "in {column}");
    }
    assert!(count > 2000, "{count}");
}
