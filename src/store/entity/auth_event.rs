//! What happened, append-only and chained.

use sea_orm::entity::prelude::*;

/// One row of `auth_events`. On Postgres the table is partitioned by month of `created_at`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "auth_events")]
pub struct Model {
    /// In about the order in which they were written, over all chains. Not part of the chain.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub chain: i16,
    /// Its number in the chain, without gaps.
    pub seq: i64,
    pub created_at: i64,
    pub event_type: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub risk_score: i32,
    pub request_id: String,
    pub trace_id: Option<String>,
    /// Which key opens the body, sealed.
    pub subject: Vec<u8>,
    /// What is personal, sealed with that key.
    pub body: Vec<u8>,
    /// Over all of the above but `id`, and the hash before.
    pub hash: Vec<u8>,
    /// Whose, as a digest. This and what follows is outside the chain.
    pub person: Option<Vec<u8>>,
    /// From which network, as a digest.
    pub network: Option<Vec<u8>>,
    /// In which browser, as a digest.
    pub browser: Option<Vec<u8>>,
    /// With which passkey, as a digest.
    pub credential: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
