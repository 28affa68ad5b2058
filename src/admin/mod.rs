//! The console of the people who run the service: what is happening now, what was found, what happened to whom, and ending
//! somebody's sessions. Whoever holds the role of an operator may look after a touch, and does each thing with a touch for exactly that.
//! Looking is recorded like doing.
//!
//! An operator can open no session for anybody, set no passkey, and make nobody an operator: that is done at the command line.

mod acts;
mod counts;
mod enter;
mod now;
mod person;
mod question;
mod roles;
mod search;
mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

pub use counts::Tally;
pub use enter::Look;
pub use now::{Alerts, Bars, Now};
pub use person::{Person, Seen};
pub use question::{Question, SINCE};
pub use roles::Roles;
pub use search::Found;
pub use told::Told;

use crate::alerts::Watcher;
use crate::audit::Trail;
use crate::auth::Auth;
use crate::clock::{Clock, Timestamp};
use crate::geo::SharedGeo;
use crate::notify::Outbox;
use crate::store::Store;
use counts::Counts;

/// The rules of the console. One per process, shared.
pub struct Admin {
    store: Arc<Store>,
    trail: Arc<Trail>,
    auth: Arc<Auth>,
    watcher: Arc<Watcher>,
    outbox: Arc<Outbox>,
    geo: SharedGeo,
    clock: Arc<dyn Clock>,
    /// How much there was of what.
    counts: Counts,
    /// What was looked at in which session, and when that was recorded.
    looked: Mutex<HashMap<(Uuid, String), Timestamp>>,
    /// Who the operators are.
    pub roles: Roles,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

impl Admin {
    /// Over the audit trail and its database, the rules of who may, what has found the alerts, and where things are told.
    pub fn new(
        trail: Arc<Trail>,
        auth: Arc<Auth>,
        watcher: Arc<Watcher>,
        outbox: Arc<Outbox>,
        geo: SharedGeo,
    ) -> Self {
        Self {
            watcher,
            outbox,
            geo,
            counts: Counts::default(),
            store: trail.store(),
            clock: trail.clock(),
            roles: Roles::new(trail.clone()),
            looked: Mutex::default(),
            trail,
            auth,
        }
    }
}
