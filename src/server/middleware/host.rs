//! People who arrive by another name (127.0.0.1, an old host) are sent to the canonical one, where passkeys work.

use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;

/// Redirects page navigations only: a program that calls the API under another name knows what it does.
pub(in crate::server) async fn redirect_to_canonical(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match canonical_location(&state, &request) {
        Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => next.run(request).await,
    }
}

fn canonical_location(state: &AppState, request: &Request) -> Option<HeaderValue> {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_page = request.method() == Method::GET && text(header::ACCEPT).is_some_and(|a| a.contains("text/html"));
    let is_call = request.uri().path().starts_with("/auth/");
    let host = request.uri().authority().map(axum::http::uri::Authority::as_str).or_else(|| text(header::HOST))?;
    let origin = state.config.origin.origin().ascii_serialization();
    let canonical = origin.split_once("://")?.1;
    // Of a call of the API by a proxy, only what it asks about is for a person.
    if !is_page || is_call || host.eq_ignore_ascii_case(canonical) {
        return None;
    }
    let path = request.uri().path_and_query().map(PathAndQuery::as_str).filter(|path| path.starts_with('/'))?;
    HeaderValue::from_str(&format!("{origin}{path}")).ok()
}
