//! Through a mail server (RFC 5321), over TLS unless it is this very machine.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use tokio::sync::OnceCell;
use url::Url;

use crate::notify::Failure;
use crate::notify::settings::is_loopback;

/// Connecting may take so long; the attempt as a whole has its own limit.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A mail server, as its URL names it.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<(String, String)>,
}

/// How the connection is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Wrapped,
    /// STARTTLS (RFC 3207), and nothing is said without it.
    StartTls,
    /// Not at all.
    None,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Server {
    /// `smtps://user:password@host`, or `smtp://…` with STARTTLS. Only a server on this machine may be spoken to in the
    /// clear, unless `?tls=none` says so.
    pub fn parse(text: &str) -> Option<Self> {
        let url: Url = text.parse().ok()?;
        let host = url.host()?;
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Wrapped, 465),
            ("smtp", Some("tls=none")) => (Security::None, 25),
            ("smtp", Some("tls=starttls")) => (Security::StartTls, 587),
            ("smtp", None) if is_local(url.host_str()?, &host) => (Security::None, 25),
            ("smtp", None) => (Security::StartTls, 587),
            _ => return None,
        };
        let decode = |text: &str| percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decode(user)?, decode(password)?)),
            _ => return None,
        };
        let is_whole = matches!(url.path(), "" | "/") && url.fragment().is_none();
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        is_whole.then(|| Self { host, port: url.port().unwrap_or(port), security, credentials })
    }
}

/// A URL of a scheme that is not the web's keeps an address as a name.
fn is_local(text: &str, host: &url::Host<&str>) -> bool {
    let parsed = url::Host::parse(text).ok();
    is_loopback(host.clone())
        || parsed.is_some_and(|host| match host {
            url::Host::Domain(name) => is_loopback(url::Host::Domain(&name)),
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        })
}

/// The way to a mail server.
pub struct Smtp {
    server: Server,
    /// How we call ourselves.
    hello: String,
    /// Made at the first mail: the machine's authorities are read from many files.
    transport: OnceCell<AsyncSmtpTransport<Tokio1Executor>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Smtp {
    /// To this server, calling ourselves `hello`.
    pub fn new(server: Server, hello: &str) -> Self {
        Self { server, hello: hello.to_owned(), transport: OnceCell::new() }
    }

    /// Hand one over. When this answers, the server has taken it upon itself.
    pub async fn send(&self, message: Message) -> Result<(), Failure> {
        let transport = self.transport.get_or_try_init(|| self.connect()).await?;
        transport.send(message).await.map(drop).map_err(|error| failure(&error))
    }

    async fn connect(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
        let Server { host, port, security, credentials } = self.server.clone();
        let tls = if security == Security::None {
            Tls::None
        } else {
            let host = host.clone();
            let parameters = tokio::task::spawn_blocking(move || TlsParameters::new(host)).await;
            let parameters = parameters.ok().and_then(Result::ok).ok_or_else(|| Failure::again("smtp_tls"))?;
            if security == Security::Wrapped { Tls::Wrapper(parameters) } else { Tls::Required(parameters) }
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .hello_name(ClientId::Domain(self.hello.clone()))
            .timeout(Some(CONNECT_TIMEOUT));
        if let Some((user, password)) = credentials {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(builder.build())
    }
}

/// Whether trying again is of use, and what to call it.
fn failure(error: &Error) -> Failure {
    if let Some(code) = error.status() {
        let code: u16 = code.into();
        // What the server says often repeats the address; of all that, only its number is kept (RFC 3463).
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        let reason = match enhanced(&said) {
            Some(detail) => format!("smtp_{code}_{detail}"),
            None => format!("smtp_{code}"),
        };
        return if error.is_permanent() && !is_about_us(code) {
            Failure::last(reason)
        } else {
            Failure::again(reason)
        };
    }
    Failure::again(match error {
        error if error.is_timeout() => "smtp_timeout",
        error if error.is_tls() => "smtp_tls",
        error if error.is_response() => "smtp_answer",
        error if error.is_client() => "smtp_not_offered",
        _ => "smtp_connection",
    })
}

/// Whether a refusal for good is about how we talk to the server, or about the server, and not about this mail. That the
/// operator can put right, so the mail waits.
fn is_about_us(code: u16) -> bool {
    // 521 and 530…538: RFC 7504, RFC 4954. 50x: commands. 554 may be the greeting, but is also what a refused mail gets.
    matches!(code, 500..=504 | 521 | 530 | 534 | 535 | 538)
}

/// `5.1.1`, if that is how it begins.
fn enhanced(said: &str) -> Option<&str> {
    let word = said.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(is_number)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_host_port_security_and_who_we_are() {
        let parsed = |text: &str| {
            let server = Server::parse(text)?;
            Some((server.host, server.port, server.security, server.credentials))
        };
        let named = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        let host = || "mail.example.com".to_owned();
        for (text, expected) in [
            ("smtps://mail.example.com", Some((host(), 465, Security::Wrapped, None))),
            ("smtp://mail.example.com", Some((host(), 587, Security::StartTls, None))),
            ("smtp://mail.example.com:2525/", Some((host(), 2525, Security::StartTls, None))),
            ("smtp://mail.example.com?tls=none", Some((host(), 25, Security::None, None))),
            ("smtp://localhost:1025", Some(("localhost".into(), 1025, Security::None, None))),
            ("smtp://127.0.0.1:1025", Some(("127.0.0.1".into(), 1025, Security::None, None))),
            ("smtp://[::1]:1025", Some(("::1".into(), 1025, Security::None, None))),
            ("smtp://localhost?tls=starttls", Some(("localhost".into(), 587, Security::StartTls, None))),
            (
                "smtp://127.0.0.1.example.com",
                Some(("127.0.0.1.example.com".into(), 587, Security::StartTls, None)),
            ),
            (
                "smtps://a%40b.test:p%3Aw@mail.example.com",
                Some((host(), 465, Security::Wrapped, named("a@b.test", "p:w"))),
            ),
            ("smtp://mail.example.com?tls=never", None),
            ("smtps://user@mail.example.com", None),
            ("https://mail.example.com", None),
            ("mail.example.com:25", None),
            ("smtp://mail.example.com/path", None),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let server = Server::parse("smtps://user:hunter2@mail.example.com").expect("a server");
        assert!(!format!("{server:?}").contains("hunter2"));
    }

    #[test]
    fn of_an_answer_only_its_number_is_kept() {
        assert_eq!(enhanced("5.1.1 <ada@example.com>: unknown"), Some("5.1.1"));
        assert_eq!(enhanced("<ada@example.com> unknown"), None);
        assert_eq!(enhanced("1.2.3.4 is not welcome"), None);
        assert_eq!(enhanced(""), None);
    }
}
