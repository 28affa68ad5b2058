//! How far the alert rules have read a chain of the audit trail.

use sea_orm::entity::prelude::*;

/// One row of `alert_cursors`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert_cursors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: i16,
    pub seq: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
