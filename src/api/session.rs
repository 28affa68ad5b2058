//! `/auth/…`: what becomes of sessions. The GET rows are handlers in `server`, over the same rules.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Done, SessionsRevoked};

/// `POST /auth/logout`: end the session here and forget it there. Having none is no mistake: the person wanted to be
/// signed out, and is.
#[server(prefix = "/auth", endpoint = "logout", input = JsonCodec, output = JsonCodec)]
pub async fn logout() -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    if let Some(current) = call.session_if_any() {
        call.auth.sign_out(&call.caller, current).await?;
    }
    sign_out_browser(&call);
    Ok(Done { ok: true })
}

/// `POST /auth/session/rotate`: the session's next token. A session with a device key proves it (RFC 9449).
#[server(prefix = "/auth/session", endpoint = "rotate", input = JsonCodec, output = JsonCodec)]
pub async fn rotate_session() -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    let renewed = call.auth.rotate(&call.caller, call.session()?).await?;
    call.renew(&renewed);
    Ok(Done { ok: true })
}

/// `POST /auth/sessions/revoke`: end one session by its `id`, or all `others`. Needs a step-up, but for one's own.
#[server(prefix = "/auth/sessions", endpoint = "revoke", input = JsonCodec, output = JsonCodec)]
pub async fn revoke_sessions(id: Option<String>, others: Option<bool>) -> Result<SessionsRevoked, ApiError> {
    use crate::auth::Which;

    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.map(|id| id.parse().map_err(|_| ApiError::invalid_request())).transpose()?;
    let which = Which::parse(id, others.unwrap_or_default()).ok_or_else(ApiError::invalid_request)?;
    if which == Which::One(current.id) {
        call.auth.sign_out(&call.caller, current).await?;
        sign_out_browser(&call);
        return Ok(SessionsRevoked { ok: true, revoked: 1 });
    }
    let (revoked, renewed) = call.auth.revoke_sessions(&call.caller, current, which).await?;
    call.renew(&renewed);
    Ok(SessionsRevoked { ok: true, revoked })
}

#[cfg(feature = "ssr")]
fn sign_out_browser(call: &super::call::Call) {
    use super::cookies;
    use axum::http::{HeaderName, HeaderValue};

    for cookie in [cookies::SESSION, cookies::CEREMONY, cookies::STEP_UP, cookies::BOUND] {
        call.expire_cookie(cookie);
    }
    // Not "cookies": that would take sibling apps' cookies and the known-device cookie along. "storage" takes the device
    // key and the browser's own binding.
    call.append(HeaderName::from_static("clear-site-data"), Some(HeaderValue::from_static("\"storage\"")));
}
