//! Queries on `recoveries`.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::Error;
use super::entity::recovery::{Column, Entity, Model};

/// Which of the two kinds of tries is counted.
#[derive(Clone, Copy, Debug)]
pub enum Tries {
    /// At the code from the mail, which runs out.
    Mail,
    /// At a saved code.
    Saved,
}

/// Keep a new one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// The one with this token.
pub async fn find(db: &impl ConnectionTrait, token: &[u8]) -> Result<Option<Model>, Error> {
    Entity::find().filter(Column::Token.eq(token)).one(db).await
}

/// The one with this id.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    Entity::find_by_id(id).one(db).await
}

/// Say whose it is, and which code was mailed.
pub async fn found(
    db: &impl ConnectionTrait,
    id: Uuid,
    user_id: Uuid,
    code: Vec<u8>,
    expires_at: i64,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::UserId, Expr::value(user_id))
        .col_expr(Column::MailCode, Expr::value(code))
        .col_expr(Column::MailExpiresAt, Expr::value(expires_at))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Count one more try, if there may be one: it has not ended, nor run out, nor was it tried `limit` times. Of many that try at
/// once each is counted.
pub async fn count_try(
    db: &impl ConnectionTrait,
    id: Uuid,
    kind: Tries,
    now: i64,
    limit: i32,
) -> Result<Option<Model>, Error> {
    let sql = match kind {
        Tries::Mail => {
            "UPDATE recoveries SET mail_tries = mail_tries + 1 WHERE id = $1 AND ended_at IS NULL
                AND mail_expires_at > $2 AND mail_tries < $3 RETURNING *"
        }
        Tries::Saved => {
            "UPDATE recoveries SET saved_tries = saved_tries + 1 WHERE id = $1 AND ended_at IS NULL
                AND ends_at > $2 AND saved_tries < $3 RETURNING *"
        }
    };
    let values = [id.into(), now.into(), limit.into()];
    Model::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).one(db).await
}

/// Keep what has been shown, and the wait if that has begun. `false`: another of the person's waits already.
pub async fn keep(db: &impl ConnectionTrait, row: &Model) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .col_expr(Column::MailAt, Expr::value(row.mail_at))
        .col_expr(Column::SavedAt, Expr::value(row.saved_at))
        .col_expr(Column::Tier, Expr::value(row.tier.clone()))
        .col_expr(Column::WaitingSince, Expr::value(row.waiting_since))
        .col_expr(Column::DueAt, Expr::value(row.due_at))
        .col_expr(Column::EndsAt, Expr::value(row.ends_at))
        .col_expr(Column::Notices, Expr::value(row.notices))
        .filter(Column::Id.eq(row.id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await;
    match updated {
        Ok(updated) => Ok(updated.rows_affected == 1),
        Err(error) if super::is_duplicate(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The person's that waits, or could be completed now.
pub async fn waiting(db: &impl ConnectionTrait, user_id: Uuid, now: i64) -> Result<Option<Model>, Error> {
    Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::DueAt.is_not_null())
        .filter(Column::EndedAt.is_null())
        .filter(Column::EndsAt.gt(now))
        .one(db)
        .await
}

/// End one. `false`: it has ended before; of many that try at once, one succeeds.
pub async fn end(db: &impl ConnectionTrait, id: Uuid, now: i64, how: &str) -> Result<bool, Error> {
    let ended = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::Ended, Expr::value(how))
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(ended.rows_affected == 1)
}

/// End all of which not everything has been shown.
pub async fn end_begun(db: &impl ConnectionTrait, now: i64, how: &str) -> Result<u64, Error> {
    let ended = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::Ended, Expr::value(how))
        .filter(Column::DueAt.is_null())
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(ended.rows_affected)
}

/// End those of a person that nobody completed in time, so that another can wait.
pub async fn expire(db: &impl ConnectionTrait, user_id: Uuid, now: i64) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::Ended, Expr::value("expired"))
        .filter(Column::UserId.eq(user_id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::EndsAt.lte(now))
        .exec(db)
        .await?;
    Ok(())
}

/// Whether one that waited was stopped since then.
pub async fn stopped_since(db: &impl ConnectionTrait, user_id: Uuid, since: i64) -> Result<Option<i64>, Error> {
    let row = Entity::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::Ended.eq("stopped"))
        .filter(Column::DueAt.is_not_null())
        .filter(Column::EndedAt.gt(since))
        .order_by_desc(Column::EndedAt)
        .one(db)
        .await?;
    Ok(row.and_then(|row| row.ended_at))
}

/// Those that wait or could be completed, and of whose notices not all were queued.
pub async fn to_be_told(
    db: &impl ConnectionTrait,
    now: i64,
    notices: i32,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    Entity::find()
        .filter(Column::DueAt.is_not_null())
        .filter(Column::EndedAt.is_null())
        .filter(Column::EndsAt.gt(now))
        .filter(Column::Notices.lt(notices))
        .order_by_asc(Column::DueAt)
        .limit(limit)
        .all(db)
        .await
}

/// One more of its notices was queued. `false`: somebody else has done it.
pub async fn told(db: &impl ConnectionTrait, id: Uuid, before: i32, notices: i32) -> Result<bool, Error> {
    let told = Entity::update_many()
        .col_expr(Column::Notices, Expr::value(notices))
        .filter(Column::Id.eq(id))
        .filter(Column::Notices.eq(before))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(told.rows_affected == 1)
}

/// Forget those that ended before `before`.
pub async fn delete_ended(db: &impl ConnectionTrait, before: i64) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::EndsAt.lt(before)).exec(db).await?.rows_affected)
}
