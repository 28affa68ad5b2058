//! Queries on `ceremonies`.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Statement,
};

use super::Error;
use super::entity::ceremony::{Column, Entity, Model};
use crate::defence::Defence;

/// Begin one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Drop a browser's oldest open ceremonies until `keep` are left. Whoever does the same for this browser waits until
/// the transaction ends, so that it sees what was begun here.
pub async fn trim_open(db: &impl ConnectionTrait, browser: &[u8], now: i64, keep: u64) -> Result<(), Error> {
    // SQLite has one writer at a time anyway.
    if db.get_database_backend() == DatabaseBackend::Postgres
        && let Some(start) = browser.first_chunk()
    {
        let lock = "SELECT pg_advisory_xact_lock($1)";
        let key = i64::from_be_bytes(*start).into();
        db.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, lock, [key])).await?;
    }
    let surplus: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::Challenge)
        .filter(Column::Browser.eq(browser))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .order_by_desc(Column::CreatedAt)
        .offset(keep)
        .limit(1000)
        .into_tuple()
        .all(db)
        .await?;
    if !surplus.is_empty() {
        Entity::delete_many().filter(Column::Challenge.is_in(surplus)).exec(db).await?;
    }
    Ok(())
}

/// Take the one redemption a ceremony has. `None` if another took it, or there is no such ceremony
/// of this browser. Whether it came in time, and of what kind it is, is the caller's to judge.
pub async fn consume(
    db: &impl ConnectionTrait,
    challenge: &[u8],
    browser: &[u8],
    now: i64,
) -> Result<Option<Model>, Error> {
    let rows = Entity::update_many()
        .col_expr(Column::ConsumedAt, Expr::value(now))
        .filter(Column::Challenge.eq(challenge))
        .apply_if(Defence::ChallengeInItsBrowser.is_up().then_some(browser), |it, own| {
            it.filter(Column::Browser.eq(own))
        })
        .apply_if(Defence::ChallengeOnce.is_up().then_some(()), |it, ()| it.filter(Column::ConsumedAt.is_null()))
        .exec_with_returning(db)
        .await?;
    Ok(rows.into_iter().next())
}

/// Whether this browser's ceremony was redeemed before.
pub async fn was_consumed(db: &impl ConnectionTrait, challenge: &[u8], browser: &[u8]) -> Result<bool, Error> {
    let row = Entity::find_by_id(challenge.to_vec()).filter(Column::Browser.eq(browser)).one(db).await?;
    Ok(row.is_some_and(|row| row.consumed_at.is_some()))
}

/// Forget ceremonies that ended before `before`.
pub async fn delete_expired(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}

/// This browser's ceremony, if nobody has redeemed it.
pub async fn find_open(
    db: &impl ConnectionTrait,
    challenge: &[u8],
    browser: &[u8],
) -> Result<Option<Model>, Error> {
    let open = Entity::find_by_id(challenge.to_vec()).filter(Column::ConsumedAt.is_null());
    open.filter(Column::Browser.eq(browser)).one(db).await
}
