//! Why a rule said no.
//!
//! [`Refusal`] is what a person (or their program) may be told; [`Error`] adds what they may not.
//! Each refusal has one code, one kind and one sentence, here and nowhere else. Some share a code: a program does the
//! same about them, a person does not.

use super::step_up::Action;
use crate::audit;
use crate::keyring::SealError;
use crate::notify;
use crate::risk::Signal;
use crate::secret::NoEntropy;
use crate::store;
use crate::throttle::{self, Limited};

/// What a rule returns instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request was understood and refused.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The database failed.
    #[error("database: {0}")]
    Store(#[from] store::Error),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// One more passkey touch is needed, for this.
    #[error("step-up required: {}", .0.action.name())]
    StepUp(Box<StepUpRequired>),
    /// Too much of it came.
    #[error("limited by the layer {}", .0.layer.as_str())]
    Limited(Box<Limited>),
    /// It could not be counted whether it was too much.
    #[error("throttling: {0}")]
    Uncounted(store::Error),
    /// Something could not be sealed, or what was sealed not opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Something stored or produced by us could not be read back.
    #[error("{0}")]
    Broken(String),
}

/// Why a touch is asked for, and what it would be good for.
#[derive(Debug)]
pub struct StepUpRequired {
    /// What the touch would allow, once.
    pub action: Action,
    /// Why it is asked for.
    pub signals: Vec<Signal>,
}

impl Error {
    /// Whether the database cannot do it now: worth another try, and nobody's input.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if store::is_unavailable(error))
    }
}

impl From<throttle::Error> for Error {
    fn from(error: throttle::Error) -> Self {
        match error {
            throttle::Error::Limited(limited) => Self::Limited(limited),
            throttle::Error::Store(error) => Self::Uncounted(error),
            throttle::Error::Entropy(error) => Self::Entropy(error),
        }
    }
}

impl From<notify::Error> for Error {
    fn from(error: notify::Error) -> Self {
        match error {
            notify::Error::Store(error) => Self::Store(error),
            notify::Error::Seal(error) => Self::Seal(error),
            notify::Error::Entropy(error) => Self::Entropy(error),
            notify::Error::Unfit(why) => Self::Broken(format!("a notice cannot be sent: {why}")),
        }
    }
}

impl From<audit::Error> for Error {
    fn from(error: audit::Error) -> Self {
        match error {
            audit::Error::Store(error) => Self::Store(error),
            audit::Error::Seal(error) => Self::Seal(error),
            audit::Error::Entropy(error) => Self::Entropy(error),
            audit::Error::Broken(what) => Self::Broken(what),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The family a refusal belongs to. The edge makes a status of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request itself is at fault.
    Input,
    /// There is no session to act for.
    Unauthenticated,
    /// There is, and one more passkey touch is needed.
    StepUp,
    /// What was named is not there.
    NotFound,
    /// It cannot be done as things stand.
    Conflict,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident, $kind:ident, $code:literal, $sentence:literal;)*) => {
        /// A reason to refuse, with its stable code and its sentence for a person.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal { $($(#[$doc])* $variant,)* }

        impl Refusal {
            /// All of them, for tests and documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The `code` member of the error answer, and the `reason` in the audit trail.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The `error` member: what happened, and what to do now.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// The family.
            pub fn kind(self) -> RefusalKind {
                match self { $(Self::$variant => RefusalKind::$kind,)* }
            }
        }
    };
}

refusals! {
    /// Not an address that mail could reach.
    EmailInvalid, Input, "email_invalid",
        "That does not look like an email address. Please check it.";
    /// Signed in, and the address named is another one.
    EmailMismatch, Input, "email_mismatch",
        "You are signed in with another address. Sign out first to create a second account.";
    /// Too long, or with characters that cannot be shown.
    DisplayNameInvalid, Input, "display_name_invalid",
        "That name cannot be shown. Please use at most 64 ordinary characters.";
    /// Too long, or with characters that cannot be shown.
    LabelInvalid, Input, "label_invalid",
        "Give the passkey a name of 1 to 64 ordinary characters.";
    /// Not a RegistrationResponseJSON or AuthenticationResponseJSON (WebAuthn Level 3 §5.1).
    ResponseMalformed, Input, "response_malformed",
        "The answer from your passkey could not be read. Nothing was changed. Please try again.";
    /// No open ceremony of this browser has this challenge.
    ChallengeUnknown, Input, "challenge_unknown",
        "This sign-in was started somewhere else or too long ago. Please start again.";
    /// The ceremony took longer than it may.
    ChallengeExpired, Input, "challenge_expired",
        "That took longer than five minutes, so it was stopped. Please start again.";
    /// The ceremony was finished before.
    ChallengeUsed, Input, "challenge_used",
        "This was already used once. Please start again.";
    /// The answer is to another kind of ceremony than the one begun.
    CeremonyMismatch, Input, "ceremony_mismatch",
        "The answer from your passkey was for something else. Please start again.";
    /// The browser signed for another origin (WebAuthn §7.1 step 9, §7.2 step 13).
    OriginMismatch, Input, "origin_mismatch",
        "Your passkey was asked by another site. Check the address in your browser.";
    /// The authenticator signed for another relying party id.
    RpIdMismatch, Input, "rp_id_mismatch",
        "Your passkey was made for another site. Check the address in your browser.";
    /// The user-verified or user-present flag is missing.
    UserNotVerified, Input, "user_not_verified",
        "Your device did not check that it is you. Unlock it with your finger, face or PIN and try again.";
    /// The signature does not hold.
    SignatureInvalid, Input, "signature_invalid",
        "The answer from your passkey did not check out. Nothing was changed. Please try again.";
    /// The key's algorithm was not offered.
    AlgorithmUnsupported, Input, "algorithm_unsupported",
        "This kind of passkey cannot be used here. Please try another one.";
    /// The credential id is registered already.
    PasskeyExists, Input, "passkey_exists",
        "This passkey is already registered. Sign in with it instead.";
    /// No passkey here has this credential id.
    PasskeyUnknown, Input, "passkey_unknown",
        "This passkey does not belong to an account here. It may have been removed. Delete it in your device’s password \
         settings, and use another one.";
    /// It was used and refused a hundred times in a row (NIST SP 800-63B-4 §3.2.2).
    PasskeyLocked, Input, "passkey_locked",
        "This passkey was refused too often, so it is locked. Use another passkey, or recover your account.";
    /// The user handle is missing or another account's.
    UserHandleMismatch, Input, "user_handle_mismatch",
        "This passkey does not belong to that account. Please choose another one.";
    /// Backup eligibility went from true to false, which no honest authenticator does.
    PasskeyChanged, Input, "passkey_changed",
        "This passkey is no longer what it was when it was created. Please use another one.";
    /// The signature counter of a single-device passkey went backwards.
    CounterRegressed, Input, "counter_regressed",
        "This passkey may have been copied, so it was refused. Please use another one.";
    /// The profile admits only passkeys that live on one device, and this one can be synced.
    PasskeyNotDeviceBound, Input, "passkey_not_device_bound",
        "This service only accepts passkeys that stay on one device, such as a security key. Please use one of those.";
    /// The account has as many passkeys as it may.
    PasskeysFull, Conflict, "passkeys_full",
        "Your account has 20 passkeys, which is as many as it can have. Remove one first.";
    /// None of the person's passkeys has this id.
    PasskeyNotFound, NotFound, "passkey_not_found",
        "That passkey is not one of yours any more.";
    /// No other passkey of the account could sign in.
    PasskeyIsLast, Conflict, "passkey_is_last",
        "This is the only passkey that opens your account, so it cannot be removed. Add another one first.";
    /// The device key that came along is none, did not sign the ceremony, or is another session's.
    DeviceKeyInvalid, Input, "device_key_invalid",
        "Your browser’s own key did not check out, so you were not signed in. Please reload the page and try again.";
    /// Any other failure of WebAuthn verification.
    VerificationFailed, Input, "verification_failed",
        "The answer from your passkey did not check out. Nothing was changed. Please try again.";
    /// No session cookie.
    NoSession, Unauthenticated, "no_session",
        "You are not signed in.";
    /// A session cookie of no live session.
    InvalidSession, Unauthenticated, "invalid_session",
        "You were signed out. Please sign in again.";
    /// The session has a device key, and this call needs a proof of it (RFC 9449).
    DpopProofRequired, Unauthenticated, "dpop_proof_required",
        "This session is locked to a browser, and this request did not prove that it comes from there.";
    /// The proof lacks a nonce of ours, or has an old one (RFC 9449 §8).
    UseDpopNonce, Unauthenticated, "use_dpop_nonce",
        "The proof needs the nonce that came with this answer. Please try again.";
    /// The proof does not hold (RFC 9449 §4.3).
    InvalidDpopProof, Unauthenticated, "invalid_dpop_proof",
        "The proof that this request comes from your browser did not check out.";
    /// The token was replaced a moment ago, by a request that ran at the same time.
    SessionRotated, Conflict, "session_rotated",
        "Your session was renewed by another request at this moment. Nothing was changed. Please try again.";
    /// The token should have been replaced long ago, which cannot be done on the way to an app.
    RotationOverdue, Unauthenticated, "rotation_overdue",
        "Your session has to be renewed first. Open the page again, and it will be.";
    /// Some paths of apps take a touch, and the proxy did not say which path this is.
    ForwardedUriMissing, StepUp, "forwarded_uri_missing",
        "The proxy in front of this app did not say which page this is, so it stays closed. Whoever runs the service can mend that.";
    /// A code for going on in an app is used up, too old, for another app or from another browser.
    AppCodeInvalid, Input, "app_code_invalid",
        "The way to this app works once, for half a minute, in the browser it was made for. Open the app again. If this comes again, \
         your browser may keep no cookies here.";
    /// None of the person's sessions has this id.
    SessionNotFound, NotFound, "session_not_found",
        "That session has ended already.";
    /// Nothing on the person's account has this id, or nothing that happened in a session.
    EventNotFound, NotFound, "event_not_found",
        "We could not find that in your activity. It may be too old.";
    /// It happened in the very session that asks.
    SessionIsCurrent, Conflict, "session_is_current",
        "That is the session you are using now. Sign out to end it.";
    /// No API key, or none that is live.
    ApiKeyInvalid, Unauthenticated, "invalid_api_key",
        "This call needs a live API key, sent as a bearer token.";
    /// None of the person's API keys has this id.
    ApiKeyNotFound, NotFound, "api_key_not_found",
        "That API key was revoked already.";
    /// Too long, empty, or with characters that cannot be shown.
    ApiKeyNameInvalid, Input, "api_key_name_invalid",
        "Give the key a name of 1 to 64 characters.";
    /// The account has as many API keys as it may.
    ApiKeysFull, Conflict, "api_keys_full",
        "You have 50 API keys, which is as many as you can have. Revoke one first.";
    /// Too long, empty, or with characters that cannot be shown.
    AccountHolderInvalid, Input, "account_holder_invalid",
        "Write the name that the account is held in, with at most 70 ordinary characters.";
    /// Not the form of an IBAN (ISO 13616).
    IbanInvalid, Input, "iban_invalid",
        "That does not look like an IBAN. It begins with two letters and two digits, and has only letters and digits.";
    /// Its first two letters are no country's that has IBANs.
    IbanCountryUnknown, Input, "iban_invalid",
        "An IBAN begins with the two letters of its country, and these two are none. Please check them.";
    /// Shorter than its country's are.
    IbanTooShort, Input, "iban_invalid",
        "This IBAN is too short for its country. A part of it may be missing.";
    /// Longer than its country's are.
    IbanTooLong, Input, "iban_invalid",
        "This IBAN is too long for its country. A part of it may be there twice.";
    /// Its check digits do not fit the rest (ISO 7064), or the rest does not fit its country.
    IbanMistyped, Input, "iban_invalid",
        "There is a typing mistake in this IBAN: it does not check out. Please compare it with the one your bank shows.";
    /// None of the account's addresses has this id.
    EmailNotFound, NotFound, "email_not_found",
        "That address is not one of yours any more.";
    /// The account has this address, and has shown that it is its own.
    EmailKnown, Conflict, "email_known",
        "This address is confirmed for your account already.";
    /// The account has as many addresses as it may.
    EmailsFull, Conflict, "emails_full",
        "You have two addresses, which is as many as you can have. Remove one first.";
    /// The account had this address until a short while ago.
    EmailRemovedLately, Conflict, "email_removed_lately",
        "You removed this address less than three days ago. The mail about that has a link that brings it back.";
    /// Nobody has shown yet that the address is the person's.
    EmailNotVerified, Conflict, "email_not_verified",
        "Confirm this address first.";
    /// It is the main one.
    EmailIsPrimary, Conflict, "email_is_primary",
        "That is your main address. To remove it, make another one your main address first.";
    /// It was asked for before.
    DeletionPending, Conflict, "deletion_pending",
        "Your account will be deleted already. You can still keep it.";
    /// Not the code that was mailed, or no code at all.
    CodeWrong, Input, "code_wrong",
        "That is not the code we sent. Please compare it with the newest mail.";
    /// It came too late.
    CodeExpired, Conflict, "code_expired",
        "That code was good for ten minutes, and they are over. Ask for a new one.";
    /// Too much was tried.
    CodeSpent, Conflict, "code_spent",
        "That was not the code, five times, so it no longer works. Ask for a new one.";
    /// This session has asked for none, or has used it.
    CodeNotFound, NotFound, "code_not_found",
        "There is no code to wait for here. Ask for a new one.";
    /// No recovery has this token.
    RecoveryNotFound, NotFound, "recovery_not_found",
        "We know of no recovery that was begun in this browser. Please begin again.";
    /// It was stopped, completed, or its time is over.
    RecoveryOver, Conflict, "recovery_over",
        "This recovery is over. Please begin again.";
    /// The wait is on, or has not begun.
    RecoveryTooSoon, Conflict, "recovery_too_soon",
        "It is too early for that. This page says when it can be done.";
    /// That method was shown before, or is not asked for.
    RecoveryShown, Conflict, "recovery_shown",
        "That was shown already. It is not needed a second time.";
    /// Not one of the codes that the person has saved, or one that was used.
    RecoveryCodeWrong, Input, "recovery_code_wrong",
        "That is not one of your recovery codes, or it was used before. Please check it, or try another one.";
    /// Too many were tried.
    RecoveryCodesSpent, Conflict, "recovery_codes_spent",
        "That was wrong too often. Please begin again.";
    /// Another one of the same account waits.
    RecoveryPending, Conflict, "recovery_pending",
        "Your account is being recovered already. A second one would not be sooner. If the first is not yours, stop it with the link in our mail.";
    /// One was stopped lately.
    RecoveryBlocked, Conflict, "recovery_blocked",
        "A recovery of this account was stopped less than a day ago. Until that day is over no other can begin.";
    /// The account was recovered lately.
    OnHold, Conflict, "on_hold",
        "Your account was recovered a short while ago, so this has to wait for three days from then. We told you by mail when that is.";
    /// A recovery keeps it from being used.
    PasskeySuspended, Input, "passkey_suspended",
        "This passkey was suspended when the account was recovered. You can bring it back, with a code by mail.";
    /// It can neither be used nor removed, until it is brought back or its time is over.
    PasskeyIsSuspended, Conflict, "passkey_is_suspended",
        "This passkey is suspended since your account was recovered. It goes by itself after thirty days.";
    /// What only operators know of, asked for by somebody else: the same as an address that nothing is at.
    NothingHere, NotFound, "not_found",
        "There is nothing here. The address may be old or mistyped.";
    /// No alert has this id, or somebody has seen to it already.
    AlertNotFound, NotFound, "alert_not_found",
        "Somebody has seen to that alert already, or it was forgotten.";
    /// Too long, or with characters that cannot be shown.
    NoteInvalid, Input, "note_invalid",
        "That note cannot be kept. Please use at most 200 ordinary characters.";
    /// One more passkey touch is needed for this.
    StepUpRequired, StepUp, "step_up_required",
        "Touch your passkey once more to go on.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_snake_case_and_sentences_are_sentences() {
        let codes: HashSet<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        let of_ibans: Vec<_> = Refusal::ALL.iter().filter(|refusal| refusal.code() == "iban_invalid").collect();
        assert_eq!(codes.len() + of_ibans.len() - 1, Refusal::ALL.len(), "only these share theirs");
        assert!(of_ibans.iter().all(|refusal| refusal.kind() == RefusalKind::Input), "one code, one status");
        let sentences: HashSet<_> = of_ibans.iter().map(|refusal| refusal.sentence()).collect();
        assert_eq!(sentences.len(), of_ibans.len());
        for refusal in Refusal::ALL {
            assert!(refusal.code().chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{refusal:?}");
            assert!(refusal.sentence().ends_with('.') && !refusal.sentence().contains('!'), "{refusal:?}");
        }
    }
}
