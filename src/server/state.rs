//! What every handler can reach.

use std::sync::Arc;

use crate::admin::Admin;
use crate::alerts::Watcher;
use crate::audit::{Keeper, Trail};
use crate::auth::Auth;
use crate::clock::Clock;
use crate::forward::Forward;
use crate::geo::SharedGeo;
use crate::jobs;
use crate::keyring::Keyring;
use crate::metrics::Metrics;
use crate::notify::Outbox;
use crate::server::config::Config;
use crate::store::Store;
use crate::throttle::Throttle;
use crate::vault::Vault;

/// Shared by all requests. One count to clone: each layer of middleware does, and with one for each part a session check spent a
/// quarter of its time on them.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What it is made of.
pub struct Parts {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Arc<Store>,
    /// The keys of this installation.
    pub keyring: Arc<Keyring>,
    /// The audit trail.
    pub trail: Arc<Trail>,
    /// What keeps it honest.
    pub keeper: Arc<Keeper>,
    /// What reads it for alerts.
    pub watcher: Arc<Watcher>,
    /// The rules.
    pub auth: Arc<Auth>,
    /// The rules of what is kept for people.
    pub vault: Arc<Vault>,
    /// The rules of the console.
    pub admin: Arc<Admin>,
    /// The rules for apps behind the same proxy.
    pub forward: Arc<Forward>,
    /// How much is let through.
    pub throttle: Throttle,
    /// What has to be sent.
    pub outbox: Arc<Outbox>,
    /// Where addresses are.
    pub geo: SharedGeo,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<Parts> for AppState {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl AppState {
    /// What background work needs of it.
    pub fn jobs(&self) -> jobs::Context {
        jobs::Context {
            store: self.store.clone(),
            clock: self.clock.clone(),
            trail: self.trail.clone(),
            keeper: self.keeper.clone(),
            watcher: self.watcher.clone(),
            outbox: self.outbox.clone(),
            auth: self.auth.clone(),
        }
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("config", &self.config).finish_non_exhaustive()
    }
}
