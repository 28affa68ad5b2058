//! Signing in with a passkey. The passkey says whose it is; nobody types who they are.

use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential};

use super::ceremony::Kind;
use super::proof::DeviceKeyOffer;
use super::relying_party;
use super::session::IssuedSession;
use super::{Account, Auth, Begun, Caller, CurrentSession, Error};
use crate::audit::{Event, EventType};

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
        self.record_refusal(caller, EventType::AuthnLoginFail, &outcome).await?;
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
        relying_party::check_credential_id(&response.raw_id)?;
        let challenge = relying_party::challenge_of(&response.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::Authentication, &challenge).await?;
        let device_key = device_key.map(|offer| self.check_device_key(caller, offer, &challenge)).transpose()?;
        let asserted = self.check_assertion(&response, pending.state, None).await?;

        let tx = self.store.begin().await?;
        let touched = self.accept_assertion(&tx, &asserted).await?;
        let account = touched.account;
        let session =
            self.open_session(&tx, caller, previous, account.id, touched.credential_id, device_key).await?;
        for event_type in touched.noted.into_iter().chain([EventType::AuthnLoginSuccess]) {
            let event =
                Event::success(event_type).user(account.id).credential(touched.credential_id).session(session.id);
            self.record(&tx, caller, event).await?;
        }
        tx.commit().await?;
        Ok(SignedIn { account, session })
    }
}
