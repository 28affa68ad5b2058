//! Queries on `audit_keys`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

use super::Error;
use super::entity::audit_key::{Column, Entity, Model};
use super::entity::user;

/// A person's.
pub async fn of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::UserId.eq(user_id)).one(db).await
}

/// A month's.
pub async fn of_month(db: &impl ConnectionTrait, month: &str) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::Month.eq(month)).one(db).await
}

/// These, as far as they are still there.
pub async fn find(db: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<Vec<Model>, Error> {
    Entity::find().filter(Column::Id.is_in(ids)).all(db).await
}

/// Keep one, unless its person is not there (any more). If there is one already, that stays.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    if let Some(user_id) = row.user_id
        && user::Entity::find_by_id(user_id).count(db).await? == 0
    {
        return Ok(());
    }
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// A person's key goes, and with it what can be read of their events.
pub async fn forget_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<(), Error> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(db).await?;
    Ok(())
}

/// Keys of months before this one go.
pub async fn forget_months(db: &impl ConnectionTrait, before: &str) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::Month.lt(before)).exec(db).await?.rows_affected)
}
