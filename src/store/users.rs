//! Queries on `users`.

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
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
