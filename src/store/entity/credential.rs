//! A passkey: a WebAuthn public key credential.

use sea_orm::entity::prelude::*;

/// One row of `credentials`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credentials")]
pub struct Model {
    /// Ours, for the API; says nothing about the passkey.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The authenticator's, unique over all accounts.
    pub credential_id: Vec<u8>,
    pub user_id: Uuid,
    /// webauthn-rs's credential as JSON: public key, policy, extensions.
    pub passkey: String,
    pub label: String,
    /// Unsigned under attestation `none`: for display only.
    pub aaguid: Uuid,
    /// Comma separated, as the browser reported them.
    pub transports: String,
    pub backup_eligible: bool,
    pub backup_state: bool,
    pub sign_count: i64,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    /// How often in a row it was used and refused.
    pub failures: i64,
    /// On what it was last used: the coarse device, as JSON.
    pub last_used_device: Option<String>,
    /// From where: IPv4 /24 or IPv6 /48.
    pub last_used_network: Option<String>,
    /// Since when a recovery keeps it from being used.
    pub suspended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
