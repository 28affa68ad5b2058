//! Alerts without a person who is erased.

use uuid::Uuid;

use super::rule::Key;
use super::watch::{About, PURPOSE};
use crate::audit::{Error, Trail, Transaction};
use crate::store::alerts;

/// As many are read at once.
const PAGE: u64 = 500;

/// A person is erased: alerts about them or a session of theirs go; in others they are no longer named.
pub async fn forget_person(trail: &Trail, tx: &Transaction<'_>, person: Uuid) -> Result<(), Error> {
    alerts::forget_who_acknowledged(&**tx, person).await?;
    let own = Key::Person(person).to_string();
    let mut last = Uuid::nil();
    loop {
        let page = alerts::after(&**tx, last, PAGE).await?;
        let Some(newest) = page.last() else { return Ok(()) };
        last = newest.id;
        for row in page {
            // One whose key has gone says nothing to anybody.
            let Ok(plain) = trail.keyring.open(PURPOSE, row.id.as_bytes(), &row.body) else { continue };
            let Ok(about) = serde_json::from_slice::<About>(&plain) else { continue };
            if about.subject == own || (about.person == Some(person) && about.subject.starts_with("session ")) {
                alerts::delete(&**tx, row.id).await?;
            } else if about.person == Some(person) {
                let plain = serde_json::to_vec(&About { person: None, ..about });
                let plain = plain.map_err(|error| Error::Broken(error.to_string()))?;
                alerts::rewrite(&**tx, row.id, trail.keyring.seal(PURPOSE, row.id.as_bytes(), &plain)?).await?;
            }
        }
    }
}
