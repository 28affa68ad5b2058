//! Queries on `api_keys`.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::api_key::{Column, Entity, Model};

/// Add one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A person's live keys, newest first.
pub async fn of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::RevokedAt.is_null())
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// How many live keys a person has.
pub async fn count_of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<u64, Error> {
    Entity::find().filter(Column::UserId.eq(user_id)).filter(Column::RevokedAt.is_null()).count(db).await
}

/// Whether this person has this live key.
pub async fn exists(db: &impl ConnectionTrait, user_id: Uuid, id: Uuid) -> Result<bool, Error> {
    let live = Entity::find_by_id(id).filter(Column::UserId.eq(user_id)).filter(Column::RevokedAt.is_null());
    Ok(live.one(db).await?.is_some())
}

/// Some live keys, by their ids from this one on: which, and whose.
pub async fn live_after(db: &impl ConnectionTrait, after: Uuid, limit: u64) -> Result<Vec<(Uuid, Uuid)>, Error> {
    let live = Entity::find().filter(Column::Id.gt(after)).filter(Column::RevokedAt.is_null());
    let rows = live.order_by_asc(Column::Id).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.user_id)).collect())
}

/// How many live keys there are.
pub async fn count_live(db: &impl ConnectionTrait) -> Result<u64, Error> {
    Entity::find().filter(Column::RevokedAt.is_null()).count(db).await
}

/// The live key with this hash, whosever it is.
pub async fn find_live(db: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::Hash.eq(hash)).filter(Column::RevokedAt.is_null()).one(db).await
}

/// Note that one was used.
pub async fn touch(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// End a person's key. `Ok(false)` if they have no such live key.
pub async fn revoke(db: &impl ConnectionTrait, user_id: Uuid, id: Uuid, now: i64) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}
