//! Why somebody is at the sign-in page again: what happened, whether anything was lost, what to do.

use leptos::prelude::*;

/// What ended the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The person did.
    SignedOut,
    /// The browser no longer had the key that the session was locked to.
    KeyLost,
    /// An old token came back: the cookie had been copied.
    Replayed,
    /// The person did, from another device.
    Revoked,
    /// Too many sessions; this was the oldest.
    Limit,
    /// Another device tried to go on with it.
    BindingViolated,
    /// Two machines used it at once.
    Split,
    /// The person said, from another device, that it was not theirs.
    Disowned,
    /// An operator did.
    Operator,
    /// The passkey that opened it was removed.
    PasskeyRemoved,
    /// The account was recovered.
    Recovered,
    /// The database was put back to a backup.
    Restored,
}

impl Notice {
    /// Tone, title, and what it means.
    const fn says(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::SignedOut => ("ok", "You are signed out.", "Your passkey stays on your device for next time."),
            Self::KeyLost => (
                "info",
                "Sign in once more.",
                "This browser no longer had the key that locked you in here. That happens when site data is cleared. \
                 Nothing was lost. When you sign in, it gets a new one.",
            ),
            Self::Replayed => (
                "look",
                "We ended your session to protect you.",
                "Somebody used an old copy of its cookie. We cannot tell which of you was you, so we closed the door to \
                 both. Your passkeys are safe: a cookie cannot copy them. Sign in, then look at your sessions and end any \
                 that is not yours. If this browser did not crash just now, and you did not restore it from a backup, check this \
                 device for software that does not belong on it.",
            ),
            Self::Revoked => (
                "info",
                "This session was ended from another device of yours.",
                "Nothing was lost. If that was you, all is well. If not, sign in and look at your sessions and passkeys.",
            ),
            Self::Limit => (
                "info",
                "You were signed out here because you signed in elsewhere.",
                "An account can be open in a limited number of places. This was the oldest. Nothing was lost. Sign in to \
                 go on here.",
            ),
            Self::BindingViolated => (
                "look",
                "We ended your session to protect you.",
                "Another device tried to go on with it and could not show this device’s key. It did not get in. Your \
                 passkeys are safe. Sign in, then look at your sessions and end any that is not yours.",
            ),
            Self::Split => (
                "look",
                "We ended your session to protect you.",
                "It was used in two browsers on two networks at once. We cannot tell which of you was you, so we closed the \
                 door to both. Your passkeys are safe. Sign in, then look at your activity.",
            ),
            Self::Disowned => (
                "info",
                "This session was ended from another device.",
                "Somebody signed in there said that it was not theirs. If that was you and you meant another one, sign in \
                 again. Nothing was lost.",
            ),
            Self::PasskeyRemoved => (
                "info",
                "The passkey that opened this session was removed.",
                "So the session ended, too. Sign in with another passkey of yours. If it was not you who removed it, look at \
                 your activity then.",
            ),
            Self::Recovered => (
                "look",
                "Your account was recovered.",
                "All its sessions ended with that, and the passkeys of before are suspended. If that was not you, bring your \
                 passkey back now: our mail about it says how.",
            ),
            Self::Restored => (
                "info",
                "Sign in once more.",
                "This service had a fault and was put back to how it was a while ago. So that nothing comes back that you had \
                 ended, all sessions ended. What you did in the meantime may be missing: after signing in, look through your \
                 passkeys.",
            ),
            Self::Operator => (
                "info",
                "The people who run this service ended this session.",
                "They do that when something looks wrong. Nothing was lost, and your passkeys work as before. Sign in, then \
                 look at your activity.",
            ),
        }
    }
}

/// Shown above the sign-in form.
#[component]
pub(super) fn NoticeStatus(notice: Notice) -> impl IntoView {
    let (tone, title, detail) = notice.says();
    view! {
        <div class="status" data-tone=tone>
            <p class="title">{title}</p>
            <p>{detail}</p>
        </div>
    }
}
