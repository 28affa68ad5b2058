//! How much of what there was, in slots of five minutes over a week.
//!
//! A slot that is over does not change any more, so it is counted once and kept in mind; a page that refreshes itself every few
//! seconds counts only the last minutes anew. Nothing is kept for longer than a week.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::audit::{EventType, Trail};
use crate::auth::Error;
use crate::clock::Timestamp;
use crate::store::event_search;

/// A slot, in milliseconds.
pub const SLOT: i64 = 5 * 60 * 1000;
/// A week of them.
pub const SLOTS: i64 = 7 * 24 * 12;
/// What was begun in a slot may be committed a little after it.
const SETTLED_AFTER: Duration = Duration::from_mins(2);

const KINDS: [&str; 7] = [
    EventType::AuthnLoginSuccess.as_str(),
    EventType::UserCreated.as_str(),
    EventType::AuthnLoginFail.as_str(),
    EventType::AuthnStepUpRequired.as_str(),
    EventType::AuthnStepUpSuccess.as_str(),
    EventType::AuthnStepUpFail.as_str(),
    EventType::ExcessRateLimitExceeded.as_str(),
];

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sign-ins.
    pub signed_in: u64,
    /// New accounts, which are signed in, too.
    pub signed_up: u64,
    /// Sign-ins that were refused.
    pub refused: u64,
    /// Touches that were asked for.
    pub asked: u64,
    /// Touches that were made.
    pub touched: u64,
    /// Touches that were refused.
    pub untouched: u64,
    /// Limits that were reached: one for each counter and window.
    pub limited: u64,
    /// Decisions that let somebody through with few points.
    pub calm: u64,
    /// Decisions that let somebody through with many.
    pub raised: u64,
    /// Decisions that asked for a touch.
    pub risky: u64,
}

impl Tally {
    fn of(&mut self, kind: &str) -> Option<&mut u64> {
        Some(match kind {
            "authn_login_success" => &mut self.signed_in,
            "user_created" => &mut self.signed_up,
            "authn_login_fail" => &mut self.refused,
            "authn_step_up_required" => &mut self.asked,
            "authn_step_up_success" => &mut self.touched,
            "authn_step_up_fail" => &mut self.untouched,
            "excess_rate_limit_exceeded" => &mut self.limited,
            "calm" => &mut self.calm,
            "raised" => &mut self.raised,
            "asked" => &mut self.risky,
            _ => return None,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.signed_in += other.signed_in;
        self.signed_up += other.signed_up;
        self.refused += other.refused;
        self.asked += other.asked;
        self.touched += other.touched;
        self.untouched += other.untouched;
        self.limited += other.limited;
        self.calm += other.calm;
        self.raised += other.raised;
        self.risky += other.risky;
    }
}

/// What was counted, by slot.
pub type Tallies = BTreeMap<i64, Tally>;

/// What is kept in mind.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    tallies: Tallies,
    /// From this slot on all is known.
    from: i64,
    /// Up to this one, which is not settled yet.
    until: i64,
}

impl Counts {
    /// The last week up to now.
    pub(super) async fn week(&self, trail: &Trail, now: Timestamp) -> Result<Tallies, Error> {
        let mut memory = self.0.lock().await;
        let last = now.0.div_euclid(SLOT);
        let first = last + 1 - SLOTS;
        let settled = now.minus(SETTLED_AFTER).0.div_euclid(SLOT);
        // It was not counted yet, not that far back, or the clock was put back.
        if memory.from > first || memory.until < first || memory.until > settled {
            *memory = Memory { from: first, until: first, ..Memory::default() };
        }
        // A clock that was ahead has left events in what is to come; they belong to no slot yet.
        let new = count(trail, memory.until, last + 1).await?;
        memory.tallies.extend(new.range(..settled).map(|(slot, tally)| (*slot, *tally)));
        memory.until = memory.until.max(settled);
        memory.tallies = memory.tallies.split_off(&first);
        memory.from = first;
        let mut all = memory.tallies.clone();
        all.extend(new);
        Ok(all)
    }
}

async fn count(trail: &Trail, from: i64, until: i64) -> Result<Tallies, Error> {
    let (since, end) = (from * SLOT, until * SLOT);
    let store = trail.store();
    let events = trail.count(&KINDS, SLOT, since, end).await?;
    let decisions = event_search::count_decisions(store.reader(), SLOT, since, end).await?;
    let mut tallies = Tallies::new();
    for counted in events.into_iter().chain(decisions) {
        if let Some(count) = tallies.entry(counted.slot).or_default().of(&counted.kind) {
            *count = u64::try_from(counted.total).unwrap_or_default();
        }
    }
    Ok(tallies)
}

/// Bars of so many slots each, the last of them holding now. Each with when it begins.
pub fn bars(week: &Tallies, now: Timestamp, slots_a_bar: i64, bars: i64) -> Vec<(Timestamp, Tally)> {
    let last = now.0.div_euclid(SLOT * slots_a_bar);
    (last + 1 - bars..=last)
        .map(|bar| {
            let from = bar * slots_a_bar;
            let mut sum = Tally::default();
            week.range(from..from + slots_a_bar).for_each(|(_, tally)| sum += *tally);
            (Timestamp(from * SLOT), sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_hold_their_slots_and_the_last_holds_now() {
        let now = Timestamp(1_795_376_096_000);
        let slot = now.0.div_euclid(SLOT);
        let tally = |signed_in| Tally { signed_in, ..Tally::default() };
        let week = Tallies::from([(slot - 12, tally(7)), (slot - 1, tally(2)), (slot, tally(1))]);
        let hour = bars(&week, now, 1, 12);
        assert_eq!(
            hour.iter().map(|(_, tally)| tally.signed_in).collect::<Vec<_>>(),
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]
        );
        assert_eq!(hour[11].0.to_rfc3339(), "2026-11-22T19:30:00Z");
        let day = bars(&week, now, 12, 24);
        assert_eq!((day[23].0.to_rfc3339().as_str(), day[23].1.signed_in), ("2026-11-22T19:00:00Z", 3));
        assert_eq!(day.iter().map(|(_, tally)| tally.signed_in).sum::<u64>(), 10);
        let week = bars(&week, now, 72, 28);
        assert_eq!(week[27].0.to_rfc3339(), "2026-11-22T18:00:00Z");
    }
}
