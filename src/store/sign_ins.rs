//! Queries on `sign_ins`, and on what is counted of them over everybody.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::Error;
use super::entity::sign_in::{Column, Entity, Model};
use super::entity::sign_in_count as counts;

/// Which column a count is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Feature {
    Network = 1,
    Asn,
    Country,
    Agent,
    Browser,
    Os,
    Class,
    Device,
}

/// The totals of a feature are kept under its negative number.
mod totals {
    /// How many sign-ins had a value.
    pub const SIGN_INS: i64 = 0;
    /// How many different values there are.
    pub const VALUES: i64 = 1;
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Network, Self::Asn, Self::Country, Self::Agent, Self::Browser, Self::Os, Self::Class, Self::Device];

    /// Its value in a sign-in.
    pub fn of(self, row: &Model) -> Option<i64> {
        match self {
            Self::Network => row.network,
            Self::Asn => row.asn,
            Self::Country => row.country,
            Self::Agent => row.agent,
            Self::Browser => row.browser,
            Self::Os => row.os,
            Self::Class => row.class,
            Self::Device => row.device,
        }
    }
}

/// What is known of everybody's sign-ins about the values that were asked for.
#[derive(Clone, Debug, Default)]
pub struct Counts(BTreeMap<(i32, i64), u64>);

impl Counts {
    /// How many sign-ins had this value.
    pub fn of(&self, feature: Feature, value: i64) -> u64 {
        self.get(feature as i32, value)
    }

    /// How many had any.
    pub fn sign_ins(&self, feature: Feature) -> u64 {
        self.get(-(feature as i32), totals::SIGN_INS)
    }

    /// How many different values there are.
    pub fn values(&self, feature: Feature) -> u64 {
        self.get(-(feature as i32), totals::VALUES)
    }

    fn get(&self, feature: i32, value: i64) -> u64 {
        self.0.get(&(feature, value)).copied().unwrap_or_default()
    }
}

/// Remember one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A person's newest, newest first.
pub async fn of_user(
    db: &impl ConnectionTrait,
    user_id: Uuid,
    since: i64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::At.gte(since))
        .order_by_desc(Column::At)
        .limit(limit)
        .all(db)
        .await
}

/// Forget what a session taught.
pub async fn forget_session(db: &impl ConnectionTrait, session_id: Uuid) -> Result<(), Error> {
    Entity::delete_many().filter(Column::SessionId.eq(session_id)).exec(db).await?;
    Ok(())
}

/// Forget those from before `before`, and what has not been counted since.
pub async fn delete_older(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    let gone = Entity::delete_many().filter(Column::At.lt(before)).exec(db).await?.rows_affected;
    counts::Entity::delete_many()
        .filter(counts::Column::LastAt.lt(before))
        .filter(counts::Column::Feature.gt(0))
        .exec(db)
        .await?;
    Ok(gone)
}

/// How common these values are.
pub async fn counts(db: &impl ConnectionTrait, values: &[(Feature, i64)]) -> Result<Counts, Error> {
    let of_totals = Condition::all()
        .add(counts::Column::Feature.lt(0))
        .add(counts::Column::Value.is_in([totals::SIGN_INS, totals::VALUES]));
    let mut wanted = Condition::any().add(of_totals);
    for (feature, value) in values {
        let of_value = Condition::all()
            .add(counts::Column::Feature.eq(*feature as i32))
            .add(counts::Column::Value.eq(*value));
        wanted = wanted.add(of_value);
    }
    let rows = counts::Entity::find().filter(wanted).all(db).await?;
    let count = |row: counts::Model| ((row.feature, row.value), u64::try_from(row.count).unwrap_or_default());
    Ok(Counts(rows.into_iter().map(count).collect()))
}

/// Count at most `limit` sign-ins that were not counted yet, each once, whoever else does the same. Answers how many.
pub async fn count_new(db: &impl ConnectionTrait, limit: u64) -> Result<usize, Error> {
    let lock = if db.get_database_backend() == DatabaseBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE sign_ins SET is_counted = TRUE WHERE id IN
            (SELECT id FROM sign_ins WHERE NOT is_counted ORDER BY at LIMIT {limit} {lock}) RETURNING *"
    );
    let rows = Model::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).all(db).await?;
    let mut seen: BTreeMap<(i32, i64), (i64, i64)> = BTreeMap::new();
    for row in &rows {
        for feature in Feature::ALL {
            let Some(value) = feature.of(row) else { continue };
            for key in [(feature as i32, value), (-(feature as i32), totals::SIGN_INS)] {
                let entry = seen.entry(key).or_default();
                *entry = (entry.0 + 1, Ord::max(entry.1, row.at));
            }
        }
    }
    // In the order of their keys, so that two that count at once do not wait for each other.
    let mut new_values: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for ((feature, value), (count, last_at)) in seen {
        if add(db, feature, value, count, last_at).await? && feature > 0 {
            let entry = new_values.entry(-feature).or_default();
            *entry = (entry.0 + 1, last_at);
        }
    }
    for (feature, (count, last_at)) in new_values {
        add(db, feature, totals::VALUES, count, last_at).await?;
    }
    Ok(rows.len())
}

/// Answers whether the value is new.
async fn add(
    db: &impl ConnectionTrait,
    feature: i32,
    value: i64,
    count: i64,
    last_at: i64,
) -> Result<bool, Error> {
    let updated = counts::Entity::update_many()
        .col_expr(counts::Column::Count, ExprTrait::add(Expr::col(counts::Column::Count), count))
        .col_expr(counts::Column::LastAt, Expr::value(last_at))
        .filter(counts::Column::Feature.eq(feature))
        .filter(counts::Column::Value.eq(value))
        .exec(db)
        .await?;
    if updated.rows_affected > 0 {
        return Ok(false);
    }
    let row = counts::Model { feature, value, count, last_at };
    counts::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(true)
}
