//! Queries on `step_up_grants`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::Error;
use super::entity::step_up_grant::{Column, Entity, Model};

/// Grant one call. A second touch for the same one renews it; it does not make two.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::columns([Column::SessionId, Column::Action])
                .update_columns([Column::CredentialId, Column::ExpiresAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Spend the grant of this call, if there is one. Undone if the transaction is.
pub async fn spend(db: &impl ConnectionTrait, session: Uuid, action: &[u8], now: i64) -> Result<bool, Error> {
    let spent = Entity::delete_many()
        .filter(Column::SessionId.eq(session))
        .filter(Column::Action.eq(action))
        .filter(Column::ExpiresAt.gt(now))
        .exec(db)
        .await?;
    Ok(spent.rows_affected == 1)
}

/// Whether there is one to spend.
pub async fn is_there(db: &impl ConnectionTrait, session: Uuid, action: &[u8], now: i64) -> Result<bool, Error> {
    let found = Entity::find()
        .filter(Column::SessionId.eq(session))
        .filter(Column::Action.eq(action))
        .filter(Column::ExpiresAt.gt(now))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Forget what was not spent in time.
pub async fn delete_expired(db: &impl ConnectionTrait, now: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?.rows_affected)
}
