//! Background work of one process.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::{GRACE, KNOWN_DEVICE_LIFETIME};
use crate::clock::{Clock, Timestamp};
use crate::store::{
    self, Store, ceremonies, events, known_devices, proofs_seen, session_tokens, sessions, step_up_grants,
};

/// How often to tidy up.
const INTERVAL: Duration = Duration::from_mins(1);
/// Ended ceremonies stay this long, so that a late answer hears "expired" or "used" and not "unknown".
const CEREMONY_MEMORY: Duration = Duration::from_mins(10);
/// Expired sessions stay this long, so that a person can still see them.
const SESSION_MEMORY: Duration = Duration::from_hours(720);

/// Tidy up until the process ends.
pub async fn run(store: Arc<Store>, clock: Arc<dyn Clock>) {
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = tidy(&store, clock.now()).await {
            tracing::warn!(%error, "tidying up failed; trying again in a minute");
        }
    }
}

async fn tidy(store: &Store, now: Timestamp) -> Result<(), store::Error> {
    let mut gone = 0;
    // A transaction each, so that nobody waits for all of them.
    macro_rules! forget {
        ($query:path, $moment:expr) => {
            let tx = store.begin().await?;
            gone += $query(&*tx, $moment.0).await?;
            tx.commit().await?;
        };
    }
    forget!(ceremonies::delete_expired, now.minus(CEREMONY_MEMORY));
    forget!(sessions::delete_expired, now.minus(SESSION_MEMORY));
    forget!(session_tokens::erase_successors, now.minus(GRACE));
    forget!(step_up_grants::delete_expired, now);
    forget!(proofs_seen::delete_expired, now);
    forget!(known_devices::delete_older, now.minus(KNOWN_DEVICE_LIFETIME));
    if gone > 0 {
        tracing::debug!(gone, "tidied up");
    }
    ensure_partitions(store, now).await;
    Ok(())
}

/// Make the audit trail's partitions in time. Without one its events go to the default partition: nothing is lost, so
/// nothing stops.
pub async fn ensure_partitions(store: &Store, now: Timestamp) {
    if let Err(error) = events::ensure_partitions(store.reader(), now.to_date_time()).await {
        tracing::warn!(%error, "a month of auth_events has no partition of its own");
    }
}
