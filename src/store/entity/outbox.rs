//! What has to be sent.

use sea_orm::entity::prelude::*;

/// One row of `outbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// The order in which a lane is sent.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// What the receiver knows it by.
    pub id: Uuid,
    /// A keyed digest: the same notice is kept once.
    pub dedup: Vec<u8>,
    pub channel: String,
    /// A keyed digest: rows with the same are sent in order.
    pub lane: Option<Vec<u8>>,
    /// A keyed digest of whom it goes to, where that is counted.
    pub target: Option<Vec<u8>>,
    pub state: State,
    pub created_at: i64,
    /// When it is to be tried next; while it is being sent: when another process may take it over.
    pub due_at: i64,
    /// After this it is not worth sending.
    pub not_after: Option<i64>,
    pub attempts: i32,
    /// Whoever is sending it marks it with this, and nobody else can.
    pub claim: Option<Vec<u8>>,
    /// Why the last attempt failed: a code, never what the other side said.
    pub reason: Option<String>,
    pub finished_at: Option<i64>,
    /// Sealed; gone once delivered.
    pub payload: Option<Vec<u8>>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum State {
    /// Waits for its time.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A process has it.
    #[sea_orm(string_value = "sending")]
    Sending,
    /// The other side has it.
    #[sea_orm(string_value = "delivered")]
    Delivered,
    /// Given up.
    #[sea_orm(string_value = "dead")]
    Dead,
}

impl State {
    /// As it is stored and counted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
