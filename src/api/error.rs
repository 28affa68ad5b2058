//! The one shape of every error, and the one table from code to status.

use leptos::prelude::FromServerFnError;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::ServerFnErrorErr;
use serde::{Deserialize, Serialize};

use super::Signals;

/// What every error answer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// A sentence for a person.
    pub error: String,
    /// A stable word for a program, in `snake_case`.
    pub code: String,
    /// Joins the answer to the log line and the audit row. Filled in at the edge.
    #[serde(default)]
    pub request_id: String,
    /// What the client should do, where it is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Seconds until another try makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Why a step-up is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<Reason>>,
    /// What to send to `/auth/step-up/options`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_up: Option<StepUp>,
    /// What may be done instead of waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_of_work: Option<Box<ProofOfWork>>,
    /// What passkey managers should be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<Box<Signals>>,
}

/// Work that lets the next request through: a number such that the SHA-256 of `challenge.salt.number` begins with so many zero
/// bits. That text is sent in the header `X-Proof-Of-Work`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOfWork {
    /// `SHA-256`.
    pub algorithm: String,
    /// The first part of the text.
    pub challenge: String,
    /// The second.
    pub salt: String,
    /// How many bits must be zero.
    pub difficulty: u32,
    /// Until when it is accepted, once.
    pub expires: String,
}

/// One signal of the risk engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its name.
    pub signal: String,
    /// What it adds to the score.
    pub points: u32,
    /// One plain sentence.
    pub why: String,
}

/// What a step-up is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUp {
    /// The guarded action.
    pub action: String,
    /// Its parameters.
    pub params: serde_json::Value,
}

macro_rules! http_errors {
    ($($(#[$doc:meta])* $name:ident, $status:literal, $code:literal, $sentence:literal;)*) => {
        impl ApiError {
            $($(#[$doc])* pub fn $name() -> Self { Self::new($code, $sentence) })*

            #[cfg(feature = "ssr")]
            /// Codes of the edge itself, with their status.
            const HTTP: &'static [(&'static str, u16)] = &[$(($code, $status),)*];
        }
    };
}

http_errors! {
    /// The body is JSON, but not the JSON that belongs here.
    invalid_request, 400, "invalid_request", "That request is missing something or has the wrong form.";
    /// The body is not JSON although it says so.
    invalid_json, 400, "invalid_json", "That request could not be read. It is not valid JSON.";
    /// A page of another site tried to change something here.
    cross_site, 403, "cross_site", "This request came from another site, so it was refused.";
    /// The browser's own binding (DBSC) is over. A browser forgets it at this status.
    binding_ended, 401, "binding_ended", "This session is over, or is no longer bound to this browser.";
    /// No such path.
    not_found, 404, "not_found", "There is nothing here. The address may be old or mistyped.";
    /// The path exists, the method does not.
    method_not_allowed, 405, "method_not_allowed", "This address does not answer that kind of request.";
    /// The client was too slow to send.
    request_timeout, 408, "request_timeout", "That took too long to arrive. Please try again.";
    /// More than 64 KiB.
    payload_too_large, 413, "payload_too_large", "That request is too large.";
    /// Not `application/json`.
    unsupported_media_type, 415, "unsupported_media_type", "This address only reads JSON.";
    /// Our fault.
    internal, 500, "internal", "Something went wrong on our side. Nothing was changed. Please try again in a moment.";
    /// Too much at once. What throttling refuses says for how long.
    too_many_requests, 429, "too_many_requests", "That was too much at once. Please wait a moment.";
    /// Not ready, or too busy.
    unavailable, 503, "unavailable", "The service is not ready right now. Please try again in a moment.";
}

impl ApiError {
    fn new(code: &str, sentence: &str) -> Self {
        Self {
            error: sentence.to_owned(),
            code: code.to_owned(),
            request_id: String::new(),
            action: None,
            retry_after: None,
            reasons: None,
            step_up: None,
            proof_of_work: None,
            signals: None,
        }
    }
}

#[cfg(feature = "ssr")]
mod server {
    use super::{ApiError, ProofOfWork, StepUp};
    use crate::auth::{Error, Refusal, RefusalKind, StepUpRequired};
    use crate::throttle::{self, Limited};

    impl ApiError {
        /// The HTTP status of this code.
        pub fn status(&self) -> u16 {
            let of_edge = Self::HTTP.iter().find(|(code, _)| *code == self.code).map(|(_, status)| *status);
            let of_rule = Refusal::ALL.iter().find(|refusal| refusal.code() == self.code).map(|refusal| {
                match refusal.kind() {
                    RefusalKind::Input => 400,
                    RefusalKind::Unauthenticated => 401,
                    RefusalKind::StepUp => 403,
                    RefusalKind::NotFound => 404,
                    RefusalKind::Conflict => 409,
                }
            });
            of_edge.or(of_rule).unwrap_or(500)
        }

        /// What `WWW-Authenticate` says, if this is about a key (RFC 6750 §3) or a proof (RFC 9449 §7.1).
        pub fn challenge(&self) -> Option<String> {
            if self.code == Refusal::ApiKeyInvalid.code() {
                return Some("Bearer".to_owned());
            }
            Some(format!(r#"DPoP error="{}", algs="ES256""#, self.proof_error()?))
        }

        /// None at all is invalid, too.
        fn proof_error(&self) -> Option<&'static str> {
            let invalid = Refusal::InvalidDpopProof.code();
            let errors = [
                (Refusal::UseDpopNonce, Refusal::UseDpopNonce.code()),
                (Refusal::InvalidDpopProof, invalid),
                (Refusal::DpopProofRequired, invalid),
            ];
            errors.into_iter().find(|(refusal, _)| refusal.code() == self.code).map(|(_, error)| error)
        }
    }

    impl From<Refusal> for ApiError {
        fn from(refusal: Refusal) -> Self {
            Self::new(refusal.code(), refusal.sentence())
        }
    }

    impl From<Limited> for ApiError {
        fn from(limited: Limited) -> Self {
            let wait = in_words(limited.retry_after);
            Self {
                error: format!(
                    "There is too much going on at the moment. Nothing was changed. Please try again in {wait}."
                ),
                retry_after: Some(limited.retry_after),
                proof_of_work: limited.work.map(|work| {
                    Box::new(ProofOfWork {
                        algorithm: "SHA-256".to_owned(),
                        challenge: work.challenge,
                        salt: work.salt,
                        difficulty: work.difficulty,
                        expires: work.expires.to_rfc3339(),
                    })
                }),
                ..Self::too_many_requests()
            }
        }
    }

    impl From<throttle::Error> for ApiError {
        fn from(error: throttle::Error) -> Self {
            Error::from(error).into()
        }
    }

    /// Rounded up, so that who waits as long as it says need not come a third time.
    fn in_words(seconds: u64) -> String {
        let (count, unit) = match seconds {
            0..=90 => (seconds, "second"),
            91..=5_400 => (seconds.div_ceil(60), "minute"),
            _ => (seconds.div_ceil(3600), "hour"),
        };
        format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
    }

    impl From<StepUpRequired> for ApiError {
        fn from(required: StepUpRequired) -> Self {
            Self {
                action: Some("PASSKEY_ASSERTION".to_owned()),
                reasons: Some(required.signals.into_iter().map(Into::into).collect()),
                step_up: Some(StepUp {
                    action: required.action.name().to_owned(),
                    params: required.action.params(),
                }),
                ..Refusal::StepUpRequired.into()
            }
        }
    }

    impl From<Error> for ApiError {
        fn from(error: Error) -> Self {
            match error {
                Error::Refused(refusal) => refusal.into(),
                Error::StepUp(required) => (*required).into(),
                Error::Limited(limited) => (*limited).into(),
                Error::Uncounted(error) => {
                    tracing::error!(%error, "nothing is let through that cannot be counted");
                    Self::unavailable()
                }
                error if error.is_unavailable() => {
                    tracing::error!(%error, "the database cannot do that now");
                    Self::unavailable()
                }
                other => {
                    // The request's span carries its id; the person gets that and nothing of this.
                    tracing::error!(error = %other, "a rule failed");
                    Self::internal()
                }
            }
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::invalid_request()
            }
            _ => Self::internal(),
        }
    }
}
