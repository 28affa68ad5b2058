//! What a server function may be given: one JSON object of at most 64 KiB, said to be JSON, sent in time.
//!
//! leptos_axum itself looks at neither the content type nor the size, and answers a browser's form post with a
//! redirect to the Referer. Here all of that ends.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde::de::IgnoredAny;

use crate::api::ApiError;
use crate::defence::Defence;

/// The largest body that is read.
const LIMIT: usize = 64 * 1024;
/// The largest body that is drained first, so that the client hears the refusal instead of a broken pipe.
const DRAIN_LIMIT: usize = 1024 * 1024;
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// Check the body, then hand it on.
pub(in crate::server) async fn json_body(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(read) = tokio::time::timeout(ARRIVAL, read(body)).await else {
        return ApiError::request_timeout().into_response();
    };
    if !says_json(&parts.headers) && Defence::ContentType.is_up() {
        return ApiError::unsupported_media_type().into_response();
    }
    let bytes = match read.and_then(|bytes| check(&bytes).map(|()| bytes)) {
        Ok(bytes) => bytes,
        Err(error) => return error.into_response(),
    };
    // With these, server_fn takes the caller for a plain form and answers with a redirect.
    parts.headers.remove(header::ACCEPT);
    parts.headers.remove(header::REFERER);
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// `application/json`, or a type with the suffix `+json` (RFC 6839).
fn says_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn read(mut body: Body) -> Result<Bytes, ApiError> {
    let limit = if Defence::BodyLimit.is_up() { LIMIT } else { usize::MAX };
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(ApiError::invalid_request()) };
        let Some(data) = frame.data_ref() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            kept.extend_from_slice(data);
        } else if seen > DRAIN_LIMIT {
            break;
        }
    }
    if seen > limit { Err(ApiError::payload_too_large()) } else { Ok(kept.into()) }
}

fn check(bytes: &[u8]) -> Result<(), ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ApiError::invalid_json())?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| ApiError::invalid_json())?;
    // serde would also take a list for the arguments, by position.
    if text.trim_ascii_start().starts_with('{') { Ok(()) } else { Err(ApiError::invalid_request()) }
}
