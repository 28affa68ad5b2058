//! Queries on `recovery_codes`.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

use super::Error;
use super::entity::recovery_code::{Column, Entity, Model};

/// These are a person's codes from now on, and no others.
pub async fn replace(db: &impl ConnectionTrait, user_id: Uuid, rows: Vec<Model>) -> Result<(), Error> {
    delete_of_user(db, user_id).await?;
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// A person's codes are worth nothing any more.
pub async fn delete_of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<(), Error> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(db).await?;
    Ok(())
}

/// Use one. `false`: the person has no such code, or has used it; of many that try at once, one succeeds.
pub async fn use_up(db: &impl ConnectionTrait, user_id: Uuid, code: &[u8], now: i64) -> Result<bool, Error> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::Code.eq(code))
        .filter(Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

/// How many a person has left.
pub async fn left(db: &impl ConnectionTrait, user_id: Uuid) -> Result<u64, Error> {
    Entity::find().filter(Column::UserId.eq(user_id)).filter(Column::UsedAt.is_null()).count(db).await
}

/// When a person's were made; `None`: there are none.
pub async fn made_at(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Option<i64>, Error> {
    Ok(Entity::find().filter(Column::UserId.eq(user_id)).one(db).await?.map(|row| row.created_at))
}
