//! Queries on `sessions`.

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::Error;
use super::entity::session::{Column, Entity, Model};

/// Open one. `Ok(false)` if another session has its device key; the transaction must then be given up.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, Error> {
    match Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await {
        Ok(_) => Ok(true),
        Err(error) if super::is_duplicate(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A person's sessions that have neither ended nor run out, the oldest first. `idle_since`: those not used since are over.
pub async fn live_of_user(
    db: &impl ConnectionTrait,
    user_id: Uuid,
    now: i64,
    idle_since: i64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::LastSeenAt.gt(idle_since))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Some that have neither ended nor run out, by their ids from this one on: which, and whose.
pub async fn live_after(
    db: &impl ConnectionTrait,
    after: Uuid,
    now: i64,
    limit: u64,
) -> Result<Vec<(Uuid, Uuid)>, Error> {
    let live = Entity::find().filter(Column::Id.gt(after)).filter(Column::EndedAt.is_null());
    let rows = live.filter(Column::ExpiresAt.gt(now)).order_by_asc(Column::Id).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.user_id)).collect())
}

/// How a session was used.
#[derive(Clone, Debug)]
pub struct Used {
    pub at: i64,
    /// `None`: stays as it was.
    pub network: Option<String>,
    /// `None`: stays as it was.
    pub anchor: Option<String>,
    /// Through an operator that a touch vouched for.
    pub is_vouched: bool,
}

/// Note that the session was used, and from where.
pub async fn touch(db: &impl ConnectionTrait, id: Uuid, used: Used) -> Result<(), Error> {
    let mut update = Entity::update_many().col_expr(Column::LastSeenAt, Expr::value(used.at));
    for (column, value) in [(Column::LastNetwork, used.network), (Column::Anchor, used.anchor)] {
        if value.is_some() {
            update = update.col_expr(column, Expr::value(value));
        }
    }
    if used.is_vouched {
        update = update.col_expr(Column::UsedAt, Expr::value(used.at));
    }
    update.filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// What a touch vouches for: the last few of each, as JSON.
#[derive(Clone, Debug)]
pub struct Vouched {
    pub at: i64,
    pub devices: String,
    pub networks: String,
    pub asns: String,
    pub is_automated: bool,
    /// `None`: stays as it was.
    pub anchor: Option<String>,
}

/// Remember what a touch vouched for.
pub async fn vouch(db: &impl ConnectionTrait, id: Uuid, vouched: Vouched) -> Result<(), Error> {
    let mut update = Entity::update_many()
        .col_expr(Column::AnsweredAt, Expr::value(vouched.at))
        .col_expr(Column::UsedAt, Expr::value(vouched.at))
        .col_expr(Column::Devices, Expr::value(vouched.devices))
        .col_expr(Column::Networks, Expr::value(vouched.networks))
        .col_expr(Column::Asns, Expr::value(vouched.asns))
        .col_expr(Column::IsAutomated, Expr::value(vouched.is_automated));
    if vouched.anchor.is_some() {
        update = update.col_expr(Column::Anchor, Expr::value(vouched.anchor));
    }
    update.filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Move its level of risk from `before`. `Ok(false)` if it has moved meanwhile.
pub async fn move_level(db: &impl ConnectionTrait, id: Uuid, before: i16, level: i16) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::RiskLevel, Expr::value(level))
        .filter(Column::Id.eq(id))
        .filter(Column::RiskLevel.eq(before))
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// The level of risk that it is at.
pub async fn risk_level(db: &impl ConnectionTrait, id: Uuid) -> Result<i16, Error> {
    let row: Option<i16> =
        Entity::find_by_id(id).select_only().column(Column::RiskLevel).into_tuple().one(db).await?;
    Ok(row.unwrap_or_default())
}

/// The passkey that opened it.
pub async fn credential(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Uuid>, Error> {
    let row = Entity::find_by_id(id).one(db).await?;
    Ok(row.and_then(|row| row.credential_id))
}

/// Whether it has neither ended nor run out nor idled out.
pub async fn is_live(db: &impl ConnectionTrait, id: Uuid, now: i64, idle_since: i64) -> Result<bool, Error> {
    let found = Entity::find_by_id(id)
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::LastSeenAt.gt(idle_since));
    Ok(found.one(db).await?.is_some())
}

/// When it ends at the latest.
pub async fn expires_at(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<i64>, Error> {
    Ok(Entity::find_by_id(id).one(db).await?.map(|row| row.expires_at))
}

/// The browser that opened it, as it is known.
pub async fn known_device(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Vec<u8>>, Error> {
    Ok(Entity::find_by_id(id).one(db).await?.and_then(|row| row.known_device))
}

/// Until when an unspent grant may be spent; `None` when there is none.
pub async fn set_stepped_up_until(db: &impl ConnectionTrait, id: Uuid, until: Option<i64>) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::SteppedUpUntil, Expr::value(until))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// End a session. `Ok(false)` if it had ended before.
pub async fn end(db: &impl ConnectionTrait, id: Uuid, now: i64, reason: &str) -> Result<bool, Error> {
    let result = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::EndReason, Expr::value(reason))
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(result.rows_affected == 1)
}

/// Forget sessions that expired before `before`, and everything that hangs on them.
pub async fn delete_expired(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}

/// Whose session this is, if it has neither ended nor run out nor idled out. Held until the transaction ends: whoever ends it waits.
pub async fn lock_live(
    tx: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
    idle_since: i64,
) -> Result<Option<Uuid>, Error> {
    Entity::find_by_id(id)
        .select_only()
        .column(Column::UserId)
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::LastSeenAt.gt(idle_since))
        // Not FOR UPDATE: a new token refers to this row, and must not wait for it.
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .one(tx)
        .await
}
