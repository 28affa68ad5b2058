//! A session as it goes on in an app on a host of its own. It lives as long as the session, and no longer.

use sea_orm::entity::prelude::*;

/// One row of `app_sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "app_sessions")]
pub struct Model {
    /// SHA-256 of the cookie there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub session_id: Uuid,
    /// The app's host, with its port where that is not the usual one.
    pub host: String,
    pub issued_at: i64,
    /// When the browser was given another one there.
    pub replaced_at: Option<i64>,
    /// Which parts of the apps a touch has opened, and until when, as JSON.
    pub opened: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
