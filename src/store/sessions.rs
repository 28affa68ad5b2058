//! Queries on `sessions`.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::Error;
use super::entity::session::{Column, Entity, Model};
use super::entity::user;

/// Open one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// The session of this token, ended or not, with its person.
pub async fn find_with_user(
    db: &impl ConnectionTrait,
    token_hash: &[u8],
) -> Result<Option<(Model, user::Model)>, Error> {
    let Some(session) = Entity::find().filter(Column::TokenHash.eq(token_hash)).one(db).await? else {
        return Ok(None);
    };
    let user = user::Entity::find_by_id(session.user_id).one(db).await?;
    Ok(user.map(|user| (session, user)))
}

/// Note that the session was used.
pub async fn touch(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// End a session by its token. Returns it if it had not ended before.
pub async fn end(db: &impl ConnectionTrait, token_hash: &[u8], now: i64) -> Result<Option<Model>, Error> {
    let rows = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::TokenHash.eq(token_hash))
        .filter(Column::EndedAt.is_null())
        .exec_with_returning(db)
        .await?;
    Ok(rows.into_iter().next())
}

/// Forget sessions that expired before `before`.
pub async fn delete_expired(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}
