//! Queries on `alerts` and `alert_cursors`.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
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

/// Those that nobody has seen to, the gravest first, then those that were so last.
pub async fn open(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, Error> {
    // "high" comes before "medium" in the alphabet, too.
    Entity::find()
        .filter(Column::AcknowledgedAt.is_null())
        .order_by_asc(Column::Severity)
        .order_by_desc(Column::LastAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// How many nobody has seen to.
pub async fn count_open(db: &impl ConnectionTrait) -> Result<u64, Error> {
    Entity::find().filter(Column::AcknowledgedAt.is_null()).count(db).await
}

/// Those that somebody has seen to, the last first.
pub async fn acknowledged(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::AcknowledgedAt.is_not_null())
        .order_by_desc(Column::AcknowledgedAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The one with this id.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id(id).one(db).await
}

/// Somebody has seen to it. `Ok(false)` if somebody had before.
pub async fn acknowledge(
    db: &impl ConnectionTrait,
    id: Uuid,
    at: i64,
    by: Uuid,
    note: Option<Vec<u8>>,
) -> Result<bool, Error> {
    let update = Entity::update_many()
        .col_expr(Column::AcknowledgedAt, Expr::value(at))
        .col_expr(Column::AcknowledgedBy, Expr::value(by))
        .col_expr(Column::Note, Expr::value(note))
        .filter(Column::Id.eq(id))
        .filter(Column::AcknowledgedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Those from before `before` go.
pub async fn delete_older(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::LastAt.lt(before)).exec(db).await?.rows_affected)
}

/// Some, in the order of their ids, after this one.
pub async fn after(db: &impl ConnectionTrait, id: Uuid, limit: u64) -> Result<Vec<Model>, Error> {
    Entity::find().filter(Column::Id.gt(id)).order_by_asc(Column::Id).limit(limit).all(db).await
}

/// One goes.
pub async fn delete(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// What one says is written anew.
pub async fn rewrite(db: &impl ConnectionTrait, id: Uuid, body: Vec<u8>) -> Result<(), Error> {
    Entity::update_many().col_expr(Column::Body, Expr::value(body)).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// What this person has seen to was seen to by nobody in particular.
pub async fn forget_who_acknowledged(db: &impl ConnectionTrait, person: Uuid) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::AcknowledgedBy, Expr::value(None::<Uuid>))
        .filter(Column::AcknowledgedBy.eq(person))
        .exec(db)
        .await?;
    Ok(())
}
