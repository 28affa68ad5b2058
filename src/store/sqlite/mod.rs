//! SQLite, called on the thread that asks.
//!
//! A read takes microseconds; handing it to another thread and back takes ten times that, which is what drivers with a thread
//! for each connection do. So a statement runs where it is awaited, and only those that were slow before, and what waits for
//! the disk, go to a thread of their own. sea-orm stays in front: it builds the statements and reads the rows.
//!
//! SQLite admits one writer: see [`writer`].

mod columns;
mod failure;
mod run;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sea_orm::Statement;

pub(super) use writer::Turn;

use self::run::{Done, Shapes};
use self::writer::Writer;
use super::Error;

/// So long a connection waits for another process. Our own writers wait for each other before they ask SQLite.
const BUSY: Duration = Duration::from_secs(5);

/// The database file and the connections to it.
#[derive(Debug)]
pub struct Engine {
    place: Place,
    /// Those that nobody uses now. There are never more than threads that read at once.
    readers: Mutex<Vec<Connection>>,
    writer: Arc<Writer>,
    shapes: Arc<Shapes>,
    statements: Arc<AtomicU64>,
    is_closed: AtomicBool,
}

/// Where the file is, and how it is opened.
#[derive(Clone, Debug)]
struct Place {
    file: PathBuf,
    flags: OpenFlags,
}

impl Engine {
    /// Open the file that a URL names. `is_there`: a file that has gone later is missed. An empty one in its place would look
    /// like a service without people.
    pub(super) fn open(url: &str, is_there: bool, statements: Arc<AtomicU64>) -> Result<Arc<Self>, Error> {
        let place = Place::of(url, is_there)?;
        let shapes = Arc::<Shapes>::default();
        let writer = Writer::open(place.clone(), shapes.clone())?;
        let readers = Mutex::default();
        Ok(Arc::new(Self { place, readers, writer, shapes, statements, is_closed: AtomicBool::new(false) }))
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
        if !self.is_closed.load(Ordering::Relaxed) {
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
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

    /// Close every connection, after what is being written has been.
    pub(super) async fn close(&self) -> Result<(), Error> {
        self.is_closed.store(true, Ordering::Relaxed);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.writer.clone().close().await
    }
}

impl Place {
    fn of(url: &str, is_there: bool) -> Result<Self, Error> {
        let (file, mode) = parse(url)?;
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        flags |= match mode {
            Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Create if is_there => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        Ok(Self { file, flags })
    }

    fn connect(&self) -> Result<Connection, Error> {
        let connect = || {
            let connection = Connection::open_with_flags(&self.file, self.flags)?;
            connection.busy_timeout(BUSY)?;
            // In memory it stays "memory".
            connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
            // What was answered must outlive a power cut: a session that was ended stays ended.
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            run::prepare(&connection);
            Ok(connection)
        };
        connect().map_err(failure::of)
    }
}

/// What a URL's `mode` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    ReadOnly,
    ReadWrite,
    Create,
}

/// The file that a URL names (`sqlite://path?mode=rwc`), and what may be done with it.
pub(super) fn parse(url: &str) -> Result<(PathBuf, Mode), Error> {
    let rest = url.strip_prefix("sqlite:").ok_or_else(|| super::failed("no URL of SQLite's"))?;
    let (path, query) = rest.strip_prefix("//").unwrap_or(rest).split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        // Shared by the connections of this process, and each time another one.
        let name = format!("file:holdfast-{}?mode=memory&cache=shared", uuid::Uuid::new_v4());
        return Ok((name.into(), Mode::Create));
    }
    let path = percent_encoding::percent_decode_str(path).decode_utf8().map_err(super::failed)?;
    let mut mode = Mode::ReadWrite;
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        mode = match setting {
            "mode=ro" => Mode::ReadOnly,
            "mode=rw" => Mode::ReadWrite,
            "mode=rwc" => Mode::Create,
            other => return Err(super::failed(format!("{other} is no setting of SQLite's here; mode=rwc is"))),
        };
    }
    Ok((path.into_owned().into(), mode))
}

/// On a thread that serves nobody else.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| failure::interrupted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_and_what_may_be_done_with_it() {
        let of = |url| parse(url).ok().map(|(file, mode)| (file.display().to_string(), mode));
        assert_eq!(of("sqlite://holdfast.db?mode=rwc"), Some(("holdfast.db".to_owned(), Mode::Create)));
        assert_eq!(of("sqlite:///var/lib/a%20b.db"), Some(("/var/lib/a b.db".to_owned(), Mode::ReadWrite)));
        assert_eq!(of("sqlite:a.db?mode=ro"), Some(("a.db".to_owned(), Mode::ReadOnly)));
        assert!(of("sqlite::memory:").is_some_and(|(file, _)| file.contains("mode=memory")));
        assert_eq!(of("sqlite://a.db?mode=x"), None);
        assert_eq!(of("postgres://a"), None);
    }

    #[test]
    fn a_file_that_has_gone_is_missed_and_no_empty_one_takes_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        Place::of(&url, false).expect("a place").connect().expect("made");
        let place = Place::of(&url, true).expect("a place");
        std::fs::remove_file(&file).expect("removed");
        let missed = place.connect().expect_err("missed");
        assert!(missed.to_string().contains("unable to open"), "{missed}");
        assert!(crate::store::is_unavailable(&missed) && !file.exists());
    }
}
