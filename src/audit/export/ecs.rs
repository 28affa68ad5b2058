//! The words of the Elastic Common Schema 9.4, with dots in the names. What it has no name for is under `holdfast`.

use serde_json::{Map, Value, json};

use super::{Outcome, of_device, outcome};
use crate::audit::{EventType, Recorded};

/// The version whose names these are.
const VERSION: &str = "9.4.0";

/// `event.kind`, `event.category` and `event.type` of a kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `alert` where a rule has judged, `event` where something is told.
    pub kind: &'static str,
    /// `event.category`.
    pub categories: &'static [&'static str],
    /// `event.type`, each expected with one of the categories.
    pub types: &'static [&'static str],
}

const fn event(categories: &'static [&'static str], types: &'static [&'static str]) -> Mapping {
    Mapping { kind: "event", categories, types }
}

/// Of a kind that another version has written.
const UNKNOWN: Mapping = event(&[], &[]);

impl EventType {
    /// What it is in ECS.
    pub const fn ecs(self) -> Mapping {
        match self {
            Self::UserCreated | Self::UserCreateFail => event(&["iam"], &["user", "creation"]),
            Self::UserDeleted => event(&["iam"], &["user", "deletion"]),
            Self::AuthnLoginSuccess | Self::AuthnLoginFail => event(&["authentication"], &["start"]),
            Self::SessionRevoked => event(&["session"], &["end"]),
            Self::SessionRenewed
            | Self::SessionBound
            | Self::SessionExtended
            | Self::SessionBindFail
            | Self::SessionDisowned
            | Self::RiskEval
            | Self::RiskLevelChanged => event(&["session"], &["info"]),
            Self::AuthnTokenReuse | Self::SessionSplit | Self::SessionBindingViolated => {
                Mapping { kind: "alert", ..event(&["session", "intrusion_detection"], &["info", "denied"]) }
            }
            Self::AuthnProofFail
            | Self::AuthnStepUpRequired
            | Self::AuthnStepUpSuccess
            | Self::AuthnStepUpFail
            | Self::AuthzFail
            | Self::ExcessRateLimitExceeded
            | Self::CredentialCounterRegressed
            | Self::CredentialBackupEligibilityChanged => event(&["authentication"], &["info"]),
            Self::RecoveryStarted | Self::RecoveryApproved | Self::RecoveryFail => {
                event(&["iam"], &["user", "info"])
            }
            Self::EmailCodeSent | Self::EmailCodeFail | Self::SensitiveRead => event(&["iam"], &["user", "info"]),
            Self::CredentialCreated
            | Self::CredentialUpdated
            | Self::CredentialDeleted
            | Self::UserDeletionRequested
            | Self::UserDeletionCancelled
            | Self::CredentialSuspended
            | Self::CredentialRestored
            | Self::RecoveryCodesCreated
            | Self::RecoveryWaiting
            | Self::RecoveryStopped
            | Self::RecoveryCompleted
            | Self::EmailVerified
            | Self::EmailRemoved
            | Self::EmailChanged
            | Self::PrivilegePermissionsChanged => event(&["iam"], &["user", "change"]),
            Self::AuthnTokenCreated => event(&["iam"], &["creation"]),
            Self::AuthnTokenRevoked => event(&["iam"], &["deletion"]),
            Self::AuthzAdmin => event(&["iam"], &["admin", "info"]),
            Self::PayoutChanged | Self::SysMonitorDisabled | Self::SysRestored => {
                event(&["configuration"], &["change"])
            }
            Self::AuditRetentionApplied => event(&["configuration"], &["deletion"]),
        }
    }
}

/// One event as an object of ECS. `place` is where it lies, and `service` whose it is.
pub fn ecs(event: &Recorded, place: &str, service: &str) -> Value {
    let kind = EventType::parse(&event.kind);
    let mapping = kind.map_or(UNKNOWN, EventType::ecs);
    let none = crate::audit::Details::default();
    let details = event.details.as_ref().unwrap_or(&none);
    let mut line = Map::new();
    let mut say = |name: &str, value: Value| {
        if !value.is_null() {
            line.insert(name.to_owned(), value);
        }
    };
    say("@timestamp", json!(event.at.to_rfc3339()));
    say("ecs.version", json!(VERSION));
    say("event.kind", json!(mapping.kind));
    say("event.category", json!(mapping.categories));
    say("event.type", json!(mapping.types));
    say("event.action", json!(event.kind));
    say("event.outcome", json!(outcome(event).ecs()));
    say("event.reason", json!(event.reason));
    say("event.severity", json!(kind.map(|kind| kind.severity() as u8)));
    say("event.risk_score", json!(details.risk.as_ref().map(|_| event.score)));
    say("event.id", json!(place));
    say("event.sequence", json!(event.seq));
    say("event.module", json!("holdfast"));
    say("event.dataset", json!("holdfast.audit"));
    say("service.name", json!(service));
    say("service.type", json!("holdfast"));
    say("http.request.id", json!(event.request_id));
    say("trace.id", json!(event.trace_id));
    say("user.id", json!(details.user));
    say("related.user", json!(details.user.map(|id| [id])));
    // An address is not kept, only its network, which is no `ip`.
    say("source.address", json!(details.network));
    say("source.geo.country_iso_code", json!(details.country));
    say("source.as.number", json!(details.asn));
    say("user_agent.name", json!(of_device(event, "browser")));
    say("user_agent.os.name", json!(of_device(event, "os")));
    say("user_agent.device.name", json!(of_device(event, "class")));
    say("holdfast.cursor", json!(place));
    say("holdfast.session", json!(details.session));
    say("holdfast.credential", json!(details.credential));
    say("holdfast.api_key", json!(details.api_key));
    say("holdfast.actor", json!(details.actor));
    say("holdfast.alert", json!(details.alert));
    say("holdfast.search", json!(details.search));
    say("holdfast.browser", json!(details.browser));
    say("holdfast.count", json!(details.count));
    say("holdfast.unreadable", json!(event.details.is_none().then_some(true)));
    if let Some(change) = &details.level {
        say("holdfast.risk.level", json!(change.current_level));
        say("holdfast.risk.previous_level", json!(change.previous_level));
    }
    if let Some(risk) = &details.risk {
        say("holdfast.risk.decision", json!(risk.decision));
        say("holdfast.risk.threshold", json!(risk.threshold));
        say("holdfast.risk.signals", json!(risk.signals.iter().map(|it| &it.signal).collect::<Vec<_>>()));
    }
    Value::Object(line)
}

impl Outcome {
    const fn ecs(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}
