//! The words of the Open Cybersecurity Schema Framework 1.8: classes of the category Identity & Access Management.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Outcome, of_device, outcome};
use crate::audit::{Details, EventType, Recorded, Severity};

/// The version whose words these are.
const VERSION: &str = "1.8.0";
/// Identity & Access Management.
const CATEGORY: u32 = 3;

/// A class of events, with what it is about where that is no person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Something about an account or its credentials.
    AccountChange,
    /// Signing in, and what becomes of sessions.
    Authentication,
    /// Something about a thing of this kind.
    EntityManagement(&'static str),
}

impl Class {
    /// `class_uid`.
    pub const fn uid(self) -> u32 {
        match self {
            Self::AccountChange => 3001,
            Self::Authentication => 3002,
            Self::EntityManagement(_) => 3004,
        }
    }

    /// `class_name`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountChange => "Account Change",
            Self::Authentication => "Authentication",
            Self::EntityManagement(_) => "Entity Management",
        }
    }
}

/// `class_uid`, `activity_id` and `activity_name` of a kind of event. 99 is OCSF's number for what it does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The class.
    pub class: Class,
    /// The activity in that class.
    pub activity: u32,
    /// Its caption; of activity 99 our own.
    pub activity_name: &'static str,
}

const fn activity(class: Class, activity: u32, activity_name: &'static str) -> Mapping {
    Mapping { class, activity, activity_name }
}

/// Of a kind that another version has written.
const UNKNOWN: Mapping = activity(Class::Authentication, 0, "Unknown");

const fn other(class: Class, name: &'static str) -> Mapping {
    activity(class, 99, name)
}

impl EventType {
    /// What it is in OCSF.
    pub const fn ocsf(self) -> Mapping {
        use Class::{AccountChange, Authentication, EntityManagement};
        match self {
            Self::UserCreated | Self::UserCreateFail => activity(AccountChange, 1, "Create"),
            Self::UserDeleted => activity(AccountChange, 6, "Delete"),
            Self::UserDeletionRequested => other(AccountChange, "Deletion Requested"),
            Self::UserDeletionCancelled => other(AccountChange, "Deletion Cancelled"),
            Self::AuthnLoginSuccess | Self::AuthnLoginFail => activity(Authentication, 1, "Logon"),
            Self::SessionRevoked => activity(Authentication, 2, "Logoff"),
            Self::SessionRenewed => other(Authentication, "Session Renewed"),
            Self::AuthnTokenReuse => other(Authentication, "Session Token Reused"),
            Self::SessionExtended => other(Authentication, "Session Extended"),
            Self::SessionBound => other(Authentication, "Session Bound"),
            Self::SessionBindFail => other(Authentication, "Session Binding Refused"),
            Self::SessionDisowned => other(Authentication, "Session Disowned"),
            Self::SessionSplit => other(Authentication, "Session Split"),
            Self::SessionBindingViolated => other(Authentication, "Session Binding Violated"),
            Self::AuthnProofFail => other(Authentication, "Proof Refused"),
            Self::AuthzFail => other(Authentication, "API Key Refused"),
            Self::AuthnStepUpRequired => activity(Authentication, 6, "Preauth"),
            Self::AuthnStepUpSuccess | Self::AuthnStepUpFail => other(Authentication, "Step-up"),
            Self::RiskEval => other(Authentication, "Risk Evaluated"),
            Self::RiskLevelChanged => other(Authentication, "Risk Level Changed"),
            Self::CredentialCreated => activity(AccountChange, 10, "MFA Factor Enable"),
            Self::CredentialUpdated => other(AccountChange, "Passkey Renamed"),
            Self::CredentialDeleted => activity(AccountChange, 11, "MFA Factor Disable"),
            Self::CredentialSuspended => other(AccountChange, "Passkey Suspended"),
            Self::CredentialRestored => other(AccountChange, "Passkey Restored"),
            Self::RecoveryCodesCreated => other(AccountChange, "Recovery Codes Created"),
            Self::RecoveryStarted => other(AccountChange, "Recovery Started"),
            Self::RecoveryApproved => other(AccountChange, "Recovery Approved"),
            Self::RecoveryWaiting => other(AccountChange, "Recovery Waiting"),
            Self::RecoveryFail => other(AccountChange, "Recovery Refused"),
            Self::RecoveryStopped => other(AccountChange, "Recovery Stopped"),
            Self::RecoveryCompleted => other(AccountChange, "Recovery Completed"),
            Self::CredentialCounterRegressed => other(AccountChange, "Passkey Counter Regressed"),
            Self::CredentialBackupEligibilityChanged => other(AccountChange, "Passkey Backup Eligibility Changed"),
            Self::AuthnTokenCreated => activity(EntityManagement("API key"), 1, "Create"),
            Self::AuthnTokenRevoked => activity(EntityManagement("API key"), 4, "Delete"),
            Self::PayoutChanged => activity(EntityManagement("Payout account"), 3, "Update"),
            Self::SensitiveRead => activity(EntityManagement("Account"), 2, "Read"),
            Self::EmailCodeSent => other(AccountChange, "Address Code Sent"),
            Self::EmailCodeFail => other(AccountChange, "Address Code Refused"),
            Self::EmailVerified => other(AccountChange, "Address Verified"),
            Self::EmailRemoved => other(AccountChange, "Address Removed"),
            Self::EmailChanged => other(AccountChange, "Address Changed"),
            Self::ExcessRateLimitExceeded => other(Authentication, "Rate Limit Exceeded"),
            Self::PrivilegePermissionsChanged => other(AccountChange, "Privileges Changed"),
            Self::AuthzAdmin => other(EntityManagement("Operator console"), "Operator Activity"),
            Self::SysMonitorDisabled => other(EntityManagement("Alert rule"), "Switched Off"),
            Self::SysRestored => other(EntityManagement("Database"), "Restored"),
            Self::AuditRetentionApplied => activity(EntityManagement("Audit events"), 4, "Delete"),
        }
    }
}

/// One event as an object of OCSF. `place` is where it lies, and `service` whose it is.
pub fn ocsf(event: &Recorded, place: &str, service: &str) -> Value {
    let kind = EventType::parse(&event.kind);
    let Mapping { class, activity, activity_name } = kind.map_or(UNKNOWN, EventType::ocsf);
    let none = Details::default();
    let details = event.details.as_ref().unwrap_or(&none);
    let (status_id, status) = outcome(event).ocsf();
    let severity = kind.map(EventType::severity);
    let mut line = json!({
        "category_uid": CATEGORY,
        "category_name": "Identity & Access Management",
        "class_uid": class.uid(),
        "class_name": class.name(),
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": class.uid() * 100 + activity,
        "type_name": format!("{}: {activity_name}", class.name()),
        "time": event.at.0,
        "severity_id": severity.map_or(0, |severity| severity as u8),
        "severity": severity.map_or("Unknown", Severity::name),
        "status_id": status_id,
        "status": status,
        "metadata": {
            "version": VERSION,
            "product": { "name": "Holdfast", "vendor_name": "Holdfast", "version": env!("CARGO_PKG_VERSION") },
            "uid": place,
            "sequence": event.seq,
            "event_code": event.kind,
            "correlation_uid": event.request_id,
            "log_name": "auth_events",
        },
        "unmapped": unmapped(event, details, place),
    });
    let mut say = |name: &str, value: Option<Value>| {
        if let (Some(value), Some(line)) = (value, line.as_object_mut()) {
            line.insert(name.to_owned(), value);
        }
    };
    say("status_detail", event.reason.as_ref().map(|reason| json!(reason)));
    say("count", details.count.map(|count| json!(count)));
    say("src_endpoint", endpoint(event, details));
    let user = user(details.user, details.credential);
    let session = details.session.map(|id| json!({ "uid": id }));
    match class {
        Class::Authentication => {
            say("user", Some(user));
            say("session", session);
            say("service", Some(json!({ "name": service })));
            say("is_remote", Some(json!(true)));
            say("auth_factors", details.credential.map(|_| passkey()));
        }
        Class::AccountChange => {
            say("actor", actor(&user, session));
            say("user", Some(user));
            say("auth_factors", details.credential.map(|_| passkey()));
        }
        Class::EntityManagement(what) => {
            // Who did it, where that is not whom it is about.
            let who = details.actor.map_or(user, |id| self::user(Some(id), None));
            say("actor", actor(&who, session));
            let mut entity = json!({ "type_id": 99, "type": what, "name": what });
            if let Some(id) = details.api_key {
                entity["uid"] = json!(id);
            }
            say("entity", Some(entity));
        }
    }
    line
}

/// OCSF requires a user even where nobody knows who it was.
fn user(id: Option<Uuid>, credential: Option<Uuid>) -> Value {
    let mut user = match id {
        Some(id) => json!({ "uid": id, "type_id": 1, "type": "User" }),
        None => json!({ "name": "unknown", "type_id": 0, "type": "Unknown" }),
    };
    if let Some(credential) = credential {
        user["credential_uid"] = json!(credential);
    }
    user
}

fn actor(user: &Value, session: Option<Value>) -> Option<Value> {
    user.get("uid")?;
    let mut actor = json!({ "user": user });
    if let Some(session) = session {
        actor["session"] = session;
    }
    Some(actor)
}

fn passkey() -> Value {
    json!([{ "factor_type_id": 10, "factor_type": "WebAuthn" }])
}

/// From where. An address is not kept, only its network, which is no `ip`.
fn endpoint(event: &Recorded, details: &Details) -> Option<Value> {
    let mut endpoint = json!({ "name": details.network.as_ref()?, "type_id": 8, "type": "Browser" });
    if let Some(country) = &details.country {
        endpoint["location"] = json!({ "country": country });
    }
    if let Some(number) = details.asn {
        endpoint["autonomous_system"] = json!({ "number": number });
    }
    if let Some((type_id, name)) = of_device(event, "os").and_then(system) {
        endpoint["os"] = json!({ "type_id": type_id, "name": name });
    }
    Some(endpoint)
}

fn system(word: &str) -> Option<(u32, &'static str)> {
    match word {
        "windows" => Some((100, "Windows")),
        "linux" => Some((200, "Linux")),
        "android" => Some((201, "Android")),
        "macos" => Some((300, "macOS")),
        "ios" => Some((301, "iOS")),
        "chrome_os" => Some((99, "ChromeOS")),
        _ => None,
    }
}

/// What OCSF has no attribute for.
fn unmapped(event: &Recorded, details: &Details, place: &str) -> Value {
    let all = json!({
        "cursor": place,
        "trace_id": event.trace_id,
        "device": details.device,
        "browser": details.browser,
        "actor": details.actor,
        "alert": details.alert,
        "search": details.search,
        "score": details.risk.as_ref().map(|_| event.score),
        "risk": details.risk,
        "level": details.level,
        "unreadable": event.details.is_none().then_some(true),
    });
    let Value::Object(all) = all else { return Value::Null };
    all.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

impl Outcome {
    const fn ocsf(self) -> (u32, &'static str) {
        match self {
            Self::Success => (1, "Success"),
            Self::Failure => (2, "Failure"),
            Self::Unknown => (0, "Unknown"),
        }
    }
}
