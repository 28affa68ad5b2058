//! The instance from the inside, for the drill that may: whether attacks left their rows and raised their alerts, and the end of the
//! throw-away accounts. No attack takes part in this.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::trial::Trace;
use crate::alerts::{Alert, Watcher};
use crate::audit::{Recorded, Trail};
use crate::auth;
use crate::clock::Timestamp;
use crate::notify::Outbox;
use crate::store::users;

/// All drills' people have addresses under this, with a name that says which drill's. Nobody gets mail there (RFC 6761 §6.4).
const RESERVED: &str = ".holdfast.invalid";
const START: &str = "drill-";

/// What a drill needs of the instance's database.
#[derive(Debug)]
pub struct Inside {
    trail: Arc<Trail>,
    outbox: Arc<Outbox>,
    watcher: Watcher,
}

/// Why something could not be looked at or erased.
pub(super) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The domain of one drill.
pub(super) fn domain(name: &str) -> String {
    format!("{START}{name}{RESERVED}")
}

/// Whether an address is a drill's; of this one, or of any.
fn is_reserved(email: &str, of: Option<&str>) -> bool {
    let Some((_, domain)) = email.rsplit_once('@') else { return false };
    let name = domain.strip_prefix(START).and_then(|rest| rest.strip_suffix(RESERVED));
    let is_one = name.is_some_and(|name| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_one && of.is_none_or(|of| of == domain)
}

impl Inside {
    /// Over the trail, and what lies in the outbox.
    pub fn new(trail: Arc<Trail>, outbox: Arc<Outbox>) -> Self {
        let watcher = Watcher::new(trail.clone(), outbox.clone(), "", &[]);
        Self { trail, outbox, watcher }
    }

    /// Whether this is the database of the instance in which that person has just signed up.
    pub(super) async fn knows(&self, id: &str) -> Result<bool, Error> {
        let Ok(id) = Uuid::parse_str(id) else { return Ok(false) };
        Ok(users::find(self.trail.store().reader(), id).await?.is_some())
    }

    /// The present, as the trail has it.
    pub(super) fn now(&self) -> Timestamp {
        self.trail.clock().now()
    }

    /// What the trail lacks of these, a sentence each.
    pub(super) async fn missing(&self, traces: &[Trace]) -> Result<Vec<String>, Error> {
        let wanted: HashSet<&str> = traces.iter().map(|trace| trace.request_id.as_str()).collect();
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut found: HashMap<String, Vec<Recorded>> = HashMap::new();
        for event in self.trail.of_requests(&wanted).await? {
            found.entry(event.request_id.clone()).or_default().push(event);
        }
        let lacks = |trace: &&Trace| {
            let events = found.get(&trace.request_id).map(Vec::as_slice).unwrap_or_default();
            !events.iter().any(|event| is_of(event, trace))
        };
        Ok(traces.iter().filter(lacks).map(describe).collect())
    }

    /// Alerts that were so since then.
    pub(super) async fn alerts(&self, since: Timestamp) -> Result<Vec<Alert>, Error> {
        const MOST: u64 = 500;
        let newest = self.watcher.page(Timestamp(i64::MAX), MOST).await?;
        Ok(newest.into_iter().filter(|alert| alert.last_at >= since).collect())
    }

    /// Erase the people of one drill, or of all drills; only who has been there for so long. Nobody else is ever erased.
    pub(super) async fn erase(&self, of: Option<&str>, older_than: Duration) -> Result<usize, Error> {
        let before = self.now().minus(older_than);
        let store = self.trail.store();
        let mut erased = 0;
        for person in users::with_address_under(store.reader(), RESERVED).await? {
            let is_theirs = is_reserved(&person.email, of) && person.email_verified_at.is_none();
            if is_theirs && person.created_at <= before.0 {
                erased += usize::from(auth::erase_person(&self.trail, &self.outbox, person.id, "drill").await?);
            }
        }
        Ok(erased)
    }
}

fn is_of(event: &Recorded, trace: &Trace) -> bool {
    let network = event.details.as_ref().and_then(|details| details.network.as_deref());
    event.kind == trace.event
        && trace.reason.as_deref().is_none_or(|reason| event.reason.as_deref() == Some(reason))
        && (trace.network.is_none() || trace.network.as_deref() == network)
}

fn describe(trace: &Trace) -> String {
    let because = trace.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let from = trace.network.as_ref().map(|network| format!(" from {network}")).unwrap_or_default();
    format!("the trail has no {}{because}{from} of request {}", trace.event, trace.request_id)
}

/// Whether an alert is about these requests. One about everybody need not name each of them.
pub(super) fn is_about(alert: &Alert, rule: &str, requests: &[String]) -> bool {
    let names_one = alert.about.requests.iter().any(|request| requests.contains(request));
    alert.rule == rule && (names_one || alert.about.subject == "the service")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_drills_are_reserved() {
        let own = domain("0123456789abcdef");
        assert!(is_reserved(&format!("a@{own}"), None) && is_reserved(&format!("a@{own}"), Some(&own)));
        assert!(!is_reserved(&format!("a@{own}"), Some(&domain("fedcba9876543210"))));
        for address in [
            "ada@example.com",
            "ada@holdfast.invalid",
            "ada@drill-.holdfast.invalid",
            "ada@drill-0123456789abcdef.holdfast.invalid.example.com",
            "ada@drill-0123456789abcdef.other.invalid",
            "drill-0123456789abcdef.holdfast.invalid",
            "ada@a.drill-0123456789abcdef.holdfast.invalid",
            "ada@drill-0123456789abcdeg.holdfast.invalid",
        ] {
            assert!(!is_reserved(address, None), "{address}");
        }
    }
}
