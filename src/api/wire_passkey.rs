//! The JSON about the care of passkeys.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
pub use crate::auth::Blocked;

/// What a page should tell the browser, and that the passkey managers: the argument of each method of `PublicKeyCredential` that is
/// called for (WebAuthn Level 3 §5.1.10). A browser that has no such method needs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signals {
    /// This passkey opens nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_unknown_credential: Option<UnknownCredential>,
    /// These passkeys of the account are all there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_all_accepted_credentials: Option<AllAcceptedCredentials>,
    /// This is how the account is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_current_user_details: Option<CurrentUserDetails>,
}

/// `UnknownCredentialOptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownCredential {
    /// Where it was made for.
    pub rp_id: String,
    /// base64url.
    pub credential_id: String,
}

/// `AllAcceptedCredentialsOptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllAcceptedCredentials {
    /// Where they were made for.
    pub rp_id: String,
    /// The user handle, base64url.
    pub user_id: String,
    /// base64url.
    pub all_accepted_credential_ids: Vec<String>,
}

/// `CurrentUserDetailsOptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrentUserDetails {
    /// Where the passkeys were made for.
    pub rp_id: String,
    /// The user handle, base64url.
    pub user_id: String,
    /// The main address.
    pub name: String,
    /// What the person likes to be called.
    pub display_name: String,
}

/// Answer of calls after which passkey managers should be told something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signalled {
    /// Always true.
    pub ok: bool,
    /// What.
    pub signals: Signals,
}

/// One of a person's passkeys with what its page says of it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct PasskeyInFull {
    /// The passkey.
    pub passkey: super::Passkey,
    /// On what it was last used.
    pub last_used_on: Option<super::Device>,
    /// From which network.
    pub last_used_from: Option<String>,
    /// How many live sessions it has opened.
    pub sessions: usize,
    /// Whether the one that asks is among them.
    pub opened_this: bool,
    /// Whether no other one would open the account.
    pub is_last: bool,
    /// Why it opens nothing, if it does not.
    pub blocked: Option<Blocked>,
}
