//! Requests that were let through leave a row for each session and tenth of a second, with how many there were. It is written beside the
//! requests, so none waits for it, and what was counted since the last row is lost in a crash. Everything else the engine says is
//! written before the answer goes out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::super::{Auth, Caller, Error};
use super::Weighed;
use crate::audit::{Event, EventType, Origin};

/// How often rows are written.
pub const ROUTINE_INTERVAL: Duration = Duration::from_millis(100);
/// As many sessions are counted at once. Nobody serves that many in a tenth of a second.
const SESSIONS: usize = 50_000;
/// So many rows share a transaction, so that others need not wait for long.
const ROWS: usize = 500;

/// What was let through since the last row, by session.
#[derive(Debug, Default)]
pub(in crate::auth) struct Routine {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    of_session: HashMap<Uuid, Requests>,
    left_out: u64,
}

#[derive(Debug)]
struct Requests {
    /// Of the first.
    origin: Origin,
    event: Event,
    count: u64,
}

impl Auth {
    /// One more.
    pub(in crate::auth) fn count_routine(&self, caller: &Caller, user: Uuid, session: Uuid, weighed: &Weighed) {
        let mut counted = self.routine.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = counted.of_session.get_mut(&session) {
            known.count += 1;
            return;
        }
        if counted.of_session.len() >= SESSIONS {
            counted.left_out += 1;
            return;
        }
        let event = Event::success(EventType::RiskEval)
            .risk(weighed.assessment.score, self.engine.told(weighed))
            .user(user)
            .session(session);
        counted.of_session.insert(session, Requests { origin: self.origin_of(caller), event, count: 1 });
    }

    /// Write what was counted. Whoever asks comes every [`ROUTINE_INTERVAL`].
    pub async fn flush_routine(&self) -> Result<(), Error> {
        let Counted { of_session, left_out } =
            std::mem::take(&mut *self.routine.counted.lock().unwrap_or_else(PoisonError::into_inner));
        if left_out > 0 {
            tracing::warn!(left_out, "more sessions were used at once than are counted");
        }
        let mut rows = of_session.into_values().peekable();
        while rows.peek().is_some() {
            let tx = self.trail.begin().await?;
            for Requests { origin, event, count } in rows.by_ref().take(ROWS) {
                tx.record(origin, event.count(count));
            }
            tx.commit().await?;
        }
        Ok(())
    }
}
