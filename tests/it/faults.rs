//! What goes wrong around the program: the disk is full, the database is read-only, locked, or gone for a while. Whoever asks is told
//! so in the one shape, nobody has to start anything again, and nothing is lost or half done.

mod clock;
mod disk;
mod locked;
mod postgres;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use holdfast::audit::verify;

use crate::support::child::{Server, until};
use crate::support::{Answer, App, Browser, Key};

/// Whoever waits is answered within that time, whatever it is.
const BOUND: Duration = Duration::from_secs(32);

/// The program with somebody signed in, who was answered.
struct Service {
    server: Server,
    browser: Browser,
    key: Key,
}

impl Service {
    async fn start(app: &App, settings: &[(&str, &str)]) -> Self {
        Self::on(app, app.serve(&[&STILL[..], settings].concat())).await
    }

    async fn on(app: &App, mut server: Server) -> Self {
        let address = server.address().await;
        let mut browser = app.browser().at_address(address);
        let key = browser.sign_up("ada@example.test").await;
        browser.session().await.success();
        Self { server, browser, key }
    }

    /// Somebody new comes; what a change is answered with.
    async fn change(&self) -> Answer {
        let begun = Instant::now();
        let mut stranger = self.browser.clone();
        stranger.cookies.clear();
        let answer = stranger.post("/auth/passkey/login/options", &serde_json::json!({})).await;
        assert!(begun.elapsed() < BOUND, "it took {:?}", begun.elapsed());
        answer
    }

    /// Nothing can be changed: everybody is told so, and so is who asks whether it is ready.
    async fn is_unavailable(&mut self) {
        expect_unavailable(&self.change().await);
        // It says so as soon as it has looked again; what it saw a moment ago it does not look at twice.
        let readyz = async || self.browser.clone().get("/readyz").await;
        until("it says that it is not ready", async || readyz().await.status != StatusCode::OK).await;
        expect_unavailable(&readyz().await);
        self.browser.get("/healthz").await.ok();
    }

    /// All is well again, without anybody's help.
    async fn recovers(&mut self, app: &App) {
        // A connection that broke is found out by who gets it next, so one 503 may come after others went well.
        let (mut refused, mut in_a_row) = (0, 0);
        while in_a_row < 25 {
            let answer = self.change().await;
            if answer.status == StatusCode::OK {
                in_a_row += 1;
                continue;
            }
            expect_unavailable(&answer);
            (refused, in_a_row) = (refused + 1, 0);
            assert!(refused < 400, "it did not recover: {}", self.server.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.browser.get("/readyz").await.ok();
        // Whoever was signed in is, and somebody can sign in.
        self.browser.session().await.success();
        let mut elsewhere = self.browser.clone();
        elsewhere.cookies.clear();
        elsewhere.sign_in(&self.key).await.success();
        let look = app.beside(&[]).await;
        assert_eq!(verify(&look.state.trail, &[]).await.unwrap().faults, Vec::<String>::new());
        look.close().await;
        let log = self.server.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

/// What every program here is told.
const STILL: [(&str, &str); 3] = [
    ("HOLDFAST_THROTTLE_SCALE", "100000"),
    ("HOLDFAST_TRUSTED_PROXIES", "127.0.0.0/8"),
    ("HOLDFAST_METRICS_ADDR", "none"),
];

/// 503 in the one shape, and when to come again.
#[track_caller]
fn expect_unavailable(answer: &Answer) {
    answer.refusal(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "5");
}
