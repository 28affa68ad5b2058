//! What happened, append-only.

use sea_orm::entity::prelude::*;

/// One row of `auth_events`. On Postgres the table is partitioned by month of `created_at`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "auth_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub created_at: i64,
    pub event_type: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub credential_id: Option<Uuid>,
    pub request_id: String,
    pub ip_prefix: Option<String>,
    pub risk_score: i32,
    /// What can be told from the user agent, as JSON.
    pub device: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The autonomous system of the address.
    pub asn: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
