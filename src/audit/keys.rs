//! The keys that the personal part of events is sealed with: each person has one, and each month has one for events that are
//! nobody's. Whoever is erased loses theirs, and with it every copy of their events is unreadable, backups of the table included.

use std::collections::HashMap;

use uuid::Uuid;

use super::Error;
use crate::clock::Timestamp;
use crate::keyring::{ContentKey, Keyring};
use crate::secret::random_bytes;
use crate::store::{Connection, audit_key, audit_keys};

/// Names this use of the keyring.
const PURPOSE: &str = "audit key";
/// And that of the note beside each event which says whose key opens it.
const SUBJECT: &str = "audit subject";

/// Whose key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Person(Uuid),
    Month(i32, u8),
}

impl Owner {
    /// The person, or where there is none the month.
    pub(super) fn of(user: Option<Uuid>, now: Timestamp) -> Self {
        user.map_or_else(|| Self::month(now), Self::Person)
    }

    pub(super) fn month(now: Timestamp) -> Self {
        let date = now.to_date_time();
        Self::Month(date.year(), u8::from(date.month()))
    }
}

/// As months are written, in an order that text keeps.
pub(super) fn month_text(year: i32, month: u8) -> String {
    format!("{year:04}-{month:02}")
}

/// A key with its name.
pub(super) struct NamedKey {
    pub(super) id: Uuid,
    pub(super) key: ContentKey,
}

/// The owner's key, made if there is none yet. `None` if the person is not there (any more).
pub(super) async fn of_owner(
    db: &impl Connection,
    keyring: &Keyring,
    owner: Owner,
    now: Timestamp,
) -> Result<Option<NamedKey>, Error> {
    if let Some(row) = find(db, owner).await? {
        return Ok(Some(open(keyring, &row)?));
    }
    let id = Uuid::from_bytes(random_bytes()?);
    let sealed = keyring.new_content_key(PURPOSE, id.as_bytes())?;
    let (user_id, month) = match owner {
        Owner::Person(user_id) => (Some(user_id), None),
        Owner::Month(year, month) => (None, Some(month_text(year, month))),
    };
    audit_keys::insert(db, audit_key::Model { id, user_id, month, sealed, created_at: now.0 }).await?;
    // Somebody else may have been first.
    find(db, owner).await?.map(|row| open(keyring, &row)).transpose()
}

async fn find(db: &impl Connection, owner: Owner) -> Result<Option<audit_key::Model>, Error> {
    Ok(match owner {
        Owner::Person(user_id) => audit_keys::of_user(db, user_id).await?,
        Owner::Month(year, month) => audit_keys::of_month(db, &month_text(year, month)).await?,
    })
}

fn open(keyring: &Keyring, row: &audit_key::Model) -> Result<NamedKey, Error> {
    Ok(NamedKey { id: row.id, key: keyring.open_content_key(PURPOSE, row.id.as_bytes(), &row.sealed)? })
}

/// The note that says which key opens an event.
pub(super) fn seal_subject(keyring: &Keyring, id: Uuid) -> Result<Vec<u8>, Error> {
    Ok(keyring.seal(SUBJECT, b"", id.as_bytes())?)
}

/// Which key opens an event.
pub(super) fn open_subject(keyring: &Keyring, sealed: &[u8]) -> Result<Uuid, Error> {
    let plain = keyring.open(SUBJECT, b"", sealed)?;
    Uuid::from_slice(&plain).map_err(|_| Error::Broken("an event names no key".to_owned()))
}

/// The keys with these names that are still there.
pub(super) async fn with_ids(
    db: &impl Connection,
    keyring: &Keyring,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, ContentKey>, Error> {
    let mut found = HashMap::new();
    // A database takes only so many parameters.
    for ids in ids.chunks(1000) {
        for row in audit_keys::find(db, ids.to_vec()).await? {
            let NamedKey { id, key } = open(keyring, &row)?;
            found.insert(id, key);
        }
    }
    Ok(found)
}
