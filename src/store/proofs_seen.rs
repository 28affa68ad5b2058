//! Queries on `proofs_seen`: the replay window of DPoP proofs.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use super::Error;
use super::entity::proof_seen::{Column, Entity, Model};

/// Take a proof's one use. `Ok(false)` if it was used before, or if the session has `limit` in its window already.
pub async fn take(db: &impl ConnectionTrait, row: Model, limit: u64, now: i64) -> Result<bool, Error> {
    let in_window = Entity::find().filter(Column::SessionId.eq(row.session_id)).filter(Column::ExpiresAt.gt(now));
    if in_window.count(db).await? >= limit {
        return Ok(false);
    }
    let inserted = Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::columns([Column::SessionId, Column::Jti]).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Forget proofs whose nonce is no good any more.
pub async fn delete_expired(db: &impl ConnectionTrait, now: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?.rows_affected)
}
