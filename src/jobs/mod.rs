//! Background work, done once however many processes there are.
//!
//! Each job is a row of [`JOBS`]; whichever process gets its lease does it. A new job is a file here and a row there.

mod counting;
mod erase;
mod evidence;
pub mod lease;
mod partitions;
mod recovery;
mod tidy;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::alerts::Watcher;
use crate::audit::{Keeper, Trail};
use crate::auth::Auth;
use crate::clock::{Clock, Timestamp};
use crate::notify::Outbox;
use crate::store::{self, Store};
use lease::{Held, Holder, Wish};

pub use partitions::ensure_partitions;

/// What jobs work with.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The audit trail.
    pub trail: Arc<Trail>,
    /// What keeps the audit trail honest.
    pub keeper: Arc<Keeper>,
    /// What reads it for alerts.
    pub watcher: Arc<Watcher>,
    /// What has to be sent.
    pub outbox: Arc<Outbox>,
    /// The rules of who may come in.
    pub auth: Arc<Auth>,
}

/// Work that is done again and again.
#[derive(Clone, Copy)]
pub struct Job {
    /// What its lease is called. Two processes of different versions must mean the same by it.
    pub name: &'static str,
    /// How often it is done.
    pub every: Duration,
    /// The work. It may be stopped at any await, so what belongs together is one transaction.
    pub work: fn(&Context) -> BoxFuture<'_, Result<(), store::Error>>,
}

/// Every job there is.
pub const JOBS: &[Job] = &[
    Job { name: "tidy", every: Duration::from_mins(1), work: |context| tidy::run(context).boxed() },
    Job { name: "count_sign_ins", every: Duration::from_mins(1), work: |context| counting::run(context).boxed() },
    Job { name: "erase", every: Duration::from_mins(1), work: |context| erase::run(context).boxed() },
    Job { name: "audit", every: Duration::from_mins(1), work: |context| evidence::keep(context).boxed() },
    // An alert is to be there within ten seconds.
    Job { name: "alerts", every: Duration::from_secs(5), work: |context| evidence::watch(context).boxed() },
    // A notice is to be there within a minute.
    Job { name: "recovery", every: Duration::from_secs(15), work: |context| recovery::run(context).boxed() },
    Job { name: "partitions", every: Duration::from_hours(1), work: |context| partitions::run(context).boxed() },
];

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("name", &self.name).field("every", &self.every).finish_non_exhaustive()
    }
}

/// Do every job when it is due, until told to stop; then finish what is under way.
pub async fn run(context: Context, stop: CancellationToken) {
    let holder = match Holder::new(&context) {
        Ok(holder) => holder,
        Err(error) => return tracing::error!(%error, "there is no background work in this process"),
    };
    let mut loops = JoinSet::new();
    for job in JOBS {
        loops.spawn(repeat(*job, context.clone(), holder.clone(), stop.clone()));
    }
    while loops.join_next().await.is_some() {}
}

async fn repeat(job: Job, context: Context, holder: Holder, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let next = match once(&job, &context, &holder).await {
            Ok(next) => next.since(context.clock.now()),
            Err(error) => {
                tracing::warn!(job = job.name, %error, "background work failed; it is tried again");
                job.every
            }
        };
        // Never in a tight loop, and never so long that a clock set back would keep the work from being done.
        let pause = next.clamp(Duration::from_millis(100), job.every.max(lease::LASTS));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Do it now if it is due and nobody else does it. Answers when it is worth looking again.
pub async fn once(job: &Job, context: &Context, holder: &Holder) -> Result<Timestamp, store::Error> {
    let lease = match holder.take(job.name, job.every).await? {
        Wish::Granted(lease) => lease,
        Wish::Later(at) => return Ok(at),
    };
    let due = context.clock.now().plus(job.every);
    match holder.hold(&lease, (job.work)(context)).await {
        Held::Done(outcome) => {
            // Also after a failure: what cannot be done now is not done better by another process at once.
            holder.release(lease, due).await?;
            outcome?;
        }
        Held::Lost => tracing::warn!(job = job.name, "another process took this work over"),
    }
    Ok(due)
}
