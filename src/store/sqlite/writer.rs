//! Writing, one after the other, and to the disk together.
//!
//! A transaction that takes its turn while others wait does not wait for the disk by itself: it is a savepoint within one
//! transaction of SQLite's, and whoever was waiting goes on within the same one. When all of them have had their turn, one COMMIT,
//! with one wait for the disk, is for all (group commit; DeWitt et al. 1984). Nobody is told "done" before that COMMIT has
//! succeeded, and if it fails all are told so. What one of them takes back is taken back to its savepoint.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sea_orm::{ConnAcquireErr, DbErr, ProxyExecResult, Statement};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::log::LogKeeper;
use super::run::{Done, Shapes};
use super::{Place, elsewhere, failure};
use crate::store::Error;

/// A COMMIT that takes longer than that does not wait on a thread that serves others.
const SLOW_DISK: Duration = Duration::from_millis(2);

/// The one connection that writes, and whose turn it is.
#[derive(Debug)]
pub(super) struct Writer {
    place: Place,
    shapes: Arc<Shapes>,
    /// One permit: the turn. Fair, so that nobody starves.
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Only whoever has the turn locks it.
    desk: Mutex<Desk>,
    /// How many groups are on the disk, or given up.
    settled: Arc<watch::Sender<u64>>,
    /// How many must be before anything is read: see [`Writer::catch_up`].
    was_seen: AtomicU64,
    keeper: Arc<LogKeeper>,
}

/// What whoever has the turn works with.
#[derive(Debug)]
struct Desk {
    /// None after a fault: a connection that could not commit may keep SQLite's one write lock; closing it gives it back.
    connection: Option<Connection>,
    /// How many turns are over.
    ended: u64,
    /// Those whose writing waits for the COMMIT.
    group: Vec<oneshot::Sender<Result<(), Error>>>,
    /// Whether somebody stands in the queue to make that COMMIT.
    is_closer_queued: bool,
    settled: Arc<watch::Sender<u64>>,
    /// Whether the last COMMIT took long: then the next one does not hold up a thread that serves others.
    is_disk_slow: bool,
}

/// A turn to write. Dropped without [`Turn::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Turn {
    writer: Arc<Writer>,
    statements: Arc<AtomicU64>,
    /// None once it is over.
    permit: Option<OwnedSemaphorePermit>,
    /// How many were over when it began.
    number: u64,
}

/// Counts somebody who waits, as long as they do.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    pub(super) fn open(place: Place, shapes: Arc<Shapes>) -> Result<Arc<Self>, Error> {
        let connection = Some(place.connect()?);
        let (turns, settled) = (Arc::new(Semaphore::new(1)), Arc::new(watch::Sender::new(0)));
        let group = Vec::new();
        let desk = Mutex::new(Desk {
            connection,
            ended: 0,
            group,
            is_closer_queued: false,
            settled: settled.clone(),
            is_disk_slow: true,
        });
        Ok(Arc::new(Self {
            place,
            shapes,
            turns,
            waiting: AtomicUsize::new(0),
            desk,
            settled,
            was_seen: AtomicU64::new(0),
            keeper: Arc::default(),
        }))
    }

    /// How many wait for a turn.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many groups have been written.
    #[cfg(test)]
    pub(super) fn groups(&self) -> u64 {
        *self.settled.borrow()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait for the turn, and begin.
    pub(super) async fn turn(
        self: Arc<Self>,
        patience: Duration,
        statements: Arc<AtomicU64>,
    ) -> Result<Turn, Error> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        let permit = match tokio::time::timeout(patience, self.turns.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(failure::closed()),
            Err(_) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        };
        drop(waiting);
        let number = self.desk().ended;
        let turn = Turn { writer: self.clone(), statements, permit: Some(permit), number };
        match self.desk().begin(&self.place, Duration::ZERO) {
            Ok(()) => return Ok(turn),
            Err(error) if failure::is_busy(&error) => {}
            Err(error) => return Err(failure::of(error)),
        }
        // Another process writes. Its turn may take a while.
        elsewhere(move || {
            let begun = turn.writer.desk().begin(&turn.writer.place, super::BUSY);
            begun.map_err(failure::of).map(|()| turn)
        })
        .await?
    }

    /// Wait until what a turn has seen is on the disk, where that turn wrote nothing itself: it may have found, within the group,
    /// that somebody else was quicker, and whatever it reads next must show that too. Nobody else waits here.
    pub(super) async fn catch_up(&self) {
        let seen = self.was_seen.load(Ordering::Acquire);
        if *self.settled.borrow() < seen {
            // The sender lives as long as we do.
            let _ = self.settled.subscribe().wait_for(|groups| *groups >= seen).await;
        }
    }

    /// Take the turn after everybody who waits now, and commit for all who wrote before.
    fn queue_closer(self: &Arc<Self>, desk: &mut Desk) {
        if std::mem::replace(&mut desk.is_closer_queued, true) {
            return;
        }
        let writer = self.clone();
        tokio::spawn(async move {
            if let Ok(permit) = writer.turns.clone().acquire_owned().await {
                writer.commit_group(permit);
            }
        });
    }

    /// Commit what waits for it. Also if nobody waits any more.
    fn commit_group(self: Arc<Self>, turn: OwnedSemaphorePermit) {
        let commit = move |writer: &Self| {
            writer.desk().commit();
            drop(turn);
            writer.keeper.clone().after_a_commit(writer);
        };
        if self.desk().is_disk_slow {
            tokio::task::spawn_blocking(move || commit(&self));
        } else {
            commit(&self);
        }
    }

    /// The turn, for somebody who begins no transaction. None when the store is being closed.
    pub(super) fn alone(&self) -> impl Future<Output = Option<OwnedSemaphorePermit>> + Send + use<> {
        let turns = self.turns.clone();
        async move { turns.acquire_owned().await.ok() }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) async fn close(self: Arc<Self>) -> Result<(), Error> {
        let Ok(permit) = self.turns.clone().acquire_owned().await else { return Ok(()) };
        self.turns.close();
        elsewhere(move || {
            let mut desk = self.desk();
            desk.commit();
            self.keeper.close();
            let closed = desk
                .connection
                .take()
                .map_or(Ok(()), |connection| connection.close().map_err(|(_, error)| failure::of(error)));
            drop(permit);
            closed
        })
        .await?
    }
}

impl Desk {
    /// A savepoint, within a transaction that is begun if none is.
    fn begin(&mut self, place: &Place, patience: Duration) -> Result<(), rusqlite::Error> {
        if self.at_work().is_err() {
            // A group lives within one transaction. What is begun now is not theirs.
            self.tell(&Err(failure::interrupted()));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => place.connect().map_err(|_| {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
                rusqlite::Error::SqliteFailure(code, None)
            })?,
        };
        let step_in = || {
            if connection.is_autocommit() {
                connection.busy_timeout(patience)?;
                connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            }
            connection.prepare_cached("SAVEPOINT turn")?.execute([]).map(drop)
        };
        let begun = step_in();
        // What could not begin for another reason than another's writing is not tried again with the same connection.
        if begun.as_ref().is_ok() || begun.as_ref().is_err_and(failure::is_busy) {
            self.connection = Some(connection);
        } else {
            self.give_up();
        }
        begun
    }

    /// The connection while a turn is under way on it. SQLite itself rolls back everything when the disk is full; what came after that would
    /// be written by itself.
    fn at_work(&self) -> Result<&Connection, Error> {
        let at_work = self.connection.as_ref().filter(|connection| !connection.is_autocommit());
        at_work.ok_or_else(failure::interrupted)
    }

    /// The same for a turn, while it lasts. Whoever asked for a slow statement may have gone before a thread came to it: then the
    /// turn is somebody else's, and it must not be run in theirs.
    fn at_work_for(&self, number: u64) -> Result<&Connection, Error> {
        if self.ended != number {
            return Err(failure::interrupted());
        }
        self.at_work()
    }

    /// End a turn: keep what it wrote, or take it back.
    fn end(&mut self, keep: bool) -> Result<(), Error> {
        self.ended += 1;
        let connection = self.at_work()?;
        let step = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(drop);
        let ended =
            if keep { step("RELEASE turn") } else { step("ROLLBACK TO turn").and_then(|()| step("RELEASE turn")) };
        if ended.is_err() {
            self.give_up();
        }
        ended.map_err(failure::of)
    }

    /// To the disk, and tell all who wait for it.
    fn commit(&mut self) {
        self.is_closer_queued = false;
        if self.group.is_empty() {
            return self.roll_back();
        }
        let step = |connection: &Connection| connection.prepare_cached("COMMIT")?.execute([]).map(drop);
        let began = Instant::now();
        let committed = self.at_work().and_then(|connection| step(connection).map_err(failure::of));
        self.is_disk_slow = began.elapsed() > SLOW_DISK;
        if committed.is_err() {
            self.connection = None;
        }
        self.tell(&committed);
    }

    /// End a transaction in which nobody has written anything that is to be kept.
    fn roll_back(&mut self) {
        let Ok(connection) = self.at_work() else { return };
        if connection.execute_batch("ROLLBACK").is_err() {
            self.give_up();
        }
    }

    /// Nothing of what waits for the disk gets there. The connection goes, and with it its locks.
    fn give_up(&mut self) {
        self.tell(&Err(failure::interrupted()));
        self.connection = None;
    }

    fn tell(&mut self, outcome: &Result<(), Error>) {
        if self.group.is_empty() {
            return;
        }
        self.settled.send_modify(|groups| *groups += 1);
        for member in self.group.drain(..) {
            // Whoever asked may have gone.
            let _ = member.send(outcome.clone());
        }
    }
}

impl Turn {
    /// One statement.
    pub(in crate::store) async fn run(&self, statement: Statement) -> Result<Done, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        super::said(&statement);
        if self.writer.shapes.is_slow(&statement.sql) {
            let (writer, number) = (self.writer.clone(), self.number);
            return elsewhere(move || writer.shapes.run(writer.desk().at_work_for(number)?, &statement)).await?;
        }
        self.writer.shapes.run(self.writer.desk().at_work_for(self.number)?, &statement)
    }

    /// Several statements without values.
    pub(in crate::store) fn batch(&self, sql: &str) -> Result<ProxyExecResult, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let desk = self.writer.desk();
        let connection = desk.at_work_for(self.number)?;
        connection.execute_batch(sql).map_err(failure::of)?;
        Ok(ProxyExecResult::new(0, connection.changes()))
    }

    /// Make everything written in this turn so. Answers when it is on the disk.
    pub(in crate::store) async fn commit(mut self) -> Result<(), Error> {
        let (told, outcome) = oneshot::channel();
        if let Some(permit) = self.permit.take() {
            let mut desk = self.writer.desk();
            // A failure gives the turn back to whoever is next, with a new connection.
            desk.end(true)?;
            desk.group.push(told);
            if self.writer.waiting.load(Ordering::Relaxed) > 0 {
                self.writer.queue_closer(&mut desk);
                drop(desk);
                drop(permit);
            } else {
                drop(desk);
                self.writer.clone().commit_group(permit);
            }
        }
        outcome.await.unwrap_or_else(|_| Err(failure::interrupted()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut desk = self.writer.desk();
        // Where it cannot be taken back, all is given up.
        let _ = desk.end(false);
        if desk.group.is_empty() {
            desk.roll_back();
        } else {
            let seen = *desk.settled.borrow() + 1;
            self.writer.was_seen.fetch_max(seen, Ordering::AcqRel);
            if Handle::try_current().is_ok() {
                self.writer.queue_closer(&mut desk);
            } else {
                desk.commit();
            }
        }
        drop(desk);
        drop(permit);
    }
}
