//! A signed-in browser.

use sea_orm::entity::prelude::*;

/// One row of `sessions`. Its tokens are in `session_tokens`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// The passkey that opened it.
    pub credential_id: Option<Uuid>,
    pub created_at: i64,
    pub expires_at: i64,
    /// Written at most once a minute.
    pub last_seen_at: i64,
    /// IPv4 /24 or IPv6 /48.
    pub last_network: Option<String>,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
    /// The last coarse devices that a touch vouched for, as JSON.
    pub devices: String,
    /// The last networks that a touch vouched for, as JSON: IPv4 /16 or IPv6 /48.
    pub networks: String,
    /// SHA-256 of the `__Host-device` cookie at sign-in.
    pub known_device: Option<Vec<u8>>,
    /// The uncompressed point of the device key.
    pub device_key: Option<Vec<u8>>,
    /// RFC 7638, base64url.
    pub device_key_thumbprint: Option<String>,
    /// What this session's DPoP nonces are made from.
    pub proof_seed: Vec<u8>,
    pub stepped_up_until: Option<i64>,
    /// When a touch last answered what was odd about it.
    pub answered_at: Option<i64>,
    /// When somebody first signed in to this account with this browser, as known at sign-in.
    pub device_known_since: Option<i64>,
    /// When its passkey was made.
    pub passkey_created_at: Option<i64>,
    /// The last autonomous systems that a touch vouched for, as JSON.
    pub asns: String,
    /// Whether a program that calls itself one was vouched for.
    pub is_automated: bool,
    /// Where it was last used, as JSON. Never a VPN or a data centre.
    pub anchor: Option<String>,
    /// When it was last used through an operator that a touch vouched for. Written at most once a minute.
    pub used_at: Option<i64>,
    /// The level of risk since the last touch: 0 low, 1 medium, 2 high.
    pub risk_level: i16,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
