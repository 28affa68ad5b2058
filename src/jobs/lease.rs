//! A lease: the right to do a piece of background work, held by one process at a time.
//!
//! It is a row with a time in it. Its holder renews it while it works; one that has died renews nothing, and when the time
//! is over another takes the work. One that was only slow finds out when it renews, and stops: two may overlap for the rest
//! of one statement, so what a job does must be right even then. Processes' clocks may differ by [`LASTS`] less a renewal.

use std::sync::Arc;
use std::time::Duration;

use super::Context;
use crate::clock::{Clock, Timestamp};
use crate::secret::{NoEntropy, random_bytes};
use crate::store::{self, Store, job_leases};

/// A holder that was not heard of for so long is dead.
pub const LASTS: Duration = Duration::from_mins(1);
/// It is renewed so often: two renewals may fail.
const RENEWAL: Duration = Duration::from_secs(20);

/// Who takes leases: one per process.
#[derive(Clone)]
pub struct Holder {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    id: [u8; 16],
    renewal: Duration,
}

/// The right to do the work, until it is released or lost.
#[derive(Debug)]
pub struct Lease {
    name: &'static str,
    term: i64,
}

/// What became of a wish for a lease.
#[derive(Debug)]
pub enum Wish {
    /// It is ours.
    Granted(Lease),
    /// Somebody has it, or the work is not due; it is worth asking again then.
    Later(Timestamp),
}

/// How the work under a lease went.
#[derive(Debug, PartialEq, Eq)]
pub enum Held<T> {
    /// It came to its end.
    Done(T),
    /// The lease was lost on the way, and the work was stopped where it was.
    Lost,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").finish_non_exhaustive()
    }
}

impl Holder {
    /// A new one, unlike all others.
    pub fn new(context: &Context) -> Result<Self, NoEntropy> {
        Ok(Self {
            store: context.store.clone(),
            clock: context.clock.clone(),
            id: random_bytes()?,
            renewal: RENEWAL,
        })
    }

    /// It renews its leases so often. For tests, which have no time.
    #[must_use]
    pub fn renewing_every(self, renewal: Duration) -> Self {
        Self { renewal, ..self }
    }

    /// Ask for the right to do what is done once in `every`.
    pub async fn take(&self, name: &'static str, every: Duration) -> Result<Wish, store::Error> {
        let now = self.clock.now();
        let wanted = job_leases::Wanted {
            name,
            holder: &self.id,
            now: now.0,
            lasts: now.plus(LASTS).0 - now.0,
            every: now.plus(every).0 - now.0,
        };
        // Looked at first: that takes no lock, and mostly the answer is "later".
        if let Some(row) = job_leases::find(self.store.reader(), name).await? {
            let later = Timestamp(row.due_at.max(row.expires_at));
            if later > now && later <= now.plus(every.max(LASTS)) {
                return Ok(Wish::Later(later));
            }
        }
        let tx = self.store.begin().await?;
        let term = job_leases::take(&*tx, wanted).await?;
        tx.commit().await?;
        Ok(match term {
            Some(term) => Wish::Granted(Lease { name, term }),
            None => Wish::Later(now.plus(every.min(LASTS))),
        })
    }

    /// Do the work, and keep the lease while it lasts.
    pub async fn hold<T>(&self, lease: &Lease, work: impl Future<Output = T>) -> Held<T> {
        // Side by side: a renewal may have to wait for a transaction of the work itself.
        tokio::select! {
            outcome = work => Held::Done(outcome),
            () = self.keep(lease) => Held::Lost,
        }
    }

    /// Renew the lease again and again, until it is lost.
    async fn keep(&self, lease: &Lease) {
        let mut renewed = self.clock.now();
        loop {
            tokio::time::sleep(self.renewal).await;
            match self.renew(lease).await {
                Ok(true) => renewed = self.clock.now(),
                Ok(false) => return,
                // The database may be back before the lease is over.
                Err(error) => {
                    tracing::warn!(job = lease.name, %error, "a lease could not be renewed");
                    if self.clock.now().since(renewed) >= LASTS {
                        return;
                    }
                }
            }
        }
    }

    /// Keep the lease for as long again. `false` if it is not ours any more.
    pub async fn renew(&self, lease: &Lease) -> Result<bool, store::Error> {
        let until = self.clock.now().plus(LASTS);
        let tx = self.store.begin().await?;
        let is_ours = job_leases::renew(&*tx, lease.name, &self.id, lease.term, until.0).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    /// Give it back; the work is due again at `due`. `false` if it was not ours any more.
    pub async fn release(&self, lease: Lease, due: Timestamp) -> Result<bool, store::Error> {
        let tx = self.store.begin().await?;
        let was_ours = job_leases::release(&*tx, lease.name, &self.id, lease.term, due.0).await?;
        tx.commit().await?;
        Ok(was_ours)
    }
}
