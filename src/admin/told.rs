//! An event, as an operator sees it: everything that is in it, and nothing that opens anything.

use uuid::Uuid;

use crate::audit::{Recorded, SignalPoints};
use crate::auth::Device;
use crate::geo;

/// One event.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where it lies, as exports say it: chain and number.
    pub place: String,
    /// When, RFC 3339.
    pub at: String,
    /// What, in the trail's word.
    pub kind: String,
    /// `success` or `refused`.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// Joins it to the person's screen and to the log.
    pub request_id: String,
    /// What the risk engine said.
    pub score: i32,
    /// What that was made of.
    pub signals: Vec<SignalPoints>,
    /// Whose account.
    pub person: Option<Uuid>,
    /// Who did it, where that is not the person.
    pub actor: Option<Uuid>,
    /// In which session.
    pub session: Option<Uuid>,
    /// With which passkey.
    pub credential: Option<Uuid>,
    /// Which API key.
    pub api_key: Option<Uuid>,
    /// Which alert.
    pub alert: Option<Uuid>,
    /// What an operator searched for.
    pub search: Option<String>,
    /// From which network.
    pub network: Option<String>,
    /// In which country.
    pub country: Option<&'static str>,
    /// Through which autonomous system.
    pub asn: Option<u32>,
    /// On what.
    pub device: Option<String>,
    /// How many it stands for, where one row stands for several.
    pub count: Option<u64>,
    /// Whether what was sealed is gone with the person it was about.
    pub is_erased: bool,
}

impl From<Recorded> for Told {
    fn from(event: Recorded) -> Self {
        let is_erased = event.details.is_none();
        let place = format!("{}:{}", event.chain, event.seq);
        let details = event.details.unwrap_or_default();
        let device: Option<Device> = details.device.and_then(|device| serde_json::from_value(device).ok());
        Self {
            place,
            at: event.at.to_rfc3339(),
            kind: event.kind,
            outcome: event.outcome,
            reason: event.reason,
            request_id: event.request_id,
            score: event.score,
            signals: details.risk.map(|risk| risk.signals).unwrap_or_default(),
            person: details.user,
            actor: details.actor,
            session: details.session,
            credential: details.credential,
            api_key: details.api_key,
            alert: details.alert,
            search: details.search,
            network: details.network,
            country: details.country.and_then(|code| geo::country_name(code.as_bytes().try_into().ok()?)),
            asn: details.asn,
            device: device.map(|device| format!("{} on {}", device.browser.name(), device.os.name())),
            count: details.count,
            is_erased,
        }
    }
}
