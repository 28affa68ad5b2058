//! `/api-keys`: keys for programs. `GET /api-keys` is a handler in `server`, over the same rules.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, ApiKeyCreated, Done};

/// `POST /api-keys`: make one. The secret is in this answer and nowhere else. Needs a step-up.
#[server(prefix = "", endpoint = "api-keys", input = JsonCodec, output = JsonCodec)]
pub async fn create_api_key(name: String) -> Result<ApiKeyCreated, ApiError> {
    let call = super::call::Call::current()?;
    let made = call.vault.create_api_key(&call.caller, call.session()?, &name).await?;
    call.renew(&made.renewed);
    Ok(ApiKeyCreated { ok: true, api_key: made.key.into(), secret: made.secret })
}

/// `POST /api-keys/revoke`: end one. Needs a step-up.
#[server(prefix = "/api-keys", endpoint = "revoke", input = JsonCodec, output = JsonCodec)]
pub async fn revoke_api_key(id: String) -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    let renewed = call.vault.revoke_api_key(&call.caller, current, id).await?;
    call.renew(&renewed);
    Ok(Done { ok: true })
}
