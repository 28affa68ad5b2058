//! The audit trail: signed in time, cut in time, and read for alerts.

use serde_json::json;

use super::Context;
use crate::notify::{Channel, Message};
use crate::store::{self, audit_checkpoints};

/// Checkpoints in time, and nothing older than it may be.
pub async fn keep(context: &Context) -> Result<(), store::Error> {
    context.keeper.checkpoint_if_due().await.map_err(store::failed)?;
    send_checkpoint(context).await?;
    let gone = context.keeper.retain().await.map_err(store::failed)?;
    if gone > 0 {
        tracing::info!(gone, "events were older than they may be and were cut off the audit trail");
        send_checkpoint(context).await?;
    }
    Ok(())
}

/// The last one goes to the receiver of webhooks, too. Its time is its name in the outbox, so this is right however often it is done,
/// also after a crash between the two.
async fn send_checkpoint(context: &Context) -> Result<(), store::Error> {
    if !context.outbox.has(Channel::Webhook) {
        return Ok(());
    }
    let last = audit_checkpoints::last(context.store.reader(), context.clock.now().0).await?;
    let Some(last) = last else { return Ok(()) };
    let message =
        Message::webhook(format!("checkpoint {}", last.at), "audit.checkpoint", json!({ "note": last.note }));
    let tx = context.store.begin().await?;
    context.outbox.enqueue(&*tx, message).await.map_err(store::failed)?;
    tx.commit().await
}

/// What the alert rules find goes into the outbox.
pub async fn watch(context: &Context) -> Result<(), store::Error> {
    context.watcher.look().await.map_err(store::failed)?;
    Ok(())
}
