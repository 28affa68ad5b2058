//! Who may come in: the WebAuthn ceremonies and the sessions they open.
//!
//! These are the rules. They know no HTTP and write no SQL; the edges (`api`, `server`) turn requests into a
//! [`Caller`] and a [`Refusal`] into a status.

mod activity;
mod assertion;
mod authentication;
mod caller;
mod ceremony;
mod dbsc;
mod device;
mod evaluation;
mod identity;
mod jws;
mod passkey;
mod proof;
mod provider;
mod refusal;
mod registration;
mod relying_party;
mod session;
mod step_up;

use std::sync::Arc;

use uuid::Uuid;

pub use activity::{ActivityEvent, ActivityPage, EventId, RiskOfEvent};
pub use caller::{Caller, Presented};
pub use dbsc::{Bound, COOKIE_LIFETIME as BOUND_COOKIE_LIFETIME, Offer as DbscOffer, Refresh};
pub use device::Device;
pub use evaluation::{DECISION_MEMORY, Engine, PROFILE_MEMORY, Replay, replay};
pub use identity::Account;
pub use passkey::PasskeyInfo;
pub use proof::{DeviceKeyOffer, ProofHeader, ath};
pub use refusal::{Error, Refusal, RefusalKind, StepUpRequired};
pub use registration::{NewPasskey, Opened, RegistrationRequest};
pub use relying_party::{InvalidRelyingParty, RelyingParty};
pub use session::{
    Access, Binding, CurrentSession, EndReason, GRACE, Inspected, IssuedSession, KNOWN_DEVICE_LIFETIME, Renewed,
    Resolution, SessionInfo, SessionPolicy, Usage,
};
pub use step_up::{Action, PayoutDetails, Which};

use crate::audit::{self, Event, EventType, Origin, Trail};
use crate::clock::Clock;
use crate::keyring::Keyring;
use crate::secret::Secret;
use crate::store::Store;
use crate::throttle::{self, Layer, Throttle};

/// How long a ceremony may take, from options to verify.
pub const CEREMONY_LIFETIME: std::time::Duration = std::time::Duration::from_mins(5);

/// Everything the rules need. One per process, shared.
pub struct Auth {
    store: Arc<Store>,
    trail: Arc<Trail>,
    rp: RelyingParty,
    /// Scheme, host and port, as proofs must name them.
    origin: String,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    sessions: SessionPolicy,
    engine: Engine,
    throttle: Throttle,
}

/// A ceremony has begun.
#[derive(Debug)]
pub struct Begun {
    /// The standard options as JSON text, for `PublicKeyCredential.parse…OptionsFromJSON`.
    pub options: String,
    /// The browser's ceremony cookie. The ceremony can be finished only with it.
    pub browser: Secret,
}

impl Auth {
    /// The rules over the audit trail and its database, a relying party, the origin it is reached at, the keys to seal with, and
    /// what weighs risk and what limits how much.
    pub fn new(
        trail: Arc<Trail>,
        rp: RelyingParty,
        origin: String,
        keyring: Arc<Keyring>,
        sessions: SessionPolicy,
        engine: Engine,
        throttle: Throttle,
    ) -> Self {
        let (store, clock) = (trail.store(), trail.clock());
        Self { store, trail, rp, origin, keyring, clock, sessions, engine, throttle }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl Auth {
    /// Tell of an event about this caller, in the transaction of what it tells about.
    pub(crate) fn record(&self, tx: &audit::Transaction<'_>, caller: &Caller, event: Event) {
        let place = self.engine.place(caller);
        let origin = Origin {
            request_id: caller.request_id.clone(),
            trace_id: caller.trace_id.clone(),
            network: caller.ip_prefix(),
            device: caller.user_agent.as_ref().and_then(|_| serde_json::to_value(caller.device()).ok()),
            country: place.country.map(|code| String::from_utf8_lossy(&code).into_owned()),
            asn: place.asn,
            browser: caller.known_device.as_ref().map(Secret::hash),
        };
        tx.record(origin, event);
    }

    /// Leave a row about what throttling refused: one for each counter and window.
    pub async fn record_limit(&self, caller: &Caller, layer: Layer) -> Result<(), Error> {
        self.record_alone(caller, Event::refused(EventType::ExcessRateLimitExceeded, layer.as_str())).await
    }

    /// Whether a stranger may go on to try this person's passkey. A refusal is recorded with whose it is.
    async fn admit_to_account(&self, caller: &Caller, account: Uuid) -> Result<(), Error> {
        let admitted = self.throttle.admit_to_account(&caller.source(), account).await;
        if let Err(throttle::Error::Limited(limited)) = &admitted
            && limited.is_first
        {
            let event = Event::refused(EventType::ExcessRateLimitExceeded, limited.layer.as_str());
            self.record_alone(caller, event.user(account)).await?;
        }
        Ok(admitted?)
    }

    /// Append an event that tells of no change, in a transaction of its own.
    pub(crate) async fn record_alone(&self, caller: &Caller, event: Event) -> Result<(), Error> {
        let tx = self.trail.begin().await?;
        self.record(&tx, caller, event);
        tx.commit().await?;
        Ok(())
    }
}
