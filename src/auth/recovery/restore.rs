//! A passkey that a recovery has suspended comes back: with itself, and a code by mail. Whoever had recovered the account is out then,
//! and everybody concerned hears of it.

use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use super::super::addresses::{CODE_LIFETIME, new_code};
use super::super::assertion::FAILED_ASSERTION;
use super::super::authentication::Pending;
use super::super::ceremony::Kind;
use super::super::relying_party;
use super::super::session::EndReason;
use super::super::{Auth, Begun, Caller, Error, Refusal};
use super::{RecoveryInfo, mails};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::notify::Message;
use crate::recovery::End;
use crate::secret::Secret;
use crate::store::{credentials, recoveries, recovery, users};

impl Auth {
    /// Begin: the same options for everybody, as at sign-in.
    pub async fn begin_restoring(&self, caller: &Caller) -> Result<Begun, Error> {
        let (options, state) = self.rp.start_authentication()?;
        let challenge = options.public_key.challenge.clone();
        let browser = self.open_ceremony(caller, Kind::Restoration, &challenge, &Pending { state }).await?;
        let options =
            serde_json::to_string(&options.public_key).map_err(|error| Error::Broken(error.to_string()))?;
        Ok(Begun { options, browser })
    }

    /// The suspended passkey was touched: a code is mailed to the account's main address. Answers the token to show it with.
    pub async fn ask_to_restore(&self, caller: &Caller, response: &str) -> Result<Secret, Error> {
        let outcome = self.try_ask_to_restore(caller, response).await;
        if let Err(Error::Refused(refusal)) = &outcome {
            let mut event = Event::refused(EventType::RecoveryFail, refusal.code());
            if FAILED_ASSERTION.contains(refusal)
                && let Some(owner) = self.count_failure(caller, &relying_party::parse_response(response)?).await?
            {
                event = event.user(owner);
            }
            self.record_alone(caller, event).await?;
        }
        outcome
    }

    async fn try_ask_to_restore(&self, caller: &Caller, response: &str) -> Result<Secret, Error> {
        let response: PublicKeyCredential = relying_party::parse_response(response)?;
        let named = self.find_passkey(&response).await?;
        let Some(suspended) = named.as_ref().map(|named| (named.id, named.user_id, named.suspended_at)) else {
            return Err(Refusal::PasskeyUnknown.into());
        };
        let (passkey, person, suspended_at) = suspended;
        self.admit_to_account(caller, person).await?;
        let challenge = relying_party::challenge_of(&response.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::Restoration, &challenge).await?;
        self.check_assertion(&response, named, pending.state, Some(person))?;
        let until = suspended_at.map(|at| Timestamp(at).plus(self.recovery.restore_within));
        if until.is_none_or(|until| until <= self.clock.now()) {
            return Err(Refusal::RecoveryOver.into());
        }
        let owner = users::find(self.store.reader(), person).await?.ok_or(Refusal::PasskeyUnknown)?;
        if owner.email_verified_at.is_none() {
            return Err(Refusal::EmailNotVerified.into());
        }
        let counted = self.throttle.mail(&owner.email, &caller.source()).await;
        self.within_limits(caller, counted, |event| event.user(person)).await?;
        let token = Secret::generate()?;
        let (now, code) = (self.clock.now(), new_code()?);
        let row = self.new_recovery(caller, &token)?;
        let row = recovery::Model {
            user_id: Some(person),
            restores: Some(passkey),
            mail_code: self.name_of_mailed(row.id, &code),
            ..row
        };
        let tx = self.trail.begin().await?;
        let mail = mails::restore_code(&owner.email, &self.service, &code);
        let message = Message::mail(format!("restore code {}", row.id), mail).not_after(now.plus(CODE_LIFETIME));
        recoveries::insert(&*tx, row).await?;
        self.outbox.enqueue(&*tx, message).await?;
        let event = Event::success(EventType::RecoveryStarted).because("restore");
        self.record(&tx, caller, event.user(person).credential(passkey));
        tx.commit().await?;
        Ok(token)
    }

    /// The code was the right one: the passkey opens the account again, every session ends, and the hold begins anew.
    pub(super) async fn restore(
        &self,
        tx: audit::Transaction<'_>,
        caller: &Caller,
        mut row: recovery::Model,
    ) -> Result<RecoveryInfo, Error> {
        let now = self.clock.now();
        let (Some(person), Some(passkey)) = (row.user_id, row.restores) else {
            return Err(Refusal::RecoveryOver.into());
        };
        let since = now.minus(self.recovery.restore_within);
        if !credentials::restore(&*tx, passkey, since.0).await?
            || !recoveries::end(&*tx, row.id, now.0, End::Completed.as_str()).await?
        {
            return Err(Refusal::RecoveryOver.into());
        }
        (row.mail_at, row.ended) = (Some(now.0), Some(End::Completed.as_str().to_owned()));
        // One that somebody else had begun is over as well.
        self.stop_recovery_of(&tx, caller, person, "restore").await?;
        self.end_all_sessions(&tx, caller, person, EndReason::Recovered).await?;
        users::set_recovered(&*tx, person, now.0).await?;
        let event = Event::success(EventType::CredentialRestored).user(person).credential(passkey);
        self.record(&tx, caller, event);
        self.tell_of_restoring(&tx, caller, person, passkey).await?;
        tx.commit().await?;
        Ok(self.recovery_info(&row))
    }

    /// Forget passkeys that were suspended for so long that nobody can bring them back.
    pub async fn forget_suspended(&self) -> Result<u64, Error> {
        let before = self.clock.now().minus(self.recovery.restore_within);
        if !credentials::has_suspended(self.store.reader(), before.0).await? {
            return Ok(0);
        }
        let tx = self.trail.begin().await?;
        let gone: Vec<(Uuid, Uuid)> = credentials::delete_suspended(&*tx, before.0).await?;
        for (person, passkey) in &gone {
            let event = Event::success(EventType::CredentialDeleted).because("suspended");
            tx.record(audit::Origin::of_ours()?, event.user(*person).credential(*passkey));
        }
        tx.commit().await?;
        Ok(gone.len() as u64)
    }
}
