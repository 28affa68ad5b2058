//! `/auth/passkey/…`: the two WebAuthn ceremonies, two calls each.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, DeviceKey, Json, Registered, SignedIn};

/// `POST /auth/passkey/register/options`: begin to make a passkey. Signed out, for a new account; signed in,
/// for this account, and only after a step-up. Answers `PublicKeyCredentialCreationOptionsJSON`.
#[server(prefix = "/auth/passkey", endpoint = "register/options", input = JsonCodec, output = JsonCodec)]
pub async fn register_options(
    email: Option<String>,
    #[server(rename = "displayName")] display_name: Option<String>,
) -> Result<Json, ApiError> {
    let call = super::call::Call::current()?;
    let request = crate::auth::RegistrationRequest { email, display_name };
    let begun = call.auth.begin_registration(&call.caller, call.session_if_any(), &request).await?;
    answer_options(&call, begun)
}

/// `POST /auth/passkey/register/verify`: finish. Takes `RegistrationResponseJSON`; answers the account and
/// its passkey, with the session cookie. Signed in, the passkey joins the account and the session goes on.
#[server(prefix = "/auth/passkey", endpoint = "register/verify", input = JsonCodec, output = JsonCodec)]
pub async fn register_verify(
    response: Json,
    label: Option<String>,
    #[server(rename = "deviceKey")] device_key: Option<DeviceKey>,
) -> Result<Registered, ApiError> {
    let call = super::call::Call::current()?;
    let new = crate::auth::NewPasskey {
        response: response.get(),
        label: label.as_deref(),
        device_key: device_key.as_ref().map(DeviceKey::as_offer),
    };
    let done = call.auth.finish_registration(&call.caller, call.session_if_any(), &new).await?;
    match &done.opened {
        crate::auth::Opened::Session(session) => call.open(session),
        crate::auth::Opened::Renewed(renewed) => call.renew(renewed),
    }
    Ok(Registered { ok: true, user: done.account.into(), passkey: done.passkey.into() })
}

/// `POST /auth/passkey/login/options`: begin to sign in. An `email` is not looked at: the answer is the same for
/// everybody. Answers `PublicKeyCredentialRequestOptionsJSON`.
#[server(prefix = "/auth/passkey", endpoint = "login/options", input = JsonCodec, output = JsonCodec)]
pub async fn login_options() -> Result<Json, ApiError> {
    let call = super::call::Call::current()?;
    let begun = call.auth.begin_authentication(&call.caller).await?;
    answer_options(&call, begun)
}

/// `POST /auth/passkey/login/verify`: finish. Takes `AuthenticationResponseJSON`; answers who came in, with the
/// session cookie.
#[server(prefix = "/auth/passkey", endpoint = "login/verify", input = JsonCodec, output = JsonCodec)]
pub async fn login_verify(
    response: Json,
    #[server(rename = "deviceKey")] device_key: Option<DeviceKey>,
) -> Result<SignedIn, ApiError> {
    let call = super::call::Call::current()?;
    let device_key = device_key.as_ref().map(DeviceKey::as_offer);
    let response = response.get();
    let done = call
        .auth
        .finish_authentication(&call.caller, call.session_if_any(), response, device_key)
        .await
        .map_err(|error| refused(&call, error, response))?;
    call.open(&done.session);
    Ok(SignedIn { ok: true, user: done.account.into() })
}

/// A passkey that we do not know should not be offered here again.
#[cfg(feature = "ssr")]
fn refused(call: &super::call::Call, error: crate::auth::Error, response: &str) -> ApiError {
    let is_unknown = matches!(error, crate::auth::Error::Refused(crate::auth::Refusal::PasskeyUnknown));
    let signal = if is_unknown { call.auth.signal_unknown(response) } else { None };
    ApiError { signals: signal.map(|signal| Box::new(signal.into())), ..error.into() }
}

#[cfg(feature = "ssr")]
pub(super) fn answer_options(call: &super::call::Call, begun: crate::auth::Begun) -> Result<Json, ApiError> {
    call.issue_cookie(super::cookies::CEREMONY, &begun.browser, crate::auth::CEREMONY_LIFETIME);
    serde_json::value::RawValue::from_string(begun.options).map_err(|error| {
        tracing::error!(%error, "options are not JSON");
        ApiError::internal()
    })
}
