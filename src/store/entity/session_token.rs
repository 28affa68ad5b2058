//! Every token that a session ever had.

use sea_orm::entity::prelude::*;

/// One row of `session_tokens`. A retired token stays until its session is forgotten: that is how a replay is known.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_tokens")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub session_id: Uuid,
    /// Counts from 0; unique in its session.
    pub generation: i64,
    /// `current`, `previous` (its successor is current) or `retired`.
    pub state: String,
    pub issued_at: i64,
    /// When it was first presented.
    pub seen_at: Option<i64>,
    /// The next token, sealed under a key that only this one gives. Erased when the grace ends.
    pub successor: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
