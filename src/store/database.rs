//! The two databases behind one face.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, ExecResult,
    QueryResult, Statement, TransactionTrait,
};

use super::sqlite::{self, Engine, Turn};
use super::{Error, PATIENCE, Settings};

/// For each connection to Postgres: nobody waits for a lock for longer than that, and a process that has stopped in the middle of
/// a transaction does not hold its locks for ever.
const ON_POSTGRES: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'";

/// A database, for what stands alone.
#[derive(Debug)]
pub enum Database {
    /// A pool of connections.
    Postgres(DatabaseConnection),
    /// The file, in this process.
    Sqlite(Arc<Engine>),
}

/// A write transaction. Dropped without [`Transaction::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Transaction<'a> {
    inner: Writing,
    _store: PhantomData<&'a Database>,
}

/// What a transaction writes through.
#[derive(Debug)]
pub enum Writing {
    /// A connection of its own.
    Postgres(DatabaseTransaction),
    /// The turn at the one connection that writes.
    Sqlite(Turn),
}

impl std::ops::Deref for Transaction<'_> {
    type Target = Writing;

    fn deref(&self) -> &Writing {
        &self.inner
    }
}

impl Database {
    /// Connect. `statements` counts what is sent.
    pub(super) async fn connect(settings: &Settings, statements: Arc<AtomicU64>) -> Result<Self, Error> {
        if settings.url.starts_with("sqlite:") {
            let is_there = create_privately(&settings.url);
            return Engine::open(&settings.url, is_there, statements).map(Self::Sqlite);
        }
        connect_postgres(settings, statements).await.map(Self::Postgres)
    }

    /// One more connection beside a server's, for whoever looks into its database: tests and benches.
    pub async fn beside(url: &str) -> Result<Self, Error> {
        Self::connect(&Settings { url: url.to_owned(), max_connections: 1 }, Arc::default()).await
    }

    /// Begin to write.
    pub async fn begin(&self) -> Result<Transaction<'_>, Error> {
        let inner = match self {
            Self::Postgres(db) => Writing::Postgres(db.begin().await?),
            Self::Sqlite(engine) => Writing::Sqlite(engine.begin(PATIENCE).await?),
        };
        Ok(Transaction { inner, _store: PhantomData })
    }

    /// Copy everything into a new file: SQLite alone can.
    pub(super) async fn copy_into(&self, file: &std::path::Path) -> Result<(), Error> {
        match self {
            Self::Postgres(_) => Err(super::failed("Postgres is copied by pg_dump")),
            Self::Sqlite(engine) => engine.copy_into(file).await,
        }
    }

    /// Close every connection, after what is under way has finished.
    pub async fn close(&self) -> Result<(), Error> {
        match self {
            Self::Postgres(db) => db.close_by_ref().await,
            Self::Sqlite(engine) => engine.close().await,
        }
    }
}

async fn connect_postgres(settings: &Settings, statements: Arc<AtomicU64>) -> Result<DatabaseConnection, Error> {
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
        .after_connect(|db| prepare(db).boxed());
    let mut db = sea_orm::Database::connect(options).await?;
    db.set_metric_callback(move |_| {
        statements.fetch_add(1, Ordering::Relaxed);
    });
    Ok(db)
}

/// What every new connection begins with.
async fn prepare(db: DatabaseConnection) -> Result<(), Error> {
    db.execute_unprepared(ON_POSTGRES).await.map(drop)
}

/// SQLite would make its file readable by everybody. Make it first, for its owner alone; what SQLite puts beside it (the
/// write-ahead log) gets the same permissions. Failing is left to SQLite, whose error says more. Answers whether a file is there.
fn create_privately(url: &str) -> bool {
    use std::os::unix::fs::OpenOptionsExt;

    let Ok((path, sqlite::Mode::Create)) = sqlite::parse(url) else { return false };
    if path.to_string_lossy().starts_with("file:") {
        return false;
    }
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    path.exists()
}

impl Transaction<'_> {
    /// Make everything written through this transaction so.
    pub async fn commit(self) -> Result<(), Error> {
        match self.inner {
            Writing::Postgres(tx) => tx.commit().await,
            Writing::Sqlite(turn) => turn.commit().await,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Database {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self {
            Self::Postgres(db) => db.get_database_backend(),
            Self::Sqlite(_) => DatabaseBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, Error> {
        match self {
            Self::Postgres(db) => db.execute_raw(statement).await,
            Self::Sqlite(engine) => Ok(engine.run(statement).await?.result.into()),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, Error> {
        match self {
            Self::Postgres(db) => db.execute_unprepared(sql).await,
            Self::Sqlite(engine) => {
                let turn = engine.begin(PATIENCE).await?;
                let result = turn.batch(sql)?;
                turn.commit().await?;
                Ok(result.into())
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, Error> {
        match self {
            Self::Postgres(db) => db.query_one_raw(statement).await,
            Self::Sqlite(engine) => Ok(engine.run(statement).await?.rows.into_iter().next().map(Into::into)),
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, Error> {
        match self {
            Self::Postgres(db) => db.query_all_raw(statement).await,
            Self::Sqlite(engine) => Ok(engine.run(statement).await?.rows.into_iter().map(Into::into).collect()),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Writing {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self {
            Self::Postgres(tx) => tx.get_database_backend(),
            Self::Sqlite(_) => DatabaseBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, Error> {
        match self {
            Self::Postgres(tx) => tx.execute_raw(statement).await,
            Self::Sqlite(turn) => Ok(turn.run(statement).await?.result.into()),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, Error> {
        match self {
            Self::Postgres(tx) => tx.execute_unprepared(sql).await,
            Self::Sqlite(turn) => turn.batch(sql).map(Into::into),
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, Error> {
        match self {
            Self::Postgres(tx) => tx.query_one_raw(statement).await,
            Self::Sqlite(turn) => Ok(turn.run(statement).await?.rows.into_iter().next().map(Into::into)),
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, Error> {
        match self {
            Self::Postgres(tx) => tx.query_all_raw(statement).await,
            Self::Sqlite(turn) => Ok(turn.run(statement).await?.rows.into_iter().map(Into::into).collect()),
        }
    }
}
