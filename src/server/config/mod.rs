//! The server's settings: one table, one file, one environment override each.
//!
//! A key that is not in the table, or a value that does not parse, stops the start with one sentence that names it.

mod accounts;
mod alerts;
mod audit;
mod forward;
mod metrics;
mod notify;
mod recovery;
mod risk;
mod sessions;
mod settings;
mod source;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::filter::Targets;
use url::Url;

pub use audit::AuditSettings;
pub use metrics::MetricsSettings;
pub use risk::GeoFiles;
pub use settings::{SETTINGS, Setting};
pub use source::ConfigError;
use source::Source;

use crate::auth::SessionPolicy;
use crate::forward::ForwardPolicy;
use crate::notify::Settings as NotifySettings;
use crate::recovery::RecoveryPolicy;
use crate::risk::Policy;
use crate::{store, throttle};

/// The file that is read when `HOLDFAST_CONFIG` names no other.
pub const DEFAULT_FILE: &str = "Leptos.toml";

/// Everything the server was told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub site_addr: SocketAddr,
    /// The canonical origin, as browsers see it.
    pub origin: Url,
    /// The WebAuthn relying party id.
    pub rp_id: String,
    /// Other origins whose pages may use the passkeys of this one.
    pub related_origins: Vec<Url>,
    /// What the service calls itself.
    pub name: String,
    /// Where to report a hole, as a URI.
    pub security_contact: Option<String>,
    /// For so long an account that is to be deleted can be kept.
    pub deletion_delay: Duration,
    /// Networks whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// What matters in apps behind the same proxy.
    pub forward: ForwardPolicy,
    /// Certificate and key, to serve HTTPS without a proxy.
    pub tls: Option<Tls>,
    /// The database.
    pub database: store::Settings,
    /// The file of keys, if one was named.
    pub secrets_file: Option<PathBuf>,
    /// How long sessions live.
    pub sessions: SessionPolicy,
    /// How slow recovery is.
    pub recovery: RecoveryPolicy,
    /// The audit trail.
    pub audit: AuditSettings,
    /// Alert rules that are switched off.
    pub alerts_off: Vec<&'static str>,
    /// The metrics.
    pub metrics: MetricsSettings,
    /// Where traces go.
    pub traces: Option<Url>,
    /// What counts as risky.
    pub risk: Policy,
    /// How much is let through.
    pub throttle: throttle::Policy,
    /// Where places come from.
    pub geo: GeoFiles,
    /// Where notices go.
    pub notify: NotifySettings,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines there are.
    pub log_filter: Targets,
    /// Where cargo-leptos's reload server listens, while it watches.
    pub reload_port: u16,
    /// Whether cargo-leptos is watching (it sets `LEPTOS_WATCH`).
    pub watched: bool,
    /// Sentences to log at start.
    pub notices: Vec<String>,
}

/// Files for HTTPS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM, leaf first.
    pub cert: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For eyes.
    Pretty,
}

impl Config {
    /// From `HOLDFAST_CONFIG` (or `Leptos.toml` where there is one) and the environment.
    pub fn load() -> Result<Self, ConfigError> {
        let env: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = env.iter().find(|(name, value)| name == "HOLDFAST_CONFIG" && !value.is_empty());
        let path = match named {
            Some((_, path)) => Some(PathBuf::from(path)),
            None => Path::new(DEFAULT_FILE).exists().then(|| PathBuf::from(DEFAULT_FILE)),
        };
        let text = match &path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| ConfigError::new(format!("cannot read {}: {error}", path.display())))?,
        };
        let file_name = path.as_deref().unwrap_or(Path::new(DEFAULT_FILE)).display().to_string();
        Self::parse(&file_name, &text, env)
    }

    /// From the text of a file and an environment.
    pub fn parse(
        file_name: &str,
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let env: Vec<_> = env.into_iter().collect();
        let watched = env.iter().any(|(name, _)| name == "LEPTOS_WATCH");
        let source = Source::read(file_name, text, env)?;
        let site_addr: SocketAddr =
            source.parse("server.site-addr", "an address and port such as 127.0.0.1:3000")?;
        let tls = tls(&source)?;
        let origin = match source.optional("server.origin") {
            Some(_) => {
                source.parse_with("server.origin", "an origin such as https://login.example.com", parse_origin)?
            }
            None => default_origin(site_addr, tls.is_some())?,
        };
        let host = origin.host_str().unwrap_or_default().to_owned();
        let database = store::Settings {
            url: source.parse_with(
                "database.url",
                "sqlite://holdfast.db?mode=rwc or postgres://user@host/name",
                parse_database_url,
            )?,
            max_connections: source.parse_with("database.max-connections", "a number from 1 to 1000", |text| {
                text.parse().ok().filter(|count| (1..=1000).contains(count))
            })?,
        };
        let recovery = recovery::policy(&source)?;
        Ok(Self {
            site_addr,
            notify: notify::settings(&source, &host, source.string("server.name"), &database)?,
            rp_id: source.optional("server.rp-id").unwrap_or(&host).to_owned(),
            related_origins: accounts::related_origins(&source, &origin)?,
            security_contact: accounts::security_contact(&source)?,
            deletion_delay: accounts::deletion_delay(&source)?,
            forward: forward::policy(&source, &origin)?,
            origin,
            name: source.string("server.name").to_owned(),
            trusted_proxies: source.parse_with(
                "server.trusted-proxies",
                "a list of networks such as 10.0.0.0/8",
                parse_networks,
            )?,
            tls,
            audit: audit::settings(&source, &database)?,
            database,
            metrics: metrics::settings(&source)?,
            traces: metrics::traces(&source)?,
            alerts_off: alerts::off(&source)?,
            secrets_file: source.optional("secrets.file").map(Into::into),
            sessions: sessions::policy(&source)?,
            recovery,
            risk: risk::policy(&source)?,
            throttle: throttle::Policy::scaled(source.parse_with(
                "throttle.scale",
                "a number from 1 to 1000000",
                |text| text.parse().ok().filter(|scale| (1..=1_000_000).contains(scale)),
            )?),
            geo: risk::geo_files(&source),
            log_format: source.parse_with("log.format", "json or pretty", |text| match text {
                "json" => Some(LogFormat::Json),
                "pretty" => Some(LogFormat::Pretty),
                _ => None,
            })?,
            log_filter: source.parse("log.filter", "a filter such as info,holdfast=debug")?,
            reload_port: source.parse("server.reload-port", "a port number")?,
            watched,
            notices: source.notices().into_iter().chain(recovery::warning(&recovery)).collect(),
        })
    }

    /// The port of cargo-leptos's reload server, if it is watching this process.
    pub fn watched_by_reload_server(&self) -> Option<u16> {
        self.watched.then_some(self.reload_port)
    }

    /// Whether the canonical host is this machine.
    pub fn is_loopback(&self) -> bool {
        self.origin.domain().is_some_and(is_loopback)
    }

    /// Whether people reach the service over TLS, ours or a proxy's.
    pub fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }
}

fn tls(source: &Source) -> Result<Option<Tls>, ConfigError> {
    match (source.optional("server.tls-cert"), source.optional("server.tls-key")) {
        (Some(cert), Some(key)) => Ok(Some(Tls { cert: cert.into(), key: key.into() })),
        (None, None) => Ok(None),
        _ => Err(ConfigError::new("server.tls-cert and server.tls-key must be set together".to_owned())),
    }
}

/// Without a configured origin: localhost on the port we listen on. WebAuthn knows no bare IP addresses.
fn default_origin(site_addr: SocketAddr, tls: bool) -> Result<Url, ConfigError> {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://localhost:{}", site_addr.port())
        .parse()
        .map_err(|_| ConfigError::new("server.origin must be set".to_owned()))
}

fn parse_origin(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let is_origin =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    // Passkeys need a secure context: https, or http on localhost.
    let domain = url.domain()?;
    let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(domain));
    // A pattern is no host, whatever an URL may hold.
    let is_host = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (is_origin && is_secure && is_host).then_some(url)
}

/// RFC 6761 §6.3.
fn is_loopback(domain: &str) -> bool {
    domain == "localhost" || domain.ends_with(".localhost")
}

fn parse_networks(text: &str) -> Option<Vec<IpNet>> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse().ok().or_else(|| part.parse().ok().map(|address: std::net::IpAddr| address.into()))
        })
        .collect()
}

fn parse_database_url(text: &str) -> Option<String> {
    let known = ["sqlite:", "postgres://", "postgresql://"];
    known.iter().any(|scheme| text.starts_with(scheme)).then(|| text.to_owned())
}

/// `90s`, `15m`, `24h` or `7d`.
fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let total = count.checked_mul(seconds)?;
    // Ten years is surely a mistake, and keeps every later sum in range.
    (1..=315_360_000).contains(&total).then(|| Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, env: &[(&str, &str)]) -> Result<Config, String> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse("Leptos.toml", text, env).map_err(|error| error.to_string())
    }

    #[test]
    fn without_file_or_environment_everything_has_a_default() {
        let config = parse("", &[]).expect("defaults");
        assert_eq!(config.site_addr.to_string(), "127.0.0.1:3000");
        assert_eq!(config.origin.as_str(), "http://localhost:3000/");
        assert_eq!(config.rp_id, "localhost");
        assert_eq!(config.database.url, "sqlite://holdfast.db?mode=rwc");
        assert!(config.trusted_proxies.is_empty());
        assert_eq!(config.sessions.lifetime, Duration::from_hours(7 * 24));
    }

    #[test]
    fn the_file_is_read_and_the_environment_wins() {
        let file = "[server]\norigin = 'https://a.example'\nname = 'A'\n[sessions]\nlifetime = '1h'";
        let config =
            parse(file, &[("HOLDFAST_ORIGIN", "https://b.example"), ("HOLDFAST_NAME", "")]).expect("config");
        assert_eq!(config.origin.as_str(), "https://b.example/");
        assert_eq!(config.rp_id, "b.example");
        assert_eq!(config.name, "A", "an empty variable is no override");
        assert_eq!(config.sessions.lifetime, Duration::from_hours(1));
    }

    #[test]
    fn a_mistake_is_named_in_one_sentence() {
        for (file, env, named) in [
            ("[server]\norgin = 'x'", &[][..], "server.orgin"),
            ("[sever]\norigin = 'x'", &[], "sever"),
            ("top = 1", &[], "top"),
            ("[server]\norigin = 'http://example.com'", &[], "server.origin"),
            ("[server]\norigin = 'https://1.2.3.4'", &[], "server.origin"),
            ("[server]\norigin = 'https://a.example/path'", &[], "server.origin"),
            ("[server]\nsite-addr = 'nowhere'", &[], "server.site-addr"),
            ("[server]\ntls-cert = 'cert.pem'", &[], "server.tls-key"),
            ("[server", &[], "Leptos.toml"),
            ("", &[("HOLDFAST_ORIGN", "x")], "HOLDFAST_ORIGN"),
            ("", &[("HOLDFAST_LOG", "loud")], "HOLDFAST_LOG"),
            ("", &[("HOLDFAST_DATABASE_URL", "mysql://x")], "HOLDFAST_DATABASE_URL"),
            ("", &[("HOLDFAST_TRUSTED_PROXIES", "10.0.0.0/99")], "HOLDFAST_TRUSTED_PROXIES"),
            ("[sessions]\nidle = 'soon'", &[], "sessions.idle"),
            ("[forward]\nsensitive = ['admin']", &[], "forward.sensitive"),
            ("[forward]\nstep-up = ['/admin', '/a/../b']", &[], "forward.step-up"),
        ] {
            let error = parse(file, env).expect_err(named);
            assert!(error.contains(named), "{error}");
            assert!(!error.trim().contains('\n'), "one sentence, not: {error}");
        }
    }

    #[test]
    fn a_password_in_the_database_url_is_not_repeated_in_the_error() {
        let error = parse("", &[("HOLDFAST_DATABASE_URL", "mysql://u:hunter2@h/d")]).expect_err("refused");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn the_shipped_file_names_every_setting_with_its_default() {
        let shipped = include_str!("../../../Leptos.toml");
        let parsed: toml::Table = shipped.parse().expect("Leptos.toml");
        for setting in SETTINGS {
            let (table, key) = setting.path.split_once('.').expect("table.key");
            let line = format!("{key} = ");
            assert!(
                shipped.lines().any(|l| l.trim_start_matches("# ").starts_with(&line)),
                "{} is not in Leptos.toml",
                setting.path
            );
            assert!(shipped.contains(setting.env), "{} is not in Leptos.toml", setting.env);
            if let Some(value) = parsed.get(table).and_then(|t| t.get(key)) {
                let value = source::flatten(value).expect("a plain value");
                assert_eq!(Some(value.as_str()), setting.default, "{} differs from its default", setting.path);
            }
        }
        parse(shipped, &[]).expect("the shipped file is valid");
    }

    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        let readme = include_str!("../../../README.md");
        for setting in SETTINGS {
            let start = format!("| `{}` | `{}` | ", setting.path, setting.env);
            let row = readme.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("README.md has no row for {}", setting.path));
            // A list that long has a table of its own, in docs/risk.md.
            let shown = setting.default.filter(|default| !default.is_empty() && default.len() < 80);
            if let Some(default) = shown {
                assert!(row.contains(&format!("`{default}`")), "{row}");
            }
        }
    }

    #[test]
    fn build_and_run_agree_on_what_they_share() {
        let manifest: toml::Table = include_str!("../../../Cargo.toml").parse().expect("Cargo.toml");
        let build = &manifest["package"]["metadata"]["leptos"];
        let config = parse(include_str!("../../../Leptos.toml"), &[]).expect("config");
        assert_eq!(build["site-addr"].as_str(), Some(config.site_addr.to_string().as_str()));
        assert_eq!(build["reload-port"].as_integer(), Some(i64::from(config.reload_port)));
    }
}
