//! Everything a ceremony can say, in one table. Short sentences: what happened, whether anything was lost, what to
//! do now.

#![cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the server renders only the silence before"))]

/// Which of the two ceremonies speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Signing in.
    SignIn,
    /// Creating an account.
    SignUp,
}

/// How a ceremony can end without a session.
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
    /// Whether the passkey existed already when the server was asked.
    pub after_touch: bool,
}

/// How urgently something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
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
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) tone: Tone,
    pub(super) title: &'static str,
    pub(super) detail: String,
    pub(super) action: Action,
    pub(super) request_id: String,
}

impl Message {
    pub(super) fn new(tone: Tone, title: &'static str, detail: &str) -> Self {
        Self { tone, title, detail: detail.to_owned(), action: Action::None, request_id: String::new() }
    }

    fn with(self, action: Action) -> Self {
        Self { action, ..self }
    }

    pub(super) fn preparing() -> Self {
        Self::new(Tone::Wait, "Getting ready.", "")
    }

    pub(super) fn asking(flow: Flow) -> Self {
        let title = match flow {
            Flow::SignIn => "Your device is asking for your passkey.",
            Flow::SignUp => "Your device is offering to keep a passkey.",
        };
        Self::new(Tone::Wait, title, "Answer there with your fingerprint, face, PIN or security key.")
            .with(Action::Cancel)
    }

    pub(super) fn checking(flow: Flow) -> Self {
        let title = match flow {
            Flow::SignIn => "Checking your passkey.",
            Flow::SignUp => "Checking your new passkey.",
        };
        Self::new(Tone::Wait, title, "")
    }

    pub(super) fn done(flow: Flow) -> Self {
        match flow {
            Flow::SignIn => Self::new(Tone::Ok, "You are signed in.", "Taking you to your account."),
            Flow::SignUp => Self::new(Tone::Ok, "Your account is ready.", "Taking you there now."),
        }
    }

    pub(super) fn failed(flow: Flow, failure: Failure) -> Self {
        use Flow::{SignIn, SignUp};
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
            (Failure::Stopped, SignIn) => {
                info("Stopped. You are not signed in.", "Nothing was lost. Press the button when you are ready.")
            }
            (Failure::Stopped, SignUp) => info(
                "Stopped. No account was created.",
                "What you typed is still here. Press the button when you are ready.",
            ),
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
            (Failure::AlreadyHere, _) => info(
                "This device already has a passkey for your account.",
                "Nothing was added and nothing is missing. You can sign in with the one you have.",
            )
            .with(Action::Link("Sign in", "/")),
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
            (Failure::Refused(refusal), flow) => Self::refused(flow, refusal),
        }
    }

    fn refused(flow: Flow, refusal: Refusal) -> Self {
        let look = |title, detail: &str| Self {
            request_id: refusal.request_id.clone(),
            ..Self::new(Tone::Look, title, detail)
        };
        match (refusal.code.as_str(), flow) {
            ("passkey_unknown", _) => Self {
                request_id: String::new(),
                ..look(
                    "This passkey does not belong to an account here.",
                    "It may have been removed. Press the button to choose another passkey, or create an account.",
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
            (_, Flow::SignIn) if refusal.after_touch => {
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
