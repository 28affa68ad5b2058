//! A person's passkeys, as they are shown to them.

use uuid::Uuid;

use super::{Account, Auth, Error, provider};
use crate::clock::Timestamp;
use crate::store::{credential, credentials};

/// One passkey, without anything secret in it.
#[derive(Clone, Debug)]
pub struct PasskeyInfo {
    /// Ours, for the API.
    pub id: Uuid,
    /// What the person calls it.
    pub label: String,
    /// Who made it, if known. For display only.
    pub provider: Option<&'static str>,
    /// The model or manager it claims to be.
    pub aaguid: Uuid,
    /// How a browser may reach it.
    pub transports: Vec<String>,
    /// Whether it may exist on several devices.
    pub backup_eligible: bool,
    /// Whether it does.
    pub backup_state: bool,
    /// When it was registered here.
    pub created_at: Timestamp,
    /// When it last signed in or stepped up.
    pub last_used_at: Option<Timestamp>,
}

impl From<credential::Model> for PasskeyInfo {
    fn from(row: credential::Model) -> Self {
        Self {
            id: row.id,
            label: row.label,
            provider: provider::name(row.aaguid),
            aaguid: row.aaguid,
            transports: row.transports.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect(),
            backup_eligible: row.backup_eligible,
            backup_state: row.backup_state,
            created_at: Timestamp(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp),
        }
    }
}

impl Auth {
    /// The account's passkeys, newest first.
    pub async fn passkeys(&self, account: &Account) -> Result<Vec<PasskeyInfo>, Error> {
        let rows = credentials::of_user(self.store.reader(), account.id).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
