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
mod decide;
mod flush;
mod gcra;
mod keys;
mod limits;
mod mail;
mod memory;
mod refused;
mod work;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use counts::Counts;
pub use gcra::{Limit, Micros};
pub use keys::{Key, Source};
pub use limits::{Budget, Layer, Limits, Policy};
pub use refused::{Error, Limited};
pub use work::{DIFFICULTY, Work, solve};

use crate::clock::Clock;
use crate::keyring::Keyring;
use crate::store::{self, Store, known_devices, throttles};
use decide::{Refused, WINDOW, Weight};
use keys::{Counter, counter};
use memory::Memory;

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
            self.add_failures(counter, Weight::One, now).await?;
        }
        {
            let mut memory = self.memory();
            for counter in wide {
                if let Some(limit) = self.inner.policy.of(counter.layer).failures {
                    memory.charge(counter.key, Budget::Failures, limit, now);
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
            Some(refused) => Err(self.limited(refused.unpayable(), source, now).await),
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

    /// The lane of a known device, if it is one and its lane is open. A closed lane refuses nobody: there is the ordinary way.
    async fn enter_lane(&self, device: [u8; 32], kind: Kind, now: Micros) -> Result<Option<Key>, store::Error> {
        let lane = counter(&self.inner.keyring, Layer::Device, &device);
        let is_closed = kind.budgets().iter().any(|budget| self.refusal(lane, *budget, now).is_some());
        if is_closed || !known_devices::exists(self.inner.store.reader(), &device).await? {
            return Ok(None);
        }
        Ok(self.take(lane, kind, false, now).await?.is_none().then_some(lane.key))
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
