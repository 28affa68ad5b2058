//! Everything an island can say, in one table. Short sentences: what happened, whether anything was lost, what to do
//! now.

#![cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the server renders only the silence before"))]

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Signing in.
    SignIn,
    /// Creating an account.
    SignUp,
    /// Something that a signed-in person does, and may need one more touch for.
    Confirm,
}

/// How it can end without what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The prompt was closed, or the browser gave up. Browsers do not tell the two apart.
    Dismissed,
    /// The person pressed Cancel.
    Stopped,
    /// We stopped waiting.
    TimedOut,
    /// Another prompt is open.
    AlreadyAsking,
    /// Nothing on this device can keep a passkey.
    NoAuthenticator,
    /// A passkey for this account is on this device.
    AlreadyHere,
    /// The browser says it is offline.
    Offline,
    /// The server did not answer, and was not yet asked to change anything.
    Unreachable,
    /// The server did not answer, and may have done what was asked.
    ConnectionLost,
    /// The browser has no WebAuthn.
    Unsupported,
    /// The page is no secure context.
    Insecure,
    /// Passkeys do not work at this host.
    WrongAddress,
    /// The session cookie did not come back.
    CookieNotKept,
    /// The key that holds the session to this browser is not there, or is another.
    KeyGone,
    /// The server said no.
    Refused(Refusal),
}

/// What the server said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The stable word.
    pub code: String,
    /// The sentence.
    pub sentence: String,
    /// Joins this to the server's log.
    pub request_id: String,
    /// Seconds until another try makes sense.
    pub retry_after: Option<u32>,
    /// The action that one more touch is for, as JSON text. Empty if none is asked for.
    pub step_up: String,
    /// Why one more touch is asked for, a sentence each. Empty if that is always asked before this.
    pub reasons: Vec<String>,
    /// Whether the passkey had been touched already when the server was asked.
    pub after_touch: bool,
}

impl Refusal {
    /// Whether one more touch of the passkey is what is missing.
    pub(crate) fn asks_for_touch(&self) -> bool {
        self.code == "step_up_required" && !self.step_up.is_empty()
    }

    /// Whether the session is no longer there.
    pub(crate) fn is_signed_out(&self) -> bool {
        matches!(self.code.as_str(), "no_session" | "invalid_session")
    }
}

/// How urgently something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Info,
    Wait,
    Ok,
    Look,
}

impl Tone {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Wait => "wait",
            Self::Ok => "ok",
            Self::Look => "look",
        }
    }
}

/// What the person can do from the message itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    None,
    Cancel,
    Reload,
    Link(&'static str, &'static str),
    OpenOverHttps,
    /// Sign out, and come back to sign in with a new key.
    SignInAgain,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(super) tone: Tone,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) action: Action,
    pub(super) request_id: String,
}

impl Message {
    pub(super) fn new(tone: Tone, title: &str, detail: &str) -> Self {
        Self {
            tone,
            title: title.to_owned(),
            detail: detail.to_owned(),
            action: Action::None,
            request_id: String::new(),
        }
    }

    pub(super) fn with(self, action: Action) -> Self {
        Self { action, ..self }
    }

    /// For a place that has a Cancel of its own.
    pub(super) fn without_cancel(self) -> Self {
        if self.action == Action::Cancel { self.with(Action::None) } else { self }
    }

    /// A part of the page did not come.
    pub(super) fn not_loaded() -> Self {
        Self::new(
            Tone::Look,
            "We could not load this part of the page.",
            "Nothing was lost. Check your connection, then reload the page.",
        )
        .with(Action::Reload)
    }

    pub(super) fn preparing() -> Self {
        Self::new(Tone::Wait, "Getting ready.", "")
    }

    pub(crate) fn asking(flow: Flow) -> Self {
        let title = match flow {
            Flow::SignIn | Flow::Confirm => "Your device is asking for your passkey.",
            Flow::SignUp => "Your device is offering to keep a passkey.",
        };
        Self::new(Tone::Wait, title, "Answer there with your fingerprint, face, PIN or security key.")
            .with(Action::Cancel)
    }

    pub(crate) fn checking(flow: Flow) -> Self {
        let title = match flow {
            Flow::SignIn | Flow::Confirm => "Checking your passkey.",
            Flow::SignUp => "Checking your new passkey.",
        };
        Self::new(Tone::Wait, title, "")
    }

    /// Before a touch that the person has not asked for.
    pub(super) fn held() -> Self {
        Self::new(Tone::Look, "This page asks for your passkey once more.", "Nothing is wrong with your account.")
    }

    /// There was a touch, and the server asks again.
    pub(super) fn lapsed() -> Self {
        Self::new(
            Tone::Look,
            "That touch is no longer good.",
            "One touch is good for one change, within five minutes. Nothing was changed and nothing was lost. Press the \
             button to touch once more.",
        )
    }

    pub(super) fn done(flow: Flow) -> Self {
        match flow {
            Flow::SignIn => Self::new(Tone::Ok, "You are signed in.", "Taking you to your account."),
            Flow::SignUp => Self::new(Tone::Ok, "Your account is ready.", "Taking you there now."),
            Flow::Confirm => Self::new(Tone::Ok, "Thank you.", "Taking you back to where you were."),
        }
    }

    pub(super) fn failed(flow: Flow, failure: Failure) -> Self {
        use Flow::{Confirm, SignIn, SignUp};
        let info = |title, detail| Self::new(Tone::Info, title, detail);
        let look = |title, detail| Self::new(Tone::Look, title, detail);
        match (failure, flow) {
            (Failure::Dismissed, SignIn) => info(
                "You are not signed in yet.",
                "The passkey prompt was closed or ran out of time. Nothing was lost. Press the button to try again.",
            ),
            (Failure::Dismissed, SignUp) => info(
                "No account was created yet.",
                "The passkey prompt was closed or ran out of time. Nothing was saved. Press the button to try again.",
            ),
            (Failure::Dismissed, Confirm) => info(
                "Nothing was changed yet.",
                "The passkey prompt was closed or ran out of time. Nothing was lost. Press the button to try again.",
            ),
            (Failure::Stopped, SignIn) => {
                info("Stopped. You are not signed in.", "Nothing was lost. Press the button when you are ready.")
            }
            (Failure::Stopped, SignUp) => info(
                "Stopped. No account was created.",
                "What you typed is still here. Press the button when you are ready.",
            ),
            (Failure::Stopped, Confirm) => {
                info("Stopped. Nothing was changed.", "Nothing was lost. Press the button when you are ready.")
            }
            (Failure::TimedOut, _) => info(
                "We stopped waiting after five minutes.",
                "This keeps an open prompt from being used by someone else. Nothing was lost. Press the button to try again.",
            ),
            (Failure::AlreadyAsking, _) => look(
                "Another passkey prompt is open.",
                "Answer or close it first. It may be in another tab or window. Then press the button again.",
            ),
            (Failure::NoAuthenticator, _) => look(
                "This device cannot keep a passkey by itself.",
                "Nothing was saved. Turn on a screen lock, or use a phone or security key. Then press the button again.",
            ),
            (Failure::AlreadyHere, flow) => info(
                "This device already has a passkey for your account.",
                "Nothing was added and nothing is missing. You can sign in with the one you have.",
            )
            .with(if flow == Confirm { Action::None } else { Action::Link("Sign in", "/") }),
            (Failure::Offline, _) => {
                look("You are offline.", "Nothing was sent and nothing was lost. Connect, then press the button again.")
            }
            (Failure::Unreachable, _) => look(
                "We could not reach the server.",
                "Nothing was changed and nothing was lost. Check your connection, then press the button again.",
            ),
            (Failure::ConnectionLost, SignIn) => look(
                "The connection dropped before we could answer.",
                "You may already be signed in. Reload the page to see.",
            )
            .with(Action::Reload),
            (Failure::ConnectionLost, SignUp) => look(
                "The connection dropped before we could answer.",
                "Your device has kept the passkey. Your account is probably ready. Try to sign in with it first.",
            )
            .with(Action::Link("Sign in", "/")),
            (Failure::ConnectionLost, Confirm) => look(
                "The connection dropped before we could answer.",
                "What you asked for may be done already. Reload the page to see.",
            )
            .with(Action::Reload),
            (Failure::Unsupported, _) => look(
                "This browser cannot use passkeys.",
                "Nothing was lost. Open this page in a current version of Safari, Chrome, Edge or Firefox.",
            ),
            (Failure::Insecure, _) => look(
                "Passkeys need a secure connection, and this page does not have one.",
                "Nothing was sent. Open the same page over HTTPS.",
            )
            .with(Action::OpenOverHttps),
            (Failure::WrongAddress, _) => look(
                "Passkeys do not work at this address.",
                "Nothing was lost. Go to the address where you usually sign in.",
            ),
            (Failure::CookieNotKept, _) => look(
                "Your passkey worked, but this browser did not keep you signed in.",
                "Safari does this on http://localhost. Nothing was lost. Open the page over HTTPS, or use another browser.",
            )
            .with(Action::OpenOverHttps),
            (Failure::KeyGone, _) => look(
                "This browser no longer has the key that locked you in here.",
                "That happens when site data is cleared. Nothing was lost and nothing was changed. Sign in once more.",
            )
            .with(Action::SignInAgain),
            (Failure::Refused(refusal), flow) if refusal.code == "challenge_expired" => {
                Self::failed(flow, Failure::TimedOut)
            }
            (Failure::Refused(refusal), flow) => Self::refused(flow, refusal),
        }
    }

    fn refused(flow: Flow, refusal: Refusal) -> Self {
        let look = |title, detail: &str| Self {
            request_id: refusal.request_id.clone(),
            ..Self::new(Tone::Look, title, detail)
        };
        match (refusal.code.as_str(), flow) {
            ("passkey_unknown", Flow::Confirm) => look(
                "This passkey does not belong to your account.",
                "Nothing was changed. Press the button and use a passkey of this account.",
            ),
            ("passkey_unknown", _) => Self {
                request_id: String::new(),
                ..look(
                    "This passkey does not belong to an account here.",
                    "It may have been removed. If your device offers it again, delete it in your device’s password settings. Press \
                     the button to choose another passkey, or create an account.",
                )
                .with(Action::Link("Create an account", "/signup"))
            },
            _ if refusal.retry_after.is_some() => look(
                "There have been many tries from your network.",
                &wait_sentence(refusal.retry_after.unwrap_or_default()),
            ),
            _ if refusal.status >= 500 && refusal.after_touch && flow == Flow::SignUp => look(
                "We could not finish your account.",
                "Something went wrong on our side. Your device may have kept a passkey that does not work here. You can \
                 delete it in your device’s password settings. Press the button to make a new one.",
            ),
            _ if refusal.status >= 500 => look(
                "Something went wrong on our side.",
                "Nothing was lost. Wait a moment, then press the button again.",
            ),
            (_, Flow::SignUp) if refusal.after_touch => look(
                "We could not accept the answer from your device.",
                &format!("{} Your device may have kept a passkey that does not work here.", refusal.sentence),
            ),
            (_, Flow::SignIn | Flow::Confirm) if refusal.after_touch => {
                look("We could not accept the answer from your device.", &refusal.sentence)
            }
            _ => look("That did not work.", &refusal.sentence),
        }
    }
}

fn wait_sentence(seconds: u32) -> String {
    let mut sentence = String::from("You can try again in ");
    sentence.push_str(&seconds.to_string());
    sentence.push_str(" seconds. Nothing was lost.");
    sentence
}
