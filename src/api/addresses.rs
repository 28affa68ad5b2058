//! `/account/email`: a person's mail addresses. `GET /account/email` is a handler in `server`, over the same rules.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{AddressVerified, ApiError, CodeSent, Done, Signalled};

/// `POST /account/email`: mail a code to this address. One that is new to the account needs a step-up.
#[server(prefix = "/account", endpoint = "email", input = JsonCodec, output = JsonCodec)]
pub async fn ask_for_code(address: String) -> Result<CodeSent, ApiError> {
    let call = super::call::Call::current()?;
    let asked = call.auth.ask_for_code(&call.caller, call.session()?, &address).await?;
    if let Some(renewed) = &asked.renewed {
        call.renew(renewed);
    }
    Ok(CodeSent { ok: true, id: asked.id.to_string(), expires_at: asked.expires_at.to_rfc3339() })
}

/// `POST /account/email/verify`: show with the code that mail to the address reaches one.
#[server(prefix = "/account/email", endpoint = "verify", input = JsonCodec, output = JsonCodec)]
pub async fn verify_address(id: String, code: String) -> Result<AddressVerified, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    let account = call.auth.verify_address(&call.caller, current, id, &code).await?;
    Ok(AddressVerified { ok: true, user: account.into() })
}

/// `POST /account/email/primary`: make it the main one. Needs a step-up.
#[server(prefix = "/account/email", endpoint = "primary", input = JsonCodec, output = JsonCodec)]
pub async fn make_address_primary(id: String) -> Result<Signalled, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    call.renew(&call.auth.make_address_primary(&call.caller, current, id).await?);
    // Passkey managers show it beside the passkeys.
    let signals = call.auth.signal_details(current.account.id).await?.into();
    Ok(Signalled { ok: true, signals })
}

/// `POST /account/email/remove`: take it off the account. Needs a step-up.
#[server(prefix = "/account/email", endpoint = "remove", input = JsonCodec, output = JsonCodec)]
pub async fn remove_address(id: String) -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = id.parse().map_err(|_| ApiError::invalid_request())?;
    call.renew(&call.auth.remove_address(&call.caller, current, id).await?);
    Ok(Done { ok: true })
}
