//! The database: entities, migrations, and the only queries.
//!
//! Every function takes a connection or a transaction, so that a rule decides what belongs together.
//! Nothing here knows why a row is written.

pub mod alerts;
pub mod api_keys;
pub mod audit_checkpoints;
pub mod audit_keys;
pub mod ceremonies;
pub mod chain_heads;
pub mod credentials;
pub mod dbsc;
mod entity;
pub mod events;
pub mod job_leases;
pub mod known_devices;
mod migration;
pub mod outbox;
pub mod payouts;
pub mod proofs_seen;
pub mod risk_decisions;
pub mod session_tokens;
pub mod sessions;
pub mod sign_ins;
pub mod step_up_grants;
pub mod throttles;
pub mod users;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{Semaphore, SemaphorePermit};

pub use entity::{
    alert, alert_cursor, api_key, audit_checkpoint, audit_key, auth_event, ceremony, chain_head, credential,
    dbsc_challenge, dbsc_session, known_device, payout, proof_seen, risk_decision, risk_policy, session,
    session_token, sign_in, step_up_grant, user,
};

/// A connection or a transaction.
pub use sea_orm::ConnectionTrait as Connection;

/// What can go wrong in the database. Never a person's fault, so never shown to one.
pub type Error = DbErr;

/// Whether the database was not there, as against: did not like what it was given.
pub fn is_unreachable(error: &Error) -> bool {
    matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
}

/// Something that is not the database's, told as a failed query is.
pub fn failed(error: impl std::fmt::Display) -> Error {
    DbErr::Custom(error.to_string())
}

/// Names our advisory lock on Postgres: "holdfast" in ASCII.
const MIGRATION_LOCK: i64 = 0x686f_6c64_6661_7374;

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
        let options =
            self.url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(&self.url).ok())??;
        let path = options.get_filename();
        // sqlx names what is in memory by a URI.
        (!path.to_string_lossy().starts_with("file:")).then(|| path.to_owned())
    }
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    db: DatabaseConnection,
    /// SQLite admits one writer at a time. Waiting here is fair and costs nothing;
    /// waiting in SQLite's busy handler is neither.
    write_gate: Semaphore,
    statements: Arc<AtomicU64>,
}

/// A write transaction. Dropped without [`Transaction::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Transaction<'a> {
    inner: DatabaseTransaction,
    _turn: Option<SemaphorePermit<'a>>,
}

impl Transaction<'_> {
    /// Make everything written through this transaction so.
    pub async fn commit(self) -> Result<(), Error> {
        self.inner.commit().await
    }
}

impl std::ops::Deref for Transaction<'_> {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl Store {
    /// Connect. Does not touch the schema.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        create_privately(&settings.url);
        let mut options = ConnectOptions::new(&settings.url);
        options
            .max_connections(settings.max_connections)
            .acquire_timeout(Duration::from_secs(5))
            .connect_timeout(Duration::from_secs(5))
            // A round trip before every query would double the cost of a session check.
            .test_before_acquire(false)
            // One that has been idle may be dead: the database may have been restarted meanwhile.
            .test_before_acquire_if_idle_for(Duration::from_secs(10))
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(5))
            });
        let mut db = Database::connect(options).await?;
        let statements = Arc::<AtomicU64>::default();
        let counter = statements.clone();
        db.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        Ok(Self { db, write_gate: Semaphore::new(1), statements })
    }

    /// Bring the schema up to this binary's. Of several processes that start at once, one does it and the others wait.
    pub async fn migrate(&self) -> Result<(), Error> {
        let tx = self.begin().await?;
        if tx.get_database_backend() == DatabaseBackend::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        migration::Migrator::up(&*tx, None).await?;
        tx.commit().await
    }

    /// Whether the database answers, can be written to, and has this binary's schema.
    pub async fn is_ready(&self) -> Result<bool, Error> {
        self.begin().await?.inner.rollback().await?;
        self.has_schema().await
    }

    /// Whether the database has this binary's schema.
    pub async fn has_schema(&self) -> Result<bool, Error> {
        let pending = migration::Migrator::get_pending_migrations_read_only(&self.db).await?;
        Ok(pending.is_empty())
    }

    /// How many statements were sent since it was opened.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// For reads that stand alone.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.db
    }

    /// Begin to write. On SQLite the write lock is taken at once: a transaction that first reads and then
    /// writes would otherwise fail instead of waiting.
    pub async fn begin(&self) -> Result<Transaction<'_>, Error> {
        let turn = match self.db.get_database_backend() {
            DatabaseBackend::Sqlite => self.write_gate.acquire().await.ok(),
            _ => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Transaction { inner: self.db.begin_with_options(options).await?, _turn: turn })
    }

    /// Close every connection, after what is under way has finished.
    pub async fn close(&self) -> Result<(), Error> {
        self.db.close_by_ref().await
    }
}

/// SQLite would make its file readable by everybody. Make it first, for its owner alone; what SQLite puts beside it (the
/// write-ahead log) gets the same permissions. Failing is left to SQLite, whose error says more.
fn create_privately(url: &str) {
    use std::os::unix::fs::OpenOptionsExt;

    let Some((path, "mode=rwc")) = url.trim_start_matches("sqlite:").trim_start_matches("//").split_once('?')
    else {
        return;
    };
    if url.starts_with("sqlite:") && !path.is_empty() && !path.starts_with(':') {
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    }
}
