//! Events, found and opened again.

use std::collections::HashSet;

use uuid::Uuid;

use super::event::{Details, EventType};
use super::keys;
use super::trail::{Error, Trail};
use crate::clock::Timestamp;
use crate::keyring::Keyring;
use crate::store::{Connection, audit_keys, auth_event, events};

/// Digests are cut to this many bytes: enough not to meet, and the indexes stay small.
const DIGEST_LENGTH: usize = 16;

/// An event, as far as it can still be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which chain.
    pub chain: i16,
    /// Its number there.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// `success` or `refused`.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// What the risk engine said, in points.
    pub score: i32,
    /// Joins it to the person's screen and to the log.
    pub request_id: String,
    /// The trace it is a part of.
    pub trace_id: Option<String>,
    /// Who, from where, on what. `None` once they are erased.
    pub details: Option<Details>,
}

/// A number of more than one chain has this in its lowest bits: the chain.
const CHAIN_BITS: u32 = 10;

impl Recorded {
    /// A number that no other event of the same moment has, in the order of its chain.
    pub fn number(&self) -> i64 {
        (self.seq << CHAIN_BITS) | i64::from(self.chain)
    }

    /// The chain and the number in it that such a number is made of.
    pub fn place_of(number: i64) -> (i16, i64) {
        let chain = number & ((1 << CHAIN_BITS) - 1);
        (i16::try_from(chain).unwrap_or_default(), number >> CHAIN_BITS)
    }

    /// As much of a row as nobody needs a key for.
    pub(super) fn closed(row: auth_event::Model) -> Self {
        Self {
            chain: row.chain,
            seq: row.seq,
            at: Timestamp(row.created_at),
            kind: row.event_type,
            outcome: row.outcome,
            reason: row.reason,
            score: row.risk_score,
            request_id: row.request_id,
            trace_id: row.trace_id,
            details: None,
        }
    }
}

/// What rows are found by.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) person: Option<Vec<u8>>,
    pub(super) network: Option<Vec<u8>>,
    pub(super) browser: Option<Vec<u8>>,
    pub(super) credential: Option<Vec<u8>>,
}

impl Digests {
    /// Of an event at that time. They change each year, so that nobody with the table alone can follow a person for longer.
    pub(super) fn of(keyring: &Keyring, at: Timestamp, details: &Details) -> Self {
        let year = at.to_date_time().year();
        let of = |purpose, value: Option<&[u8]>| Some(digest(keyring, purpose, year, value?));
        Self {
            // What an operator does that is about nobody is found as theirs.
            person: of("audit person", details.user.or(details.actor).as_ref().map(|id| id.as_bytes().as_slice())),
            network: of("audit network", details.network.as_deref().map(str::as_bytes)),
            browser: of("audit browser", details.browser.as_deref().map(str::as_bytes)),
            credential: of("audit credential", details.credential.as_ref().map(|id| id.as_bytes().as_slice())),
        }
    }

    /// As they stand in a row.
    pub(super) fn stored(row: &auth_event::Model) -> Self {
        Self {
            person: row.person.clone(),
            network: row.network.clone(),
            browser: row.browser.clone(),
            credential: row.credential.clone(),
        }
    }
}

pub(super) fn digest(keyring: &Keyring, purpose: &'static str, year: i32, value: &[u8]) -> Vec<u8> {
    let dated = [&year.to_be_bytes(), value].concat();
    keyring.digest(purpose, &dated)[..DIGEST_LENGTH].to_vec()
}

/// What an event's sealed part belongs to, so that it cannot be put into another row.
pub(super) fn bound_to(at: Timestamp, kind: &str, request_id: &str) -> Vec<u8> {
    format!("{} {kind} {request_id}", at.0).into_bytes()
}

impl Trail {
    /// All that a person may be called in the years that the trail goes back.
    fn names_of(&self, user_id: Uuid, since: Option<Timestamp>) -> Vec<Vec<u8>> {
        self.names("audit person", user_id.as_bytes(), since)
    }

    /// A person's events, newest first, without these types, from `before` (time and number) on.
    pub async fn page_of_person(
        &self,
        user_id: Uuid,
        without: &[&str],
        before: Option<(i64, i64)>,
        limit: u64,
    ) -> Result<Vec<Recorded>, Error> {
        let db = self.store.reader();
        // They are all of one chain.
        let before = before.map(|(at, number)| (at, number >> CHAIN_BITS));
        let rows = events::page_of_person(db, &self.names_of(user_id, None), without, before, limit).await?;
        self.open_all(db, rows).await
    }

    /// One of a person's.
    pub async fn find_of_person(&self, user_id: Uuid, at: i64, number: i64) -> Result<Option<Recorded>, Error> {
        let db = self.store.reader();
        let names = self.names_of(user_id, Some(Timestamp(at)));
        let row = events::find_of_person(db, &names, at, number >> CHAIN_BITS).await?;
        let found = self.open_all(db, row.into_iter().collect()).await?.pop();
        Ok(found.filter(|event| event.number() == number))
    }

    /// The sessions about which a person has events of this type.
    pub async fn sessions_with(&self, user_id: Uuid, kind: EventType) -> Result<HashSet<Uuid>, Error> {
        let db = self.store.reader();
        let rows = events::of_person_and_type(db, &self.names_of(user_id, None), kind.as_str()).await?;
        let opened = self.open_all(db, rows).await?;
        Ok(opened.into_iter().filter_map(|event| event.details?.session).collect())
    }

    /// How many events of these types a person has since then; not counted beyond `limit`.
    pub async fn count_of_person(
        &self,
        db: &impl Connection,
        user_id: Uuid,
        kinds: &[&str],
        since: Timestamp,
        limit: u64,
    ) -> Result<u32, Error> {
        let names = self.names_of(user_id, Some(since));
        Ok(events::count_of_person(db, &names, kinds, since.0, limit).await?)
    }

    /// The events that these requests have left.
    pub async fn of_requests(&self, request_ids: &[&str]) -> Result<Vec<Recorded>, Error> {
        let db = self.store.reader();
        let mut rows = Vec::new();
        // A database takes only so many parameters.
        for some in request_ids.chunks(500) {
            rows.extend(events::of_requests(db, some).await?);
        }
        self.open_all(db, rows).await
    }

    /// The events of a chain after this number, in order.
    pub async fn page_of_chain(&self, chain: i16, after: i64, limit: u64) -> Result<Vec<Recorded>, Error> {
        let db = self.store.reader();
        let rows = events::of_chain(db, chain, after, limit).await?;
        self.open_all(db, rows).await
    }

    /// The events of a chain from that moment on, up to this number. Of very many the newest.
    pub async fn since(&self, chain: i16, since: Timestamp, up_to: i64) -> Result<Vec<Recorded>, Error> {
        const MOST: u64 = 50_000;
        let db = self.store.reader();
        let rows = events::of_chain_since(db, chain, since.0, up_to, MOST).await?;
        self.open_all(db, rows).await
    }

    /// A person is erased: their key goes, and with it all that their events say of them; their events can no longer be found as
    /// theirs. The chain stays whole.
    pub async fn forget_person(&self, db: &impl Connection, user_id: Uuid) -> Result<(), Error> {
        events::forget_person(db, &self.names_of(user_id, None)).await?;
        Ok(audit_keys::forget_user(db, user_id).await?)
    }

    /// Open what can be opened.
    pub(super) async fn open_all(
        &self,
        db: &impl Connection,
        rows: Vec<auth_event::Model>,
    ) -> Result<Vec<Recorded>, Error> {
        let subjects: Vec<Uuid> =
            rows.iter().map(|row| keys::open_subject(&self.keyring, &row.subject)).collect::<Result<_, _>>()?;
        let distinct: HashSet<Uuid> = subjects.iter().copied().collect();
        let keys = keys::with_ids(db, &self.keyring, distinct.into_iter().collect()).await?;
        rows.into_iter()
            .zip(subjects)
            .map(|(row, subject)| {
                let at = Timestamp(row.created_at);
                let details = keys.get(&subject).map(|key| {
                    let plain = key.open(&bound_to(at, &row.event_type, &row.request_id), &row.body)?;
                    serde_json::from_slice(&plain).map_err(|_| Error::Broken("an event cannot be read".to_owned()))
                });
                Ok(Recorded { details: details.transpose()?, ..Recorded::closed(row) })
            })
            .collect()
    }
}
