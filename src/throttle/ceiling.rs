//! How much one address may read. In this process's memory alone: reading changes nothing, so it is not worth a write.

use std::collections::HashMap;

use super::gcra::{Limit, Micros};

/// At most this many addresses are remembered.
const CAPACITY: usize = 50_000;

/// Per address, its TAT and when a refusal was last recorded.
#[derive(Debug, Default)]
pub(super) struct Ceiling {
    entries: HashMap<Vec<u8>, (Micros, Micros)>,
    /// When room was last made.
    swept_at: Micros,
}

/// Too much was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exceeded {
    pub(super) wait: std::time::Duration,
    /// Whether none was refused for as long as the window.
    pub(super) is_first: bool,
}

impl Ceiling {
    /// Count one read.
    pub(super) fn take(
        &mut self,
        limit: Limit,
        address: Vec<u8>,
        now: Micros,
        window: Micros,
    ) -> Result<(), Exceeded> {
        if self.entries.len() >= CAPACITY && !self.entries.contains_key(&address) {
            // Once a second is often enough: it takes a look at each.
            if now.saturating_sub(self.swept_at) >= 1_000_000 {
                self.swept_at = now;
                self.entries.retain(|_, (tat, noted_at)| *tat > now || *noted_at > now.saturating_sub(window));
            }
            if self.entries.len() >= CAPACITY {
                // So many at once come from everywhere. A ceiling for each would not help, and refusing them would harm.
                return Ok(());
            }
        }
        let (tat, noted_at) = self.entries.entry(address).or_default();
        match limit.wait(*tat, now) {
            None => {
                *tat = limit.after(*tat, now);
                Ok(())
            }
            Some(wait) => {
                let is_first = *noted_at <= now.saturating_sub(window);
                if is_first {
                    *noted_at = now;
                }
                Err(Exceeded { wait, is_first })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn memory_is_bounded_and_the_honest_are_not_refused_for_it() {
        let (mut ceiling, limit) = (Ceiling::default(), Limit::new(2, Duration::from_secs(1)));
        for number in 0..200_000_u32 {
            let address = number.to_be_bytes().to_vec();
            assert_eq!(ceiling.take(limit, address, 1_000_000, 1), Ok(()));
        }
        assert_eq!(ceiling.entries.len(), CAPACITY);
        // A while later they are idle, and others take their place.
        let later = 60_000_000;
        for expected in [true, true, false] {
            assert_eq!(ceiling.take(limit, vec![1], later, 1).is_ok(), expected);
        }
        assert_eq!(ceiling.entries.len(), 1);
    }

    #[test]
    fn a_refusal_is_recorded_once_a_window() {
        let (mut ceiling, limit) = (Ceiling::default(), Limit::new(1, Duration::from_hours(1)));
        let mut is_first = |now| ceiling.take(limit, vec![1], now, 100).err().map(|exceeded| exceeded.is_first);
        assert_eq!(
            [1_000, 1_001, 1_099, 1_101, 1_102].map(&mut is_first),
            [None, Some(true), Some(false), Some(true), Some(false)]
        );
    }
}
