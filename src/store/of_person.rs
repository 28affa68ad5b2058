//! All that is kept of a person in the tables that are about people, for themselves to see.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Error;
use super::entity::{api_key, credential, known_device, recovery, recovery_code, risk_decision, session, sign_in};

/// Rows of a table, the oldest first.
async fn rows<E: EntityTrait>(
    db: &impl ConnectionTrait,
    person: E::Column,
    at: E::Column,
    user_id: Uuid,
) -> Result<Vec<E::Model>, Error> {
    E::find().filter(person.eq(user_id)).order_by_asc(at).all(db).await
}

/// Passkeys.
pub async fn credentials(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<credential::Model>, Error> {
    use credential::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::CreatedAt, user_id).await
}

/// Saved recovery codes, also those that were used.
pub async fn recovery_codes(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<recovery_code::Model>, Error> {
    use recovery_code::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::CreatedAt, user_id).await
}

/// Recoveries, also those that are over.
pub async fn recoveries(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<recovery::Model>, Error> {
    use recovery::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::BegunAt, user_id).await
}

/// Sessions, also those that have ended.
pub async fn sessions(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<session::Model>, Error> {
    use session::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::CreatedAt, user_id).await
}

/// Browsers.
pub async fn known_devices(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<known_device::Model>, Error> {
    use known_device::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::FirstSeenAt, user_id).await
}

/// Sign-ins.
pub async fn sign_ins(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<sign_in::Model>, Error> {
    use sign_in::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::At, user_id).await
}

/// Decisions of the risk engine.
pub async fn decisions(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<risk_decision::Model>, Error> {
    use risk_decision::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::CreatedAt, user_id).await
}

/// API keys, also those that have ended.
pub async fn api_keys(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Vec<api_key::Model>, Error> {
    use api_key::{Column, Entity};
    rows::<Entity>(db, Column::UserId, Column::CreatedAt, user_id).await
}
