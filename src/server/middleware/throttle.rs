//! Counts what comes in before anything is done for it, and what was refused afterwards.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error_shape::read_server_fn;
use crate::api::ApiError;
use crate::auth::Caller;
use crate::defence::Defence;
use crate::throttle::{Admission, Error, Kind};

/// Ours: the proof of work that a 429 asked for.
const X_PROOF_OF_WORK: HeaderName = HeaderName::from_static("x-proof-of-work");

/// A longer one is none.
const WORK_LIMIT: usize = 256;

/// How a request is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Reading, leaving, and keeping what one has: only a ceiling.
    Free,
    /// A ceremony, and whether this is where it can fail.
    Ceremony { ends: bool },
    /// Any other change.
    Change,
    /// A program that shows a key.
    Program,
}

impl Class {
    fn of(method: &Method, path: &str) -> Self {
        if *method != Method::POST {
            return Self::Free;
        }
        match path {
            // Nobody is kept from signing out, nor signed out for being kept from it.
            "/auth/logout" | "/auth/session/rotate" => Self::Free,
            "/auth/introspect" => Self::Program,
            _ if path.starts_with("/auth/passkey/") || path.starts_with("/auth/step-up/") => {
                Self::Ceremony { ends: path.ends_with("/verify") }
            }
            _ => Self::Change,
        }
    }

    /// Whether an answer with this status says that somebody failed.
    fn is_failure(self, status: StatusCode) -> bool {
        match self {
            Self::Ceremony { ends } => ends && status == StatusCode::BAD_REQUEST,
            Self::Program => status == StatusCode::UNAUTHORIZED,
            Self::Free | Self::Change => false,
        }
    }
}

/// Let the request through, or say when to come again.
pub(in crate::server) async fn throttle(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut caller = request.extensions_mut().remove::<Caller>().unwrap_or_default();
    let class = Class::of(request.method(), request.uri().path());
    let admission = match admit(&state, &mut caller, class, request.headers()).await {
        Ok(admission) => admission,
        Err(error) => return refuse(&state, &caller, error).await,
    };
    let source = caller.source();
    request.extensions_mut().insert(caller);
    let response = read_server_fn(next.run(request).await).await;
    if class.is_failure(response.status())
        && Defence::Throttle.is_up()
        && let Err(error) = state.throttle.failed(&source, admission).await
    {
        return ApiError::from(error).into_response();
    }
    response
}

async fn admit(
    state: &AppState,
    caller: &mut Caller,
    class: Class,
    headers: &HeaderMap,
) -> Result<Admission, Error> {
    let kind = match class {
        Class::Free => return state.throttle.read(&caller.source()).map(|()| Admission::default()),
        Class::Program => return state.throttle.admit_program(&caller.source()).await,
        Class::Ceremony { .. } => Kind::Ceremony,
        Class::Change => Kind::Change,
    };
    if let Some(work) = headers.get(X_PROOF_OF_WORK).and_then(|value| value.to_str().ok())
        && work.len() <= WORK_LIMIT
    {
        caller.has_worked = state.throttle.redeem(&caller.source(), work).await?;
    }
    state.throttle.admit(&caller.source(), kind).await
}

/// The first refusal by a counter leaves a row. If it cannot be written, that is what the answer says.
async fn refuse(state: &AppState, caller: &Caller, error: Error) -> Response {
    if let Error::Limited(limited) = &error
        && limited.is_first
        && let Err(error) = state.auth.record_limit(caller, limited.layer).await
    {
        return ApiError::from(error).into_response();
    }
    ApiError::from(error).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_counted_where_it_can_fail() {
        let class = |path| Class::of(&Method::POST, path);
        assert_eq!(class("/auth/passkey/login/options"), Class::Ceremony { ends: false });
        assert_eq!(class("/auth/passkey/login/verify"), Class::Ceremony { ends: true });
        assert_eq!(class("/auth/passkeys/rename"), Class::Change);
        assert_eq!(class("/auth/logout"), Class::Free);
        assert_eq!(Class::of(&Method::GET, "/auth/passkey/login/verify"), Class::Free);
        let refused = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS];
        let counted = |path| refused.map(|status| class(path).is_failure(status));
        assert_eq!(counted("/auth/passkey/login/verify"), [true, false, false]);
        assert_eq!(counted("/auth/passkey/login/options"), [false; 3]);
        assert_eq!(counted("/auth/introspect"), [false, true, false]);
        assert_eq!(counted("/api-keys"), [false; 3]);
    }
}
