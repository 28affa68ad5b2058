//! Somebody: who they are, where they are signed in, what happened.

use uuid::Uuid;

use super::told::Told;
use super::{Admin, Look};
use crate::audit::Criteria;
use crate::auth::{Account, Caller, CurrentSession, Error, OPERATOR, SessionInfo};
use crate::clock::Timestamp;
use crate::geo;
use crate::store::{credentials, roles, users};

/// As many of the newest events are shown.
const EVENTS: u64 = 20;

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub account: Account,
    /// Since when.
    pub created_at: Timestamp,
    /// How often they have signed in.
    pub sign_ins: i64,
    /// When they last recovered their account.
    pub recovered_at: Option<Timestamp>,
    /// Whether they may look at the console themselves.
    pub is_operator: bool,
    /// How many passkeys they have.
    pub passkeys: u64,
    /// Where they are signed in, the most recently used first, with the country.
    pub sessions: Vec<(SessionInfo, Option<&'static str>)>,
    /// What happened, newest first.
    pub events: Vec<Told>,
}

/// What looking at somebody comes to.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The page refreshes itself, and needs a touch to go on.
    Lapsed,
    /// No account has this id.
    Nobody,
    /// Somebody.
    Person(Box<Person>),
}

impl Admin {
    /// Look at somebody.
    pub async fn person(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
        is_refresh: bool,
    ) -> Result<Seen, Error> {
        if !self.enter(caller, current, &Look::Person(id), is_refresh).await? {
            return Ok(Seen::Lapsed);
        }
        let db = self.store.reader();
        let Some(user) = users::find(db, id).await? else { return Ok(Seen::Nobody) };
        let sessions = self.auth.sessions_of(db, id, current.id).await?;
        let sessions = sessions.into_iter().map(|session| {
            let country = self.country_of(&session);
            (session, country)
        });
        let sessions = sessions.collect();
        let criteria = Criteria { people: Some(vec![id]), ..Criteria::default() };
        let events = self.trail.search(&criteria, None, EVENTS).await?;
        Ok(Seen::Person(Box::new(Person {
            created_at: Timestamp(user.created_at),
            sign_ins: user.sign_ins,
            recovered_at: user.recovered_at.map(Timestamp),
            is_operator: roles::holds(db, id, OPERATOR).await?,
            passkeys: credentials::count_of_user(db, id).await?,
            sessions,
            events: events.into_iter().map(Told::from).collect(),
            account: user.into(),
        })))
    }

    fn country_of(&self, session: &SessionInfo) -> Option<&'static str> {
        let network: ipnet::IpNet = session.network.as_deref()?.parse().ok()?;
        geo::country_name(self.geo.locate(network.addr()).country?)
    }
}
