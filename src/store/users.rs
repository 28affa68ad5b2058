//! Queries on `users`.

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use uuid::Uuid;

use super::Error;
use super::entity::user;

/// Add a person.
pub async fn insert(db: &impl ConnectionTrait, row: user::Model) -> Result<(), Error> {
    let row = row.into_active_model().reset_all();
    user::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The person with this id.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<user::Model>, Error> {
    user::Entity::find_by_id(id).one(db).await
}

/// Hold a person's row until the transaction ends: what changes several of their sessions takes turns.
pub async fn lock(tx: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    user::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
    Ok(())
}
