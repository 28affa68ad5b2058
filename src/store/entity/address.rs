//! People's mail addresses.

use sea_orm::entity::prelude::*;

/// One row of `addresses`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "addresses")]
pub struct Model {
    /// Of the address given at sign-up: the person's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// A claim until verified: not unique, except among verified ones.
    pub address: String,
    pub added_at: i64,
    pub verified_at: Option<i64>,
    /// For a while it can be brought back.
    pub removed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
