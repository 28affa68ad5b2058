//! What a rule has found.

use sea_orm::entity::prelude::*;

/// One row of `alerts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alerts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub rule: String,
    pub severity: String,
    /// What it is about, as a digest.
    pub subject: Vec<u8>,
    pub opened_at: i64,
    /// When it was last so.
    pub last_at: i64,
    /// How often it was, in all.
    pub count: i64,
    /// What it is about and which events showed it, sealed.
    pub body: Vec<u8>,
    pub acknowledged_at: Option<i64>,
    pub acknowledged_by: Option<Uuid>,
    /// What they wrote about it, sealed.
    pub note: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
