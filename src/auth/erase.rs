//! The end of an account: all that is kept of a person goes, everywhere. What happened stays in the audit trail, and no longer says
//! to whom.
//!
//! What is left for a while is nobody's who has the database: answers to ceremonies that were begun (sealed, a quarter of an hour) and
//! counters of throttling (keyed digests, until they say nothing any more).

use uuid::Uuid;

use super::Error;
use crate::alerts;
use crate::audit::{Event, EventType, Origin, Trail};
use crate::clock::Timestamp;
use crate::notify::Outbox;
use crate::store::{account_deletions, addresses, users};

/// Erase a person, and say in the trail that somebody was, and why. `false` if they are not there. Their sessions end with it: the
/// next request finds none.
pub async fn erase_person(trail: &Trail, outbox: &Outbox, id: Uuid, why: &'static str) -> Result<bool, Error> {
    erase(trail, outbox, id, why, None).await
}

/// The same, if they want that, and have had the time to change their mind by now.
pub(super) async fn erase_if_due(trail: &Trail, outbox: &Outbox, id: Uuid, now: Timestamp) -> Result<bool, Error> {
    erase(trail, outbox, id, "requested", Some(now)).await
}

async fn erase(
    trail: &Trail,
    outbox: &Outbox,
    id: Uuid,
    why: &'static str,
    due_by: Option<Timestamp>,
) -> Result<bool, Error> {
    let tx = trail.begin().await?;
    users::lock(&*tx, id).await?;
    // Under the lock: whoever keeps the account has either done so or comes too late.
    if let Some(now) = due_by
        && account_deletions::of_user(&*tx, id).await?.is_none_or(|row| row.due_at > now.0)
    {
        return Ok(false);
    }
    let Some(person) = users::find(&*tx, id).await? else { return Ok(false) };
    let is_shared = users::is_address_of_others(&*tx, &person.email, id).await?;
    let address = (!is_shared).then_some(person.email.as_str());
    outbox.forget_person(&*tx, id, address).await?;
    // A confirmed address is one account's alone.
    for row in addresses::of_user(&*tx, id).await? {
        if row.verified_at.is_some() && row.address != person.email {
            outbox.forget_person(&*tx, id, Some(&row.address)).await?;
        }
    }
    alerts::forget_person(trail, &tx, id).await?;
    // Passkeys, sessions with all that hangs on them, keys, payout details, browsers, habits and decisions are rows of theirs.
    users::delete(&*tx, id).await?;
    // Last: deleting waits for whoever still writes for them, and what those have told of must be forgotten, too.
    trail.forget_person(&*tx, id).await?;
    tx.record(Origin::of_ours()?, Event::success(EventType::UserDeleted).because(why));
    tx.commit().await?;
    Ok(true)
}
