//! What a backend may ask with an API key: whose key this is, and what a session's token is worth (after RFC 7662).
//!
//! A key belongs to a person and sees that person's sessions only. There are no roles yet that could let it see others'.

use uuid::Uuid;

use super::Vault;
use super::api_keys::PREFIX;
use crate::audit::{Event, EventType};
use crate::auth::{Caller, Error, Inspected, Refusal};
use crate::secret::Secret;
use crate::store::{api_key, api_keys};

/// Last-used is written at most this often.
const USED_INTERVAL: std::time::Duration = std::time::Duration::from_mins(1);

/// What there is to say.
#[derive(Debug)]
pub enum Introspection {
    /// Nothing that this key may know of.
    Inactive,
    /// A live session of the key's owner.
    Session(Box<Inspected>),
    /// No token was named: the key itself.
    ApiKey {
        /// Names it.
        id: Uuid,
        /// What its owner calls it.
        name: String,
        /// Whose it is.
        user_id: Uuid,
    },
}

impl Vault {
    /// Answer whoever presents `key`. `token` and `bound` are the raw values of a session's cookies.
    pub async fn introspect(
        &self,
        caller: &Caller,
        key: Option<&str>,
        token: Option<&str>,
        bound: Option<&str>,
    ) -> Result<Introspection, Error> {
        let Some(key) = self.live_key(key).await? else {
            let refusal = Refusal::ApiKeyInvalid;
            self.auth.record_alone(caller, Event::refused(EventType::AuthzFail, refusal.code())).await?;
            return Err(refusal.into());
        };
        let Some(token) = token else {
            return Ok(Introspection::ApiKey { id: key.id, name: key.name, user_id: key.user_id });
        };
        let Some(token) = Secret::parse(token) else { return Ok(Introspection::Inactive) };
        let bound = bound.and_then(Secret::parse);
        let inspected = self.auth.inspect(&token, bound.as_ref()).await?;
        Ok(match inspected.filter(|session| session.account.id == key.user_id) {
            Some(session) => Introspection::Session(Box::new(session)),
            None => Introspection::Inactive,
        })
    }

    /// The row of a key that somebody presents, its use noted.
    async fn live_key(&self, presented: Option<&str>) -> Result<Option<api_key::Model>, Error> {
        let Some(secret) = presented.and_then(|text| text.strip_prefix(PREFIX)).and_then(Secret::parse) else {
            return Ok(None);
        };
        let found = api_keys::find_live(self.store.reader(), &secret.hash()).await?;
        let now = self.clock.now();
        if let Some(key) = &found
            && key.last_used_at.is_none_or(|last| last <= now.minus(USED_INTERVAL).0)
        {
            let tx = self.store.begin().await?;
            api_keys::touch(&*tx, key.id, now.0).await?;
            tx.commit().await?;
        }
        Ok(found)
    }
}
