//! Rows of the contract that are no server functions: what is read, and what operators ask.

use axum::Json;
use axum::extract::{Extension, State};
use serde_json::{Value, json};

use super::state::AppState;
use crate::api::{self, ApiError};
use crate::auth::{Access, Caller, Resolution};

/// `GET /auth/session`.
pub(super) async fn session(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Json<api::CurrentSession>, ApiError> {
    let current = resolution.live()?;
    state.auth.admit(&caller, current, Access::Read).await?;
    Ok(Json(api::current_session(current, state.config.risk.threshold)))
}

/// `GET /auth/passkeys`.
pub(super) async fn passkeys(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Json<api::PasskeyList>, ApiError> {
    let current = resolution.live()?;
    state.auth.admit(&caller, current, Access::Read).await?;
    Ok(Json(api::passkey_list(state.auth.passkeys(&current.account).await?)))
}

/// `GET /auth/sessions`.
pub(super) async fn sessions(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Json<api::SessionList>, ApiError> {
    Ok(Json(api::session_list(state.auth.sessions(&caller, resolution.live()?).await?)))
}

/// `GET /api-keys`.
pub(super) async fn api_keys(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Json<api::ApiKeyList>, ApiError> {
    Ok(Json(api::api_key_list(state.vault.api_keys(&caller, resolution.live()?).await?)))
}

/// `GET /billing/payout`.
pub(super) async fn payout(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Json<api::PayoutAnswer>, ApiError> {
    Ok(Json(api::payout_answer(state.vault.payout(&caller, resolution.live()?).await?)))
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "ok": true }))
}

/// `GET /readyz`: the database answers and its schema is this binary's.
pub(super) async fn readyz(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    match state.store.is_ready().await {
        Ok(true) => Ok(Json(json!({ "ok": true }))),
        Ok(false) => Err(ApiError::unavailable()),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(ApiError::unavailable())
        }
    }
}
