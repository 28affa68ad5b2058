//! Queries on `credentials`.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, SqlErr,
};
use uuid::Uuid;

use super::Error;
use super::entity::credential::{Column, Entity, Model};

/// Add a passkey. `Ok(false)` if a passkey of this credential id is here already, whoever owns it;
/// the transaction must then be given up.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, Error> {
    match Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The passkey with this credential id, whoever owns it.
pub async fn find(db: &impl ConnectionTrait, credential_id: &[u8]) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::CredentialId.eq(credential_id)).one(db).await
}

/// The passkey's row as it is now, held until the transaction ends.
pub async fn lock(tx: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await
}

/// A person's passkeys, newest first.
pub async fn of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// What an assertion changes in a passkey's row.
#[derive(Debug)]
pub struct Use {
    /// The signature counter to compare the next one with.
    pub sign_count: i64,
    /// Whether the passkey may be backed up.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backup_state: bool,
    /// When.
    pub at: i64,
}

/// Record an accepted assertion. `Ok(false)` if the passkey is gone.
pub async fn record_use(db: &impl ConnectionTrait, id: Uuid, used: Use) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::SignCount, Expr::value(used.sign_count))
        .col_expr(Column::BackupEligible, Expr::value(used.backup_eligible))
        .col_expr(Column::BackupState, Expr::value(used.backup_state))
        .col_expr(Column::LastUsedAt, Expr::value(used.at))
        .col_expr(Column::Failures, Expr::value(0_i64))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Count one use that was refused.
pub async fn count_failure(db: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Failures, ExprTrait::add(Expr::col(Column::Failures), 1_i64))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// How many passkeys a person has.
pub async fn count_of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<u64, Error> {
    Entity::find().filter(Column::UserId.eq(user_id)).count(db).await
}
