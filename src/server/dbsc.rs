//! `/auth/dbsc/…`: the two calls that browsers make by themselves (W3C Device Bound Session Credentials). No page makes
//! them, so they are no server functions: their bodies are empty, and their statuses tell the browser what to forget.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::state::AppState;
use crate::api::{ApiError, cookies};
use crate::auth::{BOUND_COOKIE_LIFETIME, Bound, Caller, Refresh};

const RESPONSE: HeaderName = HeaderName::from_static("secure-session-response");
const CHALLENGE: HeaderName = HeaderName::from_static("secure-session-challenge");
const SESSION_ID: HeaderName = HeaderName::from_static("sec-secure-session-id");

/// What names a session or speaks for one.
pub(super) const NAMED: [HeaderName; 2] = [SESSION_ID, RESPONSE];

/// Where a bound cookie is no use: what everybody may load.
const EXCLUDED: [&str; 5] = ["/pkg", "/healthz", "/readyz", "/favicon.svg", "/site.webmanifest"];

/// `POST /auth/dbsc/register`: the browser has made a key for the session it was offered one for.
pub(super) async fn register(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(jwt) = text(&headers, &RESPONSE) else { return Err(ApiError::invalid_request()) };
    match state.auth.register_dbsc(&caller, jwt).await? {
        Some(bound) => Ok(answer(&bound, Json(configuration(&bound.id)).into_response())),
        None => Err(ApiError::invalid_request()),
    }
}

/// `POST /auth/dbsc/refresh`: the browser wants the next bound cookie.
pub(super) async fn refresh(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(id) = text(&headers, &SESSION_ID) else { return Err(ApiError::invalid_request()) };
    match state.auth.refresh_dbsc(&caller, id, text(&headers, &RESPONSE)).await? {
        // Nothing in it: Chromium takes any JSON for a new configuration, and an incomplete one for the end.
        Refresh::Done(bound) => Ok(answer(&bound, StatusCode::OK.into_response())),
        Refresh::Challenge(challenge) => {
            // The draft's own meaning of 403: sign this, then come again. Not an error of ours, so not in its shape.
            let mut response = StatusCode::FORBIDDEN.into_response();
            challenge_with(response.headers_mut(), &challenge, id);
            response.extensions_mut().insert(super::middleware::AsItIs);
            Ok(response)
        }
        Refresh::Over => Err(ApiError::binding_ended()),
    }
}

fn answer(bound: &Bound, mut response: Response) -> Response {
    let headers = response.headers_mut();
    cookies::append(headers, cookies::issue(cookies::BOUND, &bound.cookie, BOUND_COOKIE_LIFETIME));
    challenge_with(headers, &bound.challenge, &bound.id);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The draft's §8.5 session instructions.
fn configuration(id: &str) -> serde_json::Value {
    let excluded: Vec<_> =
        EXCLUDED.iter().map(|path| json!({ "type": "exclude", "domain": "*", "path": path })).collect();
    json!({
        "session_identifier": id,
        "refresh_url": "/auth/dbsc/refresh",
        "scope": { "include_site": false, "scope_specification": excluded },
        "credentials": [{
            "type": "cookie",
            "name": cookies::BOUND,
            "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax",
        }],
        // A login is come to by links from anywhere. Without this such a visit arrives without the bound cookie.
        "allowed_refresh_initiators": ["*"],
    })
}

fn challenge_with(headers: &mut HeaderMap, challenge: &str, id: &str) {
    // Ids and challenges are base64url, or they would not have been found.
    if let Ok(value) = HeaderValue::from_str(&format!(r#""{challenge}";id="{id}""#)) {
        headers.insert(CHALLENGE, value);
    }
}

/// The one header's text. Browsers send these bare; the draft also allows quotes.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let text = value.to_str().ok()?;
    Some(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
}
