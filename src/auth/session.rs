//! Sessions: a random token in a cookie, its hash in a row, an end that no use can postpone and one that use does.

use std::time::Duration;

use uuid::Uuid;

use super::caller::Presented;
use super::{Account, Auth, Caller, Error, Refusal};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::secret::{Secret, random_bytes};
use crate::store::{self, session, sessions};

/// Last-seen is written at most this often.
const TOUCH_INTERVAL: Duration = Duration::from_mins(1);

/// How long sessions live.
#[derive(Clone, Copy, Debug)]
pub struct SessionPolicy {
    /// From sign-in, however busy.
    pub lifetime: Duration,
    /// From last use.
    pub idle: Duration,
}

/// A session that was just opened. The only moment its token exists here.
#[derive(Debug)]
pub struct IssuedSession {
    /// Names the session; not a secret.
    pub id: Uuid,
    /// For the cookie.
    pub token: Secret,
    /// How long the cookie should last.
    pub lifetime: Duration,
}

/// A live session and whose it is.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    /// Names the session; not a secret.
    pub id: Uuid,
    /// Whose.
    pub account: Account,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it ends if it is not used again.
    pub idle_expires_at: Timestamp,
}

impl Auth {
    /// The caller's live session, or why there is none. Using a session keeps it from idling out.
    pub async fn session(&self, caller: &Caller) -> Result<CurrentSession, Error> {
        let token = match &caller.session {
            Presented::Nothing => return Err(Refusal::NoSession.into()),
            Presented::Malformed => return Err(Refusal::InvalidSession.into()),
            Presented::Secret(token) => token,
        };
        let (row, user) =
            sessions::find_with_user(self.store.reader(), &token.hash()).await?.ok_or(Refusal::InvalidSession)?;
        let now = self.clock.now();
        let mut last_seen = Timestamp(row.last_seen_at);
        let is_over =
            row.ended_at.is_some() || row.expires_at <= now.0 || last_seen.plus(self.sessions.idle) <= now;
        if is_over {
            return Err(Refusal::InvalidSession.into());
        }
        if now.since(last_seen) >= TOUCH_INTERVAL {
            let tx = self.store.begin().await?;
            sessions::touch(&*tx, row.id, now.0).await?;
            tx.commit().await?;
            last_seen = now;
        }
        Ok(CurrentSession {
            id: row.id,
            account: user.into(),
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            idle_expires_at: last_seen.plus(self.sessions.idle).min(Timestamp(row.expires_at)),
        })
    }

    /// Like [`Auth::session`], where having none is no mistake.
    pub async fn session_if_any(&self, caller: &Caller) -> Result<Option<CurrentSession>, Error> {
        match self.session(caller).await {
            Ok(current) => Ok(Some(current)),
            Err(Error::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// End the caller's session. Having none is no mistake: the person wanted to be signed out, and is.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), Error> {
        let tx = self.store.begin().await?;
        self.end_presented_session(&tx, caller).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Open a session in the transaction of the ceremony that earned it, ending the one the browser had.
    pub(super) async fn issue_session(
        &self,
        tx: &store::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        credential_id: Uuid,
        now: Timestamp,
    ) -> Result<IssuedSession, Error> {
        self.end_presented_session(tx, caller).await?;
        let issued = IssuedSession {
            id: Uuid::from_bytes(random_bytes()?),
            token: Secret::generate()?,
            lifetime: self.sessions.lifetime,
        };
        let row = session::Model {
            id: issued.id,
            user_id,
            credential_id: Some(credential_id),
            token_hash: issued.token.hash().to_vec(),
            created_at: now.0,
            expires_at: now.plus(self.sessions.lifetime).0,
            last_seen_at: now.0,
            ended_at: None,
        };
        sessions::insert(&**tx, row).await?;
        Ok(issued)
    }

    async fn end_presented_session(&self, tx: &store::Transaction<'_>, caller: &Caller) -> Result<(), Error> {
        let Presented::Secret(token) = &caller.session else { return Ok(()) };
        if let Some(ended) = sessions::end(&**tx, &token.hash(), self.clock.now().0).await? {
            let event = Event::success(EventType::SessionRevoked).user(ended.user_id).session(ended.id);
            self.record(tx, caller, event).await?;
        }
        Ok(())
    }
}
