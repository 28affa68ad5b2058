//! For a while after a recovery nothing of weight can be done: whoever came in by it may not be the person, and the person has been
//! told.

use uuid::Uuid;

use super::super::step_up::Action;
use super::super::{Auth, CurrentSession, Error, Refusal};
use crate::clock::Timestamp;
use crate::store::{Connection, credentials, sessions, users};

impl Auth {
    /// Refuse what an account that was recovered lately cannot do.
    pub(in crate::auth) async fn expect_no_hold(
        &self,
        db: &impl Connection,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<(), Error> {
        if !action.is_held() || self.hold_until(db, current.account.id).await?.is_none() {
            return Ok(());
        }
        // Whoever has brought their passkey back throws out the one that came after it, and not the other way round.
        if let Action::PasskeyRemove(id) = action
            && self.is_newer_than_own(db, current, *id).await?
        {
            return Ok(());
        }
        Err(Refusal::OnHold.into())
    }

    /// Whether this passkey was made after the one that opened the session.
    async fn is_newer_than_own(
        &self,
        db: &impl Connection,
        current: &CurrentSession,
        id: Uuid,
    ) -> Result<bool, Error> {
        let Some(own) = sessions::credential(db, current.id).await? else { return Ok(false) };
        let rows = credentials::of_user(db, current.account.id).await?;
        let made_at = |id: Uuid| rows.iter().find(|row| row.id == id).map(|row| row.created_at);
        Ok(made_at(id) > made_at(own))
    }

    /// Until when the account of this session is held, if it is.
    pub async fn held_until(&self, current: &CurrentSession) -> Result<Option<Timestamp>, Error> {
        self.hold_until(self.store.reader(), current.account.id).await
    }

    /// Until when this account is held, if it is.
    async fn hold_until(&self, db: &impl Connection, user_id: Uuid) -> Result<Option<Timestamp>, Error> {
        let person = users::find(db, user_id).await?;
        let until = person.and_then(|person| person.recovered_at).map(|at| Timestamp(at).plus(self.recovery.hold));
        Ok(until.filter(|until| *until > self.clock.now()))
    }
}
