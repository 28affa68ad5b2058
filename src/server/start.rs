//! From settings to something that can answer.

use std::path::PathBuf;
use std::sync::Arc;

use super::config::{Config, GeoFiles};
use super::state::{AppState, Parts};
use crate::admin::Admin;
use crate::alerts::Watcher;
use crate::audit::{self, Keeper, Trail};
use crate::auth::{Auth, Engine, InvalidRelyingParty, RelyingParty, Service};
use crate::clock::Clock;
use crate::forward::Forward;
use crate::geo::{self, GeoError, SharedGeo};
use crate::jobs;
use crate::keyring::{Keyring, KeyringError, Place};
use crate::metrics::Metrics;
use crate::notify::Outbox;
use crate::store::{self, Store};
use crate::throttle::Throttle;
use crate::vault::Vault;

/// Why the server does not start: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be reached or brought up to date.
    #[error("the database (database.url, HOLDFAST_DATABASE_URL) cannot be used: {0}")]
    Database(String),
    /// Nobody named the file of keys, and this is no place to make one.
    #[error(
        "secrets.file (HOLDFAST_SECRETS) must name the file of keys, since server.origin is not localhost; \
         `holdfast secrets` prints a new one"
    )]
    NoSecrets,
    /// The keys cannot be used.
    #[error("secrets.file (HOLDFAST_SECRETS): {0}")]
    Secrets(#[from] KeyringError),
    /// The audit trail cannot be used.
    #[error("the audit trail cannot be used: {0}")]
    Trail(#[from] audit::Error),
    /// The relying party id does not fit the origin.
    #[error("server.rp-id (HOLDFAST_RP_ID) does not fit: {0}")]
    RelyingParty(#[from] InvalidRelyingParty),
    /// A file that should say where addresses are cannot be used.
    #[error("geo data (geo.db, geo.asn-db, HOLDFAST_GEO_DB, HOLDFAST_GEO_ASN_DB) cannot be used: {0}")]
    Geo(#[from] GeoError),
    /// Mails cannot be written where they should.
    #[error("{0}")]
    Mail(String),
    /// Nobody said where webhooks go.
    #[error("webhook.url (HOLDFAST_WEBHOOK_URL) is not set, so there is no key to print")]
    NoWebhook,
    /// The address is taken or not ours.
    #[error("cannot listen on {address} (server.site-addr, LEPTOS_SITE_ADDR): {error}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The address of the metrics is taken or not ours.
    #[error("cannot listen on {address} (metrics.addr, HOLDFAST_METRICS_ADDR): {error}")]
    Metrics {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("server.tls-cert and server.tls-key cannot be used: {0}")]
    Tls(std::io::Error),
}

impl From<store::Error> for StartError {
    fn from(error: store::Error) -> Self {
        // Driver messages run over several lines; a start error is one sentence.
        Self::Database(error.to_string().replace('\n', " "))
    }
}

/// Connect, bring the schema up to date, and put the parts together.
pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<AppState, StartError> {
    let rp = RelyingParty::new(&config.rp_id, &config.origin, &config.related_origins, &config.name)?;
    let store = Arc::new(Store::connect(&config.database).await?);
    let keyring = Arc::new(Keyring::load(&place_of_keys(&config)?)?);
    store.migrate().await?;
    jobs::ensure_partitions(&store, clock.now()).await;
    let origin = config.origin.origin().ascii_serialization();
    let geo = open_geo(&config.geo)?;
    let engine = Engine::new(config.risk.clone(), geo.clone(), keyring.clone());
    engine.keep_policy(&store, clock.now()).await?;
    let metrics = Arc::new(Metrics::default());
    let trail = Arc::new(
        Trail::open(store.clone(), keyring.clone(), clock.clone(), metrics.clone(), config.audit.retention)
            .await?,
    );
    let keeper = Arc::new(Keeper::new(trail.clone(), &origin, config.audit.sink.clone()));
    let throttle = Throttle::new(store.clone(), keyring.clone(), clock.clone(), config.throttle);
    let outbox = Arc::new(Outbox::new(store.clone(), keyring.clone(), clock.clone(), &config.notify));
    let service = Service {
        origin: origin.clone(),
        name: config.name.clone(),
        outbox: outbox.clone(),
        deletion_delay: config.deletion_delay,
        recovery: config.recovery,
    };
    let auth = Arc::new(Auth::new(
        trail.clone(),
        rp,
        service,
        keyring.clone(),
        config.sessions,
        engine,
        throttle.clone(),
    ));
    let vault = Arc::new(Vault::new(store.clone(), auth.clone(), keyring.clone(), clock.clone()));
    let watcher = Arc::new(Watcher::new(trail.clone(), outbox.clone(), &origin, &config.alerts_off));
    let forward = Arc::new(Forward::new(
        auth.clone(),
        keyring.clone(),
        clock.clone(),
        config.forward.clone(),
        config.origin.clone(),
    ));
    let admin = Arc::new(Admin::new(trail.clone(), auth.clone(), watcher.clone(), outbox.clone(), geo.clone()));
    Ok(AppState::from(Parts {
        config: Arc::new(config),
        store,
        keyring,
        trail,
        keeper,
        watcher,
        auth,
        vault,
        admin,
        forward,
        throttle,
        outbox,
        geo,
        metrics,
        clock,
    }))
}

/// Files that somebody named must be good. Those of the set-up are read beside everything else.
fn open_geo(files: &GeoFiles) -> Result<SharedGeo, StartError> {
    Ok(match files.clone() {
        GeoFiles::Named { places, asns } => SharedGeo::open(places, asns)?,
        GeoFiles::Default => {
            let (places, asns) = geo::default_files();
            SharedGeo::open_soon(places, asns)
        }
    })
}

/// Where the keys are, or may be made: a service for this machine alone makes its own, beside its database.
pub(super) fn place_of_keys(config: &Config) -> Result<Place, StartError> {
    if let Some(path) = &config.secrets_file {
        return Ok(Place::Named(path.clone()));
    }
    if !config.is_loopback() {
        return Err(StartError::NoSecrets);
    }
    Ok(Place::Made(match config.database.file() {
        Some(mut path) => {
            path.as_mut_os_string().push(".secrets.toml");
            path
        }
        None => PathBuf::from("holdfast.secrets.toml"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(settings: &[(&str, &str)]) -> Result<Place, StartError> {
        let env = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        place_of_keys(&Config::parse("test", "", env).expect("config"))
    }

    #[test]
    fn keys_lie_where_they_were_named_or_beside_the_database() {
        let (secrets, origin, database) = ("HOLDFAST_SECRETS", "HOLDFAST_ORIGIN", "HOLDFAST_DATABASE_URL");
        let elsewhere = (origin, "https://login.example.com");
        assert!(matches!(place(&[elsewhere]), Err(StartError::NoSecrets)));
        for (settings, expected) in [
            (&[elsewhere, (secrets, "/run/keys")][..], Place::Named("/run/keys".into())),
            (&[(secrets, "keys")], Place::Named("keys".into())),
            (&[], Place::Made("holdfast.db.secrets.toml".into())),
            (&[(origin, "https://a.localhost")], Place::Made("holdfast.db.secrets.toml".into())),
            (&[(database, "sqlite:///var/my%20db?mode=rwc")], Place::Made("/var/my db.secrets.toml".into())),
            (&[(database, "sqlite::memory:")], Place::Made("holdfast.secrets.toml".into())),
            (&[(database, "postgres://u@localhost/h")], Place::Made("holdfast.secrets.toml".into())),
        ] {
            assert_eq!(place(settings).expect("a place"), expected);
        }
    }
}
