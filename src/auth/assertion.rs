//! An assertion of one of our passkeys, judged: for signing in and for stepping up alike.

use sha2::{Digest, Sha256};
use uuid::Uuid;
use webauthn_rs::prelude::{Credential, DiscoverableAuthentication, PublicKeyCredential};

use super::relying_party::{self, Assertion};
use super::{Account, Auth, Caller, Error, Refusal};
use crate::audit::{self, EventType};
use crate::defence::Defence;
use crate::risk::Input;
use crate::store::credentials::Use;
use crate::store::{credential, credentials, users};

/// Backup eligible: bit 3 of the authenticator data's flags, byte 32 (WebAuthn Level 3 §6.1).
const FLAGS_OFFSET: usize = 32;
const BACKUP_ELIGIBLE: u8 = 1 << 3;

/// So often in a row a passkey may be used and refused; then it is locked (NIST SP 800-63B-4 §3.2.2).
const FAILURE_LIMIT: i64 = 100;

/// What a passkey's own answer can be refused for.
pub(super) const FAILED_ASSERTION: [Refusal; 9] = [
    Refusal::SignatureInvalid,
    Refusal::UserNotVerified,
    Refusal::UserHandleMismatch,
    Refusal::OriginMismatch,
    Refusal::RpIdMismatch,
    Refusal::PasskeyChanged,
    Refusal::CounterRegressed,
    Refusal::PasskeyLocked,
    Refusal::VerificationFailed,
];

/// The signature holds. Its counter has not been judged yet.
pub(super) struct Asserted {
    passkey: Uuid,
    said: Assertion,
    /// Whose passkey it is.
    pub(super) owner: Uuid,
    /// When it was made.
    pub(super) made_at: i64,
}

/// A fresh assertion of a live passkey of the account, user verified, accepted in the transaction at hand.
///
/// This is what a step-up needs, as a type: nothing but [`Auth::accept_assertion`] makes one.
pub(super) struct Touched {
    pub(super) account: Account,
    pub(super) credential_id: Uuid,
    /// What was odd about it, to be recorded with it.
    pub(super) noted: Vec<EventType>,
    _private: (),
}

impl Auth {
    /// The passkey that an answer names, whoever's it is.
    pub(super) async fn find_passkey(
        &self,
        response: &PublicKeyCredential,
    ) -> Result<Option<credential::Model>, Error> {
        relying_party::check_credential_id(&response.raw_id)?;
        Ok(credentials::find(self.store.reader(), &response.raw_id).await?)
    }

    /// An answer to one of our challenges was refused, for something that a passkey says. Count it against the account that
    /// it names, and against the passkey if that has made it. Answers whose it is.
    ///
    /// Only a signature shows that a passkey had a part in it. Its name is no secret, so if any failure counted, whoever knows
    /// it could lock it.
    pub(super) async fn count_failure(
        &self,
        caller: &Caller,
        response: &PublicKeyCredential,
    ) -> Result<Option<Uuid>, Error> {
        let Some(stored) = self.find_passkey(response).await? else { return Ok(None) };
        if stored.failures < FAILURE_LIMIT && has_signed(&stored, response)? {
            let tx = self.store.begin().await?;
            credentials::count_failure(&*tx, stored.id).await?;
            tx.commit().await?;
        }
        self.throttle.account_failed(&caller.source(), stored.user_id).await?;
        Ok(Some(stored.user_id))
    }

    /// Verify the signature, and that the passkey it names is one of ours: of `owner`, where the person is known.
    #[cfg_attr(feature = "otlp", tracing::instrument(skip_all, name = "webauthn.verify"))]
    pub(super) fn check_assertion(
        &self,
        response: &PublicKeyCredential,
        named: Option<credential::Model>,
        state: DiscoverableAuthentication,
        owner: Option<Uuid>,
    ) -> Result<Asserted, Error> {
        let stored = named.ok_or(Refusal::PasskeyUnknown)?;
        if owner.is_some_and(|owner| owner != stored.user_id) && Defence::OwnPasskey.is_up() {
            return Err(Refusal::UserHandleMismatch.into());
        }
        // WebAuthn Level 3 §7.2 step 6: without an account known before, the user handle must be there and be the owner's.
        // With one it may be missing, and must be the owner's if it is there.
        let handle = response.get_user_unique_id();
        let is_owners = handle == Some(stored.user_id.as_bytes().as_slice());
        if !(is_owners || (handle.is_none() && owner.is_some())) {
            return Err(Refusal::UserHandleMismatch.into());
        }
        if self.sessions.device_bound_only && stored.backup_eligible {
            return Err(Refusal::PasskeyNotDeviceBound.into());
        }
        expect_unlocked(&stored)?;
        let credential = comparable(&stored, response)?;
        let said = self.rp.finish_authentication(response, state, &credential);
        // A test may do without Defence::Signature, Defence::Origin or Defence::UserVerification.
        #[cfg(feature = "broken-defences")]
        let said = said.or_else(|refusal| super::broken::overlook(refusal, response));
        Ok(Asserted { passkey: stored.id, said: said?, owner: stored.user_id, made_at: stored.created_at })
    }

    /// Judge the counter and record the use.
    pub(super) async fn accept_assertion(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        asserted: &Asserted,
    ) -> Result<Touched, Error> {
        let said = &asserted.said;
        // Read again under lock: of two answers with one counter, the second must see the first.
        let stored = credentials::lock(&**tx, asserted.passkey).await?.ok_or(Refusal::PasskeyUnknown)?;
        expect_unlocked(&stored)?;
        if stored.suspended_at.is_some() {
            return Err(Refusal::PasskeySuspended.into());
        }
        let counter_regressed = check_counter(&stored, said)?;
        let account = users::find(&**tx, stored.user_id).await?.ok_or(Refusal::PasskeyUnknown)?.into();
        let used = Use {
            // The larger one stays, so that a copy that fell behind keeps being noticed.
            sign_count: said.counter.max(stored.sign_count),
            backup_eligible: said.backup_eligible,
            backup_state: said.backup_state,
            at: self.clock.now().0,
            device: serde_json::to_string(&caller.device()).map_err(|error| Error::Broken(error.to_string()))?,
            network: caller.ip_prefix(),
        };
        if !credentials::record_use(&**tx, stored.id, used).await? {
            return Err(Refusal::PasskeyUnknown.into());
        }
        let eligibility_changed = said.backup_eligible != stored.backup_eligible;
        let noted = [
            (counter_regressed && Defence::CounterNoted.is_up()).then_some(EventType::CredentialCounterRegressed),
            eligibility_changed.then_some(EventType::CredentialBackupEligibilityChanged),
        ];
        let noted = noted.into_iter().flatten().collect();
        Ok(Touched { account, credential_id: stored.id, noted, _private: () })
    }
}

impl Touched {
    /// Tell the risk engine what was odd about it.
    pub(super) fn note(&self, input: Input) -> Input {
        Input {
            counter_regressed: self.noted.contains(&EventType::CredentialCounterRegressed),
            backup_eligibility_changed: self.noted.contains(&EventType::CredentialBackupEligibilityChanged),
            ..input
        }
    }
}

/// Whether this passkey has made the answer's signature, whatever the answer says.
fn has_signed(stored: &credential::Model, response: &PublicKeyCredential) -> Result<bool, Error> {
    let said = &response.response;
    let client_data: [u8; 32] = Sha256::digest(said.client_data_json.as_slice()).into();
    let signed = [said.authenticator_data.as_slice(), client_data.as_slice()].concat();
    Ok(read(stored)?.cred.verify_signature(said.signature.as_slice(), &signed).unwrap_or(false))
}

fn expect_unlocked(stored: &credential::Model) -> Result<(), Refusal> {
    if is_locked(stored) { Err(Refusal::PasskeyLocked) } else { Ok(()) }
}

/// Whether it was refused too often to be used again.
pub(super) fn is_locked(stored: &credential::Model) -> bool {
    stored.failures >= FAILURE_LIMIT
}

fn read(stored: &credential::Model) -> Result<Credential, Error> {
    serde_json::from_str(&stored.passkey)
        .map_err(|error| Error::Broken(format!("stored passkey {}: {error}", stored.id)))
}

/// The stored credential in the form that webauthn-rs will judge only what we leave to it.
///
/// It refuses every counter regression and every change of backup eligibility. Both happen to honest synced
/// passkeys, so it gets a copy with counter 0 and, where eligibility rose from false to true, with that.
/// A fall from true to false stays visible to it, and is refused.
fn comparable(stored: &credential::Model, response: &PublicKeyCredential) -> Result<Credential, Error> {
    let mut credential = read(stored)?;
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
    if regressed && !stored.backup_eligible && Defence::Counter.is_up() {
        Err(Refusal::CounterRegressed)
    } else {
        Ok(regressed)
    }
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
            failures: 0,
            last_used_device: None,
            last_used_network: None,
            suspended_at: None,
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
