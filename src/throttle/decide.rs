//! One counter, or all of a request's at once: let through, or why not.

use std::time::Duration;

use super::gcra::{self, Limit, Micros};
use super::keys::{Counter, Key, Source};
use super::limits::{Budget, Layer};
use super::refused::{Error, Limited};
use super::{Kind, Throttle, store, work};
use crate::store::throttles::{self, Tats};

/// Refusals by one counter are recorded once in this time.
pub(super) const WINDOW: Micros = 600_000_000;

/// Why something cannot be let through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    counter: Counter,
    budget: Budget,
    wait: Duration,
    /// Whether work would do instead of waiting.
    is_payable: bool,
}

/// How much a failure weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    One,
    /// It closes the counter for as long as its burst takes to come back.
    Closing,
}

impl Refused {
    /// Nothing but waiting helps.
    pub(super) fn unpayable(self) -> Self {
        Self { is_payable: false, ..self }
    }

    /// Of two, the one that lasts longer.
    pub(super) fn longer(self, other: Self) -> Self {
        if other.wait > self.wait { other } else { self }
    }
}

impl Throttle {
    /// Ask the database about counters that were not asked about lately, all in one statement.
    pub(super) async fn refresh(&self, counters: &[Counter], now: Micros) -> Result<(), store::Error> {
        let stale: Vec<Key> = {
            let memory = self.memory();
            counters.iter().map(|counter| counter.key).filter(|key| memory.is_stale(key, now)).collect()
        };
        if stale.is_empty() {
            return Ok(());
        }
        let found = throttles::find(self.inner.store.reader(), &stale).await?;
        let mut memory = self.memory();
        for key in stale {
            let tats = found.iter().find(|(other, _)| *other == key).map(|(_, tats)| *tats);
            memory.learn(key, tats.unwrap_or_default(), now);
        }
        Ok(())
    }

    /// Look at all counters, and if none refuses count the request in the wider ones, in one go: no two requests of this
    /// process can take the same place.
    pub(super) fn reserve(
        &self,
        source: &Source,
        tight: Counter,
        wide: &[Counter],
        kind: Kind,
        now: Micros,
    ) -> Option<Refused> {
        let mut memory = self.memory();
        let mut longest: Option<Refused> = None;
        for counter in wide.iter().chain([&tight]) {
            for budget in kind.budgets() {
                let Some(refused) = self.judge(*counter, *budget, memory.tats(&counter.key), now) else {
                    continue;
                };
                if refused.is_payable && source.has_worked {
                    continue;
                }
                let is_payable = refused.is_payable && longest.is_none_or(|other| other.is_payable);
                let longer = longest.filter(|other| other.wait >= refused.wait).unwrap_or(refused);
                longest = Some(Refused { is_payable, ..longer });
            }
        }
        if longest.is_none() {
            for counter in wide {
                if let Some(limit) = self.inner.policy.of(counter.layer).requests {
                    memory.charge(counter.key, Budget::Requests, limit, now);
                }
            }
            drop(memory);
            self.flush_soon();
        }
        longest
    }

    pub(super) fn give_back(&self, wide: &[Counter]) {
        let mut memory = self.memory();
        for counter in wide {
            if let Some(limit) = self.inner.policy.of(counter.layer).requests {
                memory.give_back(counter.key, Budget::Requests, limit.interval());
            }
        }
    }

    /// Count a request in the database if its counter lets it through. `None`: it does, and it is counted.
    pub(super) async fn take(
        &self,
        counter: Counter,
        kind: Kind,
        has_worked: bool,
        now: Micros,
    ) -> Result<Option<Refused>, store::Error> {
        let tx = self.inner.store.begin().await?;
        let taken = self.take_in(&tx, counter, kind, has_worked, now).await?;
        tx.commit().await?;
        Ok(taken)
    }

    pub(super) async fn take_in(
        &self,
        tx: &store::Transaction<'_>,
        counter: Counter,
        kind: Kind,
        has_worked: bool,
        now: Micros,
    ) -> Result<Option<Refused>, store::Error> {
        let limits = self.inner.policy.of(counter.layer);
        let bound = |limit: Option<Limit>| limit.map_or(Micros::MAX, |limit| limit.bound(now));
        let minds_failures = kind == Kind::Ceremony && !has_worked;
        let bounds = Tats {
            requests: bound(limits.requests),
            failures: if minds_failures { bound(limits.failures) } else { Micros::MAX },
        };
        let cost = limits.requests.map_or(0, Limit::interval);
        let horizon = self.horizon(counter, now);
        if let Some(tats) = throttles::take(&**tx, &counter.key, now, cost, bounds, horizon).await? {
            self.memory().learn(counter.key, tats, now);
            return Ok(None);
        }
        let found = throttles::find(&**tx, &[counter.key]).await?;
        let tats = found.first().map(|(_, tats)| *tats).unwrap_or_default();
        self.memory().learn(counter.key, tats, now);
        let mut refusals: Vec<_> =
            kind.budgets().iter().filter_map(|budget| self.judge(counter, *budget, tats, now)).collect();
        refusals.retain(|refused| !(refused.is_payable && has_worked));
        let is_payable = refusals.iter().all(|refused| refused.is_payable);
        let longest = refusals.into_iter().max_by_key(|refused| refused.wait);
        // Somebody's clock is ahead of ours: a moment ago there was a reason to refuse.
        let anyhow = Refused { counter, budget: Budget::Requests, wait: Duration::from_secs(1), is_payable };
        Ok(Some(Refused { is_payable, ..longest.unwrap_or(anyhow) }))
    }

    fn horizon(&self, counter: Counter, now: Micros) -> Tats {
        let limits = self.inner.policy.of(counter.layer);
        let of = |limit: Option<Limit>| limit.map_or(Micros::MAX, |limit| limit.horizon(now));
        Tats { requests: of(limits.requests), failures: of(limits.failures) }
    }

    pub(super) async fn add_failures(
        &self,
        counter: Counter,
        how: Weight,
        now: Micros,
    ) -> Result<(), store::Error> {
        let Some(limit) = self.inner.policy.of(counter.layer).failures else { return Ok(()) };
        let full = limit.cap(now);
        let (cost, cap) = match how {
            Weight::One => (limit.interval(), full),
            // One burst would close it for a moment only. Two do, until the second has dripped away.
            Weight::Closing => (2 * (full - now), full.saturating_add(full - now)),
        };
        let add = Tats { requests: 0, failures: cost };
        let tx = self.inner.store.begin().await?;
        let horizon = self.horizon(counter, now);
        let tats = throttles::add(&*tx, &counter.key, now, add, cap, horizon).await?;
        tx.commit().await?;
        self.memory().learn(counter.key, tats, now);
        Ok(())
    }

    /// Whether a counter refuses, as far as is known here.
    pub(super) fn refusal(&self, counter: Counter, budget: Budget, now: Micros) -> Option<Refused> {
        let tats = self.memory().tats(&counter.key);
        self.judge(counter, budget, tats, now)
    }

    pub(super) fn judge(&self, counter: Counter, budget: Budget, tats: Tats, now: Micros) -> Option<Refused> {
        let wait = self.inner.policy.of(counter.layer).of(budget)?.wait(tats.get(budget), now)?;
        // One address can make only so many requests, however hard it works: they cost us more than a hash.
        let is_payable = (counter.layer, budget) != (Layer::Address, Budget::Requests);
        Some(Refused { counter, budget, wait, is_payable })
    }

    /// Say it, and whether it is to be recorded.
    pub(super) async fn limited(&self, refused: Refused, source: &Source, now: Micros) -> Error {
        let Refused { counter, budget, wait, is_payable } = refused;
        self.inner.counts.count_refused(counter.layer);
        let is_first = match self.note(counter, now).await {
            Ok(is_first) => is_first,
            Err(error) => return error.into(),
        };
        let work = match is_payable.then(|| work::offer(&self.inner.keyring, source, now)).transpose() {
            Ok(work) => work,
            Err(error) => return error.into(),
        };
        let retry_after = gcra::whole_seconds(wait);
        Error::Limited(Box::new(Limited { layer: counter.layer, budget, retry_after, is_first, work }))
    }

    pub(super) async fn note(&self, counter: Counter, now: Micros) -> Result<bool, store::Error> {
        if self.memory().is_noted_since(&counter.key, now.saturating_sub(WINDOW)) {
            return Ok(false);
        }
        let tx = self.inner.store.begin().await?;
        let is_first = throttles::note(&*tx, &counter.key, now, WINDOW).await?;
        tx.commit().await?;
        self.memory().note(counter.key, now);
        Ok(is_first)
    }
}
