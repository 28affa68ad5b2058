//! From settings to something that can answer.

use std::path::PathBuf;
use std::sync::Arc;

use super::config::{Config, GeoFiles};
use super::state::AppState;
use crate::auth::{self, Auth, Engine, InvalidRelyingParty, RelyingParty, Replay};
use crate::clock::Clock;
use crate::geo::{self, GeoError, SharedGeo};
use crate::jobs;
use crate::keyring::{Keyring, KeyringError, Place};
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
    /// The relying party id does not fit the origin.
    #[error("server.rp-id (HOLDFAST_RP_ID) does not fit: {0}")]
    RelyingParty(#[from] InvalidRelyingParty),
    /// A file that should say where addresses are cannot be used.
    #[error("geo data (geo.db, geo.asn-db, HOLDFAST_GEO_DB, HOLDFAST_GEO_ASN_DB) cannot be used: {0}")]
    Geo(#[from] GeoError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address} (server.site-addr, LEPTOS_SITE_ADDR): {error}")]
    Listen {
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
    let rp = RelyingParty::new(&config.rp_id, &config.origin, &config.name)?;
    let store = Arc::new(Store::connect(&config.database).await?);
    let keyring = Arc::new(Keyring::load(&place_of_keys(&config)?)?);
    store.migrate().await?;
    jobs::ensure_partitions(&store, clock.now()).await;
    let origin = config.origin.origin().ascii_serialization();
    let geo = open_geo(&config.geo)?;
    let engine = Engine::new(config.risk.clone(), geo.clone(), keyring.clone());
    engine.keep_policy(&store, clock.now()).await?;
    let throttle = Throttle::new(store.clone(), keyring.clone(), clock.clone(), config.throttle);
    let auth = Auth::new(store.clone(), rp, origin, keyring.clone(), clock.clone(), config.sessions, engine);
    let auth = Arc::new(auth.throttled_by(throttle.clone()));
    let vault = Arc::new(Vault::new(store.clone(), auth.clone(), keyring.clone(), clock.clone()));
    Ok(AppState { config: Arc::new(config), store, keyring, auth, vault, throttle, geo, clock })
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

/// Score stored decisions once more: all of them, or those of one request.
pub async fn replay_risk(config: &Config, request_id: Option<&str>) -> Result<Replay, Box<dyn std::error::Error>> {
    let store = Store::connect(&config.database).await?;
    let keyring = Keyring::load(&place_of_keys(config)?)?;
    let replay = auth::replay(&store, &keyring, request_id).await.map_err(|error| error.to_string())?;
    store.close().await?;
    Ok(replay)
}

/// Where the keys are, or may be made: a service for this machine alone makes its own, beside its database.
fn place_of_keys(config: &Config) -> Result<Place, StartError> {
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

/// Bring the schema up to date, and nothing else.
pub async fn migrate(config: &Config) -> Result<(), StartError> {
    let store = Store::connect(&config.database).await?;
    store.migrate().await?;
    Ok(store.close().await?)
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
