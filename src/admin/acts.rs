//! What an operator can do: see to an alert, and end somebody's sessions. Nothing else.

use serde_json::json;
use uuid::Uuid;

use super::Admin;
use crate::audit::{Event, EventType, Transaction};
use crate::auth::{Action, Caller, CurrentSession, EndReason, Error, Refusal, Renewed, WhoseSessions};
use crate::notify::Message;
use crate::store::Connection;

impl Admin {
    /// End sessions of somebody. Needs a touch for exactly that. The next request of each finds that it has ended.
    pub async fn revoke_sessions(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        user: Uuid,
        which: WhoseSessions,
    ) -> Result<(u64, Renewed), Error> {
        self.auth.expect_operator(self.store.reader(), current).await?;
        current.may_change()?;
        if which == WhoseSessions::One(current.id) {
            return Err(Refusal::SessionIsCurrent.into());
        }
        if self.meant(self.store.reader(), user, which, current.id).await?.is_empty() {
            return Err(Refusal::SessionNotFound.into());
        }
        let action = Action::AdminSessionRevoke { user, which };
        let change = self.auth.begin_change(caller, current, &action).await?;
        // Asked again: the role may be gone, and a session may have been opened meanwhile.
        self.auth.expect_operator(&*change.tx, current).await?;
        let (operator, mut revoked) = (current.account.id, 0);
        for session in self.meant(&*change.tx, user, which, current.id).await? {
            let by = Some(operator);
            if self.auth.end_session_by(&change.tx, caller, user, session, EndReason::Operator, by).await? {
                self.tell(&change.tx, user, session).await?;
                revoked += 1;
            }
        }
        Ok((revoked, self.auth.commit_change(change).await?))
    }

    /// Never the one that asks: signing out is for that.
    async fn meant(
        &self,
        db: &impl Connection,
        user: Uuid,
        which: WhoseSessions,
        own: Uuid,
    ) -> Result<Vec<Uuid>, Error> {
        let live = self.auth.sessions_of(db, user, own).await?;
        let ids = live.into_iter().map(|session| session.id).filter(|id| *id != own);
        Ok(ids.filter(|id| matches!(which, WhoseSessions::All) || which == WhoseSessions::One(*id)).collect())
    }

    /// Tell other systems, in CAEP's words: the session is over, and an administrator ended it.
    async fn tell(&self, tx: &Transaction<'_>, user: Uuid, session: Uuid) -> Result<(), Error> {
        let Some(event_type) = EventType::SessionRevoked.caep() else { return Ok(()) };
        let event = json!({
            "event_timestamp": self.clock.now().0.div_euclid(1000),
            "initiating_entity": "admin",
            "reason_admin": { "en": "An operator ended the session in the console." },
            "reason_user": { "en": "The people who run this service ended the session." },
        });
        let data = json!({
            "session": session,
            "user": user,
            "reason": EndReason::Operator.as_str(),
            "events": { event_type: event },
        });
        let message = Message::webhook(format!("session revoked {session}"), "session.revoked", data);
        self.outbox.enqueue(&**tx, message).await?;
        Ok(())
    }

    /// An alert was seen to. Needs a touch for exactly that, note and all.
    pub async fn acknowledge(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
        note: Option<&str>,
    ) -> Result<Renewed, Error> {
        self.auth.expect_operator(self.store.reader(), current).await?;
        current.may_change()?;
        let action = Action::alert_acknowledge(id, note)?;
        let Action::AlertAcknowledge { note, .. } = &action else { return Err(Refusal::NoteInvalid.into()) };
        if !self.watcher.is_open(id).await? {
            return Err(Refusal::AlertNotFound.into());
        }
        let change = self.auth.begin_change(caller, current, &action).await?;
        self.auth.expect_operator(&*change.tx, current).await?;
        let operator = current.account.id;
        if !self.watcher.acknowledge(&change.tx, id, operator, note.as_deref()).await? {
            return Err(Refusal::AlertNotFound.into());
        }
        let event = Event::success(EventType::AuthzAdmin).because("alert_acknowledged");
        self.auth.record(&change.tx, caller, event.actor(operator).alert(id).session(current.id));
        self.auth.commit_change(change).await
    }
}
