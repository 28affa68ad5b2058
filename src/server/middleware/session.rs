//! Finds the caller's session before a handler runs, and gives the browser what follows from it afterwards: the next
//! token, and what a page needs for its next proof.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use crate::api::{ApiError, cookies};
use crate::auth::{self, Caller, CurrentSession, Resolution, Usage};

/// RFC 9449 §8.2.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// Ours: the `ath` (RFC 9449 §4.2) of the token that the browser holds after this answer. A page cannot read its cookie.
const DPOP_ATH: HeaderName = HeaderName::from_static("dpop-ath");
/// A page that only looks whether the session is still there says so.
const WATCH: &str = "watch=1";

/// Whether this is a person using their session. A page that watches is not; signing in and out open and end one.
fn is_use(request: &Request) -> bool {
    let path = request.uri().path();
    let is_watching = request.method() == Method::GET && request.uri().query() == Some(WATCH);
    !is_watching && !path.starts_with("/auth/passkey/") && path != "/auth/logout"
}

/// Resolve, run, and hand out.
pub(in crate::server) async fn resolve(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    let usage = if is_use(&request) { Usage::Active } else { Usage::Watching };
    let resolution = match state.auth.resolve(&caller, usage).await {
        Ok(resolution) => resolution,
        Err(error) => return ApiError::from(error).into_response(),
    };
    request.extensions_mut().insert(resolution.clone());
    let mut response = next.run(request).await;
    if let Resolution::Live(current) = resolution {
        hand_out(response.headers_mut(), &current);
    }
    response
}

fn hand_out(headers: &mut HeaderMap, current: &CurrentSession) {
    let issued = cookies::issued(headers, cookies::SESSION);
    // What the handler gave (a new session, the next token, or none any more) is newer than what was found before it.
    if issued.is_none()
        && let Some(renewed) = &current.renewed
    {
        cookies::append(headers, cookies::issue(cookies::SESSION, &renewed.token, renewed.lifetime));
    }
    let held = match issued {
        Some(None) => return,
        Some(Some(token)) => token,
        None => current.held().clone(),
    };
    if let Some(nonce) = &current.proof_nonce {
        for (name, value) in [(DPOP_NONCE, nonce.clone()), (DPOP_ATH, auth::ath(&held))] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}
