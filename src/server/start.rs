//! From settings to something that can answer.

use std::sync::Arc;

use super::config::Config;
use super::state::AppState;
use crate::auth::{Auth, InvalidRelyingParty, RelyingParty};
use crate::clock::Clock;
use crate::jobs;
use crate::store::{self, Store};
use crate::vault::Vault;

/// Why the server does not start: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be reached or brought up to date.
    #[error("the database (database.url, HOLDFAST_DATABASE_URL) cannot be used: {0}")]
    Database(String),
    /// The relying party id does not fit the origin.
    #[error("server.rp-id (HOLDFAST_RP_ID) does not fit: {0}")]
    RelyingParty(#[from] InvalidRelyingParty),
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
    store.migrate().await?;
    jobs::ensure_partitions(&store, clock.now()).await;
    let origin = config.origin.origin().ascii_serialization();
    let auth = Arc::new(Auth::new(store.clone(), rp, origin, clock.clone(), config.sessions));
    let vault = Arc::new(Vault::new(store.clone(), auth.clone(), clock.clone()));
    Ok(AppState { config: Arc::new(config), store, auth, vault, clock })
}

/// Bring the schema up to date, and nothing else.
pub async fn migrate(config: &Config) -> Result<(), StartError> {
    let store = Store::connect(&config.database).await?;
    store.migrate().await?;
    Ok(store.close().await?)
}
