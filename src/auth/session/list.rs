//! A person's sessions as they see them, and ending those that are not theirs.

use uuid::Uuid;

use super::super::device::Device;
use super::super::step_up::{Action, Which};
use super::super::{Auth, Caller, Error, Refusal};
use super::resolve::read;
use super::{Access, Binding, CurrentSession, EndReason, Renewed};
use crate::audit;
use crate::clock::Timestamp;
use crate::store::{self, dbsc, sessions};

/// One session, without anything secret in it.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// Names it.
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// What it was opened on, or where a touch last vouched for it.
    pub device: Option<Device>,
    /// Where it was last used: IPv4 /24, IPv6 /48.
    pub network: Option<String>,
    /// What holds it to its device.
    pub binding: Binding,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

impl Auth {
    /// The account's live sessions, the most recently used first.
    pub async fn sessions(&self, caller: &Caller, current: &CurrentSession) -> Result<Vec<SessionInfo>, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        self.sessions_of(self.store.reader(), current.account.id, current.id).await
    }

    /// Somebody's live sessions, the most recently used first. `current` is the one that asks.
    pub(crate) async fn sessions_of(
        &self,
        db: &impl store::Connection,
        user_id: Uuid,
        current: Uuid,
    ) -> Result<Vec<SessionInfo>, Error> {
        let now = self.clock.now();
        let idle_since = now.minus(self.sessions.idle).0;
        let rows = sessions::live_of_user(db, user_id, now.0, idle_since).await?;
        let bound = dbsc::bound_of(db, rows.iter().map(|row| row.id).collect()).await?;
        let mut list: Vec<_> = rows
            .into_iter()
            .map(|row| SessionInfo {
                id: row.id,
                is_current: row.id == current,
                device: read::<Device>(&row.devices).pop(),
                network: row.last_network,
                binding: match (bound.contains(&row.id), row.device_key.is_some()) {
                    (true, _) => Binding::Dbsc,
                    (false, true) => Binding::DeviceKey,
                    (false, false) => Binding::Cookie,
                },
                created_at: Timestamp(row.created_at),
                last_seen_at: Timestamp(row.last_seen_at),
                expires_at: Timestamp(row.expires_at),
            })
            .collect();
        list.sort_by_key(|session| (std::cmp::Reverse(session.last_seen_at), !session.is_current));
        Ok(list)
    }

    /// End others of the account's sessions. Needs a touch for exactly that.
    pub async fn revoke_sessions(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        which: Which,
    ) -> Result<(u64, Renewed), Error> {
        current.may_change()?;
        if let Which::One(_) = which
            && self.meant(self.store.reader(), current, which).await?.is_empty()
        {
            return Err(Refusal::SessionNotFound.into());
        }
        let change = self.begin_change(caller, current, &Action::SessionRevoke(which)).await?;
        // Asked again: one may have been opened meanwhile.
        let revoked = self.end_meant(&change.tx, caller, current, which).await?;
        Ok((revoked, self.commit_change(change).await?))
    }

    /// End those that are meant. Answers how many did.
    pub(in crate::auth) async fn end_meant(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
        which: Which,
    ) -> Result<u64, Error> {
        let mut ended = 0;
        for id in self.meant(&**tx, current, which).await? {
            let is_ended = self.end_session(tx, caller, current.account.id, id, EndReason::Revoked).await?;
            ended += u64::from(is_ended);
        }
        Ok(ended)
    }

    async fn meant(
        &self,
        db: &impl store::Connection,
        current: &CurrentSession,
        which: Which,
    ) -> Result<Vec<Uuid>, Error> {
        let now = self.clock.now();
        let idle_since = now.minus(self.sessions.idle).0;
        let live = sessions::live_of_user(db, current.account.id, now.0, idle_since).await?;
        let ids = live.into_iter().map(|session| session.id);
        Ok(ids
            .filter(|id| match which {
                Which::One(wanted) => *id == wanted,
                Which::Others => *id != current.id,
            })
            .collect())
    }

    /// End the caller's session.
    pub async fn sign_out(&self, caller: &Caller, current: &CurrentSession) -> Result<(), Error> {
        let tx = self.trail.begin().await?;
        self.end_session(&tx, caller, current.account.id, current.id, EndReason::SignOut).await?;
        tx.commit().await?;
        Ok(())
    }
}
