//! Queries on `known_devices`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::Error;
use super::entity::known_device::{Column, Entity, Model};

/// Whether anybody ever signed in with this browser.
pub async fn exists(db: &impl ConnectionTrait, device: &[u8]) -> Result<bool, Error> {
    Ok(Entity::find().filter(Column::Device.eq(device)).one(db).await?.is_some())
}

/// Note that this person signed in with this browser.
pub async fn seen(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::columns([Column::Device, Column::UserId]).update_column(Column::LastSeenAt).to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// When this person first signed in with this browser.
pub async fn first_seen(
    db: &impl ConnectionTrait,
    device: &[u8],
    user_id: uuid::Uuid,
) -> Result<Option<i64>, Error> {
    Ok(Entity::find_by_id((device.to_vec(), user_id)).one(db).await?.map(|row| row.first_seen_at))
}

/// This person no longer knows this browser.
pub async fn forget(db: &impl ConnectionTrait, device: &[u8], user_id: uuid::Uuid) -> Result<(), Error> {
    Entity::delete_by_id((device.to_vec(), user_id)).exec(db).await?;
    Ok(())
}

/// This person knows no browser any more.
pub async fn forget_all(db: &impl ConnectionTrait, user_id: uuid::Uuid) -> Result<(), Error> {
    Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(db).await?;
    Ok(())
}

/// Forget browsers that were not seen since `before`.
pub async fn delete_older(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::LastSeenAt.lt(before)).exec(db).await?.rows_affected)
}
