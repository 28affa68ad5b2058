//! What the risk engine is told, and what becomes of its answer. The engine itself (`risk`) is pure.
//!
//! | file | what |
//! |---|---|
//! | `trace` | what a request gives away of where and what it comes from |
//! | `profile` | what the person's sign-ins say about that |
//! | `weigh` | one look at a session's request, at a sign-in, at a change |
//! | `decision` | the decision, kept with all that was weighed |
//! | `level` | the level of risk that a session is at |
//! | `routine` | requests that were let through, counted |
//! | `replay` | the same score again, from what was kept |

mod decision;
mod level;
mod profile;
mod replay;
mod routine;
mod trace;
mod weigh;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use uuid::Uuid;

pub use replay::{Replay, replay};
pub use routine::ROUTINE_INTERVAL;
pub(in crate::auth) use routine::Routine;
pub(in crate::auth) use weigh::{Facts, Weighed};

use super::Error;
use crate::clock::Timestamp;
use crate::geo::{Credit, SharedGeo};
use crate::keyring::Keyring;
use crate::risk::Policy;
use crate::store::{self, Store, risk_decisions, risk_policy};

/// What is known of a person's habits is forgotten after this long.
pub const PROFILE_MEMORY: Duration = Duration::from_hours(180 * 24);
/// Decisions are forgotten after this long.
pub const DECISION_MEMORY: Duration = Duration::from_hours(90 * 24);

/// What evaluating takes, besides the database.
pub struct Engine {
    policy: Policy,
    version: String,
    geo: SharedGeo,
    keyring: Arc<Keyring>,
    /// Routine answers that were kept a while ago, by session and what they said.
    kept: Mutex<HashMap<(Uuid, String), Timestamp>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Engine {
    /// Over a policy, geo data, and the keys for digests and sealing.
    pub fn new(policy: Policy, geo: SharedGeo, keyring: Arc<Keyring>) -> Self {
        Self { version: policy.version(), policy, geo, keyring, kept: Mutex::default() }
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whom to name where a place is shown.
    pub(in crate::auth) fn credits(&self) -> Vec<Credit> {
        self.geo.credits()
    }

    /// Keep the policy under its version, so that decisions made by it can be replayed.
    pub async fn keep_policy(&self, store: &Store, now: Timestamp) -> Result<(), store::Error> {
        let row = risk_policy::Model {
            version: self.version.clone(),
            body: self.policy.canonical(),
            first_used_at: now.0,
        };
        let tx = store.begin().await?;
        risk_decisions::keep_policy(&*tx, row).await?;
        tx.commit().await
    }
}

/// Something of ours that is stored could not be read.
fn unreadable(what: &str) -> Error {
    Error::Broken(format!("{what} cannot be read"))
}
