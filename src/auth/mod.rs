//! Who may come in: the WebAuthn ceremonies and the sessions they open.
//!
//! These are the rules. They know no HTTP and write no SQL; the edges (`api`, `server`) turn requests into a
//! [`Caller`] and a [`Refusal`] into a status.

mod activity;
mod addresses;
mod assertion;
mod authentication;
#[cfg(feature = "broken-defences")]
mod broken;
mod caller;
mod ceremony;
mod dbsc;
mod deletion;
mod device;
mod erase;
mod evaluation;
pub(crate) mod fuzzing;
mod identity;
mod jws;
mod links;
mod operator;
mod passkey;
mod proof;
mod provider;
mod recovery;
mod refusal;
mod registration;
mod relying_party;
mod restored;
mod session;
mod step_up;
mod unusual;

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

pub use activity::{ActivityEvent, ActivityPage, EventId, RiskOfEvent};
pub use addresses::{ADDRESS_LIMIT, AddressInfo, UNDO_LIFETIME};
pub use caller::{Caller, Presented};
pub use dbsc::{Bound, COOKIE_LIFETIME as BOUND_COOKIE_LIFETIME, Offer as DbscOffer, Refresh};
pub use deletion::erase_due;
pub use device::Device;
pub use erase::erase_person;
pub use evaluation::{DECISION_MEMORY, Engine, PROFILE_MEMORY, ROUTINE_INTERVAL, Replay, replay};
pub use identity::Account;
pub use links::{LinkInfo, LinkKind, day_and_time};
pub use operator::OPERATOR;
pub use passkey::{Blocked, PasskeyInFull, PasskeyInfo, Signal};
pub use proof::{DeviceKeyOffer, ProofHeader, ath};
pub use recovery::RecoveryInfo;
pub use refusal::{Error, Refusal, RefusalKind, StepUpRequired};
pub use registration::{NewPasskey, Opened, PASSKEY_LIMIT, RegistrationRequest};
pub use relying_party::{InvalidRelyingParty, RelyingParty};
pub use session::{
    Access, Binding, CurrentSession, Destination, EndReason, Extended, GRACE, Inspected, IssuedSession,
    KNOWN_DEVICE_LIFETIME, OpenAreas, Renewed, Resolution, SessionInfo, SessionPolicy, Usage,
};
pub use step_up::{Action, OPEN_FOR, PayoutDetails, Which, WhoseSessions};

use crate::audit::{self, Event, EventType, Origin, Trail};
use crate::clock::Clock;
use crate::keyring::Keyring;
use crate::notify::Outbox;
use crate::recovery::RecoveryPolicy;
use crate::secret::Secret;
use crate::store::Store;
use crate::throttle::{self, Layer, Throttle};

/// How long a ceremony may take, from options to verify.
pub const CEREMONY_LIFETIME: Duration = Duration::from_mins(5);

/// Everything the rules need. One per process, shared.
pub struct Auth {
    store: Arc<Store>,
    trail: Arc<Trail>,
    rp: RelyingParty,
    /// Scheme, host and port, as proofs must name them.
    origin: String,
    /// What the service calls itself in mails.
    service: String,
    outbox: Arc<Outbox>,
    deletion_delay: Duration,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    sessions: SessionPolicy,
    recovery: RecoveryPolicy,
    engine: Engine,
    throttle: Throttle,
    routine: evaluation::Routine,
}

/// What people know the service by, and how it writes to them.
#[derive(Debug)]
pub struct Service {
    /// Scheme, host and port that it is reached at.
    pub origin: String,
    /// What it calls itself.
    pub name: String,
    /// Its mail.
    pub outbox: Arc<Outbox>,
    /// For so long it keeps an account that is to be deleted.
    pub deletion_delay: Duration,
    /// How long it takes to get back in without a passkey.
    pub recovery: RecoveryPolicy,
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
    /// The rules over the audit trail and its database, a relying party, what people know it by, the keys to seal with, and
    /// what weighs risk and what limits how much.
    pub fn new(
        trail: Arc<Trail>,
        rp: RelyingParty,
        service: Service,
        keyring: Arc<Keyring>,
        sessions: SessionPolicy,
        engine: Engine,
        throttle: Throttle,
    ) -> Self {
        let (store, clock) = (trail.store(), trail.clock());
        let Service { origin, name: service, outbox, deletion_delay, recovery } = service;
        let routine = evaluation::Routine::default();
        Self {
            store,
            trail,
            rp,
            origin,
            service,
            outbox,
            deletion_delay,
            keyring,
            clock,
            sessions,
            recovery,
            engine,
            throttle,
            routine,
        }
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl Auth {
    /// The audit trail.
    pub(crate) fn trail(&self) -> &Trail {
        &self.trail
    }

    /// Tell of an event about this caller, in the transaction of what it tells about.
    pub(crate) fn record(&self, tx: &audit::Transaction<'_>, caller: &Caller, event: Event) {
        tx.record(self.origin_of(caller), event);
    }

    fn origin_of(&self, caller: &Caller) -> Origin {
        let place = self.engine.place(caller);
        Origin {
            request_id: caller.request_id.clone(),
            trace_id: caller.trace_id.clone(),
            network: caller.ip_prefix(),
            device: caller.user_agent.as_ref().and_then(|_| serde_json::to_value(caller.device()).ok()),
            country: place.country.map(|code| String::from_utf8_lossy(&code).into_owned()),
            asn: place.asn,
            browser: caller.known_device.as_ref().map(Secret::hash),
        }
    }

    /// Leave a row about what throttling refused: one for each counter and window.
    pub async fn record_limit(&self, caller: &Caller, layer: Layer) -> Result<(), Error> {
        self.record_alone(caller, Event::refused(EventType::ExcessRateLimitExceeded, layer.as_str())).await
    }

    /// Whether a stranger may go on to try this person's passkey. A refusal is recorded with whose it is.
    async fn admit_to_account(&self, caller: &Caller, account: Uuid) -> Result<(), Error> {
        let admitted = self.throttle.admit_to_account(&caller.source(), account).await;
        self.within_limits(caller, admitted, |event| event.user(account)).await
    }

    /// What throttling says. The first refusal by a counter leaves a row; `of` says whose.
    async fn within_limits(
        &self,
        caller: &Caller,
        said: Result<(), throttle::Error>,
        of: impl FnOnce(Event) -> Event,
    ) -> Result<(), Error> {
        if let Err(throttle::Error::Limited(limited)) = &said
            && limited.is_first
        {
            let event = Event::refused(EventType::ExcessRateLimitExceeded, limited.layer.as_str());
            self.record_alone(caller, of(event)).await?;
        }
        Ok(said?)
    }

    /// Append an event that tells of no change, in a transaction of its own.
    pub(crate) async fn record_alone(&self, caller: &Caller, event: Event) -> Result<(), Error> {
        let tx = self.trail.begin().await?;
        self.record(&tx, caller, event);
        tx.commit().await?;
        Ok(())
    }
}
