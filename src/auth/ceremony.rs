//! Pending ceremonies: one row each, redeemed at most once, by the browser that began them, for what they were
//! begun, in time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Auth, CEREMONY_LIFETIME, Caller, Error, Refusal};
use crate::defence::Defence;
use crate::secret::Secret;
use crate::store::{ceremonies, ceremony};

/// A browser may have this many ceremonies open; a ninth closes the oldest.
const OPEN_PER_BROWSER: u64 = 8;

/// What the keys are for here.
const PURPOSE: &str = "ceremony";

/// What a ceremony was begun for. It can be finished as nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Registration,
    Authentication,
    StepUp,
    Recovery,
    Restoration,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Authentication => "authentication",
            Self::StepUp => "step_up",
            Self::Recovery => "recovery",
            Self::Restoration => "restoration",
        }
    }
}

impl Auth {
    /// Remember a ceremony. Returns the secret that the browser must present to finish it.
    pub(super) async fn open_ceremony(
        &self,
        caller: &Caller,
        kind: Kind,
        challenge: &[u8],
        payload: &impl Serialize,
    ) -> Result<Secret, Error> {
        let payload = serde_json::to_vec(payload).map_err(|error| Error::Broken(error.to_string()))?;
        // What somebody says of themselves or wants to have done is nobody's who has the database alone, nor can it be
        // guessed there from the challenge: the nonce is in here too.
        let payload = URL_SAFE_NO_PAD.encode(self.keyring.seal(PURPOSE, challenge, &payload)?);
        let now = self.clock.now();
        let (browser, is_new) = match &caller.browser {
            Some(browser) => (browser.clone(), false),
            None => (Secret::generate()?, true),
        };
        let row = ceremony::Model {
            challenge: challenge.to_vec(),
            browser: browser.hash().to_vec(),
            kind: kind.as_str().to_owned(),
            payload,
            created_at: now.0,
            expires_at: now.plus(CEREMONY_LIFETIME).0,
            consumed_at: None,
        };
        let tx = self.trail.begin().await?;
        if !is_new {
            ceremonies::trim_open(&*tx, &row.browser, now.0, OPEN_PER_BROWSER - 1).await?;
        }
        ceremonies::insert(&*tx, row).await?;
        tx.commit().await?;
        Ok(browser)
    }

    /// What an open ceremony of this browser was begun with. Takes nothing.
    pub(super) async fn look_at_ceremony<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        kind: Kind,
        challenge: &[u8],
    ) -> Result<Option<T>, Error> {
        let Some(browser) = &caller.browser else { return Ok(None) };
        let row = ceremonies::find_open(self.store.reader(), challenge, &browser.hash()).await?;
        let row = row.filter(|row| row.kind == kind.as_str() && row.expires_at > self.clock.now().0);
        Ok(row.and_then(|row| self.begun_with(&row)))
    }

    /// What a ceremony was begun with. `None` if it was sealed with no key of ours, or by another version.
    fn begun_with<T: DeserializeOwned>(&self, row: &ceremony::Model) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(&row.payload).ok()?;
        let payload = self.keyring.open(PURPOSE, &row.challenge, &sealed).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Take a ceremony's one redemption. It is spent even if what follows fails.
    pub(super) async fn redeem_ceremony<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        kind: Kind,
        challenge: &[u8],
    ) -> Result<T, Error> {
        let browser = caller.browser.as_ref().ok_or(Refusal::ChallengeUnknown)?.hash();
        let now = self.clock.now();
        let tx = self.trail.begin().await?;
        let redeemed = ceremonies::consume(&*tx, challenge, &browser, now.0).await?;
        tx.commit().await?;
        let Some(row) = redeemed else {
            let used = ceremonies::was_consumed(self.store.reader(), challenge, &browser).await?;
            return Err(if used { Refusal::ChallengeUsed } else { Refusal::ChallengeUnknown }.into());
        };
        if row.expires_at <= now.0 {
            return Err(Refusal::ChallengeExpired.into());
        }
        if row.kind != kind.as_str() && Defence::ChallengeForItsKind.is_up() {
            return Err(Refusal::CeremonyMismatch.into());
        }
        let Some(begun_with) = self.begun_with(&row) else {
            tracing::warn!("a ceremony could not be opened: it was begun by another version, or its key has gone");
            return Err(Refusal::ChallengeUnknown.into());
        };
        Ok(begun_with)
    }
}
