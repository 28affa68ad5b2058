//! `/auth/passkeys`: care of a person's passkeys. `GET /auth/passkeys` is a handler in `server`, over the same rules.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Signalled};

/// `POST /auth/passkeys/rename`: call it something else.
#[server(prefix = "/auth/passkeys", endpoint = "rename", input = JsonCodec, output = JsonCodec)]
pub async fn rename_passkey(id: String, label: String) -> Result<Signalled, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    let signals = call.auth.rename_passkey(&call.caller, current, id, &label).await?.into();
    Ok(Signalled { ok: true, signals })
}

/// `POST /auth/passkeys/remove`: it opens nothing any more, and the sessions that it has opened end. Needs a step-up.
#[server(prefix = "/auth/passkeys", endpoint = "remove", input = JsonCodec, output = JsonCodec)]
pub async fn remove_passkey(id: String) -> Result<Signalled, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    let removed = call.auth.remove_passkey(&call.caller, current, id).await?;
    // Where the session that asked has ended, its cookie stays: by it the sign-in page knows what to say.
    if let Some(renewed) = &removed.renewed {
        call.renew(renewed);
    }
    Ok(Signalled { ok: true, signals: removed.accepted.into() })
}
