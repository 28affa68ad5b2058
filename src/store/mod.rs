//! The database: entities, migrations, and the only queries.
//!
//! Every function takes a connection or a transaction, so that a rule decides what belongs together.
//! Nothing here knows why a row is written.

pub mod account_deletions;
pub mod address_codes;
pub mod addresses;
pub mod alerts;
pub mod api_keys;
pub mod audit_checkpoints;
pub mod audit_keys;
pub mod ceremonies;
pub mod chain_heads;
pub mod credentials;
pub mod dbsc;
mod discarded;
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
pub mod step_up_grants;
pub mod throttles;
pub mod users;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

pub use entity::{
    account_deletion, address, address_code, alert, alert_cursor, api_key, audit_checkpoint, audit_key,
    auth_event, ceremony, chain_head, credential, dbsc_challenge, dbsc_session, known_device, mail_link, payout,
    proof_seen, recovery, recovery_code, risk_decision, risk_policy, role, session, session_token, sign_in,
    step_up_grant, user,
};

use discarded::Faults;
pub use fault::is_unavailable;

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

/// For each connection to Postgres: nobody waits for a lock for longer than that, and a process that has stopped in the middle of
/// a transaction does not hold its locks for ever.
const ON_POSTGRES: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'";

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
    faults: Faults,
    /// When it was last found to be ready.
    was_ready: Mutex<Option<Instant>>,
}

/// A write transaction. Dropped without [`Transaction::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Transaction<'a> {
    inner: DatabaseTransaction,
    faults: &'a Faults,
    _turn: Option<SemaphorePermit<'a>>,
}

impl Transaction<'_> {
    /// Make everything written through this transaction so.
    pub async fn commit(self) -> Result<(), Error> {
        self.inner.commit().await.inspect_err(|_| self.faults.note())
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
        let is_there = create_privately(&settings.url);
        let faults = Faults::default();
        let seen = faults.clone();
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
            .after_connect(|db| prepare(db).boxed())
            .map_sqlx_sqlite_before_acquire(move |_, connection| {
                let is_good = !seen.outdate(connection.age);
                Box::pin(async move { Ok(is_good) })
            })
            .map_sqlx_sqlite_opts(move |sqlite| {
                // A file that has gone is missed. An empty one in its place would look like a service without people.
                let sqlite = if is_there { sqlite.create_if_missing(false) } else { sqlite };
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    // What was answered must outlive a power cut: a session that was ended stays ended.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(5))
            });
        let mut db = Database::connect(options).await?;
        let statements = Arc::<AtomicU64>::default();
        let counter = statements.clone();
        db.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        Ok(Self { db, write_gate: Semaphore::new(1), statements, faults, was_ready: Mutex::default() })
    }

    /// Bring the schema up to this binary's. Of several processes that start at once, one does it and the others wait.
    pub async fn migrate(&self) -> Result<(), Error> {
        let tx = self.begin().await?;
        if tx.get_database_backend() == DatabaseBackend::Postgres {
            // Whoever migrates may take its time.
            tx.execute_unprepared("SET LOCAL lock_timeout = 0").await?;
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        migration::Migrator::up(&*tx, None).await?;
        tx.commit().await
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
            DatabaseBackend::Sqlite => match tokio::time::timeout(PATIENCE, self.write_gate.acquire()).await {
                Ok(turn) => turn.ok(),
                Err(_) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            },
            _ => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let begun = self.db.begin_with_options(options).await.inspect_err(|_| self.faults.note());
        Ok(Transaction { inner: begun?, faults: &self.faults, _turn: turn })
    }

    /// Close every connection, after what is under way has finished.
    pub async fn close(&self) -> Result<(), Error> {
        self.db.close_by_ref().await
    }
}

/// What every new connection begins with.
async fn prepare(db: DatabaseConnection) -> Result<(), Error> {
    if db.get_database_backend() == DatabaseBackend::Postgres {
        db.execute_unprepared(ON_POSTGRES).await?;
    }
    Ok(())
}

/// SQLite would make its file readable by everybody. Make it first, for its owner alone; what SQLite puts beside it (the
/// write-ahead log) gets the same permissions. Failing is left to SQLite, whose error says more. Answers whether a file is there.
fn create_privately(url: &str) -> bool {
    use std::os::unix::fs::OpenOptionsExt;

    let Some((path, "mode=rwc")) = url.trim_start_matches("sqlite:").trim_start_matches("//").split_once('?')
    else {
        return false;
    };
    if !url.starts_with("sqlite:") || path.is_empty() || path.starts_with(':') {
        return false;
    }
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    std::path::Path::new(path).exists()
}
