//! Queries on `session_tokens`: the one read that every request makes, and the one write that makes a successor.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    Statement,
};
use uuid::Uuid;

use super::Error;
use super::entity::session_token::{Column, Entity, Model};

/// The states of a token.
pub mod state {
    /// The newest of its family.
    pub const CURRENT: &str = "current";
    /// Its successor is current.
    pub const PREVIOUS: &str = "previous";
    /// Older than that.
    pub const RETIRED: &str = "retired";
}

/// A token, its session, whose it is, and what the browser binds it with.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Found {
    pub generation: i64,
    pub state: String,
    pub issued_at: i64,
    pub seen_at: Option<i64>,
    pub successor: Option<Vec<u8>>,
    pub successor_seen_at: Option<i64>,
    pub session_id: Uuid,
    pub created_at: i64,
    pub expires_at: i64,
    pub last_seen_at: i64,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
    pub devices: String,
    pub networks: String,
    pub device_key: Option<Vec<u8>>,
    pub device_key_thumbprint: Option<String>,
    pub proof_seed: Vec<u8>,
    pub stepped_up_until: Option<i64>,
    pub last_network: Option<String>,
    pub answered_at: Option<i64>,
    pub device_known_since: Option<i64>,
    pub passkey_created_at: Option<i64>,
    pub asns: String,
    pub is_automated: bool,
    pub anchor: Option<String>,
    pub used_at: Option<i64>,
    pub risk_level: i16,
    pub user_id: Uuid,
    pub email: String,
    pub email_verified_at: Option<i64>,
    pub display_name: Option<String>,
    pub user_created_at: i64,
    pub sign_ins: i64,
    pub recovered_at: Option<i64>,
    pub dbsc_id: Option<String>,
    pub bound_cookie: Option<Vec<u8>>,
    pub bound_cookie_issued_at: Option<i64>,
    pub bound_cookie_previous: Option<Vec<u8>>,
    pub bound_cookie_previous_issued_at: Option<i64>,
    pub bound_cookie_seen_at: Option<i64>,
}

const FIND: &str = "SELECT t.generation, t.state, t.issued_at, t.seen_at, t.successor, n.seen_at AS successor_seen_at,
    s.id AS session_id, s.created_at, s.expires_at, s.last_seen_at, s.ended_at, s.end_reason, s.devices, s.networks,
    s.device_key, s.device_key_thumbprint, s.proof_seed, s.stepped_up_until,
    s.last_network, s.answered_at, s.device_known_since, s.passkey_created_at, s.asns, s.is_automated, s.anchor, s.used_at, s.risk_level,
    u.id AS user_id, u.email, u.email_verified_at, u.display_name, u.created_at AS user_created_at, u.sign_ins, u.recovered_at,
    d.id AS dbsc_id, d.cookie AS bound_cookie, d.cookie_issued_at AS bound_cookie_issued_at,
    d.previous_cookie AS bound_cookie_previous, d.previous_issued_at AS bound_cookie_previous_issued_at, d.seen_at AS bound_cookie_seen_at
  FROM session_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN users u ON u.id = s.user_id
  LEFT JOIN session_tokens n ON n.session_id = t.session_id AND n.generation = t.generation + 1
  LEFT JOIN dbsc_sessions d ON d.session_id = s.id AND d.ended_at IS NULL AND d.public_key IS NOT NULL
  WHERE t.hash = $1";

/// All that is known of a token, ended or not, in one statement and so of one moment.
pub async fn find(db: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<Found>, Error> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), FIND, [hash.to_vec().into()]);
    Found::find_by_statement(statement).one(db).await
}

/// Add the first of a family, or a successor.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Give a current token its one successor. `Ok(false)` if it has one already; of many that try, one succeeds. What came
/// before it is retired, but for those whose successor was first seen after `spare_after`.
pub async fn succeed(
    db: &impl ConnectionTrait,
    hash: &[u8],
    sealed: Vec<u8>,
    next: Model,
    spare_after: Option<i64>,
) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::State, Expr::value(state::PREVIOUS))
        .col_expr(Column::Successor, Expr::value(sealed))
        .filter(Column::Hash.eq(hash))
        .filter(Column::State.eq(state::CURRENT))
        .exec(db)
        .await?;
    if updated.rows_affected != 1 {
        return Ok(false);
    }
    let mut older = Entity::update_many()
        .col_expr(Column::State, Expr::value(state::RETIRED))
        .col_expr(Column::Successor, Expr::value(Option::<Vec<u8>>::None))
        .filter(Column::SessionId.eq(next.session_id))
        .filter(Column::State.eq(state::PREVIOUS))
        .filter(Column::Hash.ne(hash));
    if let Some(moment) = spare_after {
        // Its successor is the token at hand, which was seen just now.
        let just_seen = Entity::find_by_id(hash.to_vec()).filter(Column::SeenAt.gt(moment)).one(db).await?;
        if let Some(token) = just_seen {
            older = older.filter(Column::Generation.ne(token.generation - 1));
        }
    }
    older.exec(db).await?;
    insert(db, next).await?;
    Ok(true)
}

/// Note that a successor has arrived. From here its predecessor's grace runs out.
pub async fn mark_seen(db: &impl ConnectionTrait, hash: &[u8], now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::SeenAt, Expr::value(now))
        .filter(Column::Hash.eq(hash))
        .filter(Column::SeenAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Erase sealed successors that were first seen before `before`: nobody may be answered with them any more.
pub async fn erase_successors(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    let sql = "UPDATE session_tokens SET successor = NULL WHERE state = 'previous' AND successor IS NOT NULL
        AND EXISTS (SELECT 1 FROM session_tokens n WHERE n.session_id = session_tokens.session_id
            AND n.generation = session_tokens.generation + 1 AND n.seen_at < $1)";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [before.into()]);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
