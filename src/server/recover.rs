//! `/recover`: the pages for somebody who has lost their passkeys. They need no session; the recovery that was begun in this browser
//! is known by its cookie.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use leptos::prelude::*;

use super::pages::{context, fragment, render};
use super::state::AppState;
use crate::api::{ApiError, RecoveryStatus, cookies};
use crate::app;
use crate::auth::{Error, Presented, Refusal};

/// `GET /recover`: the frame.
pub(super) async fn page(State(state): State<AppState>, request: Request) -> Response {
    let context = context(&state, &request, "Get back into your account");
    render(request, context, || view! { <app::RecoverPage /> }).await
}

/// `GET /recover/panel`: the step that comes next.
pub(super) async fn panel(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let status = here(&state, &headers).await?;
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| view! { <app::RecoverPanel status=status now=now /> }))
}

/// `GET /recover/restore`: the frame of the other way.
pub(super) async fn restore_page(State(state): State<AppState>, request: Request) -> Response {
    let context = context(&state, &request, "Bring your passkey back");
    render(request, context, || view! { <app::RestorePage /> }).await
}

/// `GET /recover/restore/panel`: first the passkey, then the code.
pub(super) async fn restore_panel(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let status = here(&state, &headers).await?.filter(|status| {
        let is_done = status.stage == "completed";
        status.restores && (is_done || status.stage == "begun")
    });
    let now = state.clock.now().to_rfc3339();
    Ok(match status {
        Some(status) => fragment(|| view! { <app::RecoverPanel status=Some(status) now=now /> }),
        None => fragment(|| view! { <app::RestorePanel /> }),
    })
}

/// The recovery that was begun in this browser.
async fn here(state: &AppState, headers: &HeaderMap) -> Result<Option<RecoveryStatus>, ApiError> {
    let Presented::Secret(token) = cookies::read(headers, cookies::RECOVERY) else { return Ok(None) };
    match state.auth.recovery_status(&token).await {
        Ok(info) => Ok(Some(info.into())),
        Err(Error::Refused(Refusal::RecoveryNotFound)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
