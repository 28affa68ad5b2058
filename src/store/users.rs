//! Queries on `users`.

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::user;

/// Add a person.
pub async fn insert(db: &impl ConnectionTrait, row: user::Model) -> Result<(), Error> {
    let row = row.into_active_model().reset_all();
    user::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The person with this id.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<user::Model>, Error> {
    user::Entity::find_by_id(id).one(db).await
}

/// Those who claim this address, the oldest first.
pub async fn claiming(db: &impl ConnectionTrait, email: &str, limit: u64) -> Result<Vec<user::Model>, Error> {
    user::Entity::find()
        .filter(user::Column::Email.eq(email))
        .order_by_asc(user::Column::CreatedAt)
        .order_by_asc(user::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Hold a person's row until the transaction ends: what changes several of their sessions takes turns.
pub async fn lock(tx: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    user::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
    Ok(())
}

/// Count one more sign-in.
pub async fn count_sign_in(tx: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    user::Entity::update_many()
        .col_expr(user::Column::SignIns, ExprTrait::add(Expr::col(user::Column::SignIns), 1))
        .filter(user::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The people whose address ends with this.
pub async fn with_address_under(db: &impl ConnectionTrait, end: &str) -> Result<Vec<user::Model>, Error> {
    user::Entity::find().filter(user::Column::Email.ends_with(end)).all(db).await
}

/// Whether anybody else has this address, or says so.
pub async fn is_address_of_others(db: &impl ConnectionTrait, email: &str, id: Uuid) -> Result<bool, Error> {
    let others = user::Entity::find().filter(user::Column::Email.eq(email)).filter(user::Column::Id.ne(id));
    Ok(others.one(db).await?.is_some())
}

/// A person goes, and with them all rows that belong to them. `false` if they are not there.
pub async fn delete(tx: &impl ConnectionTrait, id: Uuid) -> Result<bool, Error> {
    Ok(user::Entity::delete_by_id(id).exec(tx).await?.rows_affected == 1)
}

/// Write to the person at this address from now on. `verified_at`: since when it is known to be theirs.
pub async fn set_email(
    tx: &impl ConnectionTrait,
    id: Uuid,
    email: &str,
    verified_at: Option<i64>,
) -> Result<(), Error> {
    user::Entity::update_many()
        .col_expr(user::Column::Email, Expr::value(email))
        .col_expr(user::Column::EmailVerifiedAt, Expr::value(verified_at))
        .filter(user::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The account was recovered at this time.
pub async fn set_recovered(tx: &impl ConnectionTrait, id: Uuid, at: i64) -> Result<(), Error> {
    user::Entity::update_many()
        .col_expr(user::Column::RecoveredAt, Expr::value(at))
        .filter(user::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
