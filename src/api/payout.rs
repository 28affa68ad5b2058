//! `/billing/payout`: where a person is paid to. `GET /billing/payout` is a handler in `server`, over the same rules.

#![expect(missing_docs, reason = "the fields of the argument structs that the macro writes")]

use leptos::prelude::*;
use leptos::server_fn::codec::Json as JsonCodec;

use super::{ApiError, PayoutChanged};

/// `POST /billing/payout`: change it. Needs a step-up for exactly this account.
#[server(prefix = "/billing", endpoint = "payout", input = JsonCodec, output = JsonCodec)]
pub async fn change_payout(
    #[server(rename = "accountHolder")] account_holder: String,
    iban: String,
) -> Result<PayoutChanged, ApiError> {
    let call = super::call::Call::current()?;
    let current = call.session()?;
    let (payout, renewed) = call.vault.change_payout(&call.caller, current, &account_holder, &iban).await?;
    call.renew(&renewed);
    Ok(PayoutChanged { ok: true, payout: payout.into() })
}
