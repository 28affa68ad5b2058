//! Who is an operator. Said at the command line, by somebody who has the machine, and nowhere else.

use std::sync::Arc;

use uuid::Uuid;

use crate::audit::{Error, Event, EventType, Origin, Trail};
use crate::auth::{Account, OPERATOR};
use crate::clock::Timestamp;
use crate::store::{role, roles, users};

/// More people than this claim no one address.
const CLAIMS: u64 = 50;

/// The operators.
#[derive(Debug)]
pub struct Roles(Arc<Trail>);

/// Somebody, and since when they are an operator.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who.
    pub account: Account,
    /// Since when.
    pub granted_at: Timestamp,
    /// By whom, as the machine calls them.
    pub granted_by: String,
}

impl Roles {
    /// Over the audit trail and its database.
    pub fn new(trail: Arc<Trail>) -> Self {
        Self(trail)
    }

    /// Whoever is meant by an id or an address, with when they came. An address is a claim, so it may mean several.
    pub async fn meant(&self, text: &str) -> Result<Vec<(Account, Timestamp)>, Error> {
        let store = self.0.store();
        let text = text.trim();
        let rows = match Uuid::parse_str(text) {
            Ok(id) => users::find(store.reader(), id).await?.into_iter().collect(),
            Err(_) => users::claiming(store.reader(), &text.to_lowercase(), CLAIMS).await?,
        };
        Ok(rows
            .into_iter()
            .map(|row| (Timestamp(row.created_at), row))
            .map(|(at, row)| (row.into(), at))
            .collect())
    }

    /// Make somebody an operator. `Ok(false)` if they are one.
    pub async fn grant(&self, user_id: Uuid, by: &str) -> Result<bool, Error> {
        let tx = self.0.begin().await?;
        let row = role::Model {
            user_id,
            role: OPERATOR.to_owned(),
            granted_at: self.0.clock().now().0,
            granted_by: by.chars().filter(|c| !c.is_control()).take(128).collect(),
        };
        if !roles::grant(&*tx, row).await? {
            return Ok(false);
        }
        let event = Event::success(EventType::PrivilegePermissionsChanged).because("operator_granted");
        tx.record(Origin::of_ours()?, event.user(user_id));
        tx.commit().await?;
        Ok(true)
    }

    /// Make them one no longer: their next request finds nothing. `Ok(false)` if they were none.
    pub async fn revoke(&self, user_id: Uuid) -> Result<bool, Error> {
        let tx = self.0.begin().await?;
        if !roles::revoke(&*tx, user_id, OPERATOR).await? {
            return Ok(false);
        }
        let event = Event::success(EventType::PrivilegePermissionsChanged).because("operator_revoked");
        tx.record(Origin::of_ours()?, event.user(user_id));
        tx.commit().await?;
        Ok(true)
    }

    /// All of them, the longest first.
    pub async fn list(&self) -> Result<Vec<Holder>, Error> {
        let store = self.0.store();
        let mut list = Vec::new();
        for row in roles::holders(store.reader(), OPERATOR).await? {
            if let Some(user) = users::find(store.reader(), row.user_id).await? {
                let granted_at = Timestamp(row.granted_at);
                list.push(Holder { account: user.into(), granted_at, granted_by: row.granted_by });
            }
        }
        Ok(list)
    }
}
