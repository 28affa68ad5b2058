//! Every error leaves in one shape: JSON for programs, a page for people, both with the request id.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use tower_http::csrf::ProtectionError;

use super::AppState;
use super::headers::CspNonce;
use crate::api::ApiError;
use crate::app;
use crate::auth::Caller;
use crate::server::site;

/// Set by server_fn on every error answer of a server function.
const SERVER_FN_ERROR: &str = "serverfnerror";

/// Answers of server functions that are errors are small; more than this is none of ours.
const ERROR_BODY_LIMIT: usize = 16 * 1024;

/// What is not there comes back at some time; after so many seconds it is worth looking.
const UNAVAILABLE_FOR: u64 = 5;

/// Marks an answer whose status is no error but a step of somebody else's protocol.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct AsItIs;

/// Run the request and rewrite its answer if it is an error.
pub(in crate::server) async fn render(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let request_id =
        request.extensions().get::<Caller>().map(|caller| caller.request_id.clone()).unwrap_or_default();
    let nonce = request.extensions().get::<CspNonce>().cloned().unwrap_or_default();
    let wants_page = wants_page(&request);
    let is_head = request.method() == Method::HEAD;

    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if !is_error || response.extensions().get::<AsItIs>().is_some() {
        return response;
    }
    let (mut parts, _) = read_server_fn(response).await.into_parts();
    let mut error = match parts.extensions.remove::<ApiError>() {
        Some(error) => error,
        None => from_status(parts.status, parts.extensions.get::<ProtectionError>().is_some()),
    };
    error.request_id = request_id;
    if parts.status == StatusCode::SERVICE_UNAVAILABLE && !parts.headers.contains_key(header::RETRY_AFTER) {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(UNAVAILABLE_FOR));
    }
    tracing::debug!(code = error.code, "refused");

    let status = parts.status;
    tidy(&mut parts.headers);
    if let Some(value) = error.challenge().and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
        parts.headers.insert(header::WWW_AUTHENTICATE, value);
    }
    let (content_type, body) = if wants_page {
        let context = app::PageContext::new("", site::assets(), nonce.0, state.config.name.clone());
        ("text/html; charset=utf-8", app::error_page(context, status.as_u16(), &error))
    } else {
        ("application/json", serde_json::to_string(&error).unwrap_or_default())
    };
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Response::from_parts(parts, if is_head { Body::empty() } else { body.into() })
}

/// A person navigated here. Paths of the API answer programs, whatever they say they accept.
fn wants_page(request: &Request) -> bool {
    let accepts_html = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    accepts_html && is_read && !request.uri().path().starts_with("/auth/")
}

/// A server function writes its errors out, with one status for all. Read such an answer back to what every other one is here.
pub(super) async fn read_server_fn(response: Response) -> Response {
    if !response.headers().contains_key(SERVER_FN_ERROR) || response.extensions().get::<ApiError>().is_some() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let error = read_error(body).await;
    parts.status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(seconds) = error.retry_after {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    parts.extensions.insert(error);
    Response::from_parts(parts, Body::empty())
}

async fn read_error(body: Body) -> ApiError {
    let bytes = Limited::new(body, ERROR_BODY_LIMIT).collect().await.map(http_body_util::Collected::to_bytes);
    bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_else(ApiError::internal)
}

/// For answers that axum and the layers make by themselves.
fn from_status(status: StatusCode, cross_site: bool) -> ApiError {
    match status {
        StatusCode::FORBIDDEN if cross_site => ApiError::cross_site(),
        StatusCode::NOT_FOUND => ApiError::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::method_not_allowed(),
        StatusCode::REQUEST_TIMEOUT => ApiError::request_timeout(),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::payload_too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::unsupported_media_type(),
        StatusCode::SERVICE_UNAVAILABLE => ApiError::unavailable(),
        status if status.is_client_error() => ApiError::invalid_request(),
        _ => ApiError::internal(),
    }
}

/// Headers that described the body that was.
fn tidy(headers: &mut HeaderMap) {
    for name in
        [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE, header::ETAG, header::LOCATION]
    {
        headers.remove(name);
    }
    headers.remove(SERVER_FN_ERROR);
}
