//! The outbox without a person who is erased.

use uuid::Uuid;

use super::message::Content;
use super::{Error, Outbox};
use crate::store::{self, outbox};

/// As many are read at once.
const PAGE: u64 = 500;

impl Outbox {
    /// A person is erased: what still waits (or was given up) and goes to this address or names them is never sent. `address` is
    /// `None` where it is also somebody else's.
    pub async fn forget_person(
        &self,
        tx: &impl store::Connection,
        person: Uuid,
        address: Option<&str>,
    ) -> Result<(), Error> {
        let name = person.to_string();
        let mut last = i64::MIN;
        loop {
            let page = outbox::unsent_after(tx, last, PAGE).await?;
            let Some(newest) = page.last() else { return Ok(()) };
            last = newest.seq;
            for row in page {
                // One that cannot be opened says nothing to anybody.
                let Ok(content) = self.open(&row) else { continue };
                let is_to_them = matches!(&content, Content::Mail(mail)
                    if address.is_some_and(|address| mail.to.trim().eq_ignore_ascii_case(address)));
                let names_them = serde_json::to_string(&content).is_ok_and(|text| text.contains(&name));
                if is_to_them || names_them {
                    outbox::delete(tx, row.seq).await?;
                }
            }
        }
    }
}
