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

/// Answer of `POST /account/delete`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToBeDeleted {
    /// Always true.
    pub ok: bool,
    /// Until when it can be undone.
    pub deletes_at: String,
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
    /// Somebody is recovering this account, and can make a passkey from then on. Told to `?watch=1` only: whoever watches
    /// can stop it.
    #[serde(skip_serializing_if = "Option::is_none", rename = "recoveryDueAt")]
    pub recovery_due_at: Option<String>,
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
    /// The RFC 7638 thumbprint of the key that the browser proves possession of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_key: Option<String>,
    /// When its token is due for a new one; absent where a bound cookie changes instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation_due_at: Option<String>,
    /// When the last step-up's grant runs out, if it is unspent. Never a window for anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stepped_up_until: Option<String>,
}

/// What holds a session to the device it was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Nothing but the cookie.
    Cookie,
    /// A key that the browser's storage will not give away (WebCrypto), proven at each rotation and sensitive call.
    DeviceKey,
    /// Device Bound Session Credentials: the browser itself proves a key, as a rule in hardware.
    Dbsc,
}

/// What a page hands in when a session is to be bound to a key of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceKey {
    /// The public half (RFC 7517), P-256.
    pub jwk: Json,
    /// A `dpop+jwt` (RFC 9449 §4.2) over the ceremony's challenge.
    pub proof: String,
}

/// Answer of `GET /auth/sessions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionList {
    /// Live ones, the most recently used first.
    pub sessions: Vec<SessionEntry>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionEntry {
    /// Names it; not a secret.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// On what it was opened.
    pub device: Device,
    /// From which network it was last used: IPv4 /24, IPv6 /48.
    pub network: Option<String>,
    /// What holds it to the device.
    pub binding: Binding,
    /// When it was opened.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_seen_at: String,
    /// When it ends at the latest.
    pub expires_at: String,
}

/// A device in a person's words. Where the browser did not say: "Unknown browser", "unknown system".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// As in "Chrome".
    pub browser: String,
    /// As in "Windows".
    pub os: String,
    /// `desktop`, `phone`, `tablet` or `other`.
    pub class: String,
}

/// Answer of `POST /auth/sessions/revoke`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionsRevoked {
    /// Always true.
    pub ok: bool,
    /// How many ended.
    pub revoked: u64,
}

/// Answer of `POST /auth/step-up/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SteppedUp {
    /// Always true.
    pub ok: bool,
    /// Until when the one call may be made.
    pub valid_until: String,
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Names it; not a secret.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// How its secret begins, to tell it from others.
    pub hint: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last used.
    pub last_used_at: Option<String>,
}

/// Answer of `GET /api-keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyList {
    /// Newest first.
    pub api_keys: Vec<ApiKey>,
}

/// Answer of `POST /api-keys`. The only time that the secret is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyCreated {
    /// Always true.
    pub ok: bool,
    /// The new key.
    pub api_key: ApiKey,
    /// What a program sends as `Authorization: Bearer …`.
    pub secret: String,
}

/// Answer of `POST /auth/introspect`, in the words of RFC 7662 §2.2 where it has them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Introspection {
    /// Whether the token is worth anything to this caller. If not, nothing else is said.
    pub active: bool,
    /// Whose it is: `user.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// When it ends, in seconds since 1970: `session.expiresAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Whose it is. Of an API key's owner there is the id alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<IntrospectedUser>,
    /// The session, where a token was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<IntrospectedSession>,
    /// The key itself, where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<IntrospectedKey>,
}

/// Whose something is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntrospectedUser {
    /// Of a session.
    Known(User),
    /// Of an API key.
    Id {
        /// Apps key on this.
        id: String,
    },
}

/// A session as a backend sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntrospectedSession {
    /// Names it; not a secret.
    pub id: String,
    /// What holds it to the device.
    pub binding: Binding,
    /// When it was opened.
    pub created_at: String,
    /// When it ends at the latest.
    pub expires_at: String,
    /// As in [`Session`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stepped_up_until: Option<String>,
}

/// An API key as whoever presents it sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntrospectedKey {
    /// Names it; not a secret.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
}

/// Where a person is paid to. Its number is masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payout {
    /// Whose account it is.
    pub account_holder: String,
    /// Country and last four characters, the rest dots, in groups as it is printed.
    pub iban: String,
    /// When it was saved.
    pub updated_at: String,
}

impl std::fmt::Debug for Payout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payout").field("updated_at", &self.updated_at).finish_non_exhaustive()
    }
}

/// Answer of `GET /billing/payout`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutAnswer {
    /// `null` until something is saved.
    pub payout: Option<Payout>,
}

/// Answer of `POST /billing/payout`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutChanged {
    /// Always true.
    pub ok: bool,
    /// What is saved now.
    pub payout: Payout,
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
    /// One more passkey touch.
    StepUp,
}

/// Answer of `GET /auth/events`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// Newest first.
    pub events: Vec<ActivityEvent>,
    /// The `cursor` of the next page, if there is one.
    pub next: Option<String>,
    /// Whom to name where the places of these events are shown.
    pub credits: Vec<Credit>,
}

/// One thing that happened on the person's account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityEvent {
    /// Names it.
    pub id: String,
    /// When.
    pub at: String,
    /// What: a stable word in `snake_case`.
    pub kind: String,
    /// `success` or `refused`.
    pub outcome: String,
    /// Why, or for what: a stable word.
    pub reason: Option<String>,
    /// In which session.
    pub session: Option<SessionOfEvent>,
    /// With which passkey, by what the person calls it.
    pub passkey: Option<String>,
    /// On what.
    pub device: Option<Device>,
    /// From which network: IPv4 /24, IPv6 /48.
    pub network: Option<String>,
    /// In which country, in English.
    pub place: Option<String>,
    /// The `X-Request-Id` of the answer to the request that did it.
    pub request_id: String,
    /// What the risk engine said then, where it was asked.
    pub risk: Option<Risk>,
    /// Whether the person has said that its session was not theirs.
    pub disowned: bool,
}

/// The session of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOfEvent {
    /// Names it; not a secret.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Whether it has not ended yet.
    pub live: bool,
}

/// Somebody to name where data of theirs are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// What to show.
    pub text: String,
    /// Where it leads.
    pub link: String,
}
