//! Queries on `roles`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    Statement,
};
use uuid::Uuid;

use super::Error;
use super::entity::role::{Column, Entity, Model};

/// Give somebody a role. `Ok(false)` if they had it.
pub async fn grant(db: &impl ConnectionTrait, row: Model) -> Result<bool, Error> {
    let granted = Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::columns([Column::UserId, Column::Role]).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(granted == 1)
}

/// Take it from them. `Ok(false)` if they had it not.
pub async fn revoke(db: &impl ConnectionTrait, user_id: Uuid, role: &str) -> Result<bool, Error> {
    Ok(Entity::delete_by_id((user_id, role.to_owned())).exec(db).await?.rows_affected == 1)
}

/// Whether they have it.
pub async fn holds(db: &impl ConnectionTrait, user_id: Uuid, role: &str) -> Result<bool, Error> {
    Ok(Entity::find_by_id((user_id, role.to_owned())).one(db).await?.is_some())
}

/// All who have it, the longest first.
pub async fn holders(db: &impl ConnectionTrait, role: &str) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::Role.eq(role))
        .order_by_asc(Column::GrantedAt)
        .order_by_asc(Column::UserId)
        .all(db)
        .await
}

const BY_TOKEN: &str = "SELECT 1 AS one FROM session_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN roles r ON r.user_id = s.user_id AND r.role = $2
  WHERE t.hash = $1 AND s.ended_at IS NULL AND s.expires_at > $3 AND s.last_seen_at > $4";

/// Whether a token is of a live session of somebody who has it. Which of the family's tokens it is does not matter here.
pub async fn holds_by_token(
    db: &impl ConnectionTrait,
    hash: &[u8],
    role: &str,
    now: i64,
    idle_since: i64,
) -> Result<bool, Error> {
    let values = [hash.to_vec().into(), role.into(), now.into(), idle_since.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), BY_TOKEN, values);
    Ok(db.query_one_raw(statement).await?.is_some())
}
