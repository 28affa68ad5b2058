//! Queries on `payouts`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::Error;
use super::entity::payout::{Column, Entity, Model};

/// A person's, if they have saved any.
pub async fn of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id(user_id).one(db).await
}

/// Save a person's. What was there before is gone.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::column(Column::UserId)
                .update_columns([Column::AccountHolder, Column::Iban, Column::UpdatedAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}
