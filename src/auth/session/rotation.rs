//! A token is replaced by one successor, however many ask at the same moment and on however many processes.

use super::super::{Auth, Caller, Error, Refusal};
use super::{Binding, CurrentSession, GRACE, Proven, Renewed, Standing, successor};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::secret::Secret;
use crate::store::session_token;
use crate::store::session_tokens::{self, Found};

/// What a session's token is replaced with, and in which place of its family.
pub(super) struct Next<'a> {
    pub(super) session: uuid::Uuid,
    pub(super) token: &'a Secret,
    pub(super) generation: i64,
    pub(super) expires_at: Timestamp,
}

fn next_of(current: &CurrentSession) -> Next<'_> {
    let CurrentSession { id, token, generation, expires_at, .. } = current;
    Next { session: *id, token, generation: *generation, expires_at: *expires_at }
}

impl Auth {
    /// Replace a token inside a transaction. `None` if it has a successor already: then somebody else was quicker.
    pub(super) async fn succeed(
        &self,
        tx: &audit::Transaction<'_>,
        next: &Next<'_>,
        spare_after: Option<Timestamp>,
    ) -> Result<Option<Renewed>, Error> {
        let now = self.clock.now();
        let token = Secret::generate()?;
        let row = session_token::Model {
            hash: token.hash().to_vec(),
            session_id: next.session,
            generation: next.generation + 1,
            state: session_tokens::state::CURRENT.to_owned(),
            issued_at: now.0,
            seen_at: None,
            successor: None,
        };
        let sealed = successor::seal(next.token, &token)?;
        let is_ours =
            session_tokens::succeed(&**tx, &next.token.hash(), sealed, row, spare_after.map(|moment| moment.0))
                .await?;
        Ok(is_ours.then(|| Renewed { token, lifetime: next.expires_at.since(now) }))
    }

    /// Replace a token that is due, in a transaction of its own. Whoever loses the race is answered as a predecessor.
    pub(super) async fn rotate_due(
        &self,
        caller: &Caller,
        found: &Found,
        token: &Secret,
    ) -> Result<Option<Renewed>, Error> {
        let tx = self.trail.begin().await?;
        let next = Next {
            session: found.session_id,
            token,
            generation: found.generation,
            expires_at: Timestamp(found.expires_at),
        };
        let Some(renewed) = self.succeed(&tx, &next, None).await? else { return Ok(None) };
        let event = Event::success(EventType::SessionRenewed).user(found.user_id).session(found.session_id);
        self.record(&tx, caller, event);
        tx.commit().await?;
        Ok(Some(renewed))
    }

    /// Replace the caller's token in the transaction of what it does.
    pub(in crate::auth) async fn rotate_with(
        &self,
        tx: &audit::Transaction<'_>,
        current: &CurrentSession,
    ) -> Result<Renewed, Error> {
        self.rotate_sparing(tx, current, None).await
    }

    /// Replace it again, a moment after the touch that replaced it. The two are one act to the person, so what was under way
    /// before the touch keeps the grace it has: it is no replay because of the second.
    pub(in crate::auth) async fn rotate_after_touch(
        &self,
        tx: &audit::Transaction<'_>,
        current: &CurrentSession,
    ) -> Result<Renewed, Error> {
        self.rotate_sparing(tx, current, Some(self.clock.now().minus(GRACE))).await
    }

    async fn rotate_sparing(
        &self,
        tx: &audit::Transaction<'_>,
        current: &CurrentSession,
        spare_after: Option<Timestamp>,
    ) -> Result<Renewed, Error> {
        current.is_newest()?;
        // It was due, and this very request has replaced it. Once more would make a replay of every other request that is
        // under way.
        if let Some(renewed) = &current.renewed {
            return Ok(renewed.clone());
        }
        Ok(self.succeed(tx, &next_of(current), spare_after).await?.ok_or(Refusal::SessionRotated)?)
    }

    /// `POST /auth/session/rotate`: a page asks for the next token. A session with a key must prove it.
    pub async fn rotate(&self, caller: &Caller, current: &CurrentSession) -> Result<Renewed, Error> {
        current.prove()?;
        match (current.standing, &current.renewed) {
            // The successor is there already: another tab was quicker, or its answer was lost.
            (_, Some(renewed)) => return Ok(renewed.clone()),
            (Standing::Current, None) => {}
            (Standing::Superseded | Standing::Fading, None) => return Err(Refusal::SessionRotated.into()),
        }
        let tx = self.trail.begin().await?;
        if let Some(renewed) = self.succeed(&tx, &next_of(current), None).await? {
            let event = Event::success(EventType::SessionRenewed).user(current.account.id).session(current.id);
            self.record(&tx, caller, event);
            tx.commit().await?;
            return Ok(renewed);
        }
        drop(tx);
        // Of many tabs that ask at once, one was quicker. They all get what it got.
        let found = session_tokens::find(self.store.reader(), &current.token.hash()).await?;
        let Some(found) = found.filter(|found| found.successor_seen_at.is_none()) else {
            return Err(Refusal::SessionRotated.into());
        };
        let now = self.clock.now();
        let renewed = Self::successor_for(&found, &current.token, current.binding, current.proven, now)?;
        Ok(renewed.ok_or(Refusal::SessionRotated)?)
    }

    /// The successor for a predecessor that came first, as long as nobody has presented it. Where the session has a key
    /// only whoever proves it is answered.
    pub(super) fn successor_for(
        found: &Found,
        token: &Secret,
        binding: Binding,
        proven: Proven,
        now: Timestamp,
    ) -> Result<Option<Renewed>, Error> {
        if binding == Binding::DeviceKey && proven != Proven::Yes {
            return Ok(None);
        }
        let Some(sealed) = &found.successor else { return Ok(None) };
        let token = successor::open(token, sealed)?;
        Ok(Some(Renewed { token, lifetime: Timestamp(found.expires_at).since(now) }))
    }
}
