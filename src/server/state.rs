//! What every handler can reach.

use std::sync::Arc;

use crate::auth::Auth;
use crate::clock::Clock;
use crate::geo::SharedGeo;
use crate::keyring::Keyring;
use crate::server::config::Config;
use crate::store::Store;
use crate::throttle::Throttle;
use crate::vault::Vault;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Arc<Store>,
    /// The keys of this installation.
    pub keyring: Arc<Keyring>,
    /// The rules.
    pub auth: Arc<Auth>,
    /// The rules of what is kept for people.
    pub vault: Arc<Vault>,
    /// How much is let through.
    pub throttle: Throttle,
    /// Where addresses are.
    pub geo: SharedGeo,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("config", &self.config).finish_non_exhaustive()
    }
}
