//! Queries on `credentials`.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::credential::{Column, Entity, Model};

/// Add a passkey. `Ok(false)` if a passkey of this credential id is here already, whoever owns it;
/// the transaction must then be given up.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, Error> {
    match Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await {
        Ok(_) => Ok(true),
        Err(error) if super::is_duplicate(&error) => Ok(false),
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
    /// On what, as JSON.
    pub device: String,
    /// From which network.
    pub network: Option<String>,
}

/// Record an accepted assertion. `Ok(false)` if the passkey is gone.
pub async fn record_use(db: &impl ConnectionTrait, id: Uuid, used: Use) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::SignCount, Expr::value(used.sign_count))
        .col_expr(Column::BackupEligible, Expr::value(used.backup_eligible))
        .col_expr(Column::BackupState, Expr::value(used.backup_state))
        .col_expr(Column::LastUsedAt, Expr::value(used.at))
        .col_expr(Column::LastUsedDevice, Expr::value(used.device))
        .col_expr(Column::LastUsedNetwork, Expr::value(used.network))
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

/// A person's passkeys cannot be used any more. Answers which.
pub async fn suspend_of_user(db: &impl ConnectionTrait, user_id: Uuid, now: i64) -> Result<Vec<Uuid>, Error> {
    let mine = Column::UserId.eq(user_id).and(Column::SuspendedAt.is_null());
    let ids: Vec<Uuid> =
        Entity::find().filter(mine.clone()).all(db).await?.into_iter().map(|row| row.id).collect();
    Entity::update_many().col_expr(Column::SuspendedAt, Expr::value(now)).filter(mine).exec(db).await?;
    Ok(ids)
}

/// One that was suspended after `since` can be used again. `false`: it was not, or longer ago.
pub async fn restore(db: &impl ConnectionTrait, id: Uuid, since: i64) -> Result<bool, Error> {
    let restored = Entity::update_many()
        .col_expr(Column::SuspendedAt, Expr::value(None::<i64>))
        .filter(Column::Id.eq(id))
        .filter(Column::SuspendedAt.gt(since))
        .exec(db)
        .await?;
    Ok(restored.rows_affected == 1)
}

/// Whether there is one that was suspended before `before`.
pub async fn has_suspended(db: &impl ConnectionTrait, before: i64) -> Result<bool, Error> {
    Ok(Entity::find().filter(Column::SuspendedAt.lte(before)).one(db).await?.is_some())
}

/// Forget those that were suspended before `before`. Answers whose each was.
pub async fn delete_suspended(db: &impl ConnectionTrait, before: i64) -> Result<Vec<(Uuid, Uuid)>, Error> {
    let old = Column::SuspendedAt.lte(before);
    let gone = Entity::find().filter(old.clone()).all(db).await?.into_iter().map(|row| (row.user_id, row.id));
    let gone = gone.collect();
    Entity::delete_many().filter(old).exec(db).await?;
    Ok(gone)
}

/// How many passkeys a person has.
pub async fn count_of_user(db: &impl ConnectionTrait, user_id: Uuid) -> Result<u64, Error> {
    Entity::find().filter(Column::UserId.eq(user_id)).count(db).await
}

/// Call it something else.
pub async fn set_label(tx: &impl ConnectionTrait, id: Uuid, label: &str) -> Result<(), Error> {
    Entity::update_many().col_expr(Column::Label, Expr::value(label)).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// It opens nothing any more.
pub async fn delete(tx: &impl ConnectionTrait, id: Uuid) -> Result<(), Error> {
    Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}
