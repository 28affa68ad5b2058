//! Rows of the contract that are no server functions: what is read, and what operators ask.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, RawQuery, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::middleware::WATCH;
use super::state::AppState;
use crate::api::{self, ApiError};
use crate::auth::{Access, Caller, EventId, Resolution};

/// Which part of a long list is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    cursor: Option<String>,
    limit: Option<u64>,
}

/// As it comes with a request.
pub(super) type PartAsked = Result<Query<Part>, QueryRejection>;

impl Part {
    /// Where it begins, and how long it is.
    pub(super) fn read(asked: PartAsked) -> Result<(Option<EventId>, Option<u64>), ApiError> {
        let Ok(Query(Self { cursor, limit })) = asked else { return Err(ApiError::invalid_request()) };
        let before = cursor.map(|cursor| EventId::parse(&cursor).ok_or_else(ApiError::invalid_request));
        if limit == Some(0) {
            return Err(ApiError::invalid_request());
        }
        Ok((before.transpose()?, limit))
    }
}

/// `GET /auth/session`.
pub(super) async fn session(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
    RawQuery(query): RawQuery,
) -> Result<Json<api::CurrentSession>, ApiError> {
    let current = resolution.live()?;
    state.auth.admit(&caller, current, Access::Read).await?;
    let recovery_due_at = if query.as_deref() == Some(WATCH) {
        state.auth.recovery_under_way(current.account.id).await?.and_then(|info| info.wait).map(|wait| wait.due)
    } else {
        None
    };
    Ok(Json(api::current_session(current, state.config.risk.threshold, recovery_due_at)))
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

/// `GET /auth/events`.
pub(super) async fn events(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
    asked: PartAsked,
) -> Result<Json<api::Activity>, ApiError> {
    let current = resolution.live()?;
    let (before, limit) = Part::read(asked)?;
    let page = state.auth.activity(&caller, current, before, limit).await?;
    Ok(Json(api::activity(page, state.geo.credits())))
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

/// `GET /account/email`.
pub(super) async fn addresses(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Json<api::AddressList>, ApiError> {
    let addresses = state.auth.addresses(&caller, resolution.live()?).await?;
    Ok(Json(api::address_list(addresses, state.auth.sends_mail())))
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
