//! A person with an account. The id is also the WebAuthn user handle.

use sea_orm::entity::prelude::*;

/// One row of `users`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// 16 random bytes, never derived from anything a person typed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A claim until verified: not unique, except among verified ones.
    pub email: String,
    pub email_verified_at: Option<i64>,
    pub display_name: Option<String>,
    pub created_at: i64,
    /// How many times the account was signed in to, sign-up included.
    pub sign_ins: i64,
    /// When it was last recovered.
    pub recovered_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
