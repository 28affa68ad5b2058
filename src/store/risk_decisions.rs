//! Queries on `risk_decisions` and `risk_policies`.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::risk_decision::{Column, Entity, Model};
use super::entity::risk_policy;

/// Keep one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// A person's decisions of these requests.
pub async fn of_requests(
    db: &impl ConnectionTrait,
    user_id: Uuid,
    request_ids: Vec<String>,
    since: i64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::CreatedAt.gte(since))
        .filter(Column::RequestId.is_in(request_ids))
        .all(db)
        .await
}

/// The decisions that come after this one (by time, then id), the oldest first.
pub async fn page(db: &impl ConnectionTrait, after: Option<(i64, Uuid)>, limit: u64) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit);
    if let Some((at, id)) = after {
        let at_once = Condition::all().add(Column::CreatedAt.eq(at)).add(Column::Id.gt(id));
        query = query.filter(Condition::any().add(Column::CreatedAt.gt(at)).add(at_once));
    }
    query.all(db).await
}

/// Forget those from before `before`.
pub async fn delete_older(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::CreatedAt.lt(before)).exec(db).await?.rows_affected)
}

/// Keep a policy under its version.
pub async fn keep_policy(db: &impl ConnectionTrait, row: risk_policy::Model) -> Result<(), Error> {
    risk_policy::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::column(risk_policy::Column::Version).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The text of a policy.
pub async fn policy(db: &impl ConnectionTrait, version: &str) -> Result<Option<String>, Error> {
    Ok(risk_policy::Entity::find_by_id(version.to_owned()).one(db).await?.map(|row| row.body))
}
