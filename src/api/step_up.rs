//! `/auth/step-up/…`: one more touch, for one action.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Json, SteppedUp};

/// `POST /auth/step-up/options`: takes the `stepUp` object of a 403. Answers `PublicKeyCredentialRequestOptionsJSON`
/// whose challenge commits to the action and its parameters.
#[server(prefix = "/auth/step-up", endpoint = "options", input = JsonCodec, output = JsonCodec)]
pub async fn step_up_options(action: String, params: Json) -> Result<Json, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let action = crate::auth::Action::parse(&action, params.get()).ok_or_else(ApiError::invalid_request)?;
    if !call.auth.knows(current, &action).await? {
        return Err(ApiError::invalid_request());
    }
    let begun = call.auth.begin_step_up(&call.caller, current, &action).await?;
    super::passkey::answer_options(&call, begun)
}

/// `POST /auth/step-up/verify`: takes `AuthenticationResponseJSON`. From then on the one call is let through, once.
#[server(prefix = "/auth/step-up", endpoint = "verify", input = JsonCodec, output = JsonCodec)]
pub async fn step_up_verify(response: Json) -> Result<SteppedUp, ApiError> {
    let call = super::call::Call::current()?;
    let done = call.auth.finish_step_up(&call.caller, call.session()?, response.get()).await?;
    call.renew(&done.renewed);
    if let Some(holder) = &done.holder {
        call.issue_cookie(super::cookies::STEP_UP, holder, done.holder_lifetime);
    }
    call.offer(done.dbsc.as_ref());
    Ok(SteppedUp { ok: true, valid_until: done.valid_until.to_rfc3339() })
}
