//! The server under test, and its clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use holdfast::Database;
use holdfast::clock::{Clock, ManualClock, SystemClock, Timestamp};
use holdfast::server::config::Config;
use holdfast::server::{self, AppState};

use super::transport::{Listening, Transport};
use super::{Browser, database};

/// When every test begins: 2026-11-22T19:34:56Z.
pub const START: Timestamp = Timestamp(1_795_376_096_000);

/// One process of the server.
pub struct App {
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    /// A connection of our own, past everything that is under test.
    pub db: Database,
    pub url: String,
    /// The file of keys.
    pub secrets: PathBuf,
}

impl App {
    pub async fn start(url: String, secrets: PathBuf) -> Self {
        Self::open(url, secrets, Arc::new(ManualClock::at(START)), &[]).await
    }

    /// One more process over the same database and clock, with other settings.
    pub async fn beside(&self, settings: &[(&str, &str)]) -> Self {
        Self::open(self.url.clone(), self.secrets.clone(), self.clock.clone(), settings).await
    }

    /// The same at the present of the machine's clock, or so much later: for rows that the real program wrote.
    pub async fn beside_now(&self, later: Duration) -> Self {
        let now = SystemClock.now().plus(later);
        Self::open(self.url.clone(), self.secrets.clone(), Arc::new(ManualClock::at(now)), &[]).await
    }

    /// The same keys at the present of the machine's clock, over another database.
    pub async fn over(&self, url: &str) -> Self {
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        Self::open(url.to_owned(), self.secrets.clone(), clock, &[]).await
    }

    /// Leave the database: whoever opens it next may be alone with it.
    pub async fn close(&self) {
        self.state.store.close().await.unwrap();
        self.db.close().await.unwrap();
    }

    async fn open(url: String, secrets: PathBuf, clock: Arc<ManualClock>, settings: &[(&str, &str)]) -> Self {
        let checkpoints = secrets.with_extension("checkpoints");
        let fixed = [
            ("HOLDFAST_DATABASE_URL", url.as_str()),
            ("HOLDFAST_DATABASE_MAX_CONNECTIONS", "5"),
            // What the set-up has fetched has no place in a test.
            ("HOLDFAST_GEO_DB", "none"),
            ("HOLDFAST_SECRETS", secrets.to_str().unwrap()),
            // On Postgres they would lie in the repository.
            ("HOLDFAST_AUDIT_CHECKPOINTS", checkpoints.to_str().unwrap()),
            // What is about something else must not be throttled.
            ("HOLDFAST_THROTTLE_SCALE", "100000"),
        ];
        let env = fixed.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::parse("test", "", env).unwrap();
        let state = server::open(config, clock.clone()).await.unwrap();
        let db = database::connect(&url).await;
        Self { router: server::router(state.clone()), state, clock, db, url, secrets }
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser {
        Browser::new(Transport::Router(self.router.clone()), self.clock.clone(), &self.state.config.origin)
    }

    /// The same server, over TCP.
    pub async fn listen(&self) -> Listening {
        Listening::start(self).await
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub fn now(&self) -> i64 {
        self.clock.now().0
    }
}
