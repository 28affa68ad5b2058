//! The wait is over: a new passkey is enrolled, and everything that was before it ends. All of it is one transaction.

use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::super::ceremony::Kind;
use super::super::registration::{Pending, Purpose};
use super::super::relying_party::{self, Known};
use super::super::session::{EndReason, IssuedSession, Opening};
use super::super::{Account, Auth, Begun, Caller, CurrentSession, Error, NewPasskey, PasskeyInfo, Refusal};
use super::machine;
use crate::audit::{Event, EventType};
use crate::recovery::{End, Stage};
use crate::secret::Secret;
use crate::store::{credentials, known_devices, recoveries, recovery, recovery_codes, sessions, user, users};

/// Somebody has got back in.
#[derive(Debug)]
pub struct Recovered {
    /// Whose account it is.
    pub account: Account,
    /// The one passkey that opens it now.
    pub passkey: PasskeyInfo,
    /// The session that it opened.
    pub session: IssuedSession,
}

impl Auth {
    /// Begin: options for the new passkey. The one under way must be ready.
    pub async fn begin_completion(&self, caller: &Caller, token: &Secret) -> Result<Begun, Error> {
        let row = self.recovery_of(token).await?;
        let person = self.person_of_ready(&row).await?;
        let own = credentials::of_user(self.store.reader(), person.id).await?;
        let known =
            own.into_iter().map(|row| Known { credential_id: row.credential_id, transports: row.transports });
        self.offer_passkey(caller, person.into(), known.collect(), Purpose::Recover(row.id)).await
    }

    /// Whose it is, if it can be completed now.
    async fn person_of_ready(&self, row: &recovery::Model) -> Result<user::Model, Error> {
        expect_ready(machine(row).stage(self.clock.now()))?;
        let person = row.user_id.ok_or(Refusal::RecoveryOver)?;
        Ok(users::find(self.store.reader(), person).await?.ok_or(Refusal::RecoveryOver)?)
    }

    /// Finish: verify the new passkey; it alone opens the account from now on. A session that this browser had
    /// (`current`) ends, as all others do.
    pub async fn finish_completion(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        token: &Secret,
        new: &NewPasskey<'_>,
    ) -> Result<Recovered, Error> {
        let row = self.recovery_of(token).await?;
        let outcome = self.try_finish_completion(caller, current, &row, new).await;
        if let Err(Error::Refused(refusal)) = &outcome {
            let event = Event::refused(EventType::RecoveryFail, refusal.code());
            self.record_alone(caller, row.user_id.into_iter().fold(event, Event::user)).await?;
        }
        outcome
    }

    async fn try_finish_completion(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        row: &recovery::Model,
        new: &NewPasskey<'_>,
    ) -> Result<Recovered, Error> {
        let person = self.person_of_ready(row).await?;
        let signed: RegisterPublicKeyCredential = relying_party::parse_response(new.response)?;
        let challenge = relying_party::challenge_of(&signed.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::Recovery, &challenge).await?;
        if pending.purpose != Purpose::Recover(row.id) {
            return Err(Refusal::CeremonyMismatch.into());
        }
        let device_key =
            new.device_key.map(|offer| self.check_device_key(caller, offer, &challenge)).transpose()?;
        let passkey = self.verify_new_passkey(caller, &signed, &pending, new.label).await?;

        let tx = self.trail.begin().await?;
        users::lock(&*tx, person.id).await?;
        let now = self.clock.now();
        // Somebody may have stopped it a moment ago.
        let row = recoveries::by_id(&*tx, row.id).await?.ok_or(Refusal::RecoveryOver)?;
        let mut case = machine(&row);
        expect_ready(case.stage(now))?;
        if !case.complete(now) || !recoveries::end(&*tx, row.id, now.0, End::Completed.as_str()).await? {
            return Err(Refusal::RecoveryOver.into());
        }
        for lost in credentials::suspend_of_user(&*tx, person.id, now.0).await? {
            let event = Event::success(EventType::CredentialSuspended).because("recovery");
            self.record(&tx, caller, event.user(person.id).credential(lost));
        }
        self.end_all_sessions(&tx, caller, person.id, EndReason::Recovered).await?;
        recovery_codes::delete_of_user(&*tx, person.id).await?;
        // Whoever holds what was lost must not be known by it.
        known_devices::forget_all(&*tx, person.id).await?;
        users::set_recovered(&*tx, person.id, now.0).await?;
        if !credentials::insert(&*tx, passkey.clone()).await? {
            return Err(Refusal::PasskeyExists.into());
        }
        let opening =
            Opening { user_id: person.id, credential_id: passkey.id, made_at: passkey.created_at, device_key };
        let previous = current.filter(|current| current.account.id != person.id);
        let session = self.open_session(&tx, caller, previous, opening).await?;
        for event_type in [EventType::CredentialCreated, EventType::RecoveryCompleted] {
            let event = Event::success(event_type).user(person.id).credential(passkey.id).session(session.id);
            self.record(&tx, caller, event);
        }
        self.tell_of_completion(&tx, caller, person.id, row.id).await?;
        tx.commit().await?;
        Ok(Recovered { account: person.into(), passkey: passkey.into(), session })
    }

    /// End every session that an account has.
    pub(super) async fn end_all_sessions(
        &self,
        tx: &crate::audit::Transaction<'_>,
        caller: &Caller,
        user_id: uuid::Uuid,
        reason: EndReason,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let live = sessions::live_of_user(&**tx, user_id, now.0, now.minus(self.sessions.idle).0).await?;
        for session in live {
            self.end_session(tx, caller, user_id, session.id, reason).await?;
        }
        Ok(())
    }
}

fn expect_ready(stage: Stage) -> Result<(), Refusal> {
    match stage {
        Stage::Ready => Ok(()),
        Stage::Begun | Stage::Waiting => Err(Refusal::RecoveryTooSoon),
        Stage::Completed | Stage::Stopped | Stage::Expired => Err(Refusal::RecoveryOver),
    }
}
