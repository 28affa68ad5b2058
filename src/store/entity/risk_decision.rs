//! What the risk engine decided, and from what.

use sea_orm::entity::prelude::*;

/// One row of `risk_decisions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_decisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: i64,
    pub user_id: Uuid,
    pub session_id: Option<Uuid>,
    /// Joins it to the event, the log line and the person's screen.
    pub request_id: String,
    pub moment: String,
    pub decision: String,
    pub score: i64,
    pub threshold: i64,
    /// JSON.
    pub signals: String,
    /// The version in `risk_policies`.
    pub policy: String,
    /// The version of the likelihood model.
    #[sea_orm(column_name = "model")]
    pub likelihood: String,
    /// The version of the geo data.
    pub geo: String,
    /// All that was weighed, sealed.
    pub input: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
