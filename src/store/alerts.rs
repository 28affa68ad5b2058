//! Queries on `alerts` and `alert_cursors`.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::alert::{Column, Entity, Model};
use super::entity::alert_cursor;

/// How far each chain was read. Nobody else reads on until the transaction ends.
pub async fn lock_cursors(db: &impl ConnectionTrait) -> Result<Vec<alert_cursor::Model>, Error> {
    alert_cursor::Entity::find().order_by_asc(alert_cursor::Column::Chain).lock_exclusive().all(db).await
}

/// How far each chain was read.
pub async fn cursors(db: &impl ConnectionTrait) -> Result<Vec<alert_cursor::Model>, Error> {
    alert_cursor::Entity::find().order_by_asc(alert_cursor::Column::Chain).all(db).await
}

/// A chain was read this far.
pub async fn advance(db: &impl ConnectionTrait, row: alert_cursor::Model) -> Result<(), Error> {
    alert_cursor::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::column(alert_cursor::Column::Chain).update_column(alert_cursor::Column::Seq).to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Keep a new one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// The one about the same that was opened since then.
pub async fn opened_since(
    db: &impl ConnectionTrait,
    rule: &str,
    subject: &[u8],
    since: i64,
) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::Rule.eq(rule))
        .filter(Column::Subject.eq(subject))
        .filter(Column::OpenedAt.gt(since))
        .order_by_desc(Column::OpenedAt)
        .one(db)
        .await
}

/// It was so again.
pub async fn again(db: &impl ConnectionTrait, id: Uuid, at: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::LastAt, Expr::value(at))
        .col_expr(Column::Count, Expr::col(Column::Count).add(1))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// The newest, opened before that moment.
pub async fn page(db: &impl ConnectionTrait, before: i64, limit: u64) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::OpenedAt.lt(before))
        .order_by_desc(Column::OpenedAt)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Those from before `before` go.
pub async fn delete_older(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::LastAt.lt(before)).exec(db).await?.rows_affected)
}
