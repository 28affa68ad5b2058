//! The audit trail: signed in time, cut in time, and read for alerts.

use super::Context;
use crate::store;

/// Checkpoints in time, and nothing older than it may be.
pub async fn keep(context: &Context) -> Result<(), store::Error> {
    context.keeper.checkpoint_if_due().await.map_err(store::failed)?;
    let gone = context.keeper.retain().await.map_err(store::failed)?;
    if gone > 0 {
        tracing::info!(gone, "events were older than they may be and were cut off the audit trail");
    }
    Ok(())
}

/// What the alert rules find goes into the outbox.
pub async fn watch(context: &Context) -> Result<(), store::Error> {
    context.watcher.look().await.map_err(store::failed)?;
    Ok(())
}
