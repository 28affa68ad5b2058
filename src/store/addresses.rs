//! Queries on `addresses`.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    Statement,
};
use uuid::Uuid;

use super::Error;
use super::entity::address::{Column, Entity, Model};

/// Add one, unless it is there.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// A person's, the oldest first; those too that were removed and can be brought back.
pub async fn of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<Model>, Error> {
    let own = Entity::find().filter(Column::UserId.eq(user_id));
    own.order_by_asc(Column::AddedAt).order_by_asc(Column::Id).all(db).await
}

/// Whether another account has shown that this address is its own.
pub async fn is_anothers(db: &impl ConnectionTrait, address: &str, user_id: Uuid) -> Result<bool, Error> {
    let verified = Entity::find().filter(Column::Address.eq(address)).filter(Column::VerifiedAt.is_not_null());
    Ok(verified.filter(Column::UserId.ne(user_id)).one(db).await?.is_some())
}

/// Who has shown that this address is theirs, if it is on their account now.
pub async fn owner(db: &impl ConnectionTrait, address: &str) -> Result<Option<Uuid>, Error> {
    let verified = Entity::find().filter(Column::Address.eq(address)).filter(Column::VerifiedAt.is_not_null());
    Ok(verified.filter(Column::RemovedAt.is_null()).one(db).await?.map(|row| row.user_id))
}

/// What came of verifying one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is the account's now.
    Done,
    /// Another account has it.
    Anothers,
    /// Another account has just got it; the transaction must be given up.
    Lost,
}

/// Note that the address is its account's, unless another account has shown the same before.
pub async fn verify(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<Verified, Error> {
    let sql = "UPDATE addresses SET verified_at = $1, removed_at = NULL WHERE id = $2 AND NOT EXISTS
        (SELECT 1 FROM addresses a WHERE a.address = addresses.address AND a.verified_at IS NOT NULL
            AND a.user_id <> addresses.user_id)";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [now.into(), id.into()]);
    match db.execute_raw(statement).await {
        Ok(done) if done.rows_affected() == 1 => Ok(Verified::Done),
        Ok(_) => Ok(Verified::Anothers),
        Err(error) if super::is_duplicate(&error) => Ok(Verified::Lost),
        Err(error) => Err(error),
    }
}

/// Take one off the account. For a while it can be brought back, and no other account can have it.
pub async fn remove(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), Error> {
    Entity::update_many().col_expr(Column::RemovedAt, Expr::value(now)).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Bring one back.
pub async fn restore(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    let none = Expr::value(None::<i64>);
    Entity::update_many().col_expr(Column::RemovedAt, none).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Forget one.
pub async fn delete(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Forget those that were removed before `before`.
pub async fn delete_removed(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::RemovedAt.lt(before)).exec(db).await?.rows_affected)
}
