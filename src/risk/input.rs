//! What the engine is told. All of it is kept, sealed, with the decision it led to: the same input gives the same score.

use serde::{Deserialize, Serialize};

use super::likelihood::Evidence;
use super::place::Place;

/// At what moment somebody is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// An ordinary request of a session.
    #[default]
    SessionUse,
    /// A passkey has just opened a session.
    SignIn,
    /// Something that matters is about to be changed.
    CredentialChange,
    /// A step of a recovery.
    Recovery,
}

impl Moment {
    /// Its name in a stored decision.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionUse => "session_use",
            Self::SignIn => "sign_in",
            Self::CredentialChange => "credential_change",
            Self::Recovery => "recovery",
        }
    }
}

/// One look at one person. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Input {
    /// At what moment.
    pub moment: Moment,
    /// When.
    pub at: i64,
    /// The passkey was touched for exactly this.
    pub is_touched: bool,
    /// It reads or changes something that matters.
    pub is_sensitive: bool,
    /// Which of the policy's sensitive routes it is on, if on any.
    pub route: Option<String>,
    /// Another browser family, system, kind of device or language than any that a touch vouched for.
    pub device_changed: bool,
    /// Another network (IPv4 /16, IPv6 /48) than any that a touch vouched for.
    pub network_changed: bool,
    /// The browser itself should have proven the session, and has not.
    pub bound_cookie_missing: bool,
    /// The page should have proven its key, and has not.
    pub proof_missing: bool,
    /// The user agent says that a program steers it, and did not say so when the session was opened.
    pub is_automated: bool,
    /// Whose account.
    pub person: Person,
    /// The session's own past; `None` while there is none.
    pub session: Option<SessionPast>,
    /// Where it comes from.
    pub place: Place,
    /// Where the person was last, for certain enough to reckon with.
    pub anchor: Option<Anchor>,
    /// What the person's sign-ins say about it; `None` where nobody looked, because nothing had changed.
    pub profile: Option<Profile>,
    /// The passkey's signature counter went backwards.
    pub counter_regressed: bool,
    /// A passkey that could not be backed up now can.
    pub backup_eligibility_changed: bool,
    /// Something that the engine needs could not be found out.
    pub has_failed: bool,
    /// Which geo data said so.
    pub geo: String,
}

/// The account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// When it was made.
    pub created_at: i64,
    /// How many times it was signed in to, sign-up included.
    pub sign_ins: u64,
    /// When it was last recovered.
    pub recovered_at: Option<i64>,
}

/// What a session brings with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPast {
    /// When a touch last answered what was odd about it.
    pub answered_at: Option<i64>,
    /// When somebody first signed in to this account with this browser.
    pub device_known_since: Option<i64>,
    /// When its passkey was made.
    pub passkey_created_at: Option<i64>,
    /// When it was last used through another autonomous system than now, or one that a touch vouched for.
    pub used_at: Option<i64>,
    /// It is used through another autonomous system than any that a touch vouched for.
    pub asn_changed: bool,
    /// It is used with another family of browsers than any that a touch vouched for.
    pub family_changed: bool,
}

/// Where the person was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// When.
    pub at: i64,
    /// Where. Never a network of servers or a VPN.
    pub place: Place,
}

/// What the person's successful sign-ins of the last 180 days say about this request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Profile {
    /// They have come from this country.
    pub country_seen: bool,
    /// They have come through this autonomous system.
    pub asn_seen: bool,
    /// They have come from this very network (IPv4 /24, IPv6 /48).
    pub network_seen: bool,
    /// The browser's cookie is one of those the person signs in with.
    pub device_known: bool,
    /// Failed assertions of the person's passkeys within the policy's window.
    pub failed_assertions: u32,
    /// For the likelihood model.
    pub evidence: Evidence,
}
