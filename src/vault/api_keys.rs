//! Keys for programs: shown once, hashed at rest, made and ended only with a touch for exactly that.
//!
//! A program's key is no person: it opens no session and satisfies no step-up.

use uuid::Uuid;

use super::Vault;
use crate::audit::{Event, EventType};
use crate::auth::{Access, Action, Caller, CurrentSession, Error, LinkKind, Refusal, Renewed};
use crate::clock::Timestamp;
use crate::secret::{Secret, random_bytes};
use crate::store::{api_key, api_keys};

/// As many as one account may have.
const LIMIT: u64 = 50;
/// Tells people and secret scanners what it is.
pub(super) const PREFIX: &str = "hfk_";
/// How much of a secret is kept to tell it from others.
const HINT_LENGTH: usize = 8;

/// A key, without its secret.
#[derive(Clone, Debug)]
pub struct ApiKeyInfo {
    /// Names it.
    pub id: Uuid,
    /// What the person calls it.
    pub name: String,
    /// How its secret begins.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Debug)]
pub struct NewApiKey {
    /// The key.
    pub key: ApiKeyInfo,
    /// The only moment it exists here.
    pub secret: String,
    /// The session's next token.
    pub renewed: Renewed,
}

impl From<api_key::Model> for ApiKeyInfo {
    fn from(row: api_key::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hint: row.hint,
            created_at: Timestamp(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp),
        }
    }
}

impl Vault {
    /// The account's live keys, newest first.
    pub async fn api_keys(&self, caller: &Caller, current: &CurrentSession) -> Result<Vec<ApiKeyInfo>, Error> {
        self.auth.admit(caller, current, Access::ReadSensitive).await?;
        let rows = api_keys::of_user(self.store.reader(), current.account.id).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Make a key of this name.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        name: &str,
    ) -> Result<NewApiKey, Error> {
        current.may_change()?;
        let user_id = current.account.id;
        let action = Action::api_key_create(name)?;
        let Action::ApiKeyCreate(name) = &action else { return Err(Refusal::ApiKeyNameInvalid.into()) };
        if api_keys::count_of_user(self.store.reader(), user_id).await? >= LIMIT {
            return Err(Refusal::ApiKeysFull.into());
        }
        let change = self.auth.begin_change(caller, current, &action).await?;
        // Counted again, now that no other call of this person's runs.
        if api_keys::count_of_user(&*change.tx, user_id).await? >= LIMIT {
            return Err(Refusal::ApiKeysFull.into());
        }
        let secret = Secret::generate()?;
        let shown = format!("{PREFIX}{}", secret.expose());
        let row = api_key::Model {
            id: Uuid::from_bytes(random_bytes()?),
            user_id,
            name: name.clone(),
            hint: shown.chars().take(HINT_LENGTH).collect(),
            hash: secret.hash().to_vec(),
            created_at: self.clock.now().0,
            last_used_at: None,
            revoked_at: None,
        };
        api_keys::insert(&*change.tx, row.clone()).await?;
        let event = Event::success(EventType::AuthnTokenCreated).api_key(row.id);
        self.record(&change.tx, caller, current, event);
        self.auth.tell_of_key(&change.tx, caller, current, LinkKind::ApiKey, row.id).await?;
        let renewed = self.auth.commit_change(change).await?;
        Ok(NewApiKey { key: row.into(), secret: shown, renewed })
    }

    /// End a key.
    pub async fn revoke_api_key(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
    ) -> Result<Renewed, Error> {
        current.may_change()?;
        let user_id = current.account.id;
        if !api_keys::exists(self.store.reader(), user_id, id).await? {
            return Err(Refusal::ApiKeyNotFound.into());
        }
        let change = self.auth.begin_change(caller, current, &Action::ApiKeyRevoke(id)).await?;
        if !api_keys::revoke(&*change.tx, user_id, id, self.clock.now().0).await? {
            return Err(Refusal::ApiKeyNotFound.into());
        }
        let event = Event::success(EventType::AuthnTokenRevoked).api_key(id);
        self.record(&change.tx, caller, current, event);
        self.auth.commit_change(change).await
    }
}
