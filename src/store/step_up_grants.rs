//! Queries on `step_up_grants`.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::Error;
use super::entity::step_up_grant::{Column, Entity, Model};

/// Grant one call. A second touch for the same one renews it; it does not make two.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::columns([Column::SessionId, Column::Action])
                .update_columns([Column::Holder, Column::CredentialId, Column::ExpiresAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Which grant is meant: the session's, for the action, in the hands of who made the touch.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The session.
    pub session: Uuid,
    /// Names the action with its parameters.
    pub action: [u8; 32],
    /// SHA-256 of the cookie.
    pub holder: [u8; 32],
}

impl Wanted {
    fn filter<T: QueryFilter>(&self, query: T, now: i64) -> T {
        query
            .filter(Column::SessionId.eq(self.session))
            .filter(Column::Action.eq(self.action.as_slice()))
            .filter(Column::Holder.eq(self.holder.as_slice()))
            .filter(Column::ExpiresAt.gt(now))
    }
}

/// Put what a browser holds already under its next cookie.
pub async fn hand_over(
    db: &impl ConnectionTrait,
    session: Uuid,
    holder: &[u8],
    next_holder: Vec<u8>,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Holder, Expr::value(next_holder))
        .filter(Column::SessionId.eq(session))
        .filter(Column::Holder.eq(holder))
        .exec(db)
        .await?;
    Ok(())
}

/// When the last of a session's grants runs out.
pub async fn last_expiry(db: &impl ConnectionTrait, session: Uuid, now: i64) -> Result<Option<i64>, Error> {
    let live = Entity::find().filter(Column::SessionId.eq(session)).filter(Column::ExpiresAt.gt(now));
    Ok(live.order_by_desc(Column::ExpiresAt).one(db).await?.map(|row| row.expires_at))
}

/// Spend the grant of this call, if there is one. Undone if the transaction is.
pub async fn spend(db: &impl ConnectionTrait, wanted: &Wanted, now: i64) -> Result<bool, Error> {
    let spent = wanted.filter(Entity::delete_many(), now).exec(db).await?;
    Ok(spent.rows_affected == 1)
}

/// Whether there is one to spend.
pub async fn is_there(db: &impl ConnectionTrait, wanted: &Wanted, now: i64) -> Result<bool, Error> {
    Ok(expiry(db, wanted, now).await?.is_some())
}

/// When it runs out, if there is one.
pub async fn expiry(db: &impl ConnectionTrait, wanted: &Wanted, now: i64) -> Result<Option<i64>, Error> {
    Ok(wanted.filter(Entity::find(), now).one(db).await?.map(|row| row.expires_at))
}

/// Forget what this passkey was touched for.
pub async fn delete_of_credential(tx: &impl ConnectionTrait, credential: Uuid) -> Result<(), Error> {
    Entity::delete_many().filter(Column::CredentialId.eq(credential)).exec(tx).await?;
    Ok(())
}

/// Forget what was not spent in time.
pub async fn delete_expired(db: &impl ConnectionTrait, now: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?.rows_affected)
}
