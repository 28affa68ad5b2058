//! A touch that was made for one action and not yet spent.

use sea_orm::entity::prelude::*;

/// One row of `step_up_grants`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "step_up_grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Uuid,
    /// HMAC-SHA-256 of the action and its parameters.
    #[sea_orm(primary_key, auto_increment = false)]
    pub action: Vec<u8>,
    /// SHA-256 of the cookie that the touch gave to the browser it was made in.
    pub holder: Vec<u8>,
    /// The passkey that was touched.
    pub credential_id: Uuid,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
