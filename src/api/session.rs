//! `/auth/…`: what becomes of a session. The GET rows are handlers in `server`, over the same rules.

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Done};

/// `POST /auth/logout`: end the session here and forget it there.
#[server(prefix = "/auth", endpoint = "logout", input = JsonCodec, output = JsonCodec)]
pub async fn logout() -> Result<Done, ApiError> {
    use axum::http::{HeaderName, HeaderValue};

    let call = super::call::Call::current()?;
    call.auth.sign_out(&call.caller).await?;
    call.expire_cookie(super::cookies::SESSION);
    call.expire_cookie(super::cookies::CEREMONY);
    // Not "cookies": that would take sibling apps' cookies and the known-device cookie along.
    call.append(HeaderName::from_static("clear-site-data"), Some(HeaderValue::from_static("\"storage\"")));
    Ok(Done { ok: true })
}
