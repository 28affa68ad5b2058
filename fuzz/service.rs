//! The whole service in this thread, over a database of its own, with its log where it can be looked at.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use holdfast::clock::SystemClock;
use holdfast::fuzzing;
use holdfast::server::config::Config;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// The paths that are asked; anything else is part of the input.
const PATHS: &[(&str, &str)] = &[
    ("POST", "/auth/passkey/register/options"),
    ("POST", "/auth/passkey/register/verify"),
    ("POST", "/auth/passkey/login/options"),
    ("POST", "/auth/passkey/login/verify"),
    ("POST", "/auth/step-up/options"),
    ("POST", "/auth/step-up/verify"),
    ("POST", "/auth/session/rotate"),
    ("POST", "/auth/sessions/revoke"),
    ("POST", "/auth/events/disown"),
    ("POST", "/auth/logout"),
    ("POST", "/auth/introspect"),
    ("POST", "/auth/dbsc/register"),
    ("POST", "/auth/dbsc/refresh"),
    ("POST", "/api-keys"),
    ("POST", "/api-keys/revoke"),
    ("POST", "/billing/payout"),
    ("GET", "/auth/session"),
    ("GET", "/auth/events"),
    ("GET", "/account"),
];

/// What is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One of a thread's own.
pub struct Service {
    router: Router,
    runtime: Runtime,
    json: Lines,
    plain: Lines,
    _folder: tempfile::TempDir,
}

thread_local! {
    static SERVICE: Service = Service::start();
}

impl Service {
    /// The one of this thread.
    pub fn here(ask: impl FnOnce(&Self)) {
        SERVICE.with(ask);
    }

    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let shared = std::path::Path::new("/dev/shm");
        let folder =
            if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.expect("a folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(at("secrets")).expect("a file");
        file.write_all(holdfast::keyring::new_file().expect("keys").as_bytes()).expect("a file of keys");
        let settings = [
            ("HOLDFAST_DATABASE_URL", format!("sqlite://{}?mode=rwc", at("holdfast.db"))),
            ("HOLDFAST_GEO_DB", "none".to_owned()),
            ("HOLDFAST_SECRETS", at("secrets")),
            ("HOLDFAST_THROTTLE_SCALE", "100000".to_owned()),
            ("HOLDFAST_AUDIT_CHECKPOINTS", at("checkpoints")),
        ];
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        let config = Config::parse("fuzz", "", settings).expect("settings");
        let state = runtime.block_on(holdfast::server::open(config, Arc::new(SystemClock))).expect("a service");
        Self {
            router: holdfast::server::router(state),
            runtime,
            _folder: folder,
            json: Lines::default(),
            plain: Lines::default(),
        }
    }

    /// The first byte says which path, the first empty line ends the headers, the rest is the body.
    pub fn ask(&self, bytes: &[u8]) {
        let Some((which, rest)) = bytes.split_first() else { return };
        let end = rest.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 2..]));
        let (method, path) = PATHS[usize::from(*which) % PATHS.len()];
        for (is_json, lines) in [(true, &self.json), (false, &self.plain)] {
            let writer = lines.clone();
            let subscriber = fuzzing::log(is_json, move || writer.clone());
            tracing::subscriber::with_default(subscriber, || self.ask_once(method, path, head, body));
            let written = std::mem::take(&mut *lines.0.lock().expect("the log"));
            check_log(is_json, &written);
        }
    }

    fn ask_once(&self, method: &str, path: &str, head: &[u8], body: &[u8]) {
        let mut request = Request::new(Body::from(body.to_vec()));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
        *request.uri_mut() = path.parse().expect("a path");
        let headers = request.headers_mut();
        headers.insert(header::HOST, "localhost:3000".parse().expect("a host"));
        headers.insert(header::ORIGIN, "http://localhost:3000".parse().expect("an origin"));
        headers.insert(header::CONTENT_TYPE, "application/json".parse().expect("a type"));
        headers.extend(fuzzing::headers(head));
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.expect("an answer");
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            assert!(parts.status.as_u16() < 500, "{} {:?}", parts.status, body);
            assert!(body.len() < 200_000, "an answer of {} bytes", body.len());
            let id = parts.headers["x-request-id"].to_str().expect("an id").to_owned();
            let is_json = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
            let is_challenge = parts.status == StatusCode::FORBIDDEN && body.is_empty();
            if parts.status.is_client_error() && method == "POST" && !is_challenge {
                assert!(is_json, "an error in another shape: {body:?}");
                let error: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
                assert_eq!(error["requestId"], id.as_str());
                assert!(error["code"].is_string() && error["error"].is_string());
            }
        });
    }
}

/// One line an event, and nothing in it that ends a line, drives a terminal or is another object (ASVS 16.4.1).
fn check_log(is_json: bool, written: &[u8]) {
    let text = std::str::from_utf8(written).expect("text");
    assert!(text.is_empty() || text.ends_with('\n'));
    let mut requests = 0;
    for line in text.lines() {
        assert!(!line.chars().any(char::is_control), "a control character in the log: {line:?}");
        if is_json {
            let event: serde_json::Value = serde_json::from_str(line).expect("a line that is JSON");
            requests += usize::from(event["message"] == "answered");
        } else {
            // Every line begins with its time.
            assert!(line.starts_with("20"), "a line that nobody began: {line:?}");
        }
    }
    assert!(!is_json || requests == 1, "one line a request: {text}");
}
