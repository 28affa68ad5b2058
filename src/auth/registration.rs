//! Making a passkey: for a new account, or for one more device of an account.
//!
//! The person's row is made only when the passkey has been verified, and its address is a claim. So naming an
//! address neither tells whether it has an account nor adds anything to one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::ceremony::Kind;
use super::relying_party::{self, Known};
use super::session::IssuedSession;
use super::{Account, Auth, Begun, Caller, Error, PasskeyInfo, Refusal, identity, provider};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::secret::random_bytes;
use crate::store::{credential, credentials, user, users};

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
}

/// What must be remembered between options and verify.
#[derive(Serialize, Deserialize)]
struct Pending {
    user_handle: Uuid,
    email: String,
    display_name: Option<String>,
    state: PasskeyRegistration,
}

/// A passkey was made and its owner is signed in with it.
#[derive(Debug)]
pub struct Registered {
    /// The new account.
    pub account: Account,
    /// Its first passkey.
    pub passkey: PasskeyInfo,
    /// The session that the ceremony opened.
    pub session: IssuedSession,
}

impl Auth {
    /// Begin: check what was typed, and say what kind of passkey to make.
    pub async fn begin_registration(
        &self,
        caller: &Caller,
        request: &RegistrationRequest,
    ) -> Result<Begun, Error> {
        if let Some(current) = self.session_if_any(caller).await? {
            let named = request.email.as_deref().map(identity::parse_email).transpose()?;
            return Err(match named {
                Some(email) if email != current.account.email => Refusal::EmailMismatch,
                _ => Refusal::StepUpRequired,
            }
            .into());
        }
        let email = identity::parse_email(request.email.as_deref().unwrap_or_default())?;
        let display_name = identity::parse_name(request.display_name.as_deref(), Refusal::DisplayNameInvalid)?;
        let user_handle = Uuid::from_bytes(random_bytes()?);
        let shown = display_name.as_deref().unwrap_or(&email);
        let (options, state) = self.rp.start_registration(user_handle, &email, shown, Vec::<Known>::new())?;
        let challenge = options.public_key.challenge.clone();
        let pending = Pending { user_handle, email, display_name, state };
        let browser = self.open_ceremony(caller, Kind::Registration, &challenge, &pending).await?;
        let options =
            serde_json::to_string(&options.public_key).map_err(|error| Error::Broken(error.to_string()))?;
        Ok(Begun { options, browser })
    }

    /// Finish: verify the new passkey, make the account, sign it in.
    pub async fn finish_registration(&self, caller: &Caller, new: &NewPasskey<'_>) -> Result<Registered, Error> {
        let outcome = self.try_finish_registration(caller, new).await;
        self.record_refusal(caller, EventType::UserCreateFail, &outcome).await?;
        outcome
    }

    async fn try_finish_registration(&self, caller: &Caller, new: &NewPasskey<'_>) -> Result<Registered, Error> {
        let label = identity::parse_name(new.label, Refusal::LabelInvalid)?;
        let response: RegisterPublicKeyCredential = relying_party::parse_response(new.response)?;
        let challenge = relying_party::challenge_of(&response.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::Registration, &challenge).await?;
        let passkey = self.rp.finish_registration(&response, &pending.state)?;

        let verified: webauthn_rs::prelude::Credential = passkey.into();
        relying_party::check_credential_id(verified.cred_id.as_ref())?;
        let aaguid = relying_party::aaguid_of(&response.response.attestation_object);
        let now = self.clock.now();
        let account = Account {
            id: pending.user_handle,
            email: pending.email,
            email_verified: false,
            display_name: pending.display_name,
        };
        let row = credential::Model {
            id: Uuid::from_bytes(random_bytes()?),
            credential_id: verified.cred_id.clone(),
            user_id: account.id,
            label: label.unwrap_or_else(|| provider::name(aaguid).unwrap_or("Passkey").to_owned()),
            aaguid,
            transports: relying_party::join_transports(response.response.transports.as_deref()),
            backup_eligible: verified.backup_eligible,
            backup_state: verified.backup_state,
            sign_count: i64::from(verified.counter),
            passkey: serde_json::to_string(&verified).map_err(|error| Error::Broken(error.to_string()))?,
            created_at: now.0,
            last_used_at: None,
        };
        self.store_account(caller, account, row, now).await
    }

    async fn store_account(
        &self,
        caller: &Caller,
        account: Account,
        passkey: credential::Model,
        now: Timestamp,
    ) -> Result<Registered, Error> {
        let tx = self.store.begin().await?;
        users::insert(
            &*tx,
            user::Model {
                id: account.id,
                email: account.email.clone(),
                email_verified_at: None,
                display_name: account.display_name.clone(),
                created_at: now.0,
            },
        )
        .await?;
        if !credentials::insert(&*tx, passkey.clone()).await? {
            return Err(Refusal::PasskeyExists.into());
        }
        let session = self.issue_session(&tx, caller, account.id, passkey.id, now).await?;
        let event =
            Event::success(EventType::UserCreated).user(account.id).credential(passkey.id).session(session.id);
        self.record(&tx, caller, event).await?;
        tx.commit().await?;
        Ok(Registered { account, passkey: passkey.into(), session })
    }
}
