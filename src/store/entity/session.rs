//! A signed-in browser.

use sea_orm::entity::prelude::*;

/// One row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// The passkey that opened it.
    pub credential_id: Option<Uuid>,
    /// SHA-256 of the cookie's token.
    pub token_hash: Vec<u8>,
    pub created_at: i64,
    pub expires_at: i64,
    /// Written at most once a minute.
    pub last_seen_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
