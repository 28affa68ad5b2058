//! `/account/delete`: the end of an account, and changing one's mind.

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, Done, ToBeDeleted};

/// `POST /account/delete`: have the account deleted after a while. Needs a step-up.
#[server(prefix = "/account", endpoint = "delete", input = JsonCodec, output = JsonCodec)]
pub async fn delete_account() -> Result<ToBeDeleted, ApiError> {
    let call = super::call::Call::current()?;
    let (due_at, renewed) = call.auth.delete_account(&call.caller, call.session()?).await?;
    call.renew(&renewed);
    Ok(ToBeDeleted { ok: true, deletes_at: due_at.to_rfc3339() })
}

/// `POST /account/delete/undo`: keep it after all. Having nothing to undo is no mistake.
#[server(prefix = "/account/delete", endpoint = "undo", input = JsonCodec, output = JsonCodec)]
pub async fn keep_account() -> Result<Done, ApiError> {
    let call = super::call::Call::current()?;
    call.auth.keep_account(&call.caller, call.session()?).await?;
    Ok(Done { ok: true })
}
