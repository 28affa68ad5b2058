//! What the sensitive pages guard.

mod api_keys;
mod export;
mod introspect;
mod payout;

use std::sync::Arc;

pub use api_keys::ApiKeyInfo;
pub use export::{Export, Place as ExportPlace};
pub use introspect::Introspection;
pub use payout::PayoutInfo;

use crate::audit::{self, Event};
use crate::auth::{Auth, Caller, CurrentSession};
use crate::clock::Clock;
use crate::keyring::Keyring;
use crate::store::Store;

/// The rules for what is kept for a person. One per process, shared.
pub struct Vault {
    store: Arc<Store>,
    auth: Arc<Auth>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// Over a database, the rules of who may, the keys to seal with, and a clock.
    pub fn new(store: Arc<Store>, auth: Arc<Auth>, keyring: Arc<Keyring>, clock: Arc<dyn Clock>) -> Self {
        Self { store, auth, keyring, clock }
    }

    /// Record a change, in the transaction that makes it.
    fn record(&self, tx: &audit::Transaction<'_>, caller: &Caller, current: &CurrentSession, event: Event) {
        self.auth.record(tx, caller, event.user(current.account.id).session(current.id));
    }
}
