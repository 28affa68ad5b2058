//! Calls of a session that is held to this browser: with a proof, and with one more touch where the server wants it.
//!
//! Nothing is repeated more than a few times, so that no refusal can become a loop.

use super::device_key::{self, Slot};
use super::dialog::Dialog;
use super::{ceremony, http, js, proof, webauthn};
use crate::app::islands::{self, Failure, Flow, Message, Refusal};

/// Who is signed in, asked without counting as a use of the session. Its answer brings what proofs must name.
pub(super) const WATCH: &str = "/auth/session?watch=1";

/// How often a call is repeated because a proof must name something else by now.
const REFRESHES: u8 = 3;

/// Read something. Answers its text.
pub(crate) async fn read(path: &str) -> Result<String, Failure> {
    attempt(path, None).await
}

/// Make a call. Where it needs a touch of the passkey, a dialog asks for that, and the same call is made again. `asks`
/// tells the person what the call is about to do.
pub(crate) async fn call(path: &str, body: Option<&str>, asks: &str) -> Result<String, Failure> {
    let mut again = false;
    loop {
        match attempt(path, body).await {
            Err(Failure::Refused(refusal)) if refusal.asks_for_touch() => {
                // No loop without an end: each round waits for a press.
                islands::confirm(&refusal, Some(asks), again).await?;
                again = true;
            }
            other => return other,
        }
    }
}

/// One touch, for the action that the server named. `say` tells the person how far it is.
pub(crate) async fn step_up(action: &str, say: &dyn Fn(Message)) -> Result<(), Failure> {
    webauthn::check_support()?;
    let options = attempt("/auth/step-up/options", Some(action)).await?;
    // Closed meanwhile: nobody expects a prompt any more, and nobody would end it.
    if Dialog::find().is_some_and(|dialog| !dialog.is_open()) {
        return Err(Failure::Stopped);
    }
    say(Message::asking(Flow::Confirm));
    let answer = webauthn::get(&js::parse(&options), false).await?;
    say(Message::checking(Flow::Confirm));
    let body = js::stringify(&js::object(&[("response", &answer)]));
    match attempt("/auth/step-up/verify", Some(&body)).await {
        // A touch changes nothing by itself. If it was heard all the same, the next press is answered with the next token.
        Err(Failure::ConnectionLost | Failure::Offline) => Err(Failure::Unreachable),
        other => other.map(|_| ()).map_err(Failure::after_touch),
    }
}

/// Where the answer of a passkey goes.
pub(crate) struct HandIn<'a> {
    /// The path that takes it.
    pub(crate) path: &'a str,
    /// What the call is about to do, in words.
    pub(crate) asks: &'a str,
    /// Whether a new passkey is made, or one that is there is asked.
    pub(crate) is_new: bool,
    /// Whether a session comes of it.
    pub(crate) opens: bool,
}

/// Have a passkey answer these options, and hand that in.
pub(crate) async fn ceremony(
    options: &str,
    HandIn { path, asks, is_new, opens }: &HandIn<'_>,
    say: &dyn Fn(Message),
) -> Result<String, Failure> {
    webauthn::check_support()?;
    let flow = if *is_new { Flow::SignUp } else { Flow::Confirm };
    say(Message::asking(flow));
    let options = js::parse(options);
    let answer = if *is_new { webauthn::create(&options).await } else { webauthn::get(&options, false).await }?;
    say(Message::checking(flow));
    if *opens {
        return ceremony::verify(path, &answer).await.map(|()| String::new());
    }
    let body = js::stringify(&js::object(&[("response", &answer)]));
    call(path, Some(&body), asks).await.map_err(Failure::after_touch)
}

/// Get a new token for the session. If another window has just done it, that is it.
pub(crate) async fn rotate() -> Result<(), Failure> {
    match attempt("/auth/session/rotate", Some("{}")).await {
        Err(Failure::Refused(refusal)) if refusal.code == "session_rotated" => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Whether it is for people who are signed out.
fn needs_no_session(path: &str) -> bool {
    path.starts_with("/recover") || path.starts_with("/auth/recovery")
}

/// Make the call with a proof, if the session has a key. Once more (or a few times): with what the refusal says a proof must name;
/// when the token has just changed; with the other key.
async fn attempt(path: &str, body: Option<&str>) -> Result<String, Failure> {
    let (method, lost) =
        if body.is_some() { ("POST", Failure::ConnectionLost) } else { ("GET", Failure::Unreachable) };
    if !proof::has_heard() && !needs_no_session(path) {
        // Cheaper than to be refused first, and the person's console stays clean.
        let _ = http::get(WATCH, Failure::Unreachable).await;
    }
    let (mut refreshes, mut rotated) = (0, false);
    let mut slot = Slot::Current;
    loop {
        let seeds = proof::seeds();
        let mut proven = None;
        if let Some(seeds) = &seeds {
            let mut key = device_key::find(slot).await;
            if key.is_none() && slot == Slot::Current {
                slot = Slot::Next;
                key = device_key::find(slot).await;
            }
            if let Some(key) = key {
                proven = proof::make(&key, method, path, seeds).await.map(|proof| (key, proof));
            }
        }
        let sent = http::send(path, body, proven.as_ref().map(|(_, proof)| proof.as_str()), lost.clone()).await;
        let refusal = match sent {
            Err(Failure::Refused(refusal)) => refusal,
            other => {
                // The page that made it went before it could say so.
                if let (Slot::Next, Ok(_), Some((key, _))) = (slot, &other, &proven) {
                    device_key::accept(key).await;
                }
                return other;
            }
        };
        let is_about_proof =
            matches!(refusal.code.as_str(), "use_dpop_nonce" | "dpop_proof_required" | "invalid_dpop_proof");
        // While other windows change the token, what a proof must name changes with it.
        if is_about_proof && refreshes < REFRESHES && proof::seeds() != seeds {
            refreshes += 1;
        } else if refusal.code == "session_rotated" && !rotated {
            rotated = true;
        } else if refusal.code == "invalid_dpop_proof" && slot == Slot::Current {
            slot = Slot::Next;
        } else if is_about_proof && refusal.code != "use_dpop_nonce" {
            return Err(Failure::KeyGone);
        } else {
            return Err(Failure::Refused(refusal));
        }
    }
}

impl Failure {
    /// What it means when the passkey has been touched already.
    pub(super) fn after_touch(self) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(Refusal { after_touch: true, ..refusal }),
            // Whether the call went out is not known.
            Self::Offline => Self::ConnectionLost,
            other => other,
        }
    }
}
