//! The audit trail's partitions, made in time.

use super::Context;
use crate::clock::Timestamp;
use crate::store::{self, Store, events};

pub async fn run(context: &Context) -> Result<(), store::Error> {
    events::ensure_partitions(context.store.reader(), context.clock.now().to_date_time()).await
}

/// Make them now. Without one its events go to the default partition: nothing is lost, so nothing stops.
pub async fn ensure_partitions(store: &Store, now: Timestamp) {
    if let Err(error) = events::ensure_partitions(store.reader(), now.to_date_time()).await {
        tracing::warn!(%error, "a month of auth_events has no partition of its own");
    }
}
