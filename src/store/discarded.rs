//! SQLite connections from before something failed are not used again.
//!
//! When a transaction cannot be committed or rolled back (the disk is full), its connection may keep SQLite's one write lock, and
//! everybody would wait for it for ever. Closing the connection gives it back. On Postgres the server sees to that.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When it last happened that a transaction could not begin or be committed.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<Mutex<Option<Instant>>>);

impl Faults {
    /// It has just happened.
    pub(super) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age is from before.
    pub(super) fn outdate(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|at| age >= at.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_last_fault_is_outdated() {
        let faults = Faults::default();
        assert!(!faults.outdate(Duration::from_hours(1)));
        faults.note();
        assert!(faults.outdate(Duration::from_hours(1)) && !faults.outdate(Duration::ZERO));
    }
}
