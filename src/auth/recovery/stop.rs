//! A recovery ends without a passkey. Whoever is the person can do it from wherever they are: with the link in each mail, in any live
//! session, or by using a passkey, which somebody who has lost theirs would not do.

use uuid::Uuid;

use super::super::{Auth, Caller, CurrentSession, Error};
use super::machine;
use crate::audit::{self, Event, EventType};
use crate::recovery::{End, Stage};
use crate::secret::Secret;
use crate::store::{Connection, recoveries, recovery, users};

impl Auth {
    /// Stop the one that this token is of, at whatever stage. Again: nothing.
    pub async fn stop_recovery(&self, caller: &Caller, token: &Secret) -> Result<(), Error> {
        let row = self.recovery_of(token).await?;
        let tx = self.trail.begin().await?;
        users::lock(&*tx, row.user_id.unwrap_or(row.id)).await?;
        self.end_recovery(&tx, caller, &row, "token").await?;
        Ok(tx.commit().await?)
    }

    /// Stop the one of this account that is under way, from a live session of it. `false`: there is none.
    pub async fn stop_own_recovery(&self, caller: &Caller, current: &CurrentSession) -> Result<bool, Error> {
        current.may_change()?;
        let tx = self.trail.begin().await?;
        users::lock(&*tx, current.account.id).await?;
        let stopped = self.stop_recovery_of(&tx, caller, current.account.id, "session").await?;
        tx.commit().await?;
        Ok(stopped)
    }

    /// Stop the one of this person that waits or could be completed, in this transaction.
    pub(in crate::auth) async fn stop_recovery_of(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        why: &'static str,
    ) -> Result<bool, Error> {
        let Some(row) = recoveries::waiting(&**tx, user_id, self.clock.now().0).await? else { return Ok(false) };
        self.end_recovery(tx, caller, &row, why).await
    }

    /// The link of a mail was used.
    pub(in crate::auth) async fn stop_recovery_by_link(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(), Error> {
        if let Some(row) = recoveries::by_id(&**tx, id).await? {
            self.end_recovery(tx, caller, &row, "link").await?;
        }
        Ok(())
    }

    /// Whether it waits or could be completed.
    pub(in crate::auth) async fn is_recovery_open(&self, db: &impl Connection, id: Uuid) -> Result<bool, Error> {
        let now = self.clock.now();
        let stage = recoveries::by_id(db, id).await?.map(|row| machine(&row).stage(now));
        Ok(matches!(stage, Some(Stage::Waiting | Stage::Ready)))
    }

    async fn end_recovery(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        row: &recovery::Model,
        why: &'static str,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        if !machine(row).stop(now) || !recoveries::end(&**tx, row.id, now.0, End::Stopped.as_str()).await? {
            return Ok(false);
        }
        if let Some(person) = row.user_id {
            self.record(tx, caller, Event::success(EventType::RecoveryStopped).because(why).user(person));
            if row.due_at.is_some() {
                self.tell_of_stop(tx, caller, row, person, why).await?;
            }
        }
        Ok(true)
    }
}
