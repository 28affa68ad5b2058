//! `/auth/recovery/…`: getting back in without a passkey; and the codes that people save for it.
//!
//! Each call names its recovery by the token that `start` answers. A page need not keep it: the same is in a cookie.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, DeviceKey, Done, Json, RecoveryBegun, RecoveryCodes, RecoveryStatus, Registered};

/// `POST /auth/recovery/start`: begin. The answer is the same for every address; what comes of it is in the mail.
#[server(prefix = "/auth/recovery", endpoint = "start", input = JsonCodec, output = JsonCodec)]
pub async fn start_recovery(email: String) -> Result<RecoveryBegun, ApiError> {
    let call = super::call::Call::current()?;
    let begun = call.auth.begin_recovery(&call.caller, &email).await?;
    call.issue_cookie(super::cookies::RECOVERY, &begun.token, begun.lifetime);
    let token = begun.token.expose();
    // After the answer, so that nothing in it, nor how long it takes, tells whose address it is.
    tokio::spawn(async move {
        if let Err(error) = call.auth.look_for_person(&call.caller, &begun).await {
            tracing::error!(%error, "a recovery was begun, and nobody could be looked for");
        }
    });
    Ok(RecoveryBegun { ok: true, token })
}

/// `POST /auth/recovery/approve`: show one of the two codes, `mail` or `saved_code`. With the second the wait begins.
#[server(prefix = "/auth/recovery", endpoint = "approve", input = JsonCodec, output = JsonCodec)]
pub async fn approve_recovery(
    #[server(default)] token: Option<String>,
    method: String,
    code: String,
) -> Result<RecoveryStatus, ApiError> {
    let call = super::call::Call::current()?;
    let method = crate::recovery::Method::parse(&method).ok_or_else(ApiError::invalid_request)?;
    let token = call.recovery(token.as_deref())?;
    Ok(call.auth.approve_recovery(&call.caller, &token, method, &code).await?.into())
}

/// `POST /auth/recovery/status`: where it stands.
#[server(prefix = "/auth/recovery", endpoint = "status", input = JsonCodec, output = JsonCodec)]
pub async fn look_at_recovery(#[server(default)] token: Option<String>) -> Result<RecoveryStatus, ApiError> {
    let call = super::call::Call::current()?;
    Ok(call.auth.recovery_status(&call.recovery(token.as_deref())?).await?.into())
}

/// `POST /auth/recovery/cancel`: stop it. Without a token, in a live session: stop the one of its account.
#[server(prefix = "/auth/recovery", endpoint = "cancel", input = JsonCodec, output = JsonCodec)]
pub async fn stop_recovery(#[server(default)] token: Option<String>) -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    match (call.session_if_any(), token) {
        (Some(current), None) => {
            call.auth.stop_own_recovery(&call.caller, current).await?;
        }
        (_, token) => {
            call.auth.stop_recovery(&call.caller, &call.recovery(token.as_deref())?).await?;
            call.expire_cookie(super::cookies::RECOVERY);
        }
    }
    Ok(Done { ok: true })
}

/// `POST /auth/recovery/complete/options`: the wait is over; begin to make the new passkey. Answers
/// `PublicKeyCredentialCreationOptionsJSON`.
#[server(prefix = "/auth/recovery", endpoint = "complete/options", input = JsonCodec, output = JsonCodec)]
pub async fn recovery_options(#[server(default)] token: Option<String>) -> Result<Json, ApiError> {
    let call = super::call::Call::current()?;
    let begun = call.auth.begin_completion(&call.caller, &call.recovery(token.as_deref())?).await?;
    super::passkey::answer_options(&call, begun)
}

/// `POST /auth/recovery/complete/verify`: finish. Takes `RegistrationResponseJSON`; answers the account and its one passkey,
/// with the session cookie.
#[server(prefix = "/auth/recovery", endpoint = "complete/verify", input = JsonCodec, output = JsonCodec)]
pub async fn recovery_verify(
    #[server(default)] token: Option<String>,
    response: Json,
    label: Option<String>,
    #[server(rename = "deviceKey")] device_key: Option<DeviceKey>,
) -> Result<Registered, ApiError> {
    let call = super::call::Call::current()?;
    let token = call.recovery(token.as_deref())?;
    let new = crate::auth::NewPasskey {
        response: response.get(),
        label: label.as_deref(),
        device_key: device_key.as_ref().map(DeviceKey::as_offer),
    };
    let done = call.auth.finish_completion(&call.caller, call.session_if_any(), &token, &new).await?;
    call.expire_cookie(super::cookies::RECOVERY);
    call.open(&done.session);
    Ok(Registered { ok: true, user: done.account.into(), passkey: done.passkey.into() })
}

/// `POST /auth/recovery/restore/options`: begin to bring back a passkey that a recovery has suspended. Answers
/// `PublicKeyCredentialRequestOptionsJSON`.
#[server(prefix = "/auth/recovery", endpoint = "restore/options", input = JsonCodec, output = JsonCodec)]
pub async fn restore_options() -> Result<Json, ApiError> {
    let call = super::call::Call::current()?;
    let begun = call.auth.begin_restoring(&call.caller).await?;
    super::passkey::answer_options(&call, begun)
}

/// `POST /auth/recovery/restore/verify`: it was touched; a code is mailed, which `approve` takes. Takes
/// `AuthenticationResponseJSON`.
#[server(prefix = "/auth/recovery", endpoint = "restore/verify", input = JsonCodec, output = JsonCodec)]
pub async fn restore_verify(response: Json) -> Result<RecoveryBegun, ApiError> {
    let call = super::call::Call::current()?;
    let token = call.auth.ask_to_restore(&call.caller, response.get()).await?;
    call.issue_cookie(super::cookies::RECOVERY, &token, crate::recovery::BEGUN_LIFETIME);
    Ok(RecoveryBegun { ok: true, token: token.expose() })
}

/// `POST /account/recovery-codes`: make ten new codes. They are shown this once. Needs a step-up.
#[server(prefix = "/account", endpoint = "recovery-codes", input = JsonCodec, output = JsonCodec)]
pub async fn make_recovery_codes() -> Result<RecoveryCodes, ApiError> {
    let call = super::call::Call::current()?;
    let made = call.auth.make_recovery_codes(&call.caller, call.session()?).await?;
    call.renew(&made.renewed);
    let text = made.codes.join("\n");
    Ok(RecoveryCodes { ok: true, codes: made.codes, text })
}
