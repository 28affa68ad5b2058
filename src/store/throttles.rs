//! Queries on `throttles`, one row a counter, and on `proofs_of_work`, one row a proof that was redeemed.

use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Statement};

use super::Error;

/// What is counted of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Whatever came.
    Requests,
    /// What came and was refused: ceremonies, step-ups, keys.
    Failures,
}

impl Budget {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Failures];
}

/// A counter's state: one theoretical arrival time (TAT) a budget, in microseconds since 1970. One that has passed is as good
/// as none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Tats {
    /// Of requests.
    pub requests: i64,
    /// Of failures.
    pub failures: i64,
}

impl Tats {
    /// Of this budget.
    pub fn get(&self, budget: Budget) -> i64 {
        match budget {
            Budget::Requests => self.requests,
            Budget::Failures => self.failures,
        }
    }

    /// Set that of this budget.
    pub fn set(&mut self, budget: Budget, tat: i64) {
        match budget {
            Budget::Requests => self.requests = tat,
            Budget::Failures => self.failures = tat,
        }
    }
}

/// A counter with its key.
#[derive(Debug, FromQueryResult)]
struct Found {
    key: Vec<u8>,
    requests: i64,
    failures: i64,
}

/// The larger of two values is a function of another name on each database, and so is the smaller.
fn worded(db: &impl ConnectionTrait, sql: &str) -> String {
    let is_postgres = db.get_database_backend() == DatabaseBackend::Postgres;
    let (larger, smaller) = if is_postgres { ("GREATEST", "LEAST") } else { ("MAX", "MIN") };
    sql.replace("LARGER", larger).replace("SMALLER", smaller)
}

/// Count one request if neither TAT is past its bound, decided and written in one statement. `None`: it is. What lies beyond
/// the horizon was written by a wrong clock, and counts as nothing.
pub async fn take(
    db: &impl ConnectionTrait,
    key: &[u8],
    now: i64,
    cost: i64,
    bounds: Tats,
    horizon: Tats,
) -> Result<Option<Tats>, Error> {
    const SQL: &str =
        "INSERT INTO throttles (key, requests, failures, noted_at, idle_at) VALUES ($1, $2 + $3, 0, 0, $2 + $3)
        ON CONFLICT (key) DO UPDATE SET
            requests = LARGER(CASE WHEN throttles.requests > $6 THEN 0 ELSE throttles.requests END, $2) + $3,
            idle_at = LARGER(throttles.idle_at, LARGER(throttles.requests, $2) + $3)
        WHERE (throttles.requests <= $4 OR throttles.requests > $6)
            AND (throttles.failures <= $5 OR throttles.failures > $7)
        RETURNING requests, failures";
    let values = [
        key.to_vec().into(),
        now.into(),
        cost.into(),
        bounds.requests.into(),
        bounds.failures.into(),
        horizon.requests.into(),
        horizon.failures.into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), worded(db, SQL), values);
    Tats::find_by_statement(statement).one(db).await
}

/// Add to a counter, whatever it says; to its failures only up to `cap`. What is not added to stays as it is, and what lies beyond
/// the horizon counts as nothing.
pub async fn add(
    db: &impl ConnectionTrait,
    key: &[u8],
    at: i64,
    add: Tats,
    cap: i64,
    horizon: Tats,
) -> Result<Tats, Error> {
    const SQL: &str = "INSERT INTO throttles (key, requests, failures, noted_at, idle_at)
            VALUES ($1, $2 + $3, SMALLER($4 + $5, $6), 0, LARGER($2 + $3, $4 + $5))
        ON CONFLICT (key) DO UPDATE SET
            requests = LARGER(CASE WHEN throttles.requests > $7 THEN 0 ELSE throttles.requests END, $2) + $3,
            failures = LARGER(CASE WHEN throttles.failures > $8 THEN 0 ELSE throttles.failures END,
                SMALLER(LARGER(CASE WHEN throttles.failures > $8 THEN 0 ELSE throttles.failures END, $4) + $5, $6)),
            idle_at = LARGER(throttles.idle_at, LARGER(throttles.requests, $2) + $3, LARGER(throttles.failures, $4) + $5)
        RETURNING requests, failures";
    let from = |cost: i64| if cost > 0 { at } else { 0 };
    let values = [
        key.to_vec().into(),
        from(add.requests).into(),
        add.requests.into(),
        from(add.failures).into(),
        add.failures.into(),
        cap.into(),
        horizon.requests.into(),
        horizon.failures.into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), worded(db, SQL), values);
    let said = Tats::find_by_statement(statement).one(db).await?;
    said.ok_or_else(|| Error::RecordNotFound("a counter that was just written".to_owned()))
}

/// These counters, as far as they have rows.
pub async fn find(db: &impl ConnectionTrait, keys: &[[u8; 32]]) -> Result<Vec<([u8; 32], Tats)>, Error> {
    let places: Vec<_> = (1..=keys.len()).map(|number| format!("${number}")).collect();
    let sql = format!("SELECT key, requests, failures FROM throttles WHERE key IN ({})", places.join(", "));
    let values = keys.iter().map(|key| key.to_vec().into());
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = Found::find_by_statement(statement).all(db).await?;
    let read =
        |Found { key, requests, failures }: Found| Some((key.try_into().ok()?, Tats { requests, failures }));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Note that a refusal by this counter is being recorded. `Ok(false)` if one was after `since`. The note is kept for `window`.
pub async fn note(db: &impl ConnectionTrait, key: &[u8], now: i64, window: i64) -> Result<bool, Error> {
    const SQL: &str =
        "INSERT INTO throttles (key, requests, failures, noted_at, idle_at) VALUES ($1, 0, 0, $2, $2 + $3)
        ON CONFLICT (key) DO UPDATE SET noted_at = $2, idle_at = LARGER(throttles.idle_at, $2 + $3)
        WHERE throttles.noted_at <= $2 - $3";
    let values = [key.to_vec().into(), now.into(), window.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), worded(db, SQL), values);
    Ok(db.execute_raw(statement).await?.rows_affected() == 1)
}

/// Take a proof of work's one use. `Ok(false)` if it was used before.
pub async fn redeem(db: &impl ConnectionTrait, key: &[u8], expires_at: i64) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO proofs_of_work (key, expires_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    let values = [key.to_vec().into(), expires_at.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), SQL, values);
    Ok(db.execute_raw(statement).await?.rows_affected() == 1)
}

/// Forget counters that say nothing any more, and proofs that would be refused anyway.
pub async fn delete_idle(db: &impl ConnectionTrait, now_ms: i64) -> Result<u64, Error> {
    let backend = db.get_database_backend();
    let now = now_ms.saturating_mul(1000);
    // What somebody counts at this moment is not idle. Whoever waited for it, holding others, could be waited for in turn.
    let counters = match backend {
        DatabaseBackend::Postgres => {
            "DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE idle_at <= $1 FOR UPDATE SKIP LOCKED)"
        }
        _ => "DELETE FROM throttles WHERE idle_at <= $1",
    };
    let counters = Statement::from_sql_and_values(backend, counters, [now.into()]);
    let proofs =
        Statement::from_sql_and_values(backend, "DELETE FROM proofs_of_work WHERE expires_at <= $1", [now.into()]);
    Ok(db.execute_raw(counters).await?.rows_affected() + db.execute_raw(proofs).await?.rows_affected())
}
