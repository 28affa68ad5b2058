//! Queries on `account_deletions`.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::account_deletion::{Column, Entity, Model};

/// A person's, if they want their account gone.
pub async fn of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id(user_id).one(db).await
}

/// Note that somebody wants their account gone.
pub async fn insert(tx: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// They do not, or not any more. `asked_at`: only if they said so then. `false` if there is nothing to take back.
pub async fn cancel(tx: &impl ConnectionTrait, user_id: Uuid, asked_at: Option<i64>) -> Result<bool, Error> {
    let mut delete = Entity::delete_many().filter(Column::UserId.eq(user_id));
    if let Some(asked_at) = asked_at {
        delete = delete.filter(Column::AskedAt.eq(asked_at));
    }
    Ok(delete.exec(tx).await?.rows_affected == 1)
}

/// All whose accounts are to go, by their ids from this one on.
pub async fn after(db: &impl ConnectionTrait, after: Uuid, limit: u64) -> Result<Vec<Uuid>, Error> {
    let rows =
        Entity::find().filter(Column::UserId.gt(after)).order_by_asc(Column::UserId).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}

/// Whose time is over by `now`, the earliest first.
pub async fn due(db: &impl ConnectionTrait, now: i64, limit: u64) -> Result<Vec<Uuid>, Error> {
    let rows =
        Entity::find().filter(Column::DueAt.lte(now)).order_by_asc(Column::DueAt).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(|row| row.user_id).collect())
}
