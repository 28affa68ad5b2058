//! What is told to people and to other systems: by mail, by webhook, in the log.
//!
//! A notice is kept in the table `outbox` in the transaction of the change it tells about ([`Outbox::enqueue`]), and sent
//! afterwards by a worker ([`worker`]), so that a crash neither loses nor invents one. docs/notifications.md says what is
//! promised, and what is not.

mod backoff;
mod delivery;
mod forget;
pub mod mail;
mod message;
mod settings;
pub mod webhook;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

pub use delivery::Failure;
pub use message::{Cap, Channel, Message};
pub use settings::{Settings, Via};
pub use worker::{LEASE, Totals, run};

use crate::clock::Clock;
use crate::keyring::{Keyring, SealError};
use crate::secret::NoEntropy;
use crate::store::{self, Store, outbox};
use mail::Mailer;
use message::Content;
use webhook::Webhook;

/// What payloads are sealed for.
const PAYLOAD: &str = "outbox payload";
/// What each of a row's names is digested for.
const DEDUP: &str = "outbox dedup";
const LANE: &str = "outbox lane";
const TARGET: &str = "outbox target";

/// What has to be sent, and the means to send it. One per process, shared.
pub struct Outbox {
    store: Arc<Store>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    mailer: Mailer,
    webhook: Option<Webhook>,
    signals: bool,
    operator: Option<String>,
    patience: Duration,
    totals: worker::Counters,
}

/// What became of a notice that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It will be sent, under this id.
    Queued(Uuid),
    /// The same was handed in before.
    Already,
    /// Its receiver got as many of its kind as they may.
    Capped,
    /// Nobody said where notices of this channel go.
    Off,
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// It cannot be sent as it is. It does not say what was wrong with whose address.
    #[error("a notice cannot be sent: {0}")]
    Unfit(&'static str),
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl Outbox {
    /// Over a database and its keys, with the settings of where things go.
    pub fn new(store: Arc<Store>, keyring: Arc<Keyring>, clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let webhook = settings.webhook.clone().map(|url| Webhook::new(url, &keyring));
        let signals = settings.signals && webhook.is_some();
        Self {
            store,
            keyring,
            clock,
            mailer: Mailer::new(&settings.via, settings.from.clone()),
            webhook,
            signals,
            operator: settings.operator.clone(),
            patience: settings.patience,
            totals: worker::Counters::default(),
        }
    }

    /// Where mail about the service itself goes, if somebody said so.
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }

    /// Whether notices of this channel go anywhere.
    pub fn has(&self, channel: Channel) -> bool {
        channel != Channel::Webhook || self.webhook.is_some()
    }

    /// Whether other systems are told of sessions and credentials.
    pub fn has_signals(&self) -> bool {
        self.signals
    }

    /// How mail is sent.
    pub fn mailer(&self) -> &Mailer {
        &self.mailer
    }

    /// Keep a notice, in the transaction of the change that it tells about: both come to be, or neither. The same key in
    /// the same channel is the same notice, and kept once.
    pub async fn enqueue(&self, tx: &impl store::Connection, message: Message) -> Result<Enqueued, Error> {
        let channel = message.channel();
        if !self.has(channel) {
            return Ok(Enqueued::Off);
        }
        let now = self.clock.now();
        let named = |purpose, name: &str| {
            self.keyring.digest(purpose, &[channel.name(), "\0", name].concat().into_bytes())
        };
        let target = match &message.cap {
            None => None,
            Some(cap) => {
                let target = named(TARGET, &[cap.kind, "\0", &message.receiver()].concat());
                let sent = outbox::count_of_target(tx, &target, now.minus(cap.within).0).await?;
                if sent >= u64::from(cap.most) {
                    tracing::warn!(
                        kind = cap.kind,
                        channel = channel.name(),
                        "a receiver has had enough notices of a kind"
                    );
                    return Ok(Enqueued::Capped);
                }
                Some(target.to_vec())
            }
        };
        let id = Uuid::new_v4();
        let row = outbox::Model {
            seq: 0,
            id,
            dedup: named(DEDUP, &message.key).to_vec(),
            channel: channel.name().to_owned(),
            lane: message.lane.as_ref().map(|lane| named(LANE, lane).to_vec()),
            target,
            state: outbox::State::Queued,
            created_at: now.0,
            due_at: now.0,
            not_after: message.not_after.map(|time| time.0),
            attempts: 0,
            claim: None,
            reason: None,
            finished_at: None,
            payload: Some(self.seal(id, &message.into_content(id, now)?)?),
        };
        Ok(if outbox::insert(tx, row).await? { Enqueued::Queued(id) } else { Enqueued::Already })
    }

    /// How many notices wait, are being sent, and were given up, by channel.
    pub async fn depths(&self) -> Result<Vec<outbox::Depth>, store::Error> {
        outbox::depths(self.store.reader()).await
    }

    /// What this process has sent, and what it could not.
    pub fn totals(&self) -> Vec<(Channel, Totals)> {
        self.totals.read()
    }

    /// Try again what was given up. Answers how many there were.
    pub async fn revive(&self) -> Result<u64, store::Error> {
        let tx = self.store.begin().await?;
        let revived = outbox::revive(&*tx, self.clock.now().0).await?;
        tx.commit().await?;
        Ok(revived)
    }

    fn seal(&self, id: Uuid, content: &Content) -> Result<Vec<u8>, Error> {
        let text = serde_json::to_vec(content).map_err(|_| Error::Unfit("it cannot be written down"))?;
        Ok(self.keyring.seal(PAYLOAD, id.as_bytes(), &text)?)
    }

    fn open(&self, row: &outbox::Model) -> Result<Content, Failure> {
        let sealed = row.payload.as_deref().ok_or_else(|| Failure::last("payload_missing"))?;
        let text = self.keyring.open(PAYLOAD, row.id.as_bytes(), sealed).map_err(|error| match error {
            // The file of keys may yet be put right.
            SealError::KeyMissing(_) | SealError::Entropy(_) => Failure::again("key_missing"),
            SealError::Broken(_) => Failure::last("payload_broken"),
        })?;
        serde_json::from_slice(&text).map_err(|_| Failure::again("payload_unknown"))
    }
}
