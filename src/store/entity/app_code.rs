//! What a browser brings to an app's host to go on there: once, for half a minute.

use sea_orm::entity::prelude::*;

/// One row of `app_codes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "app_codes")]
pub struct Model {
    /// SHA-256 of the code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub session_id: Uuid,
    /// The app's host, with its port where that is not the usual one.
    pub host: String,
    /// The path there.
    pub back: String,
    /// SHA-256 of the cookie that the browser was given there.
    pub state: Vec<u8>,
    /// Which parts of the apps a touch has opened, and until when, as JSON.
    pub opened: String,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
