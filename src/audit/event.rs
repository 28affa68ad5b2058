//! The kinds of event, and what one holds.
//!
//! OWASP's logging vocabulary names the person's acts, CAEP 1.0 what becomes of sessions and credentials.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::hex;
use crate::secret::{NoEntropy, random_bytes};

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident, $word:literal;)*) => {
        /// The kinds of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventType { $($(#[$doc])* $variant,)* }

        impl EventType {
            /// All of them, for tests and documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the `event_type` column.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

event_types! {
    /// An account was made, with its first passkey (OWASP `user_created`).
    UserCreated, "user_created";
    /// An account was erased whole (OWASP `user_deleted`); the reason is why. It does not say whose.
    UserDeleted, "user_deleted";
    /// Somebody wants their account erased, which is done after a while.
    UserDeletionRequested, "user_deletion_requested";
    /// It is kept after all; the reason is by what: a session or the link in a mail.
    UserDeletionCancelled, "user_deletion_cancelled";
    /// Somebody tried to make one, or a passkey for one, and was refused.
    UserCreateFail, "user_create_fail";
    /// Somebody signed in (OWASP `authn_login_success`).
    AuthnLoginSuccess, "authn_login_success";
    /// Somebody tried to and was refused (OWASP `authn_login_fail`).
    AuthnLoginFail, "authn_login_fail";
    /// A session ended before its time (CAEP `session-revoked`); the reason says why.
    SessionRevoked, "session_revoked";
    /// A session's token was replaced because it was due (OWASP `session_renewed`).
    SessionRenewed, "session_renewed";
    /// A token was presented that had been replaced: somebody has a copy (OWASP `authn_token_reuse`).
    AuthnTokenReuse, "authn_token_reuse";
    /// The browser bound the session to its own key (DBSC).
    SessionBound, "session_bound";
    /// A session goes on in an app on a host of its own, or is renewed there.
    SessionExtended, "session_extended";
    /// The browser tried to and was refused.
    SessionBindFail, "session_bind_fail";
    /// A person said that a session was not theirs.
    SessionDisowned, "session_disowned";
    /// A session was used on two machines at once.
    SessionSplit, "session_split";
    /// Somebody signed for a bound session with another key.
    SessionBindingViolated, "session_binding_violated";
    /// A proof of the session's device key did not hold.
    AuthnProofFail, "authn_proof_fail";
    /// One more touch was asked for; the reason is the action.
    AuthnStepUpRequired, "authn_step_up_required";
    /// It was made.
    AuthnStepUpSuccess, "authn_step_up_success";
    /// It was refused.
    AuthnStepUpFail, "authn_step_up_fail";
    /// Routine requests of a session were weighed and let through; one row for all within a tenth of a second.
    RiskEval, "risk_eval";
    /// The risk of a session rose or fell by a level (CAEP `risk-level-change`).
    RiskLevelChanged, "risk_level_changed";
    /// A passkey was added to an account (CAEP `credential-change`, create).
    CredentialCreated, "credential_created";
    /// A passkey got another name (CAEP `credential-change`, update).
    CredentialUpdated, "credential_updated";
    /// A passkey was removed from an account (CAEP `credential-change`, delete).
    CredentialDeleted, "credential_deleted";
    /// An API key was made (OWASP `authn_token_created`).
    AuthnTokenCreated, "authn_token_created";
    /// An API key was ended (OWASP `authn_token_revoked`).
    AuthnTokenRevoked, "authn_token_revoked";
    /// A program asked with no live API key (OWASP `authz_fail`).
    AuthzFail, "authz_fail";
    /// Where somebody is paid to was changed.
    PayoutChanged, "payout_changed";
    /// A person was given all that is kept of them (OWASP `sensitive_read`); the reason is the action.
    SensitiveRead, "sensitive_read";
    /// A code was mailed to an address, to show whose it is.
    EmailCodeSent, "email_code_sent";
    /// What was typed in was not that code.
    EmailCodeFail, "email_code_fail";
    /// It was: the address is known to be the person's.
    EmailVerified, "email_verified";
    /// An address was taken off an account.
    EmailRemoved, "email_removed";
    /// Another address is an account's main one, or a change of addresses was taken back.
    EmailChanged, "email_changed";
    /// A recovery keeps a passkey from being used (CAEP `credential-change`, revoke).
    CredentialSuspended, "credential_suspended";
    /// Such a passkey can be used again.
    CredentialRestored, "credential_restored";
    /// New recovery codes were made.
    RecoveryCodesCreated, "recovery_codes_created";
    /// Somebody asked to get back into an account.
    RecoveryStarted, "recovery_started";
    /// One of the two codes was shown; the reason is which.
    RecoveryApproved, "recovery_approved";
    /// Both were, and the wait began (RISC `recovery-activated`); the reason is the tier.
    RecoveryWaiting, "recovery_waiting";
    /// A step of a recovery was refused.
    RecoveryFail, "recovery_fail";
    /// A recovery was stopped; the reason is how.
    RecoveryStopped, "recovery_stopped";
    /// A recovery was completed: a new passkey opens the account.
    RecoveryCompleted, "recovery_completed";
    /// A synced passkey's signature counter went backwards.
    CredentialCounterRegressed, "credential_counter_regressed";
    /// A passkey that could not be backed up now can.
    CredentialBackupEligibilityChanged, "credential_backup_eligibility_changed";
    /// There was too much of something (OWASP `excess_rate_limit_exceeded`); the reason is the layer that refused.
    ExcessRateLimitExceeded, "excess_rate_limit_exceeded";
    /// Somebody was given a role or lost it (OWASP `privilege_permissions_changed`); the reason says which.
    PrivilegePermissionsChanged, "privilege_permissions_changed";
    /// An operator looked at something or did something (OWASP `authz_admin`); the reason says what.
    AuthzAdmin, "authz_admin";
    /// A rule, a log or a sink was switched off (OWASP `sys_monitor_disabled`); the reason says which.
    SysMonitorDisabled, "sys_monitor_disabled";
    /// The database was put back to a backup of it (OWASP has `sys_startup` and its kin, and no word for this).
    SysRestored, "sys_restored";
    /// Events older than they may be were cut off the trail.
    AuditRetentionApplied, "audit_retention_applied";
}

/// One thing that happened, before it is known from where.
#[derive(Clone, Debug)]
pub struct Event {
    pub(super) kind: EventType,
    pub(super) outcome: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) score: u32,
    pub(super) details: Details,
}

/// From where it happened.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Joins this row to the log line and to the person's screen.
    pub request_id: String,
    /// The trace that the request is a part of (W3C Trace Context, `trace-id`).
    pub trace_id: Option<String>,
    /// The network, not the address.
    pub network: Option<String>,
    /// What can be told from the user agent.
    pub device: Option<serde_json::Value>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The autonomous system of the address.
    pub asn: Option<u32>,
    /// The SHA-256 of the cookie by which a browser is known again.
    pub browser: Option<[u8; 32]>,
}

impl Origin {
    /// Of what no request did: it gets an id of its own.
    pub fn of_ours() -> Result<Self, NoEntropy> {
        Ok(Self { request_id: hex::encode(&random_bytes::<10>()?), ..Self::default() })
    }
}

/// What is personal about an event. It is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Details {
    /// Whose account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// Which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Uuid>,
    /// Which passkey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<Uuid>,
    /// Which API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Uuid>,
    /// Who did it, where that is not the person themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Uuid>,
    /// Which alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<Uuid>,
    /// What was searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The network, not the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// What can be told from the user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<serde_json::Value>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The autonomous system of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// The browser's cookie, as its SHA-256 in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// What the risk engine said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<RiskOfEvent>,
    /// How many there were, where one row stands for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// From which level of risk to which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LevelChange>,
}

/// A move from one level of risk to another, in CAEP's words (CAEP 1.0 §3.8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelChange {
    /// What is at risk: `SESSION`.
    pub principal: String,
    /// `LOW`, `MEDIUM` or `HIGH`.
    pub previous_level: String,
    /// The same.
    pub current_level: String,
}

/// What the risk engine said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskOfEvent {
    /// From where on a touch is asked for.
    pub threshold: u32,
    /// `allow` or `step_up`.
    pub decision: String,
    /// What the score was made of.
    pub signals: Vec<SignalPoints>,
}

/// A signal and what it added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalPoints {
    /// Its name.
    pub signal: String,
    /// What it added to the score.
    pub points: u32,
}

impl Event {
    /// It went well.
    pub fn success(kind: EventType) -> Self {
        Self { kind, outcome: "success", reason: None, score: 0, details: Details::default() }
    }

    /// It was refused.
    pub fn refused(kind: EventType, reason: &'static str) -> Self {
        Self { outcome: "refused", reason: Some(reason), ..Self::success(kind) }
    }

    /// Why.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// What the risk engine said.
    #[must_use]
    pub fn risk(mut self, score: u32, risk: RiskOfEvent) -> Self {
        self.score = score;
        self.details.risk = Some(risk);
        self
    }

    /// Whose account.
    #[must_use]
    pub fn user(mut self, id: Uuid) -> Self {
        self.details.user = Some(id);
        self
    }

    /// Which session.
    #[must_use]
    pub fn session(mut self, id: Uuid) -> Self {
        self.details.session = Some(id);
        self
    }

    /// Which passkey.
    #[must_use]
    pub fn credential(mut self, id: Uuid) -> Self {
        self.details.credential = Some(id);
        self
    }

    /// Which API key.
    #[must_use]
    pub fn api_key(mut self, id: Uuid) -> Self {
        self.details.api_key = Some(id);
        self
    }

    /// From which level of risk to which.
    #[must_use]
    pub fn level(mut self, change: LevelChange) -> Self {
        self.details.level = Some(change);
        self
    }

    /// Who did it, where that is not the person themselves.
    #[must_use]
    pub fn actor(mut self, id: Uuid) -> Self {
        self.details.actor = Some(id);
        self
    }

    /// Which alert.
    #[must_use]
    pub fn alert(mut self, id: Uuid) -> Self {
        self.details.alert = Some(id);
        self
    }

    /// What was searched for.
    #[must_use]
    pub fn search(mut self, what: String) -> Self {
        self.details.search = Some(what);
        self
    }

    /// How many there were.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.details.count = Some(count);
        self
    }
}
