//! Who does a piece of background work.

use sea_orm::entity::prelude::*;

/// One row of `job_leases`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_leases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Which process has it, or had it last.
    pub holder: Vec<u8>,
    /// How often it was taken.
    pub term: i64,
    /// Until then nobody else may take it.
    pub expires_at: i64,
    /// When the work is to be done next.
    pub due_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
