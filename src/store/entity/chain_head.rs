//! Where each chain of the audit trail ends, and where it begins.

use sea_orm::entity::prelude::*;

/// One row of `chain_heads`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chain_heads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: i16,
    /// The number of its last event; 0 before the first.
    pub seq: i64,
    /// The hash of its last event.
    pub hash: Vec<u8>,
    /// The number of the last event that retention has cut off; 0 if none was.
    pub root_seq: i64,
    /// Its hash: what the first event that is left follows on.
    pub root_hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
