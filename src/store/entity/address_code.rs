//! Codes that were mailed, to show whose an address is.

use sea_orm::entity::prelude::*;

/// One row of `address_codes`: of each address one for each session that asked.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub address_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Uuid,
    /// A keyed digest, never the code.
    pub code: Vec<u8>,
    /// How often something was typed in.
    pub tries: i32,
    pub created_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
