//! Making a passkey: for a new account, or for one more device of an account.
//!
//! The person's row is made only when the passkey has been verified, and its address is a claim. So naming an
//! address neither tells whether it has an account nor adds anything to one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::ceremony::Kind;
use super::jws::PublicKey;
use super::links::LinkKind;
use super::proof::DeviceKeyOffer;
use super::relying_party::{self, Known};
use super::session::{IssuedSession, Opening, Renewed};
use super::step_up::Action;
use super::{
    Account, Auth, Begun, Caller, CurrentSession, Error, PasskeyInfo, Refusal, RefusalKind, identity, provider,
};
use crate::audit::{Event, EventType};
use crate::secret::random_bytes;
use crate::store::{credential, credentials, user, users};

/// As many passkeys as one account may have.
pub const PASSKEY_LIMIT: usize = 20;

/// What a person says when they ask for a passkey.
#[derive(Clone, Debug, Default)]
pub struct RegistrationRequest {
    /// Needed when signed out. Signed in: absent, or the account's own.
    pub email: Option<String>,
    /// What they like to be called.
    pub display_name: Option<String>,
}

/// What the browser sends back.
#[derive(Debug)]
pub struct NewPasskey<'a> {
    /// RegistrationResponseJSON (WebAuthn Level 3 §5.1.8), as text.
    pub response: &'a str,
    /// What to call the passkey; a name is found if none is given.
    pub label: Option<&'a str>,
    /// The key to bind the new session to.
    pub device_key: Option<DeviceKeyOffer<'a>>,
}

/// What must be remembered between options and verify.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    user_handle: Uuid,
    email: String,
    display_name: Option<String>,
    pub(super) purpose: Purpose,
    state: PasskeyRegistration,
}

/// What a new passkey is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// A new account.
    SignUp,
    /// The account of the session that asked.
    Add(Uuid),
    /// The account that this recovery is of.
    Recover(Uuid),
}

impl Purpose {
    const fn kind(self) -> Kind {
        match self {
            Self::SignUp | Self::Add(_) => Kind::Registration,
            Self::Recover(_) => Kind::Recovery,
        }
    }
}

/// A passkey was made.
#[derive(Debug)]
pub struct Registered {
    /// The account it opens.
    pub account: Account,
    /// The new passkey.
    pub passkey: PasskeyInfo,
    /// What the browser holds from now on.
    pub opened: Opened,
}

/// What a new passkey brings with it.
#[derive(Debug)]
pub enum Opened {
    /// A new account is signed in.
    Session(IssuedSession),
    /// An account goes on with its session, under a new token.
    Renewed(Renewed),
}

impl Auth {
    /// Begin: check what was typed, and say what kind of passkey to make.
    pub async fn begin_registration(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        request: &RegistrationRequest,
    ) -> Result<Begun, Error> {
        let outcome = self.try_begin_registration(caller, current, request).await;
        self.record_no_passkey(caller, current, &outcome).await?;
        outcome
    }

    async fn try_begin_registration(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        request: &RegistrationRequest,
    ) -> Result<Begun, Error> {
        if let Some(current) = current {
            return self.begin_adding(caller, current, request).await;
        }
        let email = identity::parse_email(request.email.as_deref().unwrap_or_default())?;
        // Nothing is looked up here, unless a test does without Defence::SameAnswer or Defence::SameTime.
        #[cfg(feature = "broken-defences")]
        self.give_away(&email).await?;
        let display_name = identity::parse_name(request.display_name.as_deref(), Refusal::DisplayNameInvalid)?;
        let new = Account { id: Uuid::from_bytes(random_bytes()?), email, email_verified: false, display_name };
        self.offer_passkey(caller, new, Vec::new(), Purpose::SignUp).await
    }

    /// Begin to add one to the caller's account, which takes a touch of one it has.
    async fn begin_adding(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        request: &RegistrationRequest,
    ) -> Result<Begun, Error> {
        let named = request.email.as_deref().map(identity::parse_email).transpose()?;
        if named.is_some_and(|email| email != current.account.email) {
            return Err(Refusal::EmailMismatch.into());
        }
        current.may_change()?;
        let own = credentials::of_user(self.store.reader(), current.account.id).await?;
        if own.len() >= PASSKEY_LIMIT {
            return Err(Refusal::PasskeysFull.into());
        }
        self.expect_grant(caller, current, &Action::PasskeyAdd).await?;
        let known =
            own.into_iter().map(|row| Known { credential_id: row.credential_id, transports: row.transports });
        self.offer_passkey(caller, current.account.clone(), known.collect(), Purpose::Add(current.id)).await
    }

    pub(super) async fn offer_passkey(
        &self,
        caller: &Caller,
        account: Account,
        known: Vec<Known>,
        purpose: Purpose,
    ) -> Result<Begun, Error> {
        let shown = account.display_name.as_deref().unwrap_or(&account.email);
        let is_first = !matches!(purpose, Purpose::Add(_));
        let (options, state) = self.rp.start_registration(account.id, &account.email, shown, known, is_first)?;
        let challenge = options.public_key.challenge.clone();
        let Account { id: user_handle, email, display_name, .. } = account;
        let pending = Pending { user_handle, email, display_name, purpose, state };
        let browser = self.open_ceremony(caller, purpose.kind(), &challenge, &pending).await?;
        let options =
            serde_json::to_string(&options.public_key).map_err(|error| Error::Broken(error.to_string()))?;
        Ok(Begun { options, browser })
    }

    /// Finish: verify the new passkey and make the account, or add to it. A session that another account had in this
    /// browser (`current`) ends.
    pub async fn finish_registration(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        new: &NewPasskey<'_>,
    ) -> Result<Registered, Error> {
        let outcome = self.try_finish_registration(caller, current, new).await;
        self.record_no_passkey(caller, current, &outcome).await?;
        outcome
    }

    /// If no passkey was made, leave a row that says why, and in whose session. Nothing else of it is kept.
    async fn record_no_passkey<T>(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        outcome: &Result<T, Error>,
    ) -> Result<(), Error> {
        let Err(Error::Refused(refusal)) = outcome else { return Ok(()) };
        // A proof to repeat or a token to renew is no failure.
        if refusal.kind() == RefusalKind::Unauthenticated || *refusal == Refusal::SessionRotated {
            return Ok(());
        }
        let mut event = Event::refused(EventType::UserCreateFail, refusal.code());
        if let Some(current) = current {
            event = event.user(current.account.id).session(current.id);
        }
        self.record_alone(caller, event).await
    }

    async fn try_finish_registration(
        &self,
        caller: &Caller,
        current: Option<&CurrentSession>,
        new: &NewPasskey<'_>,
    ) -> Result<Registered, Error> {
        let is_named = identity::parse_name(new.label, Refusal::LabelInvalid)?.is_some();
        let response: RegisterPublicKeyCredential = relying_party::parse_response(new.response)?;
        let challenge = relying_party::challenge_of(&response.response.client_data_json)?;
        if let Some(current) = current {
            self.expect_may_add(caller, current, &challenge).await?;
        }
        let pending: Pending = self.redeem_ceremony(caller, Kind::Registration, &challenge).await?;
        let device_key =
            new.device_key.map(|offer| self.check_device_key(caller, offer, &challenge)).transpose()?;
        let row = self.verify_new_passkey(caller, &response, &pending, new.label).await?;
        let account = Account {
            id: pending.user_handle,
            email: pending.email,
            email_verified: false,
            display_name: pending.display_name,
        };
        match pending.purpose {
            Purpose::SignUp => self.create_account(caller, current, account, row, device_key).await,
            Purpose::Add(session) => {
                // The session that asked must be the one that answers.
                let current = current.filter(|current| current.id == session).ok_or(Refusal::CeremonyMismatch)?;
                self.add_passkey(caller, current, row, is_named).await
            }
            Purpose::Recover(_) => Err(Refusal::CeremonyMismatch.into()),
        }
    }

    /// The row of a passkey that was just made, if it holds what the ceremony asked for.
    pub(super) async fn verify_new_passkey(
        &self,
        caller: &Caller,
        response: &RegisterPublicKeyCredential,
        pending: &Pending,
        label: Option<&str>,
    ) -> Result<credential::Model, Error> {
        let label = identity::parse_name(label, Refusal::LabelInvalid)?;
        // Of one that was to be left out webauthn-rs says that its algorithm is wrong.
        if pending.purpose != Purpose::SignUp
            && credentials::find(self.store.reader(), &response.raw_id).await?.is_some()
        {
            return Err(Refusal::PasskeyExists.into());
        }
        let passkey = self.rp.finish_registration(response, &pending.state)?;
        let verified: webauthn_rs::prelude::Credential = passkey.into();
        relying_party::check_credential_id(verified.cred_id.as_ref())?;
        if self.sessions.device_bound_only && verified.backup_eligible {
            return Err(Refusal::PasskeyNotDeviceBound.into());
        }
        let aaguid = relying_party::aaguid_of(&response.response.attestation_object);
        Ok(credential::Model {
            id: Uuid::from_bytes(random_bytes()?),
            credential_id: verified.cred_id.clone(),
            user_id: pending.user_handle,
            label: label.unwrap_or_else(|| provider::default_label(aaguid, &caller.device())),
            aaguid,
            transports: relying_party::join_transports(response.response.transports.as_deref()),
            backup_eligible: verified.backup_eligible,
            backup_state: verified.backup_state,
            sign_count: i64::from(verified.counter),
            passkey: serde_json::to_string(&verified).map_err(|error| Error::Broken(error.to_string()))?,
            created_at: self.clock.now().0,
            last_used_at: None,
            failures: 0,
            suspended_at: None,
            last_used_device: None,
            last_used_network: None,
        })
    }

    /// A proof to repeat, a token to renew or a touch to make must not cost the ceremony: the authenticator has made its
    /// passkey already.
    async fn expect_may_add(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        challenge: &[u8],
    ) -> Result<(), Error> {
        match self.look_at_ceremony::<Pending>(caller, Kind::Registration, challenge).await? {
            Some(Pending { purpose: Purpose::Add(session), .. }) if session == current.id => {
                self.expect_grant(caller, current, &Action::PasskeyAdd).await
            }
            _ => Ok(()),
        }
    }

    async fn create_account(
        &self,
        caller: &Caller,
        previous: Option<&CurrentSession>,
        account: Account,
        passkey: credential::Model,
        device_key: Option<PublicKey>,
    ) -> Result<Registered, Error> {
        let tx = self.trail.begin().await?;
        users::insert(
            &*tx,
            user::Model {
                id: account.id,
                email: account.email.clone(),
                email_verified_at: None,
                display_name: account.display_name.clone(),
                created_at: passkey.created_at,
                sign_ins: 0,
                recovered_at: None,
            },
        )
        .await?;
        if !credentials::insert(&*tx, passkey.clone()).await? {
            return Err(Refusal::PasskeyExists.into());
        }
        let opening =
            Opening { user_id: account.id, credential_id: passkey.id, made_at: passkey.created_at, device_key };
        let session = self.open_session(&tx, caller, previous, opening).await?;
        let event =
            Event::success(EventType::UserCreated).user(account.id).credential(passkey.id).session(session.id);
        self.record(&tx, caller, event);
        tx.commit().await?;
        Ok(Registered { account, passkey: passkey.into(), opened: Opened::Session(session) })
    }

    async fn add_passkey(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        mut passkey: credential::Model,
        is_named: bool,
    ) -> Result<Registered, Error> {
        let change = self.begin_change(caller, current, &Action::PasskeyAdd).await?;
        let own = credentials::of_user(&*change.tx, passkey.user_id).await?;
        if own.len() >= PASSKEY_LIMIT {
            return Err(Refusal::PasskeysFull.into());
        }
        if !is_named {
            let taken: Vec<_> = own.into_iter().map(|row| row.label).collect();
            passkey.label = provider::distinct_label(passkey.label, &taken);
        }
        if !credentials::insert(&*change.tx, passkey.clone()).await? {
            return Err(Refusal::PasskeyExists.into());
        }
        let event = Event::success(EventType::CredentialCreated)
            .user(current.account.id)
            .credential(passkey.id)
            .session(current.id);
        self.record(&change.tx, caller, event);
        self.tell_of_key(&change.tx, caller, current, LinkKind::Passkey, passkey.id).await?;
        let renewed = self.commit_change(change).await?;
        Ok(Registered {
            account: current.account.clone(),
            passkey: passkey.into(),
            opened: Opened::Renewed(renewed),
        })
    }
}
