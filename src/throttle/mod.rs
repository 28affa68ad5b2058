//! How much is let through: limits on requests and on failures, for everybody, for networks, addresses, accounts and known
//! devices. docs/throttling.md has the figures and says why they are so.
//!
//! Every limit is a GCRA ([`gcra`]) whose state lies in the database, so it outlives a restart and holds over all processes.
//! Of one request the tightest counter is decided and written there in one statement. The wider ones are counted in memory
//! and written together a quarter of a second later: until then each process knows only its own share, so for that long n
//! processes together may let through n times what one would, and a process that is killed forgets what it let through in
//! its last quarter of a second.

mod accounts;
mod ceiling;
mod counts;
mod gcra;
mod keys;
mod limits;
mod mail;
mod memory;
mod refused;
mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use counts::Counts;
pub use gcra::{Limit, Micros};
pub use keys::{Key, Source};
pub use limits::{Budget, Layer, Limits, Policy};
pub use refused::{Error, Limited};
pub use work::{DIFFICULTY, Work, solve};

use crate::clock::Clock;
use crate::keyring::Keyring;
use crate::store::throttles::{self, Tats};
use crate::store::{self, Store, known_devices};
use keys::{Counter, counter};
use memory::Memory;

/// What was counted in memory is written after so long.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// Refusals by one counter are recorded once in this time.
const WINDOW: Micros = 600_000_000;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A ceremony or a touch. Whoever has failed too often must wait.
    Ceremony,
    /// Any other change.
    Change,
}

/// Something was let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// The lane of a known device that it went by.
    lane: Option<Key>,
}

/// The limits and their counters. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Throttle {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<Store>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    memory: Mutex<Memory>,
    ceiling: Mutex<ceiling::Ceiling>,
    counts: Counts,
    /// Whether somebody will write what is owed.
    is_flush_due: AtomicBool,
    /// One at a time, so that what is owed is written in its order.
    flushing: tokio::sync::Mutex<()>,
}

/// Why something cannot be let through.
#[derive(Clone, Copy, Debug)]
struct Refused {
    counter: Counter,
    budget: Budget,
    wait: Duration,
    /// Whether work would do instead of waiting.
    is_payable: bool,
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttle").field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}

impl Throttle {
    /// Over a database, the keys to digest with, a clock, and how generous to be.
    pub fn new(store: Arc<Store>, keyring: Arc<Keyring>, clock: Arc<dyn Clock>, policy: Policy) -> Self {
        let inner = Inner {
            store,
            keyring,
            clock,
            policy,
            memory: Mutex::default(),
            ceiling: Mutex::default(),
            counts: Counts::default(),
            is_flush_due: AtomicBool::new(false),
            flushing: tokio::sync::Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// How much was let through and refused.
    pub fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// Count one request, and let it through or not.
    pub async fn admit(&self, source: &Source, kind: Kind) -> Result<Admission, Error> {
        let now = self.now();
        if let Some(device) = source.device
            && let Some(lane) = self.enter_lane(device, kind, now).await?
        {
            self.inner.counts.count_allowed(true);
            return Ok(Admission { lane: Some(lane) });
        }
        let (tight, wide) = source.counters(&self.inner.keyring);
        self.refresh(&wide, now).await?;
        if let Some(refused) = self.reserve(source, tight, &wide, kind, now) {
            return Err(self.limited(refused, source, now).await);
        }
        match self.take(tight, kind, source.has_worked, now).await {
            Ok(None) => {
                self.inner.counts.count_allowed(false);
                Ok(Admission::default())
            }
            outcome => {
                self.give_back(&wide);
                match outcome? {
                    Some(refused) => Err(self.limited(refused, source, now).await),
                    None => Ok(Admission::default()),
                }
            }
        }
    }

    /// Count a failure of something that was let through. It weighs on the address in any case, so that nobody fails for free
    /// by being known.
    pub async fn failed(&self, source: &Source, admission: Admission) -> Result<(), Error> {
        let now = self.now();
        self.inner.counts.count_failed();
        let (tight, wide) = source.counters(&self.inner.keyring);
        let lane = admission.lane.map(|key| Counter { layer: Layer::Device, key });
        for counter in lane.into_iter().chain([tight]) {
            self.add_failures(counter, 1, now).await?;
        }
        {
            let mut memory = self.memory();
            for counter in wide {
                if let Some(limit) = self.inner.policy.of(counter.layer).failures {
                    memory.charge(counter.key, Budget::Failures, limit.interval(), now);
                }
            }
        }
        self.flush_soon();
        Ok(())
    }

    /// Let a program through that shows a key: it calls as often as people do things elsewhere, so its calls cost no write. An
    /// address that has shown too many wrong keys must wait.
    pub async fn admit_program(&self, source: &Source) -> Result<Admission, Error> {
        self.read(source)?;
        let now = self.now();
        let (tight, _) = source.counters(&self.inner.keyring);
        match self.refusal(tight, Budget::Failures, now) {
            Some(refused) => Err(self.limited(Refused { is_payable: false, ..refused }, source, now).await),
            None => Ok(Admission::default()),
        }
    }

    /// Count something that only reads. No database takes part unless it is refused.
    pub fn read(&self, source: &Source) -> Result<(), Error> {
        let Some(limit) = self.inner.policy.of(Layer::Ceiling).requests else { return Ok(()) };
        let now = self.now();
        let taken = lock(&self.inner.ceiling).take(limit, source.tightest(), now, WINDOW);
        let Err(exceeded) = taken else { return Ok(()) };
        self.inner.counts.count_refused(Layer::Ceiling);
        let retry_after = gcra::whole_seconds(exceeded.wait);
        let is_first = exceeded.is_first;
        Err(Error::Limited(Box::new(Limited {
            layer: Layer::Ceiling,
            budget: Budget::Requests,
            retry_after,
            is_first,
            work: None,
        })))
    }

    /// Take the one use of a proof of work, as its header says it. `false`: it is worth nothing, or nothing any more.
    pub async fn redeem(&self, source: &Source, header: &str) -> Result<bool, Error> {
        let Some(proof) = work::check(&self.inner.keyring, source, header, self.now()) else { return Ok(false) };
        let tx = self.inner.store.begin().await?;
        let is_new = throttles::redeem(&*tx, &proof.key, proof.expires_at).await?;
        tx.commit().await?;
        if is_new {
            self.inner.counts.count_work();
        }
        Ok(is_new)
    }

    /// Write what was counted in memory. Done by itself a moment after something was.
    pub async fn flush(&self) -> Result<(), store::Error> {
        let _turn = self.inner.flushing.lock().await;
        let all = self.memory().take_owed();
        if all.is_empty() {
            return Ok(());
        }
        let written = self.write(&all).await;
        let now = self.now();
        let mut memory = self.memory();
        match written {
            Ok(said) => {
                for (owed, said) in all.iter().zip(said) {
                    memory.learn(owed.key, said, now);
                }
                Ok(())
            }
            Err(error) => {
                memory.owe_again(&all);
                Err(error)
            }
        }
    }

    async fn write(&self, all: &[memory::Owed]) -> Result<Vec<Tats>, store::Error> {
        let tx = self.inner.store.begin().await?;
        let mut said = Vec::with_capacity(all.len());
        for owed in all {
            said.push(throttles::add(&*tx, &owed.key, owed.at, owed.add).await?);
        }
        tx.commit().await?;
        Ok(said)
    }

    fn flush_soon(&self) {
        if self.inner.is_flush_due.swap(true, Ordering::SeqCst) {
            return;
        }
        let throttle = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FLUSH_AFTER).await;
            throttle.inner.is_flush_due.store(false, Ordering::SeqCst);
            if let Err(error) = throttle.flush().await {
                tracing::warn!(%error, "what was counted could not be written; it stays counted here");
                throttle.flush_soon();
            }
        });
    }

    /// The lane of a known device, if it is one and its lane is open. A closed lane refuses nobody: there is the ordinary way.
    async fn enter_lane(&self, device: [u8; 32], kind: Kind, now: Micros) -> Result<Option<Key>, store::Error> {
        let lane = counter(&self.inner.keyring, Layer::Device, &device);
        let is_closed = kind.budgets().iter().any(|budget| self.refusal(lane, *budget, now).is_some());
        if is_closed || !known_devices::exists(self.inner.store.reader(), &device).await? {
            return Ok(None);
        }
        Ok(self.take(lane, kind, false, now).await?.is_none().then_some(lane.key))
    }

    /// Ask the database about counters that were not asked about lately, all in one statement.
    async fn refresh(&self, counters: &[Counter], now: Micros) -> Result<(), store::Error> {
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
    fn reserve(
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
                    memory.charge(counter.key, Budget::Requests, limit.interval(), now);
                }
            }
            drop(memory);
            self.flush_soon();
        }
        longest
    }

    fn give_back(&self, wide: &[Counter]) {
        let mut memory = self.memory();
        for counter in wide {
            if let Some(limit) = self.inner.policy.of(counter.layer).requests {
                memory.give_back(counter.key, Budget::Requests, limit.interval());
            }
        }
    }

    /// Count a request in the database if its counter lets it through. `None`: it does, and it is counted.
    async fn take(
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

    async fn take_in(
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
        if let Some(tats) = throttles::take(&**tx, &counter.key, now, cost, bounds).await? {
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

    async fn add_failures(&self, counter: Counter, count: u32, now: Micros) -> Result<(), store::Error> {
        let Some(limit) = self.inner.policy.of(counter.layer).failures else { return Ok(()) };
        let add = Tats { requests: 0, failures: limit.interval().saturating_mul(Micros::from(count)) };
        let tx = self.inner.store.begin().await?;
        let tats = throttles::add(&*tx, &counter.key, now, add).await?;
        tx.commit().await?;
        self.memory().learn(counter.key, tats, now);
        Ok(())
    }

    /// Whether a counter refuses, as far as is known here.
    fn refusal(&self, counter: Counter, budget: Budget, now: Micros) -> Option<Refused> {
        let tats = self.memory().tats(&counter.key);
        self.judge(counter, budget, tats, now)
    }

    fn judge(&self, counter: Counter, budget: Budget, tats: Tats, now: Micros) -> Option<Refused> {
        let wait = self.inner.policy.of(counter.layer).of(budget)?.wait(tats.get(budget), now)?;
        // One address can make only so many requests, however hard it works: they cost us more than a hash.
        let is_payable = (counter.layer, budget) != (Layer::Address, Budget::Requests);
        Some(Refused { counter, budget, wait, is_payable })
    }

    /// Say it, and whether it is to be recorded.
    async fn limited(&self, refused: Refused, source: &Source, now: Micros) -> Error {
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

    async fn note(&self, counter: Counter, now: Micros) -> Result<bool, store::Error> {
        if self.memory().is_noted_since(&counter.key, now.saturating_sub(WINDOW)) {
            return Ok(false);
        }
        let tx = self.inner.store.begin().await?;
        let is_first = throttles::note(&*tx, &counter.key, now, WINDOW).await?;
        tx.commit().await?;
        self.memory().note(counter.key, now);
        Ok(is_first)
    }

    fn now(&self) -> Micros {
        self.inner.clock.now().0.saturating_mul(1000)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.inner.memory)
    }
}

impl Kind {
    /// What is looked at before letting it through.
    fn budgets(self) -> &'static [Budget] {
        match self {
            Self::Ceremony => &Budget::ALL,
            Self::Change => &[Budget::Requests],
        }
    }
}

/// What is behind it is numbers, which are good however their last holder ended.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
