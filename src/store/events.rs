//! Queries on `auth_events`. Nothing here alters what is in the chain; retention alone cuts it, from the front.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
};
use time::{Date, Month, OffsetDateTime, Time};

use super::Error;
use super::entity::auth_event::{Column, Entity, Model};

/// Append some; their `id` is given by the database.
pub async fn append(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), Error> {
    let rows = rows.into_iter().map(|row| {
        let mut row = row.into_active_model().reset_all();
        row.id = ActiveValue::NotSet;
        row
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Those of a chain after `seq`, in order.
pub async fn of_chain(db: &impl ConnectionTrait, chain: i16, after: i64, limit: u64) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::Chain.eq(chain))
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// Those of a chain from that moment on, up to this number; the newest, in order.
pub async fn of_chain_since(
    db: &impl ConnectionTrait,
    chain: i16,
    since: i64,
    up_to: i64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut rows = Entity::find()
        .filter(Column::Chain.eq(chain))
        .filter(Column::Seq.lte(up_to))
        .filter(Column::CreatedAt.gte(since))
        .order_by_desc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?;
    rows.reverse();
    Ok(rows)
}

/// How many lie before a chain's beginning or after its head, at one moment.
pub async fn count_outside(db: &impl ConnectionTrait, chain: i16) -> Result<i64, Error> {
    let sql = format!(
        "SELECT COUNT(*) AS count FROM auth_events e, chain_heads h
         WHERE h.chain = {chain} AND e.chain = h.chain AND (e.seq <= h.root_seq OR e.seq > h.seq)"
    );
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get("", "count"))
}

/// Those that these requests have left, in order.
pub async fn of_requests(db: &impl ConnectionTrait, request_ids: &[&str]) -> Result<Vec<Model>, Error> {
    let ids = request_ids.iter().copied();
    Entity::find().filter(Column::RequestId.is_in(ids)).order_by_asc(Column::Id).all(db).await
}

/// A person's, by any of these digests of them.
fn of_person(person: &[Vec<u8>]) -> Select<Entity> {
    Entity::find().filter(Column::Person.is_in(person.iter().cloned()))
}

/// A person's, newest first, without these types, from `before` (time and number) on.
pub async fn page_of_person(
    db: &impl ConnectionTrait,
    person: &[Vec<u8>],
    without: &[&str],
    before: Option<(i64, i64)>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = of_person(person)
        .filter(Column::EventType.is_not_in(without.iter().copied()))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Seq)
        .limit(limit);
    if let Some((at, number)) = before {
        let at_once = Condition::all().add(Column::CreatedAt.eq(at)).add(Column::Seq.lt(number));
        // Said twice, so that an index is used and partitions are left out.
        query = query
            .filter(Column::CreatedAt.lte(at))
            .filter(Condition::any().add(Column::CreatedAt.lt(at)).add(at_once));
    }
    query.all(db).await
}

/// One of a person's.
pub async fn find_of_person(
    db: &impl ConnectionTrait,
    person: &[Vec<u8>],
    at: i64,
    number: i64,
) -> Result<Option<Model>, Error> {
    of_person(person).filter(Column::CreatedAt.eq(at)).filter(Column::Seq.eq(number)).one(db).await
}

/// All of a person's of this type.
pub async fn of_person_and_type(
    db: &impl ConnectionTrait,
    person: &[Vec<u8>],
    event_type: &str,
) -> Result<Vec<Model>, Error> {
    of_person(person).filter(Column::EventType.eq(event_type)).all(db).await
}

/// How many events of these types a person has since then; not counted beyond `limit`.
pub async fn count_of_person(
    db: &impl ConnectionTrait,
    person: &[Vec<u8>],
    types: &[&str],
    since: i64,
    limit: u64,
) -> Result<u32, Error> {
    let rows: Vec<i64> = of_person(person)
        .select_only()
        .column(Column::CreatedAt)
        .filter(Column::CreatedAt.gte(since))
        .filter(Column::EventType.is_in(types.iter().copied()))
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// A person's events can no longer be found as theirs, nor by where they came from.
pub async fn forget_person(db: &impl ConnectionTrait, person: &[Vec<u8>]) -> Result<u64, Error> {
    let nothing = Expr::value(None::<Vec<u8>>);
    let update = Entity::update_many()
        .col_expr(Column::Network, nothing.clone())
        .col_expr(Column::Browser, nothing.clone())
        .col_expr(Column::Credential, nothing.clone())
        .col_expr(Column::Person, nothing)
        .filter(Column::Person.is_in(person.iter().cloned()));
    Ok(update.exec(db).await?.rows_affected)
}

/// The first of a chain that is not older than `moment`.
pub async fn first_since(db: &impl ConnectionTrait, chain: i16, moment: i64) -> Result<Option<i64>, Error> {
    Entity::find()
        .select_only()
        .column_as(Column::Seq.min(), "first")
        .filter(Column::Chain.eq(chain))
        .filter(Column::CreatedAt.gte(moment))
        .into_tuple::<Option<i64>>()
        .one(db)
        .await
        .map(Option::flatten)
}

/// One by its place in a chain.
pub async fn at(db: &impl ConnectionTrait, chain: i16, seq: i64) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::Chain.eq(chain)).filter(Column::Seq.eq(seq)).one(db).await
}

/// Cut a chain: everything up to this number goes. The caller has seen to a signed checkpoint of it.
pub async fn cut(db: &impl ConnectionTrait, chain: i16, up_to: i64) -> Result<u64, Error> {
    let cut = Entity::delete_many().filter(Column::Chain.eq(chain)).filter(Column::Seq.lte(up_to));
    Ok(cut.exec(db).await?.rows_affected)
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
        let name = name_of(month);
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

/// On Postgres, drop the partitions of months before that of `date` that have no events left. On SQLite, nothing.
pub async fn drop_empty_partitions(db: &impl ConnectionTrait, date: OffsetDateTime) -> Result<(), Error> {
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let first = name_of((date.year(), date.month()));
    let partitions = Statement::from_string(
        DatabaseBackend::Postgres,
        "SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = 'auth_events'::regclass AND relname ~ '^auth_events_[0-9]{4}_[0-9]{2}$'",
    );
    for row in db.query_all_raw(partitions).await? {
        let name: String = row.try_get("", "name")?;
        if name >= first {
            continue;
        }
        let any =
            Statement::from_string(DatabaseBackend::Postgres, format!("SELECT 1 AS one FROM {name} LIMIT 1"));
        if db.query_one_raw(any).await?.is_none() {
            db.execute_unprepared(&format!("DROP TABLE {name}")).await?;
        }
    }
    Ok(())
}

fn name_of((year, month): (i32, Month)) -> String {
    format!("auth_events_{year}_{:02}", u8::from(month))
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
