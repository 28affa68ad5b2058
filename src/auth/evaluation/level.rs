//! The level of risk that a session is at: it rises with a request that looks wrong, and falls with a touch. It does not fall by
//! itself, so that a thief and the owner who take turns are one rise and not a hundred.

use uuid::Uuid;

use super::super::{Auth, Caller, Error};
use super::{Engine, Weighed};
use crate::audit::{self, Event, EventType, LevelChange};
use crate::risk::Level;
use crate::store::session_tokens::Found;
use crate::store::sessions;

impl Auth {
    /// A request that looks worse than any since the last touch raises the level.
    pub(in crate::auth) async fn note_level(
        &self,
        caller: &Caller,
        found: &Found,
        weighed: &Weighed,
    ) -> Result<(), Error> {
        let before = Level::from_number(found.risk_level);
        if self.engine.level(weighed) <= before {
            return Ok(());
        }
        let tx = self.trail.begin().await?;
        self.raise_level(&tx, caller, (found.user_id, found.session_id), before, weighed).await?;
        Ok(tx.commit().await?)
    }

    /// From `before`, as far as what was weighed goes: a sign-in opens a session at the lowest.
    pub(in crate::auth) async fn raise_level(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        whose: (Uuid, Uuid),
        before: Level,
        weighed: &Weighed,
    ) -> Result<(), Error> {
        let now = self.engine.level(weighed);
        if now > before {
            self.move_level(tx, caller, whose, "raised", (before, now), weighed).await
        } else {
            Ok(())
        }
    }

    /// A touch answers whatever was odd.
    pub(in crate::auth) async fn answer_level(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        whose: (Uuid, Uuid),
        weighed: &Weighed,
    ) -> Result<(), Error> {
        let before = Level::from_number(sessions::risk_level(&**tx, whose.1).await?);
        let moved = (before, Level::Low);
        if before > Level::Low {
            self.move_level(tx, caller, whose, "answered", moved, weighed).await
        } else {
            Ok(())
        }
    }

    /// Of several requests that move it at once, one does and tells.
    async fn move_level(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        (user, session): (Uuid, Uuid),
        reason: &'static str,
        (before, now): (Level, Level),
        weighed: &Weighed,
    ) -> Result<(), Error> {
        if !sessions::move_level(&**tx, session, before.number(), now.number()).await? {
            return Ok(());
        }
        let change = LevelChange {
            principal: "SESSION".to_owned(),
            previous_level: before.as_str().to_owned(),
            current_level: now.as_str().to_owned(),
        };
        let event = Event::success(EventType::RiskLevelChanged)
            .because(reason)
            .risk(weighed.assessment.score, self.engine.told(weighed))
            .level(change)
            .user(user)
            .session(session);
        self.record(tx, caller, event);
        Ok(())
    }
}

impl Engine {
    fn level(&self, weighed: &Weighed) -> Level {
        Level::of(&self.policy, &weighed.assessment)
    }
}
