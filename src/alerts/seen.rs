//! An event, as rules see it.

use uuid::Uuid;

use crate::audit::Recorded;
use crate::clock::Timestamp;

/// What rules may know of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// What, in the trail's word.
    pub kind: String,
    /// Why.
    pub reason: Option<String>,
    /// What the risk engine said.
    pub score: i32,
    /// What the score was made of.
    pub signals: Vec<String>,
    /// Whose account.
    pub person: Option<Uuid>,
    /// Which session.
    pub session: Option<Uuid>,
    /// From which network.
    pub network: Option<String>,
    /// In which browser that is known again.
    pub browser: Option<String>,
    /// In which country.
    pub country: Option<String>,
    /// Where it lies in the trail: chain and number.
    pub place: (i16, i64),
    /// Joins it to the log.
    pub request_id: String,
}

impl From<Recorded> for Seen {
    fn from(event: Recorded) -> Self {
        let details = event.details.unwrap_or_default();
        let signals = details.risk.map(|risk| risk.signals).unwrap_or_default();
        Self {
            at: event.at,
            kind: event.kind,
            reason: event.reason,
            score: event.score,
            signals: signals.into_iter().map(|signal| signal.signal).collect(),
            person: details.user,
            session: details.session,
            network: details.network,
            browser: details.browser,
            country: details.country,
            place: (event.chain, event.seq),
            request_id: event.request_id,
        }
    }
}

impl Seen {
    /// Whether it is one of these.
    pub fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind.as_str())
    }

    /// Whether this signal spoke.
    pub fn has(&self, signal: &str) -> bool {
        self.signals.iter().any(|name| name == signal)
    }
}
