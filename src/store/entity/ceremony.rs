//! A WebAuthn ceremony that was begun and not yet finished.

use sea_orm::entity::prelude::*;

/// One row of `ceremonies`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ceremonies")]
pub struct Model {
    /// 32 random bytes, found again in clientDataJSON.
    #[sea_orm(primary_key, auto_increment = false)]
    pub challenge: Vec<u8>,
    /// SHA-256 of the cookie of the browser that began it.
    pub browser: Vec<u8>,
    pub kind: String,
    /// What the rule that began it needs to finish it: JSON, sealed, in base64url.
    pub payload: String,
    pub created_at: i64,
    pub expires_at: i64,
    /// Set by the one redemption there can be.
    pub consumed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
