//! Who it is, signed, for an app that does not want to trust the network between it and the proxy (`X-Auth-Token`).

use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use super::{Admitted, Asked};
use crate::clock::Timestamp;
use crate::secret::{NoEntropy, random_bytes};

/// It is for the one request that it comes with. An app's clock may be a little off.
const TOKEN_LIFETIME: Duration = Duration::from_mins(1);

/// The claims (RFC 7519 §4.1, OpenID Connect Core §5.1 and Front-Channel Logout §3 for `sid`).
#[derive(Debug, Serialize)]
pub(super) struct Claims<'a> {
    iss: &'a str,
    /// The origin of the app that the request goes to: no other app may take it.
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
    jti: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

impl<'a> Claims<'a> {
    /// `None` where the proxy does not say whom the request is for.
    pub(super) fn of(
        issuer: &'a str,
        asked: &Asked,
        who: &'a Admitted,
        now: Timestamp,
    ) -> Result<Option<Self>, NoEntropy> {
        let Some(aud) = asked.audience() else { return Ok(None) };
        Ok(Some(Self {
            iss: issuer,
            aud,
            sub: who.user,
            sid: who.session,
            iat: now.0 / 1000,
            exp: now.plus(TOKEN_LIFETIME).0 / 1000,
            jti: Uuid::from_bytes(random_bytes()?),
            email: who.email.as_deref(),
            email_verified: who.email.as_ref().map(|_| true),
        }))
    }
}
