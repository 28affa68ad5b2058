//! What happens to every request, in one place and in order.

mod error_shape;
mod headers;
mod host;
mod json_body;
mod operators;
pub(in crate::server) mod request;
mod session;
mod throttle;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::state::AppState;
use crate::api::ApiError;

pub(super) use error_shape::AsItIs;
pub(super) use headers::CspNonce;
pub(super) use json_body::json_body;
pub(super) use operators::operators;
pub(super) use request::TraceParent;
pub(super) use session::{WATCH, resolve as session};
pub(super) use throttle::throttle;

/// A request may take this long in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Put the middleware around the routes. The last layer sees a request first.
pub(super) fn around(routes: Router, state: &AppState) -> Router {
    routes
        .layer(csrf(state))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(from_fn_with_state(state.clone(), host::redirect_to_canonical))
        .layer(CatchPanicLayer::custom(answer_panic))
        // Everything refused above is given the one error shape here.
        .layer(from_fn_with_state(state.clone(), error_shape::render))
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(from_fn_with_state(state.clone(), headers::secure))
        // Who asks and under which id: everything above relies on it.
        .layer(from_fn_with_state(state.clone(), request::identify))
}

/// Pages and other text. JSON answers are small, and an answer that may hold a secret beside a caller's
/// input must not have a length that tells about it (BREACH).
fn worth_compressing() -> impl Predicate {
    SizeAbove::new(512)
        .and(NotForContentType::const_new("application/json"))
        .and(NotForContentType::const_new("image/"))
}

/// State changes must come from our own pages: `Sec-Fetch-Site`, else `Origin`, decides.
fn csrf(state: &AppState) -> CsrfLayer {
    let origin = state.config.origin.origin().ascii_serialization();
    #[cfg(feature = "broken-defences")]
    if !crate::defence::Defence::CrossSite.is_up() {
        return CsrfLayer::new().with_insecure_bypass(|_, _| true);
    }
    // Without a usable origin the layer still compares Origin with Host.
    CsrfLayer::new().add_trusted_origin(&origin).unwrap_or_default()
}

fn answer_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::internal().into_response()
}

impl IntoResponse for ApiError {
    /// The body is written by [`error_shape`], which knows the request.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::http::{Request, header};
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::clock::SystemClock;
    use crate::server::config::Config;

    async fn boom() {
        panic!("hunter2");
    }

    async fn answer(accept: &str) -> (StatusCode, String, String) {
        let folder = tempfile::tempdir().expect("folder");
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        let env = [("HOLDFAST_DATABASE_URL".to_owned(), url)];
        let config = Config::parse("none", "", env).expect("config");
        let state = crate::server::open(config, Arc::new(SystemClock)).await.expect("state");
        let app = around(Router::new().route("/boom", get(boom)), &state);
        let request = Request::get("/boom").header(header::ACCEPT, accept).body(Body::empty()).expect("request");
        let response = app.oneshot(request).await.expect("an answer");
        let id = response.headers()["x-request-id"].to_str().expect("ascii").to_owned();
        let status = response.status();
        let body = response.into_body().collect().await.expect("body").to_bytes();
        (status, id, String::from_utf8(body.to_vec()).expect("utf-8"))
    }

    #[tokio::test]
    async fn a_panic_is_answered_in_the_error_shape_and_tells_nothing() {
        let (status, id, body) = answer("*/*").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        let error: ApiError = serde_json::from_str(&body).expect("the error shape");
        assert_eq!((error.code.as_str(), error.request_id.as_str()), ("internal", id.as_str()));
        assert!(!body.contains("hunter2"), "{body}");
    }

    #[tokio::test]
    async fn a_person_gets_a_page_with_the_request_id() {
        let (status, id, body) = answer("text/html").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.starts_with("<!DOCTYPE html>") && body.contains(&id) && !body.contains("hunter2"), "{body}");
    }
}
