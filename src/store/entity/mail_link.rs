//! Links that mails carry, by which a person says that something was not them.

use sea_orm::entity::prelude::*;

/// One row of `mail_links`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_links")]
pub struct Model {
    /// SHA-256 of what is in the link.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// What it is about.
    pub kind: String,
    pub user_id: Uuid,
    /// The session that did it.
    pub session_id: Uuid,
    /// The address that was changed, if one was.
    pub address_id: Option<Uuid>,
    /// The main address before that.
    pub before_id: Option<Uuid>,
    /// Sealed: when and from where.
    pub about: Vec<u8>,
    pub created_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
