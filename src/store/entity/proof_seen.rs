//! Proofs of possession that were used, for as long as their nonce could be.

use sea_orm::entity::prelude::*;

/// One row of `proofs_seen`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proofs_seen")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Uuid,
    /// SHA-256 of the proof's `jti`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub jti: Vec<u8>,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
