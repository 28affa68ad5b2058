//! Recoveries: under way, and over.

use sea_orm::entity::prelude::*;

/// One row of `recoveries`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recoveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of the token that whoever began it holds.
    pub token: Vec<u8>,
    /// None where the address that was given is nobody's.
    pub user_id: Option<Uuid>,
    /// The suspended passkey that it is to bring back, where that is what it is for.
    pub restores: Option<Uuid>,
    /// A keyed digest of the code that was mailed, never the code.
    pub mail_code: Vec<u8>,
    pub mail_expires_at: i64,
    pub mail_tries: i32,
    pub saved_tries: i32,
    pub begun_at: i64,
    pub mail_at: Option<i64>,
    pub saved_at: Option<i64>,
    pub tier: Option<String>,
    pub waiting_since: Option<i64>,
    pub due_at: Option<i64>,
    /// When it is over if nobody does anything more.
    pub ends_at: i64,
    /// How many of its notices were queued.
    pub notices: i32,
    pub ended_at: Option<i64>,
    pub ended: Option<String>,
    /// Where it was begun, sealed.
    pub about: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
