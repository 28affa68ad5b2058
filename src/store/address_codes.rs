//! Queries on `address_codes`.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    Statement,
};
use uuid::Uuid;

use super::Error;
use super::entity::address_code::{Column, Entity, Model};

/// Keep one. What the session had asked for this address before is worth nothing from now on.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::columns([Column::AddressId, Column::SessionId])
                .update_columns([
                    Column::Code,
                    Column::Tries,
                    Column::CreatedAt,
                    Column::ExpiresAt,
                    Column::UsedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// The session's code for an address, whatever its state.
pub async fn find(db: &impl ConnectionTrait, address: Uuid, session: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id((address, session)).one(db).await
}

/// All codes of a session.
pub async fn of_session(db: &impl ConnectionTrait, session: Uuid) -> Result<Vec<Model>, Error> {
    Entity::find().filter(Column::SessionId.eq(session)).all(db).await
}

/// Count one more try, if there may be one: the code is open, in time, and was not tried `limit` times. Of many that try at
/// once each is counted.
pub async fn count_try(
    db: &impl ConnectionTrait,
    address: Uuid,
    session: Uuid,
    now: i64,
    limit: i32,
) -> Result<Option<Model>, Error> {
    let sql = "UPDATE address_codes SET tries = tries + 1 WHERE address_id = $1 AND session_id = $2
        AND used_at IS NULL AND expires_at > $3 AND tries < $4 RETURNING *";
    let values = [address.into(), session.into(), now.into(), limit.into()];
    Model::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).one(db).await
}

/// Note that it was used.
pub async fn use_up(db: &impl ConnectionTrait, address: Uuid, session: Uuid, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::AddressId.eq(address))
        .filter(Column::SessionId.eq(session))
        .exec(db)
        .await?;
    Ok(())
}

/// Forget those that ran out before `before`.
pub async fn delete_expired(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(db).await?.rows_affected)
}
