//! Signing in with a passkey. The passkey says whose it is; nobody types who they are.

use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential};

use super::assertion::FAILED_ASSERTION;
use super::ceremony::Kind;
use super::proof::DeviceKeyOffer;
use super::relying_party;
use super::session::{IssuedSession, Opening};
use super::{Account, Auth, Begun, Caller, CurrentSession, Error, Refusal};
use crate::audit::{Event, EventType};
use crate::defence::Defence;
use crate::risk::{Input, Level};
use crate::store::users;

/// What must be remembered between options and verify.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) state: DiscoverableAuthentication,
}

/// Somebody came in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// The session that the ceremony opened.
    pub session: IssuedSession,
}

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

    /// Finish: verify the assertion and open a session. A session the browser already had (`previous`) ends.
    pub async fn finish_authentication(
        &self,
        caller: &Caller,
        previous: Option<&CurrentSession>,
        response: &str,
        device_key: Option<DeviceKeyOffer<'_>>,
    ) -> Result<SignedIn, Error> {
        let outcome = self.try_finish_authentication(caller, previous, response, device_key).await;
        if let Err(Error::Refused(refusal)) = &outcome {
            let mut event = Event::refused(EventType::AuthnLoginFail, refusal.code());
            if FAILED_ASSERTION.contains(refusal) {
                let response = relying_party::parse_response(response)?;
                // They should know, and the risk engine too.
                if let Some(owner) = self.count_failure(caller, &response).await? {
                    event = event.user(owner);
                }
            }
            if Defence::AuditOfRefusals.is_up() {
                self.record_alone(caller, event).await?;
            }
        }
        outcome
    }

    async fn try_finish_authentication(
        &self,
        caller: &Caller,
        previous: Option<&CurrentSession>,
        response: &str,
        device_key: Option<DeviceKeyOffer<'_>>,
    ) -> Result<SignedIn, Error> {
        let response: PublicKeyCredential = relying_party::parse_response(response)?;
        let named = self.find_passkey(&response).await?;
        if let Some(named) = &named {
            self.admit_to_account(caller, named.user_id).await?;
        }
        let challenge = relying_party::challenge_of(&response.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::Authentication, &challenge).await?;
        let device_key = device_key.map(|offer| self.check_device_key(caller, offer, &challenge)).transpose()?;
        let asserted = self.check_assertion(&response, named, pending.state, None)?;

        let person = users::find(self.store.reader(), asserted.owner).await?.ok_or(Refusal::PasskeyUnknown)?;
        let input = self.look_at_sign_in(caller, &person).await?;
        let before = self.before_sign_in(&person).await?;

        let tx = self.trail.begin().await?;
        let touched = self.accept_assertion(&tx, caller, &asserted).await?;
        let opening = Opening {
            user_id: person.id,
            credential_id: touched.credential_id,
            made_at: asserted.made_at,
            device_key,
        };
        self.stop_recovery_of(&tx, caller, person.id, "assertion").await?;
        let session = self.open_session(&tx, caller, previous, opening).await?;
        let weighed = self.assessed(touched.note(Input { session: Some(session.past), ..input }));
        self.keep_decision(&tx, caller, person.id, session.id, &weighed).await?;
        self.raise_level(&tx, caller, (person.id, session.id), Level::Low, &weighed).await?;
        for event_type in touched.noted.into_iter().chain([EventType::AuthnLoginSuccess]) {
            let event = Event::success(event_type)
                .risk(weighed.assessment.score, self.engine.told(&weighed))
                .user(person.id)
                .credential(touched.credential_id)
                .session(session.id);
            self.record(&tx, caller, event);
        }
        if let Some(before) = &before {
            self.tell_of_sign_in(&tx, caller, &person, &session, &weighed, before).await?;
        }
        let account = touched.account;
        tx.commit().await?;
        Ok(SignedIn { account, session })
    }
}
