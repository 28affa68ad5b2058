//! Queries on `auth_events`. There is no update and no delete here, on purpose.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel, Statement,
};
use time::{Date, Month, OffsetDateTime, Time};

use super::Error;
use super::entity::auth_event::{Entity, Model};

/// Append one; its `id` is given by the database.
pub async fn append(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    let mut row = row.into_active_model().reset_all();
    row.id = ActiveValue::NotSet;
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
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
