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
pub(in crate::server) const WATCH: &str = "watch=1";

/// Paths that are never gated: they open, end or prove a session, or see whether there is one.
const UNGATED: [&str; 7] = [
    "/auth/passkey/",
    "/auth/step-up/",
    "/auth/session/rotate",
    "/auth/logout",
    "/auth/recovery/",
    "/recover",
    "/signup",
];

fn usage(request: &Request) -> Usage {
    let path = request.uri().path();
    let watches = request.method() == Method::GET && request.uri().query() == Some(WATCH);
    if path == "/" || UNGATED.iter().any(|start| path.starts_with(start)) {
        Usage::Ungated
    } else if watches && path == "/auth/session" {
        Usage::Watching
    } else if watches && path.ends_with("/panel") {
        Usage::Refreshing
    } else {
        Usage::Active
    }
}

/// Resolve, run, and hand out.
pub(in crate::server) async fn resolve(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    let resolution = match state.auth.resolve(&caller, usage(&request)).await {
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
        // Of a fading token the browser has the successor already, and we do not know it.
        let ath = (!current.is_fading()).then(|| auth::ath(&held));
        for (name, value) in [(DPOP_NONCE, Some(nonce.clone())), (DPOP_ATH, ath)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
    }
}
