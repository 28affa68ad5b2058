//! The way in: the role, a proof where the session has a key, and a touch not long ago. And that somebody looked.

use std::sync::PoisonError;

use uuid::Uuid;

use super::Admin;
use crate::audit::{Event, EventType};
use crate::auth::{Access, Action, Caller, CurrentSession, Error, OPEN_FOR};

/// So many pages that refresh themselves are kept in mind.
const MEMORY: usize = 10_000;

/// What an operator looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// What is happening now.
    Now,
    /// What the alert rules have found.
    Alerts,
    /// Events, and what was asked of them.
    Search(String),
    /// Somebody.
    Person(Uuid),
}

impl Look {
    fn event(&self, operator: Uuid) -> Event {
        let of = |reason| Event::success(EventType::AuthzAdmin).because(reason).actor(operator);
        match self {
            Self::Now => of("opened"),
            Self::Alerts => of("looked_at_alerts"),
            Self::Search(what) => of("searched").search(what.clone()),
            Self::Person(id) => of("looked_at_person").user(*id),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Now => "now".to_owned(),
            Self::Alerts => "alerts".to_owned(),
            Self::Search(what) => format!("search {what}"),
            Self::Person(id) => format!("person {id}"),
        }
    }
}

impl Admin {
    /// Let an operator look, and record it. A page that refreshes itself is recorded once for as long as one touch lasts, and asks for no
    /// touch: `Ok(false)` says that it needs one.
    pub async fn enter(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        look: &Look,
        is_refresh: bool,
    ) -> Result<bool, Error> {
        self.auth.expect_operator(self.store.reader(), current).await?;
        self.auth.admit(caller, current, Access::ReadSensitive).await?;
        if !is_refresh {
            self.auth.expect_grant(caller, current, &Action::AdminOpen).await?;
        } else if !self.auth.has_grant(caller, current, &Action::AdminOpen).await? {
            return Ok(false);
        }
        if self.is_news(current.id, look) || !is_refresh {
            self.auth.record_alone(caller, look.event(current.account.id).session(current.id)).await?;
        }
        Ok(true)
    }

    fn is_news(&self, session: Uuid, look: &Look) -> bool {
        let now = self.clock.now();
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.len() >= MEMORY {
            looked.clear();
        }
        let key = (session, look.name());
        let is_news = looked.get(&key).is_none_or(|at| now < *at || now.since(*at) >= OPEN_FOR);
        if is_news {
            looked.insert(key, now);
        }
        is_news
    }
}
