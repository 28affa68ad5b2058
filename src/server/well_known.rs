//! `/.well-known/`: what browsers, password managers and people who have found a hole look for. All of it follows from the settings.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::pages::see_other;
use super::state::AppState;
use crate::api::ApiError;

/// Where people look after their passkeys.
const PASSKEYS: &str = "/account/passkeys";

/// Whoever reads a copy after that should fetch a new one (RFC 9116 §2.5.5: less than a year).
const SECURITY_TXT_LIFETIME: Duration = Duration::from_hours(180 * 24);

/// `GET /.well-known/webauthn`: whose pages may use our passkeys (WebAuthn Level 3 §5.11). The very list that ceremonies are
/// verified against.
pub(super) async fn webauthn(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    let related = &state.config.related_origins;
    if related.is_empty() {
        return Err(ApiError::not_found());
    }
    let origins: Vec<String> = related.iter().map(|url| url.origin().ascii_serialization()).collect();
    Ok(Json(json!({ "origins": origins })))
}

/// `GET /.well-known/passkey-endpoints`: where a password manager sends people.
pub(super) async fn passkey_endpoints(State(state): State<AppState>) -> Json<Value> {
    let page = format!("{}{PASSKEYS}", state.config.origin.origin().ascii_serialization());
    Json(json!({ "enroll": page, "manage": page }))
}

/// `GET /.well-known/change-password`: there is none to change. This is what it would be changed for.
pub(super) async fn change_password() -> Response {
    see_other(PASSKEYS)
}

/// `GET /.well-known/jwks.json`: what apps check `X-Auth-Token` with (RFC 7517 §5).
pub(super) async fn jwks(State(state): State<AppState>) -> Result<Response, ApiError> {
    let keys = state.forward.token_keys()?.ok_or_else(ApiError::not_found)?;
    let kept = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    Ok((kept, Json(json!({ "keys": keys })).into_response().into_body()).into_response())
}

/// `GET /.well-known/security.txt` (RFC 9116).
pub(super) async fn security_txt(State(state): State<AppState>) -> Result<Response, ApiError> {
    let contact = state.config.security_contact.as_deref().ok_or_else(ApiError::not_found)?;
    let expires = state.clock.now().plus(SECURITY_TXT_LIFETIME).to_rfc3339();
    let origin = state.config.origin.origin().ascii_serialization();
    // A web address in it must be an https one (§2.5.2).
    let canonical = if state.config.is_https() {
        format!("Canonical: {origin}/.well-known/security.txt\n")
    } else {
        String::new()
    };
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n{canonical}");
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
    Ok((kind, text).into_response())
}
