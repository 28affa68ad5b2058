//! What only operators know of: for everybody else there is nothing at these addresses, in the very words of an address that nothing
//! is at. So nobody learns from an answer whether there is a console, or whether a session they got hold of is an operator's.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use crate::api::ApiError;
use crate::auth::Caller;

/// Let a session of an operator through to be judged like any other.
pub(in crate::server) async fn operators(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
    match state.auth.is_operators(&caller).await {
        Ok(true) => next.run(request).await,
        Ok(false) => ApiError::not_found().into_response(),
        Err(error) => ApiError::from(error).into_response(),
    }
}
