//! What this process knows of the counters, and what the database does not know yet.
//!
//! The tightest counter of a request is written at once. The wider ones are shared by so many that each write would wait for
//! the one before it, so they are counted here, and written together a quarter of a second later. Bounded: what is forgotten
//! here is in the database.

use std::collections::{HashMap, HashSet};

use super::gcra::{Limit, Micros};
use super::keys::Key;
use super::limits::Budget;
use crate::store::throttles::Tats;

/// How long a counter is believed without asking the database, and how long it may lack what was counted here.
pub(super) const FRESH: Micros = 250_000;

/// At most this many counters are remembered: some 15 MB.
const CAPACITY: usize = 100_000;

/// One counter.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// As far as this process knows, its own counting included.
    known: Tats,
    /// What the database lacks, in intervals' microseconds.
    owed: Tats,
    /// Since when.
    owed_at: Micros,
    /// What lies beyond it in the row was written by a wrong clock.
    horizon: Tats,
    /// When it was last read or written; `None`: never.
    read_at: Option<Micros>,
    /// When a refusal by it was last recorded.
    noted_at: Option<Micros>,
}

/// Nothing lies beyond it.
const ENDLESS: Tats = Tats { requests: Micros::MAX, failures: Micros::MAX };

impl Default for Entry {
    fn default() -> Self {
        let none = Tats::default();
        Self { known: none, owed: none, owed_at: 0, horizon: ENDLESS, read_at: None, noted_at: None }
    }
}

/// What is to be added to a counter's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    pub(super) key: Key,
    pub(super) at: Micros,
    pub(super) add: Tats,
    pub(super) horizon: Tats,
}

/// All counters of this process.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: HashMap<Key, Entry>,
    /// Those whose rows lack something.
    owing: HashSet<Key>,
}

impl Memory {
    /// Whether what is known of a counter is too old to decide by.
    pub(super) fn is_stale(&self, key: &Key, now: Micros) -> bool {
        let read_at = self.entries.get(key).and_then(|entry| entry.read_at);
        read_at.is_none_or(|read_at| now.saturating_sub(read_at) >= FRESH || now < read_at)
    }

    /// As far as is known here.
    pub(super) fn tats(&self, key: &Key) -> Tats {
        self.entries.get(key).map(|entry| entry.known).unwrap_or_default()
    }

    /// The database was asked, and this is what it said.
    pub(super) fn learn(&mut self, key: Key, said: Tats, now: Micros) {
        let entry = self.entry(key);
        entry.read_at = Some(now);
        for budget in Budget::ALL {
            let owed = entry.owed.get(budget);
            let said =
                if owed > 0 { said.get(budget).max(entry.owed_at).saturating_add(owed) } else { said.get(budget) };
            // TATs only grow, so the later one is the truer one.
            let known = entry.known.get(budget).max(said);
            entry.known.set(budget, known);
        }
    }

    /// Count here; the database hears of it later.
    pub(super) fn charge(&mut self, key: Key, budget: Budget, limit: Limit, now: Micros) {
        let entry = self.entry(key);
        let before = limit.believed(entry.known.get(budget), now).max(now);
        let after = limit.after(before, now).min(limit.cap(now)).max(before);
        let cost = after - before;
        entry.known.set(budget, after);
        if entry.owed == Tats::default() {
            entry.owed_at = now;
        }
        entry.owed.set(budget, entry.owed.get(budget).saturating_add(cost));
        entry.horizon.set(budget, limit.horizon(now));
        self.owing.insert(key);
    }

    /// Take back what was counted a moment ago.
    pub(super) fn give_back(&mut self, key: Key, budget: Budget, cost: Micros) {
        let entry = self.entry(key);
        let owed = entry.owed.get(budget).min(cost);
        entry.owed.set(budget, entry.owed.get(budget) - owed);
        // What was written meanwhile stays counted.
        entry.known.set(budget, entry.known.get(budget) - owed);
    }

    /// What the database lacks, in the order of the keys: two processes that write at once then wait for each other only once.
    pub(super) fn take_owed(&mut self) -> Vec<Owed> {
        let take = |key| {
            let entry = self.entries.get_mut(&key)?;
            let horizon = std::mem::replace(&mut entry.horizon, ENDLESS);
            Some(Owed { key, at: entry.owed_at, add: std::mem::take(&mut entry.owed), horizon })
        };
        let mut all: Vec<_> =
            self.owing.drain().filter_map(take).filter(|owed| owed.add != Tats::default()).collect();
        all.sort_unstable_by_key(|owed| owed.key);
        all
    }

    /// It could not be written: it is still owed.
    pub(super) fn owe_again(&mut self, all: &[Owed]) {
        for owed in all {
            let entry = self.entry(owed.key);
            entry.owed_at = if entry.owed == Tats::default() { owed.at } else { entry.owed_at.min(owed.at) };
            for budget in Budget::ALL {
                entry.owed.set(budget, entry.owed.get(budget).saturating_add(owed.add.get(budget)));
                entry.horizon.set(budget, entry.horizon.get(budget).min(owed.horizon.get(budget)));
            }
            self.owing.insert(owed.key);
        }
    }

    /// Whether a refusal by this counter was recorded since then.
    pub(super) fn is_noted_since(&self, key: &Key, since: Micros) -> bool {
        self.entries.get(key).and_then(|entry| entry.noted_at).is_some_and(|noted| noted > since)
    }

    pub(super) fn note(&mut self, key: Key, now: Micros) {
        self.entry(key).noted_at = Some(now);
    }

    fn entry(&mut self, key: Key) -> &mut Entry {
        if self.entries.len() >= CAPACITY && !self.entries.contains_key(&key) {
            // What is owed must not be forgotten; everything else can be read again.
            self.entries.retain(|_, entry| entry.owed != Tats::default());
        }
        self.entries.entry(key).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = [7; 32];
    const TEN: Limit = Limit::new(100, std::time::Duration::from_micros(10));

    fn requests(tat: Micros) -> Tats {
        Tats { requests: tat, failures: 0 }
    }

    #[test]
    fn what_is_owed_is_known_here_and_added_to_what_others_have_counted() {
        let mut memory = Memory::default();
        memory.charge(KEY, Budget::Requests, TEN, 1_000);
        memory.charge(KEY, Budget::Requests, TEN, 1_001);
        assert_eq!(memory.tats(&KEY), requests(1_020));
        // Meanwhile the others have come to 1,500: ours come on top.
        memory.learn(KEY, requests(1_500), 1_002);
        assert_eq!(memory.tats(&KEY), requests(1_520));
        assert_eq!(
            memory.take_owed(),
            [Owed {
                key: KEY,
                at: 1_000,
                add: requests(20),
                horizon: Tats { requests: TEN.horizon(1_001), failures: Micros::MAX }
            }]
        );
        assert_eq!(memory.take_owed(), []);
        assert_eq!(memory.tats(&KEY), requests(1_520), "still counted while it is being written");
        // Read before it was written: nothing is forgotten.
        memory.learn(KEY, requests(1_500), 1_003);
        assert_eq!(memory.tats(&KEY), requests(1_520));
    }

    #[test]
    fn what_could_not_be_written_is_still_owed() {
        let mut memory = Memory::default();
        memory.charge(KEY, Budget::Failures, TEN, 100);
        let owed = memory.take_owed();
        memory.charge(KEY, Budget::Failures, TEN, 200);
        memory.owe_again(&owed);
        let add = Tats { requests: 0, failures: 20 };
        let horizon = Tats { requests: Micros::MAX, failures: TEN.horizon(100) };
        assert_eq!(memory.take_owed(), [Owed { key: KEY, at: 100, add, horizon }]);
    }

    #[test]
    fn what_is_counted_unasked_closes_a_counter_for_one_burst_and_no_longer() {
        let mut memory = Memory::default();
        for _ in 0..10_000 {
            memory.charge(KEY, Budget::Failures, TEN, 1_000);
        }
        assert_eq!((memory.tats(&KEY).failures, TEN.cap(1_000)), (2_000, 2_000));
        assert_eq!(memory.take_owed()[0].add.failures, 1_000);
        // A counter that was closed for longer stays so.
        memory.learn(KEY, Tats { requests: 0, failures: 9_000 }, 1_000);
        memory.charge(KEY, Budget::Failures, TEN, 1_000);
        assert_eq!((memory.tats(&KEY).failures, memory.take_owed()), (9_000, vec![]));
    }

    #[test]
    fn what_is_given_back_is_not_written_twice_over() {
        let mut memory = Memory::default();
        memory.charge(KEY, Budget::Requests, TEN, 1_000);
        memory.give_back(KEY, Budget::Requests, 10);
        assert_eq!((memory.tats(&KEY).requests, memory.take_owed()), (1_000, vec![]));
        memory.charge(KEY, Budget::Requests, TEN, 1_000);
        memory.take_owed();
        memory.give_back(KEY, Budget::Requests, 10);
        assert_eq!(memory.tats(&KEY).requests, 1_010, "it is in the database by now");
    }

    #[test]
    fn memory_is_bounded_and_forgets_nothing_that_is_owed() {
        let mut memory = Memory::default();
        memory.charge(KEY, Budget::Requests, TEN, 1_000);
        for number in 0..250_000_u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            memory.learn(key, requests(1), 1_000);
        }
        assert!(memory.entries.len() <= CAPACITY, "{}", memory.entries.len());
        assert_eq!(memory.take_owed().len(), 1);
    }

    #[test]
    fn what_is_known_grows_stale() {
        let mut memory = Memory::default();
        assert!(memory.is_stale(&KEY, 0));
        memory.learn(KEY, Tats::default(), 1_000);
        assert!(!memory.is_stale(&KEY, 1_000 + FRESH - 1) && memory.is_stale(&KEY, 1_000 + FRESH));
        assert!(memory.is_stale(&KEY, 999), "a clock that was set back");
    }
}
