//! What a token is worth, told to a backend that was handed it. Looking is no use of the session: nothing is written,
//! nothing renewed, and a replaced token ends nothing. Whoever forwards an old cookie is no thief, and has shown nobody
//! that there is one.

use uuid::Uuid;

use super::super::{Account, Auth, Error};
use super::resolve::{BoundCookie, binding, bound_cookie, standing};
use super::{Binding, PROOF_GRACE};
use crate::clock::Timestamp;
use crate::secret::Secret;
use crate::store::session_tokens;

/// A live session, as a backend sees it.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Names the session; not a secret.
    pub id: Uuid,
    /// Whose.
    pub account: Account,
    /// What holds it to its device.
    pub binding: Binding,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Until when an unspent grant may be spent.
    pub stepped_up_until: Option<Timestamp>,
}

impl Auth {
    /// The session of this token, if the token is worth as much here as it would be in the browser's own request without a
    /// proof. `bound` is the cookie that the browser binds the session with, where it does.
    pub async fn inspect(&self, token: &Secret, bound: Option<&Secret>) -> Result<Option<Inspected>, Error> {
        let now = self.clock.now();
        let Some(found) = session_tokens::find(self.store.reader(), &token.hash()).await? else { return Ok(None) };
        let is_over = found.ended_at.is_some()
            || found.expires_at <= now.0
            || Timestamp(found.last_seen_at).plus(self.sessions.idle) <= now;
        if is_over || standing(&found, now).is_none() {
            return Ok(None);
        }
        let bound = bound_cookie(bound, &found, now);
        let binding = binding(bound, &found);
        let proof_due_at = Timestamp(found.issued_at).plus(self.sessions.rotate_after).plus(PROOF_GRACE);
        if bound == BoundCookie::Missing || (binding == Binding::DeviceKey && proof_due_at <= now) {
            return Ok(None);
        }
        Ok(Some(Inspected {
            id: found.session_id,
            binding,
            created_at: Timestamp(found.created_at),
            expires_at: Timestamp(found.expires_at),
            stepped_up_until: found.stepped_up_until.map(Timestamp).filter(|until| *until > now),
            account: Account {
                id: found.user_id,
                email: found.email,
                email_verified: found.email_verified_at.is_some(),
                display_name: found.display_name,
            },
        }))
    }
}
