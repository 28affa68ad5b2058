//! Queries on `audit_checkpoints`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use super::Error;
use super::entity::audit_checkpoint::{Column, Entity, Model};

/// Keep one. Of two at the same moment the first stays.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::column(Column::At).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The newest up to `now`. One that is younger was made by a clock that has been put back since.
pub async fn last(db: &impl ConnectionTrait, now: i64) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::At.lte(now)).order_by_desc(Column::At).one(db).await
}

/// Those from before `before` go.
pub async fn delete_older(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::At.lt(before)).exec(db).await?.rows_affected)
}
