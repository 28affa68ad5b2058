//! Sends what is due.
//!
//! A row is claimed before it is sent, for [`LEASE`]. Whoever dies with a claim leaves it to be taken over after that time;
//! the other side may then get the same notice twice, under the same id.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::message::Content;
use super::{Channel, Error, Failure, Outbox, backoff};
use crate::clock::Timestamp;
use crate::secret::random_bytes;
use crate::store::{self, outbox};

/// A process that has a row and was not heard of for so long is dead. Processes' clocks may differ by what this is longer
/// than an attempt.
pub const LEASE: Duration = Duration::from_mins(2);
/// How often the outbox is looked at.
const POLL: Duration = Duration::from_secs(1);
/// So many are sent at once by one process.
const AT_ONCE: usize = 8;

/// What a process has sent since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Given up.
    pub dead: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<BTreeMap<Channel, Totals>>);

impl Counters {
    pub(super) fn read(&self) -> Vec<(Channel, Totals)> {
        let totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Channel::ALL.iter().map(|channel| (*channel, totals.get(channel).copied().unwrap_or_default())).collect()
    }

    fn count(&self, channel: Option<Channel>, add: impl FnOnce(&mut Totals)) {
        if let Some(channel) = channel {
            add(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(channel).or_default());
        }
    }
}

/// Send what is due, until told to stop; then finish what is under way.
pub async fn run(outbox: Arc<Outbox>, stop: CancellationToken) {
    let mut under_way = JoinSet::new();
    while !stop.is_cancelled() {
        match outbox.claim(AT_ONCE - under_way.len()).await {
            Ok(rows) => {
                for row in rows {
                    let outbox = outbox.clone();
                    under_way.spawn(async move { outbox.attempt(row).await });
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox could not be read; it is tried again"),
        }
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            () = tokio::time::sleep(POLL) => {}
            () = stop.cancelled() => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

impl Outbox {
    /// Send what is due now, once, and wait for how it goes. Answers how many attempts that were.
    pub async fn deliver_due(&self) -> Result<usize, Error> {
        let rows = self.claim(AT_ONCE).await?;
        let attempts = rows.len();
        futures::future::join_all(rows.into_iter().map(|row| self.attempt(row))).await;
        Ok(attempts)
    }

    async fn claim(&self, limit: usize) -> Result<Vec<outbox::Model>, Error> {
        let now = self.clock.now();
        // Looked at first: that takes no lock, and mostly there is nothing.
        if limit == 0 || !outbox::is_due(self.store.reader(), now.0).await? {
            return Ok(Vec::new());
        }
        let claim: [u8; 16] = random_bytes()?;
        let tx = self.store.begin().await?;
        let rows = outbox::claim(&*tx, &claim, now.0, now.plus(LEASE).0, limit as u64).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Try to deliver one that was claimed, and note how it went.
    async fn attempt(&self, row: outbox::Model) {
        let delivered = tokio::time::timeout(self.patience, self.deliver(&row)).await;
        let delivered = delivered.unwrap_or_else(|_| Err(Failure::again("timeout")));
        let now = self.clock.now();
        let outcome = match &delivered {
            Ok(()) => outbox::Outcome::Delivered,
            Err(failure) => next(failure, &row, now),
        };
        self.note(&row, outcome);
        match self.mark(&row, now, outcome).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(id = %row.id, "a notice was taken over by another process while it was sent here")
            }
            Err(error) => {
                tracing::error!(id = %row.id, %error, "how the sending of a notice went could not be kept")
            }
        }
    }

    async fn deliver(&self, row: &outbox::Model) -> Result<(), Failure> {
        if row.not_after.is_some_and(|time| time < self.clock.now().0) {
            return Err(Failure::last("too_late"));
        }
        // Whoever claims a row and dies counts as an attempt, so that one that kills its process is given up some time.
        if u32::try_from(row.attempts).is_ok_and(|attempts| attempts > backoff::ATTEMPTS) {
            return Err(Failure::last("too_many_attempts"));
        }
        match self.open(row)? {
            Content::Mail(mail) => self.mailer.send(row.id, Timestamp(row.created_at), &mail).await.map(drop),
            Content::Webhook(body) => match &self.webhook {
                Some(webhook) => webhook.post(row.id, self.clock.now(), body).await,
                // It was set when the notice was taken.
                None => Err(Failure::again("webhook_off")),
            },
            Content::Log(line) => {
                tracing::warn!(id = %row.id, "{}", line.escape_debug());
                Ok(())
            }
        }
    }

    async fn mark(
        &self,
        row: &outbox::Model,
        now: Timestamp,
        outcome: outbox::Outcome<'_>,
    ) -> Result<bool, store::Error> {
        let tx = self.store.begin().await?;
        let is_ours =
            outbox::mark(&*tx, row.seq, row.claim.as_deref().unwrap_or_default(), now.0, outcome).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    fn note(&self, row: &outbox::Model, outcome: outbox::Outcome<'_>) {
        let channel = Channel::ALL.into_iter().find(|channel| channel.name() == row.channel);
        let (id, channel_name, attempts) = (row.id, &row.channel, row.attempts);
        self.totals.count(channel, |totals| match outcome {
            outbox::Outcome::Delivered => totals.delivered += 1,
            outbox::Outcome::Again { .. } => totals.failed += 1,
            outbox::Outcome::Dead { .. } => {
                totals.failed += 1;
                totals.dead += 1;
            }
        });
        match outcome {
            outbox::Outcome::Delivered => {
                tracing::debug!(%id, channel = channel_name, attempts, "a notice was delivered")
            }
            outbox::Outcome::Again { reason, .. } => {
                tracing::warn!(%id, channel = channel_name, attempts, reason, "a notice was not delivered; it is tried again");
            }
            outbox::Outcome::Dead { reason } => {
                tracing::error!(%id, channel = channel_name, attempts, reason, "a notice was given up");
            }
        }
    }
}

/// What becomes of a row after a failure.
fn next<'a>(failure: &'a Failure, row: &outbox::Model, now: Timestamp) -> outbox::Outcome<'a> {
    let reason = failure.reason.as_ref();
    let attempts = u32::try_from(row.attempts).unwrap_or_default();
    if failure.is_last || attempts >= backoff::ATTEMPTS {
        return outbox::Outcome::Dead { reason };
    }
    let pause = backoff::asked(backoff::pause(attempts, rand::random()), failure.after);
    outbox::Outcome::Again { due_at: now.plus(pause).0, reason }
}
