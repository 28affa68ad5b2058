//! The write-ahead log, moved to its places while others go on writing.
//!
//! Left to itself SQLite does that within a COMMIT, and everybody waits for it. Here most of it is done beside the writer, and only
//! the short rest in a turn: then nothing is left in the log, and the next writer begins it anew (SQLite, "Write-Ahead Logging" §2.2).

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::runtime::Handle;

use super::elsewhere;
use super::place::Place;
use super::writer::Writer;

/// After so many commits. One writes about ten to a hundred pages of 4 KB.
const EVERY: u32 = 200;

/// Whoever moves the log.
#[derive(Debug, Default)]
pub(super) struct LogKeeper {
    commits: AtomicU32,
    is_at_work: AtomicBool,
    connection: Mutex<Option<Connection>>,
}

impl LogKeeper {
    /// Begin, if it is time.
    pub(super) fn after_a_commit(self: Arc<Self>, writer: &Writer) {
        if self.commits.fetch_add(1, Ordering::Relaxed) < EVERY || Handle::try_current().is_err() {
            return;
        }
        if self.is_at_work.swap(true, Ordering::AcqRel) {
            return;
        }
        self.commits.store(0, Ordering::Relaxed);
        let (place, turn) = (writer.place().clone(), writer.alone());
        tokio::spawn(async move {
            let keeper = self.clone();
            let beside = place.clone();
            let _ = elsewhere(move || keeper.move_it(&beside)).await;
            if let Some(turn) = turn.await {
                let keeper = self.clone();
                let _ = elsewhere(move || {
                    keeper.move_it(&place);
                    drop(turn);
                })
                .await;
            }
            self.is_at_work.store(false, Ordering::Release);
        });
    }

    /// As far as no reader needs it. What cannot be moved now is moved next time, by SQLite itself if need be.
    fn move_it(&self, place: &Place) {
        let mut kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = kept.take().or_else(|| place.connect().ok()) else { return };
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if moved.is_ok() {
            *kept = Some(connection);
        }
    }

    pub(super) fn close(&self) {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
