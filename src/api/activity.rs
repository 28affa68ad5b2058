//! `/auth/events`: what happened on a person's account. `GET /auth/events` is a handler in `server`, over the same rules.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Done};

/// `POST /auth/events/disown`: say of an event, by its `id`, that it was somebody else's. Its session ends, and what it
/// taught of the person is forgotten. Needs a step-up for that session.
#[server(prefix = "/auth/events", endpoint = "disown", input = JsonCodec, output = JsonCodec)]
pub async fn disown_event(id: String) -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let id = crate::auth::EventId::parse(&id).ok_or_else(ApiError::invalid_request)?;
    let renewed = call.auth.disown(&call.caller, current, id).await?;
    call.renew(&renewed);
    Ok(Done { ok: true })
}
