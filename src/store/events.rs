//! Queries on `auth_events`. There is no update and no delete here, on purpose.

use std::collections::HashSet;

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use time::{Date, Month, OffsetDateTime, Time};
use uuid::Uuid;

use super::Error;
use super::entity::auth_event::{Column, Entity, Model};

/// Append one; its `id` is given by the database.
pub async fn append(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    let mut row = row.into_active_model().reset_all();
    row.id = ActiveValue::NotSet;
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// A person's, newest first, without these types, from `before` (time and number) on.
pub async fn of_user(
    db: &impl ConnectionTrait,
    user_id: Uuid,
    without: &[&str],
    before: Option<(i64, i64)>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::EventType.is_not_in(without.iter().copied()))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(limit);
    if let Some((at, number)) = before {
        let at_once = Condition::all().add(Column::CreatedAt.eq(at)).add(Column::Id.lt(number));
        // Said twice, so that an index is used and partitions are left out.
        query = query
            .filter(Column::CreatedAt.lte(at))
            .filter(Condition::any().add(Column::CreatedAt.lt(at)).add(at_once));
    }
    query.all(db).await
}

/// One of a person's.
pub async fn find(db: &impl ConnectionTrait, user_id: Uuid, at: i64, number: i64) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::CreatedAt.eq(at))
        .filter(Column::Id.eq(number))
        .one(db)
        .await
}

/// The sessions about which a person has events of this type.
pub async fn sessions_with(
    db: &impl ConnectionTrait,
    user_id: Uuid,
    event_type: &str,
) -> Result<HashSet<Uuid>, Error> {
    let ids: Vec<Option<Uuid>> = Entity::find()
        .select_only()
        .column(Column::SessionId)
        .distinct()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::EventType.eq(event_type))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().flatten().collect())
}

/// How many events of these types a person has since then; not counted beyond `limit`.
pub async fn count_of_user(
    db: &impl ConnectionTrait,
    user_id: Uuid,
    types: &[&str],
    since: i64,
    limit: u64,
) -> Result<u32, Error> {
    let rows: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::CreatedAt)
        .filter(Column::UserId.eq(user_id))
        .filter(Column::CreatedAt.gte(since))
        .filter(Column::EventType.is_in(types.iter().copied()))
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// On Postgres, make sure of a partition for the month of `now` and for the one after. On SQLite, nothing.
pub async fn ensure_partitions(db: &impl ConnectionTrait, now: OffsetDateTime) -> Result<(), Error> {
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let this = (now.year(), now.month());
    let next = month_after(this);
    for month in [this, next] {
        let (from, to) = (start_of(month), start_of(month_after(month)));
        let name = format!("auth_events_{}_{:02}", month.0, u8::from(month.1));
        // Asked first, because IF NOT EXISTS would leave a notice in the database's log each minute.
        let exists = Statement::from_string(
            DatabaseBackend::Postgres,
            format!("SELECT 1 AS one WHERE to_regclass('{name}') IS NOT NULL"),
        );
        if db.query_one_raw(exists).await?.is_some() {
            continue;
        }
        db.execute_unprepared(&format!(
            "CREATE TABLE IF NOT EXISTS {name} PARTITION OF auth_events FOR VALUES FROM ({from}) TO ({to})",
        ))
        .await?;
    }
    Ok(())
}

fn month_after((year, month): (i32, Month)) -> (i32, Month) {
    if month == Month::December { (year + 1, Month::January) } else { (year, month.next()) }
}

fn start_of((year, month): (i32, Month)) -> i64 {
    let first = Date::from_calendar_date(year, month, 1).unwrap_or(Date::MIN);
    OffsetDateTime::new_utc(first, Time::MIDNIGHT).unix_timestamp() * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_meet_without_gap_over_new_year() {
        let december = (2026, Month::December);
        assert_eq!(month_after(december), (2027, Month::January));
        assert_eq!(start_of(month_after(december)), 1_798_761_600_000);
    }
}
