//! Queries on `outbox`.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use super::Error;
use super::entity::outbox::{Column, Entity};
pub use super::entity::outbox::{Model, State};

/// Keep one to be sent; its `seq` is given by the database. `false` if it is kept already.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, Error> {
    let mut row = row.into_active_model().reset_all();
    row.seq = ActiveValue::NotSet;
    let rows = Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Dedup).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(rows > 0)
}

/// How many were kept for this target since then. Whoever counts the same one waits until the transaction ends, so that
/// what is kept here is counted there.
pub async fn count_of_target(db: &impl ConnectionTrait, target: &[u8], since: i64) -> Result<u64, Error> {
    // SQLite has one writer at a time anyway.
    if db.get_database_backend() == DatabaseBackend::Postgres
        && let Some(start) = target.first_chunk()
    {
        let lock = "SELECT pg_advisory_xact_lock($1)";
        let key = i64::from_be_bytes(*start).into();
        db.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Postgres, lock, [key])).await?;
    }
    Entity::find().filter(Column::Target.eq(target)).filter(Column::CreatedAt.gt(since)).count(db).await
}

/// What may be sent at `$1`: of a lane only the first that is not finished.
const READY: &str = "SELECT seq FROM outbox o WHERE state IN ('queued', 'sending') AND due_at <= $1
    AND (lane IS NULL OR NOT EXISTS (SELECT 1 FROM outbox e
        WHERE e.lane = o.lane AND e.seq < o.seq AND e.state IN ('queued', 'sending')))";

/// Whether anything may be sent now. It takes no lock, so it may be asked often.
pub async fn is_any_ready(db: &impl ConnectionTrait, now: i64) -> Result<bool, Error> {
    let sql = format!("{READY} LIMIT 1");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [now.into()]);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Take at most `limit` that may be sent, each for this claim alone, until `until`. What another process is just taking is
/// left to it.
pub async fn claim(
    db: &impl ConnectionTrait,
    claim: &[u8],
    now: i64,
    until: i64,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let backend = db.get_database_backend();
    let lock = if backend == DatabaseBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    // Materialised, so that Postgres picks once: a plan that picks again for each row would take more than `limit`.
    let sql = format!(
        "WITH picked AS MATERIALIZED ({READY} ORDER BY due_at, seq LIMIT {limit} {lock})
        UPDATE outbox SET state = 'sending', claim = $2, due_at = $3, attempts = attempts + 1
        WHERE seq IN (SELECT seq FROM picked) RETURNING *"
    );
    let values: [Value; 3] = [now.into(), claim.to_vec().into(), until.into()];
    Model::find_by_statement(Statement::from_sql_and_values(backend, sql, values)).all(db).await
}

/// What becomes of one that was claimed.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// The other side has it.
    Delivered,
    /// It is tried again.
    Again {
        /// When.
        due_at: i64,
        /// Why it failed.
        reason: &'a str,
    },
    /// It is given up. What it says stays, so that it can be sent after all.
    Dead {
        /// Why.
        reason: &'a str,
    },
}

/// Note how an attempt went. `false` if the claim is not ours any more.
pub async fn mark(
    db: &impl ConnectionTrait,
    seq: i64,
    claim: &[u8],
    now: i64,
    outcome: Outcome<'_>,
) -> Result<bool, Error> {
    let none = || Expr::value(None::<Vec<u8>>);
    let update = Entity::update_many().col_expr(Column::Claim, none());
    let state = |state: State| Expr::value(sea_orm::ActiveEnum::to_value(&state));
    let update = match outcome {
        Outcome::Delivered => update
            .col_expr(Column::State, state(State::Delivered))
            .col_expr(Column::Payload, none())
            .col_expr(Column::Reason, Expr::value(None::<String>))
            .col_expr(Column::FinishedAt, Expr::value(now)),
        Outcome::Again { due_at, reason } => update
            .col_expr(Column::State, state(State::Queued))
            .col_expr(Column::DueAt, Expr::value(due_at))
            .col_expr(Column::Reason, Expr::value(reason)),
        Outcome::Dead { reason } => update
            .col_expr(Column::State, state(State::Dead))
            .col_expr(Column::Reason, Expr::value(reason))
            .col_expr(Column::FinishedAt, Expr::value(now)),
    };
    let marked = update.filter(Column::Seq.eq(seq)).filter(Column::Claim.eq(claim)).exec(db).await?;
    Ok(marked.rows_affected > 0)
}

/// Try again what was given up, unless it is too late for it. Answers how many there were.
pub async fn revive(db: &impl ConnectionTrait, now: i64) -> Result<u64, Error> {
    let sql = "UPDATE outbox SET state = 'queued', due_at = $1, attempts = 0, finished_at = NULL
        WHERE state = 'dead' AND payload IS NOT NULL AND (not_after IS NULL OR not_after > $1)";
    let done =
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, [now.into()])).await?;
    Ok(done.rows_affected())
}

/// Give up all that waits. What each says stays, so that it can be sent after all. Answers how many there were.
pub async fn give_up_all(db: &impl ConnectionTrait, now: i64, reason: &str) -> Result<u64, Error> {
    let sql = "UPDATE outbox SET state = 'dead', claim = NULL, finished_at = $1, reason = $2
        WHERE state IN ('queued', 'sending')";
    let values: [Value; 2] = [now.into(), reason.into()];
    let done = db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(done.rows_affected())
}

/// How many there are of a channel in a state, other than delivered.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Depth {
    pub channel: String,
    pub state: State,
    pub count: i64,
    /// When the oldest was made.
    pub oldest: i64,
}

/// How many wait, are being sent, and were given up.
pub async fn depths(db: &impl ConnectionTrait) -> Result<Vec<Depth>, Error> {
    let sql = "SELECT channel, state, COUNT(*) AS count, MIN(created_at) AS oldest FROM outbox
        WHERE state <> 'delivered' GROUP BY channel, state ORDER BY channel, state";
    Depth::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).all(db).await
}

/// Forget those that were finished before `before`.
pub async fn delete_finished(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::FinishedAt.lt(before)).exec(db).await?.rows_affected)
}

/// Some that still say something, in order, after this one.
pub async fn unsent_after(db: &impl ConnectionTrait, seq: i64, limit: u64) -> Result<Vec<Model>, Error> {
    let said = Entity::find().filter(Column::Payload.is_not_null()).filter(Column::Seq.gt(seq));
    said.order_by_asc(Column::Seq).limit(limit).all(db).await
}

/// One goes, whether or not it was sent.
pub async fn delete(db: &impl ConnectionTrait, seq: i64) -> Result<(), Error> {
    Entity::delete_by_id(seq).exec(db).await?;
    Ok(())
}
