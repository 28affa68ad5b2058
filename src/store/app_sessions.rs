//! Queries on `app_codes` and `app_sessions`.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QueryResult, Statement,
};

use super::Error;
use super::entity::{app_code, app_session};
use super::session_tokens::Found;

/// Keep a code, in the place of those that this session has for that host.
pub async fn put_code(db: &impl ConnectionTrait, row: app_code::Model) -> Result<(), Error> {
    app_code::Entity::delete_many()
        .filter(app_code::Column::SessionId.eq(row.session_id))
        .filter(app_code::Column::Host.eq(row.host.as_str()))
        .exec(db)
        .await?;
    app_code::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Take a code. It is gone, whatever is found to be wrong with it; of many that try, one has it.
pub async fn take_code(db: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<app_code::Model>, Error> {
    let sql = "DELETE FROM app_codes WHERE hash = $1 RETURNING *";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [hash.to_vec().into()]);
    app_code::Model::find_by_statement(statement).one(db).await
}

/// Go on at a host. What the session had there is replaced.
pub async fn insert(db: &impl ConnectionTrait, row: app_session::Model) -> Result<(), Error> {
    app_session::Entity::update_many()
        .col_expr(app_session::Column::ReplacedAt, Expr::value(row.issued_at))
        .filter(app_session::Column::SessionId.eq(row.session_id))
        .filter(app_session::Column::Host.eq(row.host.as_str()))
        .filter(app_session::Column::ReplacedAt.is_null())
        .exec(db)
        .await?;
    app_session::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// The session behind a cookie of an app's host, as if the cookie were its newest token: nothing but itself holds it.
const FIND: &str = "SELECT c.opened, CAST(0 AS BIGINT) AS generation, 'current' AS state, c.issued_at, c.issued_at AS seen_at,
    CAST(NULL AS BYTEA) AS successor, CAST(NULL AS BIGINT) AS successor_seen_at,
    s.id AS session_id, s.created_at, s.expires_at, s.last_seen_at, s.ended_at, s.end_reason, s.devices, s.networks,
    CAST(NULL AS BYTEA) AS device_key, CAST(NULL AS VARCHAR) AS device_key_thumbprint, s.proof_seed, CAST(NULL AS BIGINT) AS stepped_up_until,
    s.last_network, s.answered_at, s.device_known_since, s.passkey_created_at, s.asns, s.is_automated, s.anchor, s.used_at, s.risk_level,
    u.id AS user_id, u.email, u.email_verified_at, u.display_name, u.created_at AS user_created_at, u.sign_ins, u.recovered_at,
    CAST(NULL AS VARCHAR) AS dbsc_id, CAST(NULL AS BYTEA) AS bound_cookie, CAST(NULL AS BIGINT) AS bound_cookie_issued_at,
    CAST(NULL AS BYTEA) AS bound_cookie_previous, CAST(NULL AS BIGINT) AS bound_cookie_previous_issued_at,
    CAST(NULL AS BIGINT) AS bound_cookie_seen_at
  FROM app_sessions c
  JOIN sessions s ON s.id = c.session_id
  JOIN users u ON u.id = s.user_id
  WHERE c.hash = $1 AND c.host = $2 AND (c.replaced_at IS NULL OR c.replaced_at > $3)";

/// The session behind a cookie of this host, unless the browser was given another one before `replaced_after`; and what of the apps a
/// touch has opened in it.
pub async fn find(
    db: &impl ConnectionTrait,
    hash: &[u8],
    host: &str,
    replaced_after: i64,
) -> Result<Option<(Found, String)>, Error> {
    let values = [hash.to_vec().into(), host.into(), replaced_after.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), FIND, values);
    let read = |row: QueryResult| Ok((Found::from_query_result(&row, "")?, row.try_get("", "opened")?));
    db.query_one_raw(statement).await?.map(read).transpose()
}

/// Forget codes that ran out.
pub async fn delete_expired_codes(db: &impl ConnectionTrait, now: i64) -> Result<u64, Error> {
    Ok(app_code::Entity::delete_many().filter(app_code::Column::ExpiresAt.lte(now)).exec(db).await?.rows_affected)
}

/// Forget what was replaced before `before`.
pub async fn delete_replaced(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    let old = app_session::Column::ReplacedAt.lt(before);
    Ok(app_session::Entity::delete_many().filter(old).exec(db).await?.rows_affected)
}
