//! What happened, in words that others know: OWASP's logging vocabulary for the person's acts, CAEP's for what
//! becomes of sessions and credentials.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::store::{self, auth_event, events};

/// The kinds of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// An account was made, with its first passkey (OWASP `user_created`).
    UserCreated,
    /// Somebody tried to make one, or a passkey for one, and was refused.
    UserCreateFail,
    /// Somebody signed in (OWASP `authn_login_success`).
    AuthnLoginSuccess,
    /// Somebody tried to and was refused (OWASP `authn_login_fail`).
    AuthnLoginFail,
    /// A session ended before its time (CAEP `session-revoked`); the reason says why.
    SessionRevoked,
    /// A session's token was replaced because it was due (OWASP `session_renewed`).
    SessionRenewed,
    /// A token was presented that had been replaced: somebody has a copy (OWASP `authn_token_reuse`).
    AuthnTokenReuse,
    /// The browser bound the session to its own key (DBSC).
    SessionBound,
    /// A person said that a session was not theirs.
    SessionDisowned,
    /// A session was used on two machines at once.
    SessionSplit,
    /// Somebody signed for a bound session with another key.
    SessionBindingViolated,
    /// One more touch was asked for; the reason is the action.
    AuthnStepUpRequired,
    /// It was made.
    AuthnStepUpSuccess,
    /// It was refused.
    AuthnStepUpFail,
    /// A passkey was added to an account (CAEP `credential-change`, create).
    CredentialCreated,
    /// An API key was made (OWASP `authn_token_created`).
    AuthnTokenCreated,
    /// An API key was ended (OWASP `authn_token_revoked`).
    AuthnTokenRevoked,
    /// Where somebody is paid to was changed.
    PayoutChanged,
    /// A synced passkey's signature counter went backwards.
    CredentialCounterRegressed,
    /// A passkey that could not be backed up now can.
    CredentialBackupEligibilityChanged,
    /// There was too much of something (OWASP `excess_rate_limit_exceeded`); the reason is the layer that refused.
    ExcessRateLimitExceeded,
}

impl EventType {
    /// The name in the `event_type` column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::UserCreateFail => "user_create_fail",
            Self::AuthnLoginSuccess => "authn_login_success",
            Self::AuthnLoginFail => "authn_login_fail",
            Self::SessionRevoked => "session_revoked",
            Self::SessionRenewed => "session_renewed",
            Self::AuthnTokenReuse => "authn_token_reuse",
            Self::SessionBound => "session_bound",
            Self::SessionDisowned => "session_disowned",
            Self::SessionSplit => "session_split",
            Self::SessionBindingViolated => "session_binding_violated",
            Self::AuthnStepUpRequired => "authn_step_up_required",
            Self::AuthnStepUpSuccess => "authn_step_up_success",
            Self::AuthnStepUpFail => "authn_step_up_fail",
            Self::CredentialCreated => "credential_created",
            Self::AuthnTokenCreated => "authn_token_created",
            Self::AuthnTokenRevoked => "authn_token_revoked",
            Self::PayoutChanged => "payout_changed",
            Self::CredentialCounterRegressed => "credential_counter_regressed",
            Self::CredentialBackupEligibilityChanged => "credential_backup_eligibility_changed",
            Self::ExcessRateLimitExceeded => "excess_rate_limit_exceeded",
        }
    }
}

/// One thing that happened, before it is known from where.
#[derive(Clone, Debug)]
pub struct Event {
    kind: EventType,
    outcome: &'static str,
    reason: Option<&'static str>,
    risk_score: u32,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    credential_id: Option<Uuid>,
}

/// From where it happened.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// Joins this row to the log line and to the person's screen.
    pub request_id: &'a str,
    /// The network, not the address.
    pub ip_prefix: Option<String>,
    /// What can be told from the user agent, as JSON.
    pub device: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The autonomous system of the address.
    pub asn: Option<u32>,
}

impl Event {
    /// It went well.
    pub fn success(event_type: EventType) -> Self {
        Self {
            kind: event_type,
            outcome: "success",
            reason: None,
            risk_score: 0,
            user_id: None,
            session_id: None,
            credential_id: None,
        }
    }

    /// It was refused.
    pub fn refused(event_type: EventType, reason: &'static str) -> Self {
        Self { outcome: "refused", reason: Some(reason), ..Self::success(event_type) }
    }

    /// Why.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// What the risk engine said.
    #[must_use]
    pub fn risk(self, score: u32) -> Self {
        Self { risk_score: score, ..self }
    }

    /// Whose account.
    #[must_use]
    pub fn user(self, id: Uuid) -> Self {
        Self { user_id: Some(id), ..self }
    }

    /// Which session.
    #[must_use]
    pub fn session(self, id: Uuid) -> Self {
        Self { session_id: Some(id), ..self }
    }

    /// Which passkey.
    #[must_use]
    pub fn credential(self, id: Uuid) -> Self {
        Self { credential_id: Some(id), ..self }
    }
}

/// Append an event in the transaction of what it tells about.
pub async fn record(
    tx: &store::Transaction<'_>,
    now: Timestamp,
    origin: Origin<'_>,
    event: Event,
) -> Result<(), store::Error> {
    let row = auth_event::Model {
        id: 0,
        created_at: now.0,
        event_type: event.kind.as_str().to_owned(),
        outcome: event.outcome.to_owned(),
        reason: event.reason.map(str::to_owned),
        user_id: event.user_id,
        session_id: event.session_id,
        credential_id: event.credential_id,
        request_id: origin.request_id.to_owned(),
        ip_prefix: origin.ip_prefix,
        risk_score: i32::try_from(event.risk_score).unwrap_or(i32::MAX),
        device: origin.device,
        country: origin.country,
        asn: origin.asn.map(i64::from),
    };
    events::append(&**tx, row).await
}
