//! What a server function needs of the request it serves.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::ApiError;
use super::cookies;
use crate::auth::{Auth, Caller};
use crate::secret::Secret;

/// The request at hand: who asks, the rules to ask, and the answer's headers.
pub(super) struct Call {
    pub(super) auth: Arc<Auth>,
    pub(super) caller: Caller,
    response: ResponseOptions,
}

impl Call {
    /// Of the request being served. Fails only if the router was put together wrongly.
    pub(super) fn current() -> Result<Self, ApiError> {
        let auth = use_context::<Arc<Auth>>();
        let caller = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Caller>().cloned());
        let response = use_context::<ResponseOptions>();
        let (Some(auth), Some(caller), Some(response)) = (auth, caller, response) else {
            tracing::error!("a server function ran without its context");
            return Err(ApiError::internal());
        };
        Ok(Self { auth, caller, response })
    }

    pub(super) fn issue_cookie(&self, name: &'static str, secret: &Secret, lifetime: Duration) {
        self.append(header::SET_COOKIE, cookies::issue(name, secret, lifetime));
    }

    pub(super) fn expire_cookie(&self, name: &'static str) {
        self.append(header::SET_COOKIE, cookies::expire(name));
    }

    pub(super) fn append(&self, name: HeaderName, value: Option<HeaderValue>) {
        if let Some(value) = value {
            self.response.append_header(name, value);
        }
    }
}
