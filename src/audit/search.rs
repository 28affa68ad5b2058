//! Events found for people who look: by whom, from where, of which request, of which kind. And how many of each there were.

use uuid::Uuid;

use super::read::{Recorded, digest};
use super::trail::{Error, Trail};
use crate::clock::Timestamp;
use crate::store::event_search::{self, Count, Wanted};

/// What is looked for; all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Of any of these people.
    pub people: Option<Vec<Uuid>>,
    /// From this network, as events have it.
    pub network: Option<String>,
    /// Of this request.
    pub request: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Not before this.
    pub since: Option<Timestamp>,
}

/// Where a list goes on: time, chain and number of the last event that was shown.
pub type Place = (i64, i16, i64);

impl Trail {
    /// All that a value may be called in the years that the trail goes back.
    pub(super) fn names(&self, purpose: &'static str, value: &[u8], since: Option<Timestamp>) -> Vec<Vec<u8>> {
        let this = self.clock.now().to_date_time().year();
        let since = since.unwrap_or_else(|| self.clock.now().minus(self.retention));
        // A clock that was ahead has left events in the next year.
        let first = since.to_date_time().year();
        (first.min(this)..=this + 1).map(|year| digest(&self.keyring, purpose, year, value)).collect()
    }

    /// The newest events that are meant, newest first.
    pub async fn search(
        &self,
        criteria: &Criteria,
        before: Option<Place>,
        limit: u64,
    ) -> Result<Vec<Recorded>, Error> {
        let db = self.store.reader();
        let since = criteria.since;
        let wanted = Wanted {
            person: criteria.people.as_ref().map(|people| {
                people.iter().flat_map(|id| self.names("audit person", id.as_bytes(), since)).collect()
            }),
            network: criteria.network.as_ref().map(|it| self.names("audit network", it.as_bytes(), since)),
            request: criteria.request.clone(),
            kind: criteria.kind.clone(),
            since: since.map(|since| since.0),
            before,
        };
        let rows = event_search::find(db, wanted, limit).await?;
        self.open_all(db, rows).await
    }

    /// How many events of each of these kinds there were, by slots of that many milliseconds.
    pub async fn count(&self, kinds: &[&str], width: i64, since: i64, until: i64) -> Result<Vec<Count>, Error> {
        Ok(event_search::count(self.store.reader(), kinds, width, since, until).await?)
    }
}
