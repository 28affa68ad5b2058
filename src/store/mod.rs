//! The database: entities, migrations, and the only queries.
//!
//! Every function takes a connection or a transaction, so that a rule decides what belongs together.
//! Nothing here knows why a row is written.

pub mod account_deletions;
pub mod address_codes;
pub mod addresses;
pub mod alerts;
pub mod api_keys;
pub mod app_sessions;
pub mod audit_checkpoints;
pub mod audit_keys;
mod backup;
pub mod ceremonies;
pub mod chain_heads;
pub mod credentials;
mod database;
pub mod dbsc;
mod durability;
mod entity;
pub mod event_search;
pub mod events;
mod fault;
pub mod job_leases;
pub mod known_devices;
pub mod mail_links;
mod migration;
pub mod of_person;
pub mod outbox;
pub mod payouts;
pub mod proofs_seen;
pub mod recoveries;
pub mod recovery_codes;
pub mod risk_decisions;
pub mod roles;
pub mod session_tokens;
pub mod sessions;
pub mod sign_ins;
mod sqlite;
pub mod step_up_grants;
pub mod throttles;
pub mod users;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DbErr, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use tokio::sync::Mutex;

pub use entity::{
    account_deletion, address, address_code, alert, alert_cursor, api_key, app_code, app_session,
    audit_checkpoint, audit_key, auth_event, ceremony, chain_head, credential, dbsc_challenge, dbsc_session,
    known_device, mail_link, payout, proof_seen, recovery, recovery_code, risk_decision, risk_policy, role,
    session, session_token, sign_in, step_up_grant, user,
};

pub use database::{Database, Transaction};
pub use fault::{is_duplicate, is_unavailable};

/// A connection or a transaction.
pub use sea_orm::ConnectionTrait as Connection;

/// What can go wrong in the database. Never a person's fault, so never shown to one.
pub type Error = DbErr;

/// Something that is not the database's, told as a failed query is.
pub fn failed(error: impl std::fmt::Display) -> Error {
    DbErr::Custom(error.to_string())
}

/// A store that was found to be ready is taken for ready so long.
const READY_FOR: Duration = Duration::from_millis(250);

/// Names our advisory lock on Postgres: "holdfast" in ASCII.
const MIGRATION_LOCK: i64 = 0x686f_6c64_6661_7374;

/// A writer waits so long for its turn; whoever waits longer is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path?mode=rwc` or `postgres://…`.
    pub url: String,
    /// At most this many connections.
    pub max_connections: u32,
}

impl Settings {
    /// SQLite's file. `None` where there is none: on Postgres, and in memory.
    pub fn file(&self) -> Option<PathBuf> {
        let (path, _) = sqlite::parse(&self.url).ok()?;
        // What is in memory has a URI.
        (!path.to_string_lossy().starts_with("file:")).then_some(path)
    }
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    db: Database,
    statements: Arc<AtomicU64>,
    /// When it was last found to be ready.
    was_ready: Mutex<Option<Instant>>,
}

impl Store {
    /// Connect. Does not touch the schema.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let statements = Arc::<AtomicU64>::default();
        let db = Database::connect(settings, statements.clone()).await?;
        Ok(Self { db, statements, was_ready: Mutex::default() })
    }

    /// Bring the schema up to this binary's. Of several processes that start at once, one does it and the others wait.
    pub async fn migrate(&self) -> Result<(), Error> {
        match &self.db {
            Database::Postgres(db) => {
                let tx = db.begin().await?;
                // Whoever migrates may take its time.
                tx.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
                tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
                // A newer one is as good: it only adds (CONTRIBUTING.md), and we may have been started again in the middle of an upgrade.
                if !migration::is_complete(&tx).await? {
                    migration::Migrator::up(&tx, None).await?;
                }
                tx.commit().await
            }
            Database::Sqlite(engine) => migration::on_sqlite(engine.begin(PATIENCE).await?).await,
        }
    }

    /// Whether the database answers, can be written to, and has this binary's schema. To know that, something is written: a
    /// disk that is full shows only then.
    ///
    /// Anybody may ask, so one asks for all, and a yes is good for a moment.
    pub async fn is_ready(&self) -> Result<bool, Error> {
        let mut last = self.was_ready.lock().await;
        if last.is_some_and(|at| at.elapsed() < READY_FOR) {
            return Ok(true);
        }
        *last = None;
        if !self.has_schema().await? {
            return Ok(false);
        }
        let tx = self.begin().await?;
        job_leases::probe(&*tx).await?;
        tx.commit().await?;
        *last = Some(Instant::now());
        Ok(true)
    }

    /// Whether the database has this binary's schema.
    pub async fn has_schema(&self) -> Result<bool, Error> {
        migration::is_complete(&self.db).await
    }

    /// How many statements were sent since it was opened.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// For reads that stand alone.
    pub fn reader(&self) -> &Database {
        &self.db
    }

    /// Begin to write. On SQLite the write lock is taken at once: a transaction that first reads and then
    /// writes would otherwise fail instead of waiting.
    pub async fn begin(&self) -> Result<Transaction<'_>, Error> {
        self.db.begin().await
    }

    /// Close every connection, after what is under way has finished.
    pub async fn close(&self) -> Result<(), Error> {
        self.db.close().await
    }
}
