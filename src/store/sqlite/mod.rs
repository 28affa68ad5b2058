//! SQLite, called on the thread that asks.
//!
//! A read takes microseconds; handing it to another thread and back takes ten times that, which is what drivers with a thread
//! for each connection do. So a statement runs where it is awaited, and only those that were slow before, and what waits for
//! the disk, go to a thread of their own. sea-orm stays in front: it builds the statements and reads the rows.
//!
//! SQLite admits one writer: see [`writer`].

mod columns;
mod failure;
mod log;
mod place;
mod run;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use sea_orm::Statement;

pub(super) use place::{Mode, parse};
pub(super) use writer::Turn;

use self::place::Place;
use self::run::{Done, Shapes};
use self::writer::Writer;
use super::Error;

/// So long a connection waits for another process. Our own writers wait for each other before they ask SQLite.
const BUSY: Duration = Duration::from_secs(5);

/// The database file and the connections to it.
#[derive(Debug)]
pub struct Engine {
    place: Place,
    /// Those that nobody uses now.
    readers: Mutex<Vec<Connection>>,
    /// Each has pages and statements in memory, so no more are kept than read at once as a rule: one for each processor, and a few that are slow.
    readers_kept: usize,
    writer: Arc<Writer>,
    shapes: Arc<Shapes>,
    statements: Arc<AtomicU64>,
    is_closed: AtomicBool,
}

impl Engine {
    /// Open the file that a URL names. `is_there`: a file that has gone later is missed. An empty one in its place would look
    /// like a service without people.
    pub(super) fn open(url: &str, is_there: bool, statements: Arc<AtomicU64>) -> Result<Arc<Self>, Error> {
        let place = Place::of(url, is_there)?;
        let shapes = Arc::<Shapes>::default();
        let writer = Writer::open(place.clone(), shapes.clone())?;
        let readers = Mutex::default();
        let readers_kept = std::thread::available_parallelism().map_or(1, usize::from) + 2;
        Ok(Arc::new(Self {
            place,
            readers,
            readers_kept,
            writer,
            shapes,
            statements,
            is_closed: AtomicBool::new(false),
        }))
    }

    /// Begin to write.
    pub(super) async fn begin(&self, patience: Duration) -> Result<Turn, Error> {
        self.writer.clone().turn(patience, self.statements.clone()).await
    }

    /// One statement that stands alone.
    pub(super) async fn run(&self, statement: Statement) -> Result<Done, Error> {
        if run::only_reads(&statement.sql) {
            return self.read(statement).await;
        }
        let turn = self.begin(super::PATIENCE).await?;
        let done = turn.run(statement).await?;
        turn.commit().await?;
        Ok(done)
    }

    async fn read(&self, statement: Statement) -> Result<Done, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        said(&statement);
        self.writer.catch_up().await;
        let connection = self.reader()?;
        let (connection, done) = if self.shapes.is_slow(&statement.sql) {
            let shapes = self.shapes.clone();
            elsewhere(move || {
                let done = shapes.run(&connection, &statement);
                (connection, done)
            })
            .await?
        } else {
            let done = self.shapes.run(&connection, &statement);
            (connection, done)
        };
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < self.readers_kept && !self.is_closed.load(Ordering::Relaxed) {
            readers.push(connection);
        }
        done
    }

    fn reader(&self) -> Result<Connection, Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(failure::closed());
        }
        if let Some(connection) = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(connection);
        }
        let connection = self.place.connect()?;
        // Whatever writes takes its turn.
        connection.pragma_update(None, "query_only", true).map_err(failure::of)?;
        Ok(connection)
    }

    /// Copy everything that is committed into this empty file, and see that the copy is whole. Nobody waits for it: it reads as of
    /// one moment, on a connection of its own.
    pub(super) async fn copy_into(&self, file: &std::path::Path) -> Result<(), Error> {
        let (place, file) = (self.place.clone(), file.to_owned());
        elsewhere(move || place.copy_into(&file)).await?
    }

    /// Close every connection, after what is being written has been.
    pub(super) async fn close(&self) -> Result<(), Error> {
        self.is_closed.store(true, Ordering::Relaxed);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.writer.clone().close().await
    }
}

/// For whoever looks at what is asked of the database. The text alone: values may be secret.
fn said(statement: &Statement) {
    tracing::trace!(sql = statement.sql, "asked");
}

/// On a thread that serves nobody else.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| failure::interrupted())
}
