//! The JSON of the contract. Member names are camelCase; times are RFC 3339 in UTC.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Standard WebAuthn options or responses, passed through as text: neither face needs to know what is inside.
pub type Json = Box<RawValue>;

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Apps key on this, never on the address.
    pub id: String,
    /// A claim until `email_verified`.
    pub email: String,
    /// Whether mail to the address is known to reach this person.
    pub email_verified: bool,
    /// What they like to be called.
    pub display_name: Option<String>,
}

/// One of a person's passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    /// Names it in this API.
    pub id: String,
    /// What the person calls it.
    pub label: String,
    /// Who made it, if known. For display only: nobody vouches for it.
    pub provider: Option<String>,
    /// The AAGUID it claims.
    pub aaguid: String,
    /// How a browser may reach it.
    pub transports: Vec<String>,
    /// Whether it may exist on several devices.
    pub backup_eligible: bool,
    /// Whether it does.
    pub backup_state: bool,
    /// When it was registered here.
    pub created_at: String,
    /// When it last signed in or stepped up.
    pub last_used_at: Option<String>,
}

/// Answer of `GET /auth/passkeys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasskeyList {
    /// Newest first.
    pub passkeys: Vec<Passkey>,
}

/// Answer of `POST /auth/passkey/register/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registered {
    /// Always true.
    pub ok: bool,
    /// The new account.
    pub user: User,
    /// Its passkey.
    pub passkey: Passkey,
}

/// Answer of `POST /auth/passkey/login/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// Always true.
    pub ok: bool,
    /// Who came in.
    pub user: User,
}

/// Answer of calls that only do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// Always true.
    pub ok: bool,
}

/// Answer of `GET /auth/session`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CurrentSession {
    /// Whose session it is.
    pub user: User,
    /// The session.
    pub session: Session,
    /// What the risk engine makes of this request.
    pub risk: Risk,
}

/// A session, without its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Names it; not a secret.
    pub id: String,
    /// What holds it to the device.
    pub binding: Binding,
    /// When it was opened.
    pub created_at: String,
    /// When it ends at the latest.
    pub expires_at: String,
    /// When it ends if it is not used.
    pub idle_expires_at: String,
}

/// What holds a session to the device it was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Nothing but the cookie.
    Cookie,
}

/// What the risk engine makes of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Risk {
    /// The sum of the signals' points.
    pub score: u32,
    /// From here on a step-up is asked for.
    pub threshold: u32,
    /// What follows.
    pub decision: Decision,
    /// What the score is made of.
    pub signals: Vec<super::Reason>,
}

/// What follows from a risk score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Go on.
    Allow,
}
