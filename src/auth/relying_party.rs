//! The relying party: webauthn-rs, set up for passkeys and nothing weaker.
//!
//! What is asked for: a discoverable credential, user verification, attestation `none`, ES256, ES384 or RS256.
//! webauthn-rs asks for `residentKey: "discouraged"`; the options are plain data, and the state it verifies with
//! does not hold that member, so it is put right here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::{
    AllowCredentials, AuthenticatorTransport, CreationChallengeResponse, PublicKeyCredentialDescriptor,
    PublicKeyCredentialHints, RequestChallengeResponse, ResidentKeyRequirement,
};

use super::{CEREMONY_LIFETIME, Error, Refusal};

/// Upper bound of a credential id (WebAuthn Level 3 §4, "Credential ID").
const CREDENTIAL_ID_LIMIT: usize = 1023;

/// The origin, relying party id and name cannot be used for WebAuthn together.
#[derive(Debug, thiserror::Error)]
#[error("the relying party id {rp_id:?} does not cover the origin {origin}")]
pub struct InvalidRelyingParty {
    rp_id: String,
    origin: Url,
}

/// webauthn-rs with our settings.
#[derive(Debug)]
pub struct RelyingParty {
    /// The RP ID.
    pub(super) id: String,
    webauthn: Webauthn,
}

/// A passkey an account already has, to be left out of the choice when it adds another.
pub(super) struct Known {
    pub(super) credential_id: Vec<u8>,
    pub(super) transports: String,
}

/// What a browser signed, as far as it must be read before anything is verified.
#[derive(Deserialize)]
struct ClientData {
    challenge: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: Option<bool>,
}

impl RelyingParty {
    /// For one origin, and those that `/.well-known/webauthn` names. `rp_id` is that origin's host or a registrable parent of it.
    pub fn new(rp_id: &str, origin: &Url, related: &[Url], name: &str) -> Result<Self, InvalidRelyingParty> {
        WebauthnBuilder::new(rp_id, origin)
            .map(|builder| related.iter().fold(builder, WebauthnBuilder::append_allowed_origin))
            .and_then(|builder| builder.rp_name(name).timeout(CEREMONY_LIFETIME).build())
            .map(|webauthn| Self { id: rp_id.to_owned(), webauthn })
            .map_err(|_| InvalidRelyingParty { rp_id: rp_id.to_owned(), origin: origin.clone() })
    }

    pub(super) fn start_registration(
        &self,
        user_handle: Uuid,
        email: &str,
        display_name: &str,
        known: Vec<Known>,
        is_first: bool,
    ) -> Result<(CreationChallengeResponse, PasskeyRegistration), Error> {
        let excluded = known.iter().map(|passkey| passkey.credential_id.clone()).collect();
        let (mut options, state) = self
            .webauthn
            .start_passkey_registration(user_handle, email, display_name, Some(excluded))
            .map_err(unexpected)?;
        let public_key = &mut options.public_key;
        if let Some(selection) = &mut public_key.authenticator_selection {
            selection.resident_key = Some(ResidentKeyRequirement::Required);
            selection.require_resident_key = true;
            selection.authenticator_attachment = None;
        }
        // The first one is best made where the person is. Which other device a second one is for, only they know.
        public_key.hints = is_first.then(|| vec![PublicKeyCredentialHints::ClientDevice]);
        public_key.exclude_credentials = Some(
            known
                .into_iter()
                .map(|passkey| PublicKeyCredentialDescriptor {
                    type_: "public-key".to_owned(),
                    id: passkey.credential_id,
                    transports: Some(parse_transports(&passkey.transports)),
                })
                .collect(),
        );
        Ok((options, state))
    }

    pub(super) fn finish_registration(
        &self,
        response: &RegisterPublicKeyCredential,
        state: &PasskeyRegistration,
    ) -> Result<Passkey, Refusal> {
        self.webauthn.finish_passkey_registration(response, state).map_err(|error| refusal(&error))
    }

    pub(super) fn start_authentication(
        &self,
    ) -> Result<(RequestChallengeResponse, DiscoverableAuthentication), Error> {
        let (mut options, state) = self.webauthn.start_discoverable_authentication().map_err(unexpected)?;
        // The page decides between a button and autofill.
        options.mediation = None;
        Ok((options, state))
    }

    /// Options and state for a challenge of our making, answerable by these passkeys. webauthn-rs makes challenges up
    /// itself, so it is put into both; a test pins the version whose state has it there.
    pub(super) fn start_step_up(
        &self,
        challenge: &[u8; 32],
        own: Vec<Known>,
    ) -> Result<(String, DiscoverableAuthentication), Error> {
        let (mut options, state) = self.webauthn.start_discoverable_authentication().map_err(unexpected)?;
        options.public_key.hints = hint(&own).map(|hint| vec![hint]);
        let broken = |error: serde_json::Error| Error::Broken(format!("webauthn state: {error}"));
        options.public_key.challenge = challenge.to_vec();
        options.public_key.allow_credentials = own
            .into_iter()
            .map(|passkey| AllowCredentials {
                type_: "public-key".to_owned(),
                id: passkey.credential_id,
                transports: Some(parse_transports(&passkey.transports)),
            })
            .collect();
        let mut state = serde_json::to_value(&state).map_err(broken)?;
        let slot = state.pointer_mut("/ast/challenge").ok_or_else(|| Error::Broken("webauthn state".into()))?;
        *slot = URL_SAFE_NO_PAD.encode(challenge).into();
        let state = serde_json::from_value(state).map_err(broken)?;
        Ok((serde_json::to_string(&options.public_key).map_err(broken)?, state))
    }

    pub(super) fn finish_authentication(
        &self,
        response: &PublicKeyCredential,
        state: DiscoverableAuthentication,
        credential: &Credential,
    ) -> Result<Assertion, Refusal> {
        // WebAuthn Level 3 §7.2 step 14. webauthn-rs looks at this when a passkey is made, and not when it is used.
        if client_data(&response.response.client_data_json)?.cross_origin == Some(true) {
            return Err(Refusal::OriginMismatch);
        }
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(response, state, credential)
            .map_err(|error| refusal(&error))?;
        Ok(Assertion {
            counter: i64::from(result.counter()),
            backup_eligible: result.backup_eligible(),
            backup_state: result.backup_state(),
        })
    }
}

/// What a verified assertion says.
pub(super) struct Assertion {
    pub(super) counter: i64,
    pub(super) backup_eligible: bool,
    pub(super) backup_state: bool,
}

/// Reads the JSON of a `toJSON()`.
pub(super) fn parse_response<T: DeserializeOwned>(json: &str) -> Result<T, Refusal> {
    serde_json::from_str(json).map_err(|_| Refusal::ResponseMalformed)
}

fn client_data(json: &[u8]) -> Result<ClientData, Refusal> {
    serde_json::from_slice(json).map_err(|_| Refusal::ResponseMalformed)
}

/// The challenge that the browser says it answered; the signature over it is checked later.
pub(super) fn challenge_of(client_data_json: &[u8]) -> Result<Vec<u8>, Refusal> {
    let challenge = client_data(client_data_json)?.challenge;
    let challenge = URL_SAFE_NO_PAD.decode(challenge).map_err(|_| Refusal::ResponseMalformed)?;
    // Ours are 32 bytes. A key of another length is not worth a query.
    if challenge.len() == 32 { Ok(challenge) } else { Err(Refusal::ChallengeUnknown) }
}

/// Refuses credential ids that no authenticator makes.
pub(super) fn check_credential_id(id: &[u8]) -> Result<(), Refusal> {
    if id.is_empty() || id.len() > CREDENTIAL_ID_LIMIT { Err(Refusal::ResponseMalformed) } else { Ok(()) }
}

/// The AAGUID out of an attestation object that was verified before (WebAuthn Level 3 §6.5.1: bytes 37 to 52
/// of the authenticator data). webauthn-rs drops it under attestation `none`.
pub(super) fn aaguid_of(attestation_object: &[u8]) -> Uuid {
    #[derive(Deserialize)]
    struct AttestationObject<'a> {
        #[serde(rename = "authData", borrow)]
        auth_data: &'a [u8],
    }
    serde_cbor_2::from_slice::<AttestationObject<'_>>(attestation_object)
        .ok()
        .and_then(|object| Uuid::from_slice(object.auth_data.get(37..53)?).ok())
        .unwrap_or(Uuid::nil())
}

/// The transports as one column holds them.
pub(super) fn join_transports(transports: Option<&[AuthenticatorTransport]>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for transport in transports.unwrap_or_default() {
        let name = match transport {
            AuthenticatorTransport::Usb => "usb",
            AuthenticatorTransport::Nfc => "nfc",
            AuthenticatorTransport::Ble => "ble",
            AuthenticatorTransport::Internal => "internal",
            AuthenticatorTransport::Hybrid => "hybrid",
            AuthenticatorTransport::Test | AuthenticatorTransport::Unknown => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(",")
}

/// What the browser should offer first (WebAuthn Level 3 §5.8.8), if these passkeys leave no doubt: all on keys that are plugged
/// in or held close, all on this kind of device, or all on phones.
fn hint(own: &[Known]) -> Option<PublicKeyCredentialHints> {
    let all_are = |kinds: &[&str]| {
        own.iter().all(|passkey| passkey.transports.split(',').all(|transport| kinds.contains(&transport)))
    };
    match own {
        [] => None,
        _ if all_are(&["usb", "nfc", "ble", "smart-card"]) => Some(PublicKeyCredentialHints::SecurityKey),
        _ if all_are(&["internal"]) => Some(PublicKeyCredentialHints::ClientDevice),
        _ if all_are(&["hybrid"]) => Some(PublicKeyCredentialHints::Hybrid),
        _ => None,
    }
}

fn parse_transports(column: &str) -> Vec<AuthenticatorTransport> {
    column.split(',').filter_map(|name| name.parse().ok()).collect()
}

/// Failures of webauthn-rs that no input can cause.
fn unexpected(error: WebauthnError) -> Error {
    Error::Broken(format!("webauthn: {error}"))
}

/// Failures of webauthn-rs that input causes, in our words.
fn refusal(error: &WebauthnError) -> Refusal {
    match error {
        WebauthnError::InvalidClientDataType => Refusal::CeremonyMismatch,
        WebauthnError::MismatchedChallenge => Refusal::ChallengeUnknown,
        WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => Refusal::OriginMismatch,
        WebauthnError::InvalidRPIDHash => Refusal::RpIdMismatch,
        WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => Refusal::UserNotVerified,
        WebauthnError::AuthenticationFailure | WebauthnError::SignatureInvalid => Refusal::SignatureInvalid,
        WebauthnError::CredentialAlteredAlgFromRequest
        | WebauthnError::CredentialInsecureCryptography
        | WebauthnError::COSEKeyInvalidAlgorithm
        | WebauthnError::COSEKeyInvalidType
        | WebauthnError::COSEKeyEDUnsupported
        // What webauthn-rs-core 0.6.2 says of an EdDSA key that it would have to use.
        | WebauthnError::SshPublicKeyEDUnsupported => Refusal::AlgorithmUnsupported,
        WebauthnError::CredentialExcludedFromRequest | WebauthnError::CredentialAlreadyExists => {
            Refusal::PasskeyExists
        }
        WebauthnError::CredentialNotFound => Refusal::PasskeyUnknown,
        WebauthnError::CredentialPossibleCompromise => Refusal::CounterRegressed,
        WebauthnError::CredentialBackupEligibilityInconsistent => Refusal::PasskeyChanged,
        WebauthnError::ParseCBORFailure(_)
        | WebauthnError::ParseJSONFailure(_)
        | WebauthnError::ParseNOMFailure
        | WebauthnError::ParseInsufficientBytesAvailable
        | WebauthnError::MissingAttestationCredentialData
        | WebauthnError::COSEKeyInvalidCBORValue
        | WebauthnError::COSEKeyECDSAXYInvalid
        | WebauthnError::COSEKeyRSANEInvalid
        | WebauthnError::COSEKeyECDSAInvalidCurve
        | WebauthnError::EcdsaPointInvalid => Refusal::ResponseMalformed,
        _ => Refusal::VerificationFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relying_party() -> RelyingParty {
        let origin = "http://localhost:3000".parse().expect("url");
        RelyingParty::new("localhost", &origin, &[], "Holdfast").expect("relying party")
    }

    #[test]
    fn creation_options_ask_for_a_passkey_and_nothing_weaker() {
        let known = vec![Known { credential_id: vec![7; 20], transports: "internal,hybrid".into() }];
        let (options, _) = relying_party()
            .start_registration(Uuid::from_u128(9), "a@b.test", "Ada", known, false)
            .expect("options");
        let json = serde_json::to_value(&options.public_key).expect("json");
        assert_eq!(json["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(json["authenticatorSelection"]["requireResidentKey"], true);
        assert_eq!(json["authenticatorSelection"]["userVerification"], "required");
        assert!(
            json["authenticatorSelection"].get("authenticatorAttachment").is_none_or(serde_json::Value::is_null)
        );
        assert_eq!(json["attestation"], "none");
        assert_eq!(json["timeout"], 300_000);
        assert!(json.get("hints").is_none());
        let algorithms: Vec<i64> =
            json["pubKeyCredParams"].as_array().expect("list").iter().filter_map(|p| p["alg"].as_i64()).collect();
        assert_eq!(algorithms, [-7, -35, -257]);
        let excluded = &json["excludeCredentials"][0];
        assert_eq!(excluded["id"], "BwcHBwcHBwcHBwcHBwcHBwcHBwc");
        assert_eq!(excluded["transports"], serde_json::json!(["internal", "hybrid"]));
    }

    #[test]
    fn request_options_name_no_passkey_and_verify_the_user() {
        let (options, _) = relying_party().start_authentication().expect("options");
        let json = serde_json::to_value(&options).expect("json");
        assert_eq!(json["publicKey"]["allowCredentials"], serde_json::json!([]));
        assert_eq!(json["publicKey"]["userVerification"], "required");
        assert!(json.get("mediation").is_none());
        assert!(json["publicKey"].get("hints").is_none());
    }

    #[test]
    fn browsers_hear_where_to_look_only_where_it_is_certain() {
        let begin =
            |is_first| relying_party().start_registration(Uuid::from_u128(9), "a@b.test", "Ada", vec![], is_first);
        let (first, _) = begin(true).expect("options");
        assert_eq!(
            serde_json::to_value(&first.public_key).expect("json")["hints"],
            serde_json::json!(["client-device"])
        );
        for (transports, expected) in [
            (&["usb"][..], Some("security-key")),
            (&["usb,nfc", "ble"], Some("security-key")),
            (&["internal"], Some("client-device")),
            (&["hybrid", "hybrid"], Some("hybrid")),
            (&["internal,hybrid"], None),
            (&["internal", "usb"], None),
            (&["usb", ""], None),
            (&["usb,unheard-of"], None),
            (&[], None),
        ] {
            let own = transports
                .iter()
                .map(|it| Known { credential_id: vec![7; 20], transports: (*it).to_owned() })
                .collect();
            let (options, _) = relying_party().start_step_up(&[9; 32], own).expect("options");
            let options: serde_json::Value = serde_json::from_str(&options).expect("json");
            let hints = expected.map_or(serde_json::Value::Null, |hint| serde_json::json!([hint]));
            assert_eq!(options["hints"], hints, "{transports:?}");
        }
    }

    /// Pinned to webauthn-rs 0.6.2: its state has the challenge where we put ours.
    #[test]
    fn a_step_up_is_begun_with_a_challenge_of_our_own() {
        let known = Known { credential_id: vec![7; 20], transports: "internal".into() };
        let (options, state) = relying_party().start_step_up(&[9; 32], vec![known]).expect("options");
        let options: serde_json::Value = serde_json::from_str(&options).expect("json");
        let ours = URL_SAFE_NO_PAD.encode([9; 32]);
        assert_eq!(options["challenge"], ours);
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["allowCredentials"][0]["id"], "BwcHBwcHBwcHBwcHBwcHBwcHBwc");
        assert_eq!(serde_json::to_value(&state).expect("json")["ast"]["challenge"], ours);
    }

    #[test]
    fn an_origin_outside_the_relying_party_id_is_refused() {
        let origin = "https://evil-example.com".parse().expect("url");
        assert!(RelyingParty::new("example.com", &origin, &[], "x").is_err());
    }
}
