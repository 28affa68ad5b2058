//! How common things are among everybody's sign-ins.

use sea_orm::entity::prelude::*;

/// One row of `sign_in_counts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_counts")]
pub struct Model {
    /// Which column of `sign_ins`, counted from 1. Negative: the totals of that column.
    #[sea_orm(primary_key, auto_increment = false)]
    pub feature: i32,
    /// The value. In the totals: 0 for sign-ins, 1 for different values.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: i64,
    pub count: i64,
    pub last_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
