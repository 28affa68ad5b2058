//! Signing in with a passkey. The passkey says whose it is; nobody types who they are.

use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{Credential, DiscoverableAuthentication, PublicKeyCredential};

use super::ceremony::Kind;
use super::relying_party::{self, Assertion};
use super::session::IssuedSession;
use super::{Account, Auth, Begun, Caller, Error, Refusal};
use crate::audit::{Event, EventType};
use crate::store::credentials::Use;
use crate::store::{credential, credentials, users};

/// What must be remembered between options and verify.
#[derive(Serialize, Deserialize)]
struct Pending {
    state: DiscoverableAuthentication,
}

/// Somebody came in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// The session that the ceremony opened.
    pub session: IssuedSession,
}

/// Backup eligible: bit 3 of the authenticator data's flags, byte 32 (WebAuthn Level 3 §6.1).
const FLAGS_OFFSET: usize = 32;
const BACKUP_ELIGIBLE: u8 = 1 << 3;

impl Auth {
    /// Begin. The options are the same for everybody: no address is looked at, no passkey is named.
    pub async fn begin_authentication(&self, caller: &Caller) -> Result<Begun, Error> {
        let (options, state) = self.rp.start_authentication()?;
        let challenge = options.public_key.challenge.clone();
        let browser = self.open_ceremony(caller, Kind::Authentication, &challenge, &Pending { state }).await?;
        let options =
            serde_json::to_string(&options.public_key).map_err(|error| Error::Broken(error.to_string()))?;
        Ok(Begun { options, browser })
    }

    /// Finish: verify the assertion and open a session. A session the browser already had ends.
    pub async fn finish_authentication(&self, caller: &Caller, response: &str) -> Result<SignedIn, Error> {
        let outcome = self.try_finish_authentication(caller, response).await;
        self.record_refusal(caller, EventType::AuthnLoginFail, &outcome).await?;
        outcome
    }

    async fn try_finish_authentication(&self, caller: &Caller, response: &str) -> Result<SignedIn, Error> {
        let response: PublicKeyCredential = relying_party::parse_response(response)?;
        relying_party::check_credential_id(&response.raw_id)?;
        let challenge = relying_party::challenge_of(&response.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::Authentication, &challenge).await?;

        let stored =
            credentials::find(self.store.reader(), &response.raw_id).await?.ok_or(Refusal::PasskeyUnknown)?;
        // WebAuthn Level 3 §7.2 step 6: the user handle must be there and be the owner's.
        if response.get_user_unique_id() != Some(stored.user_id.as_bytes().as_slice()) {
            return Err(Refusal::UserHandleMismatch.into());
        }
        let credential = comparable(&stored, &response)?;
        let assertion = self.rp.finish_authentication(&response, pending.state, &credential)?;

        let now = self.clock.now();
        let tx = self.store.begin().await?;
        // Read again under lock: of two answers with one counter, the second must see the first.
        let stored = credentials::lock(&*tx, stored.id).await?.ok_or(Refusal::PasskeyUnknown)?;
        let counter_regressed = check_counter(&stored, &assertion)?;
        let account: Account = users::find(&*tx, stored.user_id).await?.ok_or(Refusal::PasskeyUnknown)?.into();
        let used = Use {
            // The larger one stays, so that a copy that fell behind keeps being noticed.
            sign_count: assertion.counter.max(stored.sign_count),
            backup_eligible: assertion.backup_eligible,
            backup_state: assertion.backup_state,
            at: now.0,
        };
        if !credentials::record_use(&*tx, stored.id, used).await? {
            return Err(Refusal::PasskeyUnknown.into());
        }
        let session = self.issue_session(&tx, caller, account.id, stored.id, now).await?;
        let eligibility_changed = assertion.backup_eligible != stored.backup_eligible;
        let events = [
            counter_regressed.then_some(EventType::CredentialCounterRegressed),
            eligibility_changed.then_some(EventType::CredentialBackupEligibilityChanged),
            Some(EventType::AuthnLoginSuccess),
        ];
        for event_type in events.into_iter().flatten() {
            let event = Event::success(event_type).user(account.id).credential(stored.id).session(session.id);
            self.record(&tx, caller, event).await?;
        }
        tx.commit().await?;
        Ok(SignedIn { account, session })
    }
}

/// The stored credential in the form that webauthn-rs will judge only what we leave to it.
///
/// It refuses every counter regression and every change of backup eligibility. Both happen to honest synced
/// passkeys, so it gets a copy with counter 0 and, where eligibility rose from false to true, with that.
/// A fall from true to false stays visible to it, and is refused.
fn comparable(stored: &credential::Model, response: &PublicKeyCredential) -> Result<Credential, Error> {
    let mut credential: Credential = serde_json::from_str(&stored.passkey)
        .map_err(|error| Error::Broken(format!("stored passkey {}: {error}", stored.id)))?;
    let flags = response.response.authenticator_data.get(FLAGS_OFFSET).copied().unwrap_or(0);
    credential.counter = 0;
    credential.backup_eligible = stored.backup_eligible || flags & BACKUP_ELIGIBLE != 0;
    credential.backup_state = stored.backup_state;
    Ok(credential)
}

/// Whether the signature counter went backwards (WebAuthn Level 3 §7.2 step 22). On a passkey that lives on one
/// device that means a copy, and is refused. A synced one has no shared counter: it is noted. Which of the two a passkey
/// is, its past says; a copy would say what helps it.
fn check_counter(stored: &credential::Model, assertion: &Assertion) -> Result<bool, Refusal> {
    let counts = stored.sign_count > 0 || assertion.counter > 0;
    let regressed = counts && assertion.counter <= stored.sign_count;
    if regressed && !stored.backup_eligible { Err(Refusal::CounterRegressed) } else { Ok(regressed) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn stored(sign_count: i64, backup_eligible: bool) -> credential::Model {
        credential::Model {
            id: Uuid::nil(),
            credential_id: vec![],
            user_id: Uuid::nil(),
            passkey: String::new(),
            label: String::new(),
            aaguid: Uuid::nil(),
            transports: String::new(),
            backup_eligible,
            backup_state: false,
            sign_count,
            created_at: 0,
            last_used_at: None,
        }
    }

    fn said(counter: i64, backup_eligible: bool) -> Assertion {
        Assertion { counter, backup_eligible, backup_state: false }
    }

    #[test]
    fn a_counter_that_rises_or_stays_zero_is_fine() {
        assert_eq!(check_counter(&stored(0, false), &said(0, false)), Ok(false));
        assert_eq!(check_counter(&stored(0, false), &said(1, false)), Ok(false));
        assert_eq!(check_counter(&stored(7, true), &said(8, true)), Ok(false));
    }

    #[test]
    fn a_counter_that_falls_is_refused_on_one_device_and_noted_on_many() {
        for counter in [0, 6, 7] {
            assert_eq!(check_counter(&stored(7, false), &said(counter, false)), Err(Refusal::CounterRegressed));
            // A copy that now calls itself synced is still a copy.
            assert_eq!(check_counter(&stored(7, false), &said(counter, true)), Err(Refusal::CounterRegressed));
            assert_eq!(check_counter(&stored(7, true), &said(counter, true)), Ok(true));
        }
    }
}
