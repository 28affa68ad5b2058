//! A session that the browser itself holds fast (Device Bound Session Credentials).

use sea_orm::entity::prelude::*;

/// One row of `dbsc_sessions`. In a table of its own: a refresh never rewrites the session's row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dbsc_sessions")]
pub struct Model {
    /// The `session_identifier` that the browser sends back.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub session_id: Uuid,
    /// SHA-256 of the `authorization` that came with the offer.
    pub authorization: Vec<u8>,
    /// The uncompressed point; absent until the browser has registered.
    pub public_key: Option<Vec<u8>>,
    /// SHA-256 of the bound cookie.
    pub cookie: Option<Vec<u8>>,
    pub cookie_issued_at: Option<i64>,
    pub previous_cookie: Option<Vec<u8>>,
    pub previous_issued_at: Option<i64>,
    /// When the bound cookie was first presented. From then on it is demanded.
    pub seen_at: Option<i64>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
