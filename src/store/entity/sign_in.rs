//! What a person's successful sign-ins looked like: what the risk engine compares with.

use sea_orm::entity::prelude::*;

/// One row of `sign_ins`. The numbers are keyed digests, but for the operator, the country and the class.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub at: i64,
    /// IPv4 /24 or IPv6 /48.
    pub network: Option<i64>,
    pub asn: Option<i64>,
    pub country: Option<i64>,
    /// The whole user agent.
    pub agent: Option<i64>,
    /// Browser and its version.
    pub browser: Option<i64>,
    /// System and its version.
    pub os: Option<i64>,
    pub class: Option<i64>,
    /// The cookie by which the browser is known.
    pub device: Option<i64>,
    /// Where, as JSON.
    pub place: String,
    /// Whether `sign_in_counts` has it.
    pub is_counted: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
