//! What the personal part of events is sealed with.

use sea_orm::entity::prelude::*;

/// One row of `audit_keys`: a person's key, or that of a month for events that are nobody's.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Option<Uuid>,
    /// Such as `2026-11`.
    pub month: Option<String>,
    /// The key, sealed by the keyring.
    pub sealed: Vec<u8>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
