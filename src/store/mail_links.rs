//! Queries on `mail_links`.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::Error;
use super::entity::mail_link::{Column, Entity, Model};

/// Keep one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// The one with this hash, if it has not run out.
pub async fn find(db: &impl ConnectionTrait, hash: &[u8], now: i64) -> Result<Option<Model>, Error> {
    Entity::find_by_id(hash.to_vec()).filter(Column::ExpiresAt.gt(now)).one(db).await
}

/// Use it. `false` if somebody has before; of many that try, one succeeds.
pub async fn use_up(db: &impl ConnectionTrait, hash: &[u8], now: i64) -> Result<bool, Error> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Hash.eq(hash))
        .filter(Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Forget those that ran out before `before`.
pub async fn delete_expired(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}
