//! The ceremonies, step by step. The islands say what is going on between the steps.

use wasm_bindgen::JsValue;

use super::{http, js, webauthn};
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

/// End the session.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    http::post("/auth/logout", &js::object(&[]), Failure::Unreachable).await.map(|_| ())
}

async fn verify(path: &str, answer: &JsValue) -> Result<(), Failure> {
    let body = js::object(&[("response", answer)]);
    http::post(path, &body, Failure::ConnectionLost).await.map_err(after_touch)?;
    // A browser may drop a Secure cookie on http://localhost. Better to say so than to ask again for ever.
    match http::get("/auth/session", Failure::ConnectionLost).await {
        Err(Failure::Refused(Refusal { status: 401, .. })) => Err(Failure::CookieNotKept),
        other => other.map(|_| ()).map_err(after_touch),
    }
}

fn after_touch(failure: Failure) -> Failure {
    match failure {
        Failure::Refused(refusal) => Failure::Refused(Refusal { after_touch: true, ..refusal }),
        // The touch is made; whether the call went out is not known.
        Failure::Offline => Failure::ConnectionLost,
        other => other,
    }
}
