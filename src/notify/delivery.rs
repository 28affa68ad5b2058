//! How an attempt to deliver can fail.

use std::borrow::Cow;
use std::time::Duration;

/// Why the other side does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A code for the operator, such as `smtp_550_5.1.1` or `http_503`. Never what the other side said: that may hold the
    /// very address.
    pub reason: Cow<'static, str>,
    /// Whether trying again is of no use.
    pub is_last: bool,
    /// The other side asked for this much time.
    pub after: Option<Duration>,
}

impl Failure {
    /// It may go better later.
    pub fn again(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), is_last: false, after: None }
    }

    /// It will not.
    pub fn last(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), is_last: true, after: None }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}
