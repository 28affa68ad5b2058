//! A session that goes on in an app on a host of its own, where its cookie does not go: a cookie there, of its own, that lives no longer
//! than the session.
//!
//! It begins with a code (RFC 6749 §1.3.1 has the idea): made for one host, good once and for half a minute, and only in the browser that
//! holds the cookie which was set there before (RFC 9700 §2.1 calls that `state`). It is renewed the same way, so the session is looked at,
//! rotated and proved where its key is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::caller::Presented;
use super::super::{Auth, Caller, Error, Refusal};
use super::{CurrentSession, GRACE, Resolution, Usage};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::secret::Secret;
use crate::store::{app_code, app_session, app_sessions, sessions};

/// So long a code is good. The browser brings it at once.
pub const CODE_LIFETIME: Duration = Duration::from_secs(30);

/// Which parts of the apps a touch has opened, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenAreas(BTreeMap<String, i64>);

impl OpenAreas {
    /// Whether this one is open now.
    pub fn has(&self, area: &str, now: Timestamp) -> bool {
        self.0.get(area).is_some_and(|until| *until > now.0)
    }

    pub(crate) fn add(&mut self, area: &str, until: i64) {
        self.0.insert(area.to_owned(), until);
    }

    fn read(column: &str) -> Self {
        Self(serde_json::from_str(column).unwrap_or_default())
    }

    fn write(&self) -> Result<String, Error> {
        serde_json::to_string(&self.0).map_err(|error| Error::Broken(error.to_string()))
    }
}

/// Where a session is to go on.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The app's host, with its port where that is not the usual one.
    pub host: String,
    /// The path there.
    pub back: String,
    /// SHA-256 of the cookie that the browser was given there.
    pub state: [u8; 32],
    /// What of the apps a touch has opened.
    pub opened: OpenAreas,
}

/// A session goes on there. The only moment its cookie exists here.
#[derive(Debug)]
pub struct Extended {
    /// For the cookie.
    pub token: Secret,
    /// What is left of the session's life.
    pub lifetime: Duration,
    /// The path there.
    pub back: String,
}

impl Auth {
    /// A code for going on there.
    pub async fn extend_session(&self, current: &CurrentSession, to: Destination) -> Result<Secret, Error> {
        // One who has a newer token goes on with that.
        current.is_newest()?;
        let code = Secret::generate()?;
        let row = app_code::Model {
            hash: code.hash().to_vec(),
            session_id: current.id,
            host: to.host,
            back: to.back,
            state: to.state.to_vec(),
            opened: to.opened.write()?,
            expires_at: self.clock.now().plus(CODE_LIFETIME).0,
        };
        let tx = self.trail.begin().await?;
        app_sessions::put_code(&*tx, row).await?;
        tx.commit().await?;
        Ok(code)
    }

    /// What a code is worth at this host, in the browser that holds this cookie. It is used up, also by who cannot use it.
    pub async fn redeem_extension(
        &self,
        caller: &Caller,
        host: &str,
        code: &Secret,
        state: &Secret,
    ) -> Result<Extended, Error> {
        let now = self.clock.now();
        let tx = self.trail.begin().await?;
        let row = app_sessions::take_code(&*tx, &code.hash()).await?;
        let is_good =
            |row: &app_code::Model| row.expires_at > now.0 && row.host == host && row.state == state.hash();
        let Some(row) = row.filter(is_good) else {
            tx.commit().await?;
            return Err(Refusal::AppCodeInvalid.into());
        };
        let idle_since = now.minus(self.sessions.idle).0;
        let Some(user_id) = sessions::lock_live(&*tx, row.session_id, now.0, idle_since).await? else {
            tx.commit().await?;
            return Err(Refusal::AppCodeInvalid.into());
        };
        let expires_at = sessions::expires_at(&*tx, row.session_id).await?.unwrap_or(now.0);
        let token = Secret::generate()?;
        let child = app_session::Model {
            hash: token.hash().to_vec(),
            session_id: row.session_id,
            host: row.host,
            issued_at: now.0,
            replaced_at: None,
            opened: row.opened,
        };
        app_sessions::insert(&*tx, child).await?;
        let event = Event::success(EventType::SessionExtended).user(user_id).session(row.session_id);
        self.record(&tx, caller, event);
        tx.commit().await?;
        Ok(Extended { token, lifetime: Timestamp(expires_at).since(now), back: row.back })
    }

    /// Whose request this is at an app's host, and what of the apps a touch has opened there.
    pub async fn resolve_extended(
        &self,
        caller: &Caller,
        host: &str,
        cookie: &Presented,
    ) -> Result<(Resolution, OpenAreas), Error> {
        let absent = |refusal| (Resolution::Absent { refusal, ended: None }, OpenAreas::default());
        let token = match cookie {
            Presented::Nothing => return Ok(absent(Refusal::NoSession)),
            Presented::Malformed => return Ok(absent(Refusal::InvalidSession)),
            Presented::Secret(token) => token,
        };
        let replaced_after = self.clock.now().minus(GRACE).0;
        let found = app_sessions::find(self.store.reader(), &token.hash(), host, replaced_after).await?;
        let Some((found, opened)) = found else { return Ok(absent(Refusal::InvalidSession)) };
        // Nothing is renewed here, so nobody can have been first.
        let resolution = self.resolve_found(caller, Usage::Forwarded, token, found).await?;
        Ok(resolution.map_or_else(|| absent(Refusal::InvalidSession), |it| (it, OpenAreas::read(&opened))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_so_until_its_time_is_over() {
        let mut opened = OpenAreas::default();
        opened.add("/admin", 10);
        let again = OpenAreas::read(&opened.write().expect("text"));
        assert!(again.has("/admin", Timestamp(9)));
        assert!(!again.has("/admin", Timestamp(10)) && !again.has("/keys", Timestamp(0)));
        assert_eq!(OpenAreas::read("nonsense"), OpenAreas::default());
    }
}
