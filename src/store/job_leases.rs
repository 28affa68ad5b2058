//! Queries on `job_leases`.

use sea_orm::{ConnectionTrait, EntityTrait, Statement, Value};

use super::Error;
use super::entity::job_lease::{Entity, Model};

/// What a process wants: this work, from now for so long, unless it was done less than `every` ago.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The work.
    pub name: &'a str,
    /// Who asks.
    pub holder: &'a [u8],
    /// The present, in milliseconds.
    pub now: i64,
    /// How long a lease lasts.
    pub lasts: i64,
    /// How often the work is done.
    pub every: i64,
}

/// Take the lease if it is free and the work is due. Of many that try at once, one gets it: it is a single statement, and a
/// row that another has just changed is looked at again. Answers the term, by which this holding differs from all others.
///
/// A time that lies further in the future than anybody would have written it comes from a clock that was wrong, and binds
/// nobody.
pub async fn take(db: &impl ConnectionTrait, wanted: Wanted<'_>) -> Result<Option<i64>, Error> {
    let sql = "INSERT INTO job_leases (name, holder, term, expires_at, due_at) VALUES ($1, $2, 1, $3, $4)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, term = job_leases.term + 1
        WHERE (job_leases.expires_at <= $4 OR job_leases.expires_at > $3)
            AND (job_leases.due_at <= $4 OR job_leases.due_at > $5)
        RETURNING term";
    let Wanted { name, holder, now, lasts, every } = wanted;
    let values: [Value; 5] = [
        name.into(),
        holder.to_vec().into(),
        now.saturating_add(lasts).into(),
        now.into(),
        now.saturating_add(every).into(),
    ];
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    row.map(|row| row.try_get("", "term")).transpose()
}

/// Keep it until then. `false` if it is not ours any more.
pub async fn renew(
    db: &impl ConnectionTrait,
    name: &str,
    holder: &[u8],
    term: i64,
    expires_at: i64,
) -> Result<bool, Error> {
    let sql = "UPDATE job_leases SET expires_at = $4 WHERE name = $1 AND holder = $2 AND term = $3";
    change(db, sql, [name.into(), holder.to_vec().into(), term.into(), expires_at.into()]).await
}

/// Give it back; the work is to be done again from `due_at` on. `false` if it was not ours any more.
pub async fn release(
    db: &impl ConnectionTrait,
    name: &str,
    holder: &[u8],
    term: i64,
    due_at: i64,
) -> Result<bool, Error> {
    let sql = "UPDATE job_leases SET expires_at = 0, due_at = $4 WHERE name = $1 AND holder = $2 AND term = $3";
    change(db, sql, [name.into(), holder.to_vec().into(), term.into(), due_at.into()]).await
}

async fn change(db: &impl ConnectionTrait, sql: &str, values: [Value; 4]) -> Result<bool, Error> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected() > 0)
}

/// Write something that says nothing: a row that no job is called by.
pub async fn probe(db: &impl ConnectionTrait) -> Result<(), Error> {
    let sql = "INSERT INTO job_leases (name, holder, term, expires_at, due_at) VALUES ('readyz', $1, 1, 0, 0)
        ON CONFLICT (name) DO UPDATE SET term = job_leases.term + 1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [Vec::<u8>::new().into()]);
    db.execute_raw(statement).await.map(|_| ())
}

/// How it stands.
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>, Error> {
    Entity::find_by_id(name.to_owned()).one(db).await
}
