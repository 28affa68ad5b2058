//! How long a request takes whose every signal is looked up, with a million events and a million sign-ins in the database.
//!
//! `make bench-scoring`. The account is old, and the request comes from another network than its session: the most that is
//! ever read. Prints times; asserts none.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench stops where something is wrong, and prints"
)]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast::audit::{Event, EventType, Origin};
use holdfast::clock::{Clock, SystemClock};
use holdfast::server::config::Config;
use holdfast::server::{self, AppState};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use uuid::Uuid;

const PEOPLE: u32 = 20_000;
/// Each person's: a million in all.
const SIGN_INS: u32 = 50;
const EVENTS: u32 = 1_000_000;
const REQUESTS: usize = 2_000;
const DAY: i64 = 86_400_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/bench.db?mode=rwc", folder.path().display());
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/geo");
    let state = open(&url, corpus).await;
    let began = Instant::now();
    let now = SystemClock.now().0;
    fill(state.store.reader(), now).await;
    tell(&state).await;
    let tokens = sessions(state.store.reader(), now).await;
    println!(
        "{} events, {} sign-ins of {PEOPLE} people, in {:.0} s",
        EVENTS,
        PEOPLE * SIGN_INS,
        began.elapsed().as_secs_f64()
    );
    for (what, address) in
        [("from the session's own network", [84, 208, 20, 5]), ("from another country", [73, 10, 20, 5])]
    {
        let mut times = Vec::with_capacity(REQUESTS);
        for token in &tokens {
            let (status, time) = ask(&state, token, address).await;
            assert!(matches!(status, StatusCode::OK | StatusCode::FORBIDDEN), "{status}");
            times.push(time);
        }
        report(what, &mut times);
    }
}

async fn open(url: &str, corpus: &str) -> AppState {
    let (places, asns) = (format!("{corpus}/city.mmdb"), format!("{corpus}/asn.mmdb"));
    let settings = [
        ("HOLDFAST_DATABASE_URL", url),
        ("HOLDFAST_GEO_DB", places.as_str()),
        ("HOLDFAST_GEO_ASN_DB", asns.as_str()),
    ];
    let env = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    server::open(Config::parse("bench", "", env).unwrap(), Arc::new(SystemClock)).await.unwrap()
}

/// Everybody's rows, made by the database itself.
async fn fill(db: &impl ConnectionTrait, now: i64) {
    let numbers = |count: u32| {
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})")
    };
    let person = |number: &str| format!("unhex(printf('%032x', {number}))");
    let statements = [
        format!(
            "{} INSERT INTO users (id, email, created_at, sign_ins) SELECT {}, i || '@b.test', {}, {SIGN_INS} FROM n",
            numbers(PEOPLE),
            person("i"),
            now - 100 * DAY
        ),
        format!(
            "{} INSERT INTO sign_ins (id, user_id, session_id, at, network, asn, country, agent, browser, os, class, device,
                place, is_counted)
             SELECT {}, {}, {}, {now} - (i / {PEOPLE} + 1) * {DAY}, i % 9973, 2119, 20047, i % 997, i % 97, i % 13, i % 3,
                i % {PEOPLE}, '{{\"country\":[78,79],\"asn\":2119,\"is_hosting\":false,\"point\":null}}', TRUE FROM n",
            numbers(PEOPLE * SIGN_INS),
            person("1000000000 + i"),
            person(&format!("i % {PEOPLE}")),
            person("2000000000 + i"),
        ),
        "INSERT INTO sign_in_counts (feature, value, count, last_at) SELECT 1, network, COUNT(*), 0 FROM sign_ins GROUP BY network"
            .to_owned(),
        "INSERT INTO sign_in_counts (feature, value, count, last_at) SELECT 4, agent, COUNT(*), 0 FROM sign_ins GROUP BY agent"
            .to_owned(),
        "ANALYZE".to_owned(),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await.unwrap();
    }
}

/// Everybody's events. Only the trail itself can write them: they are sealed and chained.
async fn tell(state: &AppState) {
    for chunk in 0..EVENTS / 1000 {
        let tx = state.trail.begin().await.unwrap();
        for number in 0..1000 {
            let person = Uuid::from_u128(u128::from((chunk * 1000 + number) % PEOPLE));
            let origin = Origin { request_id: "bench".to_owned(), ..Origin::default() };
            tx.record(origin, Event::success(EventType::AuthnLoginSuccess).user(person));
        }
        tx.commit().await.unwrap();
    }
}

/// Sessions of as many people as there are requests, opened in Oslo. Answers their tokens.
async fn sessions(db: &impl ConnectionTrait, now: i64) -> Vec<String> {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    let mut tokens = Vec::with_capacity(REQUESTS);
    for index in 0..REQUESTS {
        let token: [u8; 32] = Sha256::digest(index.to_be_bytes()).into();
        let (id, end) = (3_000_000_000_u64 + index as u64, now + DAY);
        for statement in [
            format!(
                "INSERT INTO sessions (id, user_id, created_at, expires_at, last_seen_at, devices, networks, asns, proof_seed)
                 VALUES (x'{id:032x}', x'{index:032x}', {now}, {end}, {now}, '[]', '[\"84.208.0.0/16\"]', '[2119]', x'00')"
            ),
            format!(
                "INSERT INTO session_tokens (hash, session_id, generation, state, issued_at, seen_at)
                 VALUES (x'{}', x'{id:032x}', 0, 'current', {now}, {now})",
                hex(&Sha256::digest(token))
            ),
        ] {
            db.execute_unprepared(&statement).await.unwrap();
        }
        tokens.push(URL_SAFE_NO_PAD.encode(token));
    }
    tokens
}

async fn ask(state: &AppState, token: &str, address: [u8; 4]) -> (StatusCode, Duration) {
    let mut request = Request::get("/auth/session")
        .header(header::HOST, "localhost:3000")
        .header(header::COOKIE, format!("__Host-sid={token}"))
        .header(header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:156.0) Gecko/20100101 Firefox/156.0")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 40_000))));
    let router = server::router(state.clone());
    let began = Instant::now();
    let response = router.oneshot(request).await.unwrap();
    (response.status(), began.elapsed())
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1000.0;
    println!(
        "GET /auth/session {what}: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, {} requests",
        at(500),
        at(990),
        at(999),
        times.len()
    );
}
