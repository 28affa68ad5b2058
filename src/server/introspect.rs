//! `POST /auth/introspect`: what a backend needs to know of a session. Programs call it, with an API key and no cookie, so
//! it is no server function, and no session is looked for.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use serde::Deserialize;

use super::state::AppState;
use crate::api::{self, ApiError};
use crate::auth::Caller;

/// The body. Its members are the raw values of the browser's cookies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    token: Option<String>,
    bound_token: Option<String>,
}

pub(super) async fn introspect(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<api::Introspection>, ApiError> {
    let asked: Asked = serde_json::from_str(&body).map_err(|_| ApiError::invalid_request())?;
    let Asked { token, bound_token } = asked;
    let told = state.vault.introspect(&caller, bearer(&headers), token.as_deref(), bound_token.as_deref()).await?;
    Ok(Json(told.into()))
}

/// RFC 6750 §2.1. `None` also where there are two: nobody can tell which is meant.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let (scheme, credentials) = one.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| credentials.trim())
}
