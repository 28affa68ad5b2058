//! The JSON about mail addresses.

use serde::{Deserialize, Serialize};

use super::User;

/// One of a person's mail addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Names it in this API.
    pub id: String,
    /// The address.
    pub address: String,
    /// Whether it is the main one.
    pub primary: bool,
    /// Whether mail to it is known to reach this person.
    pub verified: bool,
    /// When it was added.
    pub added_at: String,
    /// Since when it is verified.
    pub verified_at: Option<String>,
    /// Until when the code works that this session has asked for, if there is one.
    pub code_until: Option<String>,
}

/// Answer of `GET /account/email`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressList {
    /// The main one first.
    pub addresses: Vec<Address>,
    /// Whether the service has a mail server. Without one, mails are written to a folder of its machine.
    pub sends_mail: bool,
}

/// Answer of `POST /account/email`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeSent {
    /// Always true.
    pub ok: bool,
    /// Names the address, for `/account/email/verify`.
    pub id: String,
    /// Until when the code works.
    pub expires_at: String,
}

/// Answer of `POST /account/email/verify`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddressVerified {
    /// Always true.
    pub ok: bool,
    /// The person, as they are known from now on.
    pub user: User,
}

/// What a link in a mail is about, as its page shows it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct NotMe {
    /// What happened.
    pub kind: NotMeKind,
    /// When, in words.
    pub at: String,
    /// Until when the link works, in words.
    pub until: String,
    /// On what.
    pub device: Option<String>,
    /// In which country.
    pub place: Option<String>,
    /// From which network.
    pub network: Option<String>,
    /// Whether the session that did it lives; of a recovery: whether it is under way.
    pub live: bool,
    /// Whether the button was pressed before.
    pub used: bool,
}

/// What a link in a mail is about.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMeKind {
    /// A sign-in.
    SignIn,
    /// One more passkey.
    Passkey,
    /// A passkey removed.
    PasskeyRemoved,
    /// A passkey by another name.
    PasskeyRenamed,
    /// One more API key.
    ApiKey,
    /// One more address.
    EmailAdded,
    /// An address taken off.
    EmailRemoved,
    /// Another main address.
    EmailPrimary,
    /// The end of the account.
    AccountDeletion,
    /// A recovery that waits.
    Recovery,
}
