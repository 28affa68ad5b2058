//! Queries on `dbsc_sessions` and `dbsc_challenges`.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::{dbsc_challenge, dbsc_session};

use dbsc_session::{Column, Entity, Model};

/// Offer a binding.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Which session this identifier binds, unless the binding has ended.
pub async fn session_of(db: &impl ConnectionTrait, id: &str) -> Result<Option<Uuid>, Error> {
    let found = Entity::find_by_id(id).select_only().column(Column::SessionId);
    found.filter(Column::EndedAt.is_null()).into_tuple().one(db).await
}

/// The binding of this identifier, held until the transaction ends, unless it has ended. Lock its session first.
pub async fn lock(db: &impl ConnectionTrait, id: &str) -> Result<Option<Model>, Error> {
    Entity::find_by_id(id).filter(Column::EndedAt.is_null()).lock_exclusive().one(db).await
}

/// The offer of this identifier that came with this `authorization`, unless it has ended or was taken.
pub async fn find_offer(
    db: &impl ConnectionTrait,
    id: &str,
    authorization: &[u8],
) -> Result<Option<Model>, Error> {
    Entity::find_by_id(id)
        .filter(Column::Authorization.eq(authorization))
        .filter(Column::EndedAt.is_null())
        .filter(Column::PublicKey.is_null())
        .one(db)
        .await
}

/// Bind: the browser's key, and its first cookie. `Ok(false)` if somebody else did.
pub async fn register(
    db: &impl ConnectionTrait,
    id: &str,
    public_key: Vec<u8>,
    cookie: Vec<u8>,
    now: i64,
) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::PublicKey, Expr::value(public_key))
        .col_expr(Column::Cookie, Expr::value(cookie))
        .col_expr(Column::CookieIssuedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::PublicKey.is_null())
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// The next bound cookie. The one before stays for requests that are under way.
pub async fn refresh(db: &impl ConnectionTrait, id: &str, cookie: Vec<u8>, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::PreviousCookie, Expr::col(Column::Cookie))
        .col_expr(Column::PreviousIssuedAt, Expr::col(Column::CookieIssuedAt))
        .col_expr(Column::Cookie, Expr::value(cookie))
        .col_expr(Column::CookieIssuedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Note that the bound cookie was presented.
pub async fn mark_seen(db: &impl ConnectionTrait, id: &str, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::SeenAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::SeenAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// End what binds this session.
pub async fn end_of_session(db: &impl ConnectionTrait, session_id: Uuid, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::SessionId.eq(session_id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Add a challenge, and keep `keep` of those before it: what nobody has answered yet first, and of that the newest.
pub async fn add_challenge(db: &impl ConnectionTrait, row: dbsc_challenge::Model, keep: u64) -> Result<(), Error> {
    use dbsc_challenge::{Column, Entity};
    let surplus: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::Hash)
        .filter(Column::DbscId.eq(row.dbsc_id.as_str()))
        .order_by_asc(Column::UsedAt.is_not_null())
        .order_by_desc(Column::CreatedAt)
        .offset(keep)
        .limit(100)
        .into_tuple()
        .all(db)
        .await?;
    if !surplus.is_empty() {
        Entity::delete_many().filter(Column::Hash.is_in(surplus)).exec(db).await?;
    }
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Take a challenge's one use, if it was made after `not_before`.
pub async fn use_challenge(
    db: &impl ConnectionTrait,
    dbsc_id: &str,
    hash: &[u8],
    not_before: i64,
    now: i64,
) -> Result<bool, Error> {
    use dbsc_challenge::{Column, Entity};
    let result = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Hash.eq(hash))
        .filter(Column::DbscId.eq(dbsc_id))
        .filter(Column::UsedAt.is_null())
        .filter(Column::CreatedAt.gt(not_before))
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Which of these sessions are bound.
pub async fn bound_of(db: &impl ConnectionTrait, sessions: Vec<Uuid>) -> Result<Vec<Uuid>, Error> {
    Entity::find()
        .select_only()
        .column(Column::SessionId)
        .filter(Column::SessionId.is_in(sessions))
        .filter(Column::EndedAt.is_null())
        .filter(Column::PublicKey.is_not_null())
        .into_tuple()
        .all(db)
        .await
}
