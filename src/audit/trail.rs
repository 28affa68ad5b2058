//! The transaction that a change and its evidence share.
//!
//! Events are gathered while the rule runs and chained last, when everything else is written: the heads of the chains are what many
//! wait for, so they are held only for the moment before the commit, and in order. What is dropped without a commit leaves neither
//! the change nor the event.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::event::{Details, Event, Origin};
use super::keys::{self, NamedKey, Owner};
use super::{chain, read};
use crate::clock::{Clock, Timestamp};
use crate::keyring::{Keyring, SealError};
use crate::metrics::Metrics;
use crate::secret::NoEntropy;
use crate::store::{self, Store, auth_event, chain_heads, events};

/// Why something could not be recorded or read. Never a person's fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("database: {0}")]
    Store(#[from] store::Error),
    /// Something could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// What is stored is not what belongs there.
    #[error("{0}")]
    Broken(String),
}

/// The trail. One per process, shared.
pub struct Trail {
    pub(super) store: Arc<Store>,
    pub(crate) keyring: Arc<Keyring>,
    pub(super) clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    /// How many chains there are.
    pub(super) chains: u16,
    /// How long events are kept.
    pub(super) retention: Duration,
}

impl std::fmt::Debug for Trail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trail").field("chains", &self.chains).finish_non_exhaustive()
    }
}

/// A write transaction with the events that tell of it. Dropped without [`Transaction::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Transaction<'a> {
    inner: store::Transaction<'a>,
    trail: &'a Trail,
    written: Mutex<Vec<Written>>,
}

/// An event that waits for the commit.
#[derive(Debug)]
struct Written {
    at: Timestamp,
    origin: Origin,
    event: Event,
}

impl<'a> Deref for Transaction<'a> {
    type Target = <store::Transaction<'a> as Deref>::Target;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl Trail {
    /// Over a database whose schema is up to date.
    pub async fn open(
        store: Arc<Store>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        retention: Duration,
    ) -> Result<Self, Error> {
        let chains = chain_heads::count(store.reader()).await?;
        let chains = u16::try_from(chains).ok().filter(|chains| *chains > 0);
        let chains = chains.ok_or_else(|| Error::Broken("the audit trail has no chains".to_owned()))?;
        Ok(Self { store, keyring, clock, metrics, chains, retention })
    }

    /// The database.
    pub fn store(&self) -> Arc<Store> {
        self.store.clone()
    }

    /// The time.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Begin to change something.
    pub async fn begin(&self) -> Result<Transaction<'_>, store::Error> {
        Ok(Transaction { inner: self.store.begin().await?, trail: self, written: Mutex::default() })
    }

    /// The chain that a person's events are in; others are spread.
    pub(super) fn chain_of(&self, user: Option<Uuid>, request_id: &str) -> i16 {
        let name = user.as_ref().map_or(request_id.as_bytes(), |user| user.as_bytes());
        let [first, second, ..] = self.keyring.digest("audit chain", name);
        i16::try_from(u16::from_be_bytes([first, second]) % self.chains).unwrap_or_default()
    }

    /// Seal an event. Its place in the chain comes later.
    async fn seal(&self, tx: &store::Transaction<'_>, written: Written) -> Result<auth_event::Model, Error> {
        let Written { at, origin, event } = written;
        let user = event.details.user;
        let details = Details {
            network: origin.network,
            device: origin.device,
            country: origin.country,
            asn: origin.asn,
            browser: origin.browser.as_ref().map(|hash| crate::hex::encode(hash)),
            ..event.details
        };
        let owner = Owner::of(user, at);
        let key = match keys::of_owner(&**tx, &self.keyring, owner, at).await? {
            Some(key) => Some(key),
            // They are being erased. What they do meanwhile is nobody's.
            None => keys::of_owner(&**tx, &self.keyring, Owner::month(at), at).await?,
        };
        let NamedKey { id, key } = key.ok_or_else(|| Error::Broken("a month has no key".to_owned()))?;
        let plain = serde_json::to_vec(&details).map_err(|error| Error::Broken(error.to_string()))?;
        let kind = event.kind.as_str();
        let digests = read::Digests::of(&self.keyring, at, &details);
        Ok(auth_event::Model {
            id: 0,
            chain: self.chain_of(user, &origin.request_id),
            seq: 0,
            created_at: at.0,
            event_type: kind.to_owned(),
            outcome: event.outcome.to_owned(),
            reason: event.reason.map(str::to_owned),
            risk_score: i32::try_from(event.score).unwrap_or(i32::MAX),
            subject: keys::seal_subject(&self.keyring, id)?,
            body: key.seal(&read::bound_to(at, kind, &origin.request_id), &plain)?,
            request_id: origin.request_id,
            trace_id: origin.trace_id,
            hash: Vec::new(),
            person: digests.person,
            network: digests.network,
            browser: digests.browser,
            credential: digests.credential,
        })
    }
}

impl Transaction<'_> {
    /// Tell of what this transaction does. It is written with the commit, or not at all.
    pub fn record(&self, origin: Origin, event: Event) {
        let at = self.trail.clock.now();
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(Written { at, origin, event });
    }

    /// Make everything written through this transaction so, and everything told of it evidence.
    #[cfg_attr(feature = "otlp", tracing::instrument(skip_all, name = "audit.commit"))]
    pub async fn commit(self) -> Result<(), Error> {
        let written = self.written.into_inner().unwrap_or_else(PoisonError::into_inner);
        let counted: Vec<_> = written.iter().map(|one| (one.event.kind.as_str(), one.event.outcome)).collect();
        let mut by_chain: BTreeMap<i16, Vec<auth_event::Model>> = BTreeMap::new();
        for one in written {
            let row = self.trail.seal(&self.inner, one).await?;
            by_chain.entry(row.chain).or_default().push(row);
        }
        // In the order of the chains, so that no two wait for each other.
        for (chain, rows) in by_chain {
            append(&self.inner, chain, rows).await?;
        }
        self.inner.commit().await?;
        for (kind, outcome) in counted {
            self.trail.metrics.event(kind, outcome);
        }
        Ok(())
    }
}

async fn append(tx: &store::Transaction<'_>, chain: i16, mut rows: Vec<auth_event::Model>) -> Result<(), Error> {
    let head = chain_heads::lock(&**tx, chain).await?;
    let head = head.ok_or_else(|| Error::Broken(format!("chain {chain} of the audit trail is missing")))?;
    let (mut seq, mut hash) = (head.seq, head.hash);
    for row in &mut rows {
        seq += 1;
        row.seq = seq;
        hash = chain::link(&hash, row);
        row.hash.clone_from(&hash);
    }
    events::append(&**tx, rows).await?;
    Ok(chain_heads::advance(&**tx, chain, seq, hash).await?)
}
