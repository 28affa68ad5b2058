//! What a server function needs of the request it serves.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::{ApiError, DeviceKey, cookies};
use crate::admin::Admin;
use crate::auth::{
    Auth, Caller, CurrentSession, DbscOffer, DeviceKeyOffer, IssuedSession, KNOWN_DEVICE_LIFETIME, Presented,
    Refusal, Renewed, Resolution,
};
use crate::secret::Secret;
use crate::vault::Vault;

/// Offers a browser to bind the session it was just given (DBSC).
const REGISTRATION: HeaderName = HeaderName::from_static("secure-session-registration");

/// The request at hand: who asks, the rules to ask, and the answer's headers.
pub(super) struct Call {
    pub(super) auth: Arc<Auth>,
    pub(super) vault: Arc<Vault>,
    pub(super) admin: Arc<Admin>,
    pub(super) caller: Caller,
    resolution: Resolution,
    recovery: Presented,
    response: ResponseOptions,
}

impl Call {
    /// Of the request being served. Fails only if the router was put together wrongly.
    pub(super) fn current() -> Result<Self, ApiError> {
        let parts = use_context::<Parts>();
        let extensions = parts.as_ref().map(|parts| &parts.extensions);
        let caller = extensions.and_then(|extensions| extensions.get::<Caller>().cloned());
        let resolution = extensions.and_then(|extensions| extensions.get::<Resolution>().cloned());
        let rules = (use_context::<Arc<Auth>>(), use_context::<Arc<Vault>>(), use_context::<Arc<Admin>>());
        let response = use_context::<ResponseOptions>();
        let ((Some(auth), Some(vault), Some(admin)), Some(caller), Some(resolution), Some(response)) =
            (rules, caller, resolution, response)
        else {
            tracing::error!("a server function ran without its context");
            return Err(ApiError::internal());
        };
        let recovery = parts.map_or(Presented::Nothing, |parts| cookies::read(&parts.headers, cookies::RECOVERY));
        Ok(Self { auth, vault, admin, caller, resolution, recovery, response })
    }

    /// The session, where one is needed.
    pub(super) fn session(&self) -> Result<&CurrentSession, Refusal> {
        self.resolution.live()
    }

    /// The session, where having none is no mistake.
    pub(super) fn session_if_any(&self) -> Option<&CurrentSession> {
        self.resolution.live().ok()
    }

    /// The token of a recovery: the one that was given, or the browser's.
    pub(super) fn recovery(&self, given: Option<&str>) -> Result<Secret, Refusal> {
        match (given, &self.recovery) {
            (Some(given), _) => Secret::parse(given).ok_or(Refusal::RecoveryNotFound),
            (None, Presented::Secret(token)) => Ok(token.clone()),
            (None, Presented::Nothing | Presented::Malformed) => Err(Refusal::RecoveryNotFound),
        }
    }

    /// Give the browser what belongs to a session that was just opened.
    pub(super) fn open(&self, session: &IssuedSession) {
        self.issue_cookie(cookies::SESSION, &session.token, session.lifetime);
        if let Some(known_device) = &session.known_device {
            self.issue_cookie(cookies::KNOWN_DEVICE, known_device, KNOWN_DEVICE_LIFETIME);
        }
        self.offer(session.dbsc.as_ref());
    }

    /// Give the browser its session's next token.
    pub(super) fn renew(&self, renewed: &Renewed) {
        self.issue_cookie(cookies::SESSION, &renewed.token, renewed.lifetime);
    }

    /// Offer the browser to bind its session.
    pub(super) fn offer(&self, offer: Option<&DbscOffer>) {
        let Some(DbscOffer { challenge, authorization }) = offer else { return };
        let value = format!(
            r#"(ES256);path="/auth/dbsc/register";challenge="{challenge}";authorization="{authorization}""#
        );
        self.append(REGISTRATION, HeaderValue::from_str(&value).ok());
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

impl DeviceKey {
    /// As the rules take it.
    pub(super) fn as_offer(&self) -> DeviceKeyOffer<'_> {
        DeviceKeyOffer { jwk: self.jwk.get(), proof: &self.proof }
    }
}
