//! Where notices go, as the operator said it.

use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

pub use super::mail::smtp::Server as SmtpServer;
use super::mail::{self, Sender};

/// Where notices go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How mail leaves.
    pub via: Via,
    /// Whom it comes from.
    pub from: Sender,
    /// Where mail about the service itself goes.
    pub operator: Option<String>,
    /// Where webhooks go.
    pub webhook: Option<Url>,
    /// Whether they tell of sessions and credentials, too.
    pub signals: bool,
    /// How long an attempt may take. No setting: what waits longer than a lease lasts would be sent twice.
    pub patience: Duration,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub enum Via {
    /// Through a mail server.
    Smtp(SmtpServer),
    /// Not at all: it is written to this folder.
    Folder(PathBuf),
}

impl Settings {
    /// An attempt to deliver takes no longer. Mail servers are slow on purpose now and then.
    pub const PATIENCE: Duration = Duration::from_secs(30);

    /// An address that mail can go to.
    pub fn parse_address(text: &str) -> Option<String> {
        mail::address(text).map(|address| address.to_string())
    }

    /// A URL that webhooks can go to: over TLS, or to this machine.
    pub fn parse_webhook(text: &str) -> Option<Url> {
        let url: Url = text.parse().ok()?;
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let is_safe = match url.scheme() {
            "https" => true,
            "http" => is_loopback(url.host()?),
            _ => false,
        };
        (is_plain && is_safe && url.has_host()).then_some(url)
    }
}

/// Whether this is the machine itself, so that nobody in between can listen.
pub(super) fn is_loopback(host: Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_go_over_tls_or_stay_here() {
        for (text, is_fine) in [
            ("https://hooks.example.com/in?team=a", true),
            ("http://localhost:9000/in", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("http://hooks.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("https://user:word@hooks.example.com", false),
            ("https://hooks.example.com/#part", false),
            ("ftp://hooks.example.com", false),
            ("hooks.example.com", false),
        ] {
            assert_eq!(Settings::parse_webhook(text).is_some(), is_fine, "{text}");
        }
    }
}
