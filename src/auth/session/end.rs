//! How a session ends before its time.

use uuid::Uuid;

use super::super::evaluation::Weighed;
use super::super::{Auth, Caller, Error};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::store::session_tokens::Found;
use crate::store::{dbsc, sessions};

/// Why a session ended. The audit trail and the person's next page say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person signed out.
    SignOut,
    /// The same browser signed in again.
    Replaced,
    /// The person ended it from another session.
    Revoked,
    /// A token was presented that had been replaced.
    Replayed,
    /// The account had too many, and this was the oldest.
    Limit,
    /// Somebody signed for its bound cookie with another key.
    BindingViolated,
    /// It was used on two machines at once.
    Split,
    /// The person said that it was not theirs.
    Disowned,
    /// An operator ended it.
    Operator,
    /// The passkey that opened it was removed.
    PasskeyRemoved,
    /// The account was recovered.
    Recovered,
    /// The database was put back to a backup.
    Restored,
}

impl EndReason {
    const ALL: [Self; 12] = [
        Self::SignOut,
        Self::Replaced,
        Self::Revoked,
        Self::Replayed,
        Self::Limit,
        Self::BindingViolated,
        Self::Split,
        Self::Disowned,
        Self::Operator,
        Self::PasskeyRemoved,
        Self::Recovered,
        Self::Restored,
    ];

    /// The word in the `end_reason` column and in the event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignOut => "sign_out",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
            Self::Replayed => "replayed",
            Self::Limit => "limit",
            Self::BindingViolated => "binding_violated",
            Self::Split => "split",
            Self::Disowned => "disowned",
            Self::Operator => "operator",
            Self::PasskeyRemoved => "passkey_removed",
            Self::Recovered => "recovered",
            Self::Restored => "restored",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl Auth {
    /// End a session and what binds it. `Ok(false)` if it had ended before.
    pub(in crate::auth) async fn end_session(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        session_id: Uuid,
        reason: EndReason,
    ) -> Result<bool, Error> {
        self.end_session_by(tx, caller, user_id, session_id, reason, None).await
    }

    /// The same, done by somebody else than the person.
    pub(crate) async fn end_session_by(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        session_id: Uuid,
        reason: EndReason,
        actor: Option<Uuid>,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        if !sessions::end(&**tx, session_id, now.0, reason.as_str()).await? {
            return Ok(false);
        }
        dbsc::end_of_session(&**tx, session_id, now.0).await?;
        let event =
            Event::success(EventType::SessionRevoked).because(reason.as_str()).user(user_id).session(session_id);
        self.record(tx, caller, actor.into_iter().fold(event, Event::actor));
        Ok(true)
    }

    /// Whose session this is, if it still lives. Nobody ends it before the transaction does.
    pub(in crate::auth) async fn hold_session(
        &self,
        tx: &audit::Transaction<'_>,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Uuid>, Error> {
        Ok(sessions::lock_live(&**tx, id, now.0, now.minus(self.sessions.idle).0).await?)
    }

    /// End the oldest sessions of an account until it has no more than it may.
    pub(super) async fn enforce_limit(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<(), Error> {
        let live = sessions::live_of_user(&**tx, user_id, now.0, now.minus(self.sessions.idle).0).await?;
        let surplus = live.len().saturating_sub(self.sessions.max_per_account);
        for session in live.iter().take(surplus) {
            self.end_session(tx, caller, user_id, session.id, EndReason::Limit).await?;
        }
        Ok(())
    }

    /// Two machines use the session at once. Which of them is the owner's cannot be told, so it ends.
    pub(super) async fn end_split(&self, caller: &Caller, found: &Found, weighed: &Weighed) -> Result<(), Error> {
        let (user_id, session_id) = (found.user_id, found.session_id);
        let tx = self.trail.begin().await?;
        if self.end_session(&tx, caller, user_id, session_id, EndReason::Split).await? {
            let event = Event::refused(EventType::SessionSplit, EndReason::Split.as_str())
                .risk(weighed.assessment.score, self.engine.told(weighed))
                .user(user_id)
                .session(session_id);
            self.record(&tx, caller, event);
            self.keep_decision(&tx, caller, user_id, session_id, weighed).await?;
            self.tell_of_theft(&tx, caller, user_id, session_id, EndReason::Split).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Somebody holds a copy of a token. Which of the two is the owner cannot be told, so the family ends; the person's
    /// other sessions do not.
    pub(super) async fn end_replayed(
        &self,
        caller: &Caller,
        user_id: Uuid,
        session_id: Uuid,
    ) -> Result<(), Error> {
        let tx = self.trail.begin().await?;
        if self.end_session(&tx, caller, user_id, session_id, EndReason::Replayed).await? {
            let event = Event::refused(EventType::AuthnTokenReuse, EndReason::Replayed.as_str());
            self.record(&tx, caller, event.user(user_id).session(session_id));
            self.tell_of_theft(&tx, caller, user_id, session_id, EndReason::Replayed).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u14_the_inventory_names_every_reason() {
        let page = include_str!("../../../docs/events.md");
        let row = page.lines().find(|line| line.starts_with("| `session_revoked`")).expect("a row");
        for reason in EndReason::ALL {
            assert!(row.contains(&format!("`{}`", reason.as_str())), "{reason:?}");
        }
    }
}
