//! The ceremonies, step by step. The islands say what is going on between the steps.

use wasm_bindgen::JsValue;

use super::device_key::{self, DeviceKey, Slot};
use super::proof::{self, Seeds};
use super::{http, js, page, webauthn};
use crate::app::islands::{Failure, Refusal};

/// Ask the server what kind of passkey to make.
pub(crate) async fn sign_up_options(email: &str, name: &str) -> Result<JsValue, Failure> {
    webauthn::check_support()?;
    let body = js::object(&[("email", &email.into()), ("displayName", &name.into())]);
    http::post("/auth/passkey/register/options", &body, Failure::Unreachable).await
}

/// Ask the device to make it.
pub(crate) async fn ask_to_create(options: &JsValue) -> Result<JsValue, Failure> {
    webauthn::create(options).await
}

/// Hand it to the server and see that the session is kept.
pub(crate) async fn finish_sign_up(answer: &JsValue) -> Result<(), Failure> {
    verify("/auth/passkey/register/verify", answer).await
}

/// Ask the server for a challenge.
pub(crate) async fn sign_in_options() -> Result<JsValue, Failure> {
    webauthn::check_support()?;
    http::post("/auth/passkey/login/options", &js::object(&[]), Failure::Unreachable).await
}

/// Ask the device for a passkey, with a prompt.
pub(crate) async fn ask_to_sign_in(options: &JsValue) -> Result<JsValue, Failure> {
    webauthn::get(options, false).await
}

/// Hand the answer to the server and see that the session is kept.
pub(crate) async fn finish_sign_in(answer: &JsValue) -> Result<(), Failure> {
    verify("/auth/passkey/login/verify", answer).await
}

/// End the session, and forget the key that it was held by.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    let _quiet = page::Quiet::begin();
    http::post("/auth/logout", &js::object(&[]), Failure::Unreachable).await?;
    device_key::forget(Slot::Current).await;
    Ok(())
}

/// Hand in what opens a session, with a key to bind it to, and see that it is kept.
pub(super) async fn verify(path: &str, answer: &JsValue) -> Result<(), Failure> {
    let key = device_key::make().await;
    let handed_in = match &key {
        Some(key) => hand_in(key, path, answer).await,
        None => None,
    };
    let mut members = vec![("response", answer)];
    if let Some(handed_in) = &handed_in {
        members.push(("deviceKey", handed_in));
    }
    let outcome = http::post(path, &js::object(&members), Failure::ConnectionLost).await;
    match (&outcome, &key) {
        (Ok(_), Some(key)) if handed_in.is_some() => device_key::accept(key).await,
        (Err(Failure::Refused(_)), Some(_)) => device_key::forget(Slot::Next).await,
        _ => {}
    }
    outcome.map_err(Failure::after_touch)?;
    // A browser may drop a Secure cookie on http://localhost. Better to say so than to ask again for ever.
    match http::get("/auth/session", Failure::ConnectionLost).await {
        Err(Failure::Refused(Refusal { status: 401, .. })) => Err(Failure::CookieNotKept),
        other => other.map(|_| ()).map_err(Failure::after_touch),
    }
}

/// What binds the session to the key: its public half, and a proof over this ceremony's challenge.
async fn hand_in(key: &DeviceKey, path: &str, answer: &JsValue) -> Option<JsValue> {
    let client_data = js::text(&js::get(answer, "response"), "clientDataJSON");
    let client_data = page::window()?.atob(&js::translate(&client_data, [('-', '+'), ('_', '/')])).ok()?;
    let seeds = Seeds::of_ceremony(js::text(&js::parse(&client_data), "challenge"));
    let proof = proof::make(key, "POST", path, &seeds).await?;
    Some(js::object(&[("jwk", &key.jwk().await?), ("proof", &proof.into())]))
}
