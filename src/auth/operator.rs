//! Who runs the service. The role opens the console (`admin/`) and nothing of anybody's account.

use uuid::Uuid;

use super::caller::Presented;
use super::step_up::Action;
use super::{Auth, Caller, CurrentSession, Error, Refusal};
use crate::store::{self, roles};

/// The role, as its row says it.
pub const OPERATOR: &str = "operator";

impl Auth {
    /// Whether the caller's session, if it lives, is an operator's. Everybody else is answered as if there were no console, so this
    /// is asked before the session is even judged.
    pub async fn is_operators(&self, caller: &Caller) -> Result<bool, Error> {
        let Presented::Secret(token) = &caller.session else { return Ok(false) };
        let now = self.clock.now();
        let idle_since = now.minus(self.sessions.idle).0;
        Ok(roles::holds_by_token(self.store.reader(), &token.hash(), OPERATOR, now.0, idle_since).await?)
    }

    /// Whether this action is one that the account may step up for. Those of operators are unknown to everybody else.
    pub async fn knows(&self, current: &CurrentSession, action: &Action) -> Result<bool, Error> {
        Ok(!action.is_operators() || self.holds_role(self.store.reader(), current.account.id).await?)
    }

    /// Who is no operator (any more) finds nothing here.
    pub(crate) async fn expect_operator(
        &self,
        db: &impl store::Connection,
        current: &CurrentSession,
    ) -> Result<(), Error> {
        if self.holds_role(db, current.account.id).await? { Ok(()) } else { Err(Refusal::NothingHere.into()) }
    }

    async fn holds_role(&self, db: &impl store::Connection, user_id: Uuid) -> Result<bool, Error> {
        Ok(roles::holds(db, user_id, OPERATOR).await?)
    }
}
