//! Events, looked for.

use super::question::{Misfit, Question};
use super::told::Told;
use super::{Admin, Look};
use crate::audit::Criteria;
use crate::auth::{Account, Caller, CurrentSession, Error, EventId};
use crate::clock::Timestamp;
use crate::store::users;

/// As many are on a page.
const PAGE: u64 = 50;
/// So many accounts that claim one address are looked through.
const CLAIMS: u64 = 20;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Who is meant, where a person was asked for. Several may claim an address.
    pub people: Vec<(Account, Timestamp)>,
    /// Newest first.
    pub events: Vec<Told>,
    /// Where the list goes on.
    pub next: Option<String>,
    /// Why nothing was looked for.
    pub misfit: Option<Misfit>,
}

impl Admin {
    /// Look for events, and record what was looked for.
    pub async fn search(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        question: &Question,
        before: Option<EventId>,
    ) -> Result<Found, Error> {
        let now = self.clock.now();
        // Who is no operator learns nothing from how long it takes to find somebody.
        self.auth.expect_operator(self.store.reader(), current).await?;
        let people = self.people(question).await?;
        let criteria = criteria(question, &people, now);
        self.enter(caller, current, &Look::Search(noted(question, &people)), false).await?;
        let criteria = match criteria {
            Ok(criteria) => criteria,
            Err(misfit) => return Ok(Found { people, misfit: Some(misfit), ..Found::default() }),
        };
        let mut rows = self.trail.search(&criteria, before.map(EventId::place), PAGE + 1).await?;
        let has_more = rows.len() as u64 > PAGE;
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| has_more).map(|row| EventId::of(row).to_string());
        Ok(Found { people, events: rows.into_iter().map(Told::from).collect(), next, misfit: None })
    }

    async fn people(&self, question: &Question) -> Result<Vec<(Account, Timestamp)>, Error> {
        let db = self.store.reader();
        let rows = match (&question.person, question.id()) {
            (None, _) => Vec::new(),
            (Some(_), Some(id)) => users::find(db, id).await?.into_iter().collect(),
            (Some(address), None) => users::claiming(db, &address.to_lowercase(), CLAIMS).await?,
        };
        Ok(rows
            .into_iter()
            .map(|row| (Timestamp(row.created_at), row))
            .map(|(at, row)| (row.into(), at))
            .collect())
    }
}

fn criteria(question: &Question, people: &[(Account, Timestamp)], now: Timestamp) -> Result<Criteria, Misfit> {
    // Somebody whose account is gone is still found by their id, as far as their events can be.
    let people = match (&question.person, question.id()) {
        (None, _) => None,
        (Some(_), Some(id)) => Some(vec![id]),
        (Some(_), None) if people.is_empty() => return Err(Misfit::Person),
        (Some(_), None) => Some(people.iter().map(|(account, _)| account.id).collect()),
    };
    Ok(Criteria {
        people,
        network: question.network()?,
        request: question.request()?,
        kind: question.kind()?,
        since: question.since(now)?,
    })
}

/// What the trail keeps of a question. An address of mail is none of its business: it keeps whom that meant.
fn noted(question: &Question, people: &[(Account, Timestamp)]) -> String {
    let mut parts = Vec::new();
    if question.person.is_some() {
        let ids: Vec<String> = match question.id() {
            Some(id) => vec![id.to_string()],
            None => people.iter().map(|(account, _)| account.id.to_string()).collect(),
        };
        parts.push(format!("person {}", if ids.is_empty() { "nobody".to_owned() } else { ids.join(",") }));
    }
    let rest = [
        ("request", &question.request),
        ("network", &question.network),
        ("kind", &question.kind),
        ("since", &question.since),
    ];
    for (name, value) in rest {
        if let Some(value) = value {
            parts.push(format!("{name} {value}"));
        }
    }
    if parts.is_empty() { "everything".to_owned() } else { parts.join("; ") }
}
