//! `/admin/…`: what operators do. For everybody else there is nothing at these addresses.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Done, SessionsRevoked};

/// `POST /admin/alerts/acknowledge`: say that an alert was seen to, with a note of at most 200 characters. Needs a step-up.
#[server(prefix = "/admin/alerts", endpoint = "acknowledge", input = JsonCodec, output = JsonCodec)]
pub async fn acknowledge_alert(id: String, note: Option<String>) -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    let renewed = call.admin.acknowledge(&call.caller, current, id, note.as_deref()).await?;
    call.renew(&renewed);
    Ok(Done { ok: true })
}

/// `POST /admin/sessions/revoke`: end one of somebody's sessions by its `id`, or `all` of them. Needs a step-up.
#[server(prefix = "/admin/sessions", endpoint = "revoke", input = JsonCodec, output = JsonCodec)]
pub async fn revoke_sessions_of(
    user: String,
    id: Option<String>,
    all: Option<bool>,
) -> Result<SessionsRevoked, ApiError> {
    use crate::auth::WhoseSessions;

    let call = super::call::Call::current()?;
    let current = call.session()?;
    let user = user.parse().map_err(|_| ApiError::invalid_request())?;
    let id = id.map(|id| id.parse().map_err(|_| ApiError::invalid_request())).transpose()?;
    let which = WhoseSessions::parse(id, all.unwrap_or_default()).ok_or_else(ApiError::invalid_request)?;
    let (revoked, renewed) = call.admin.revoke_sessions(&call.caller, current, user, which).await?;
    call.renew(&renewed);
    Ok(SessionsRevoked { ok: true, revoked })
}
