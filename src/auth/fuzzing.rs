//! For fuzz targets: what the rules read of what strangers send.

use std::sync::OnceLock;

use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Credential, DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
};

use super::device::Device;
use super::jws::{self, Jwk, PublicKey};
use super::relying_party::{self, RelyingParty};
use super::step_up::PayoutDetails;
use super::{EventId, Refusal, identity, proof};

/// The challenge of every ceremony here, base64url: 32 zero bytes.
pub const CHALLENGE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// An address of mail in its one spelling.
pub fn email(text: &str) -> Option<String> {
    identity::parse_email(text).ok()
}

/// A name to show.
pub fn name(text: &str) -> Option<String> {
    identity::parse_name(Some(text), Refusal::DisplayNameInvalid).ok().flatten()
}

/// An account number in its one spelling.
pub fn iban(text: &str) -> Option<String> {
    PayoutDetails::parse("Ada", text).ok().map(|details| details.iban().to_owned())
}

/// The id of an event, which is a cursor, too.
pub fn event_id(text: &str) -> Option<String> {
    EventId::parse(text).map(|id| id.to_string())
}

/// What is kept of a browser: JSON.
pub fn device(user_agent: Option<&str>, languages: Option<&str>) -> String {
    let device = Device::of(user_agent, languages);
    assert!(device.is_same_as(&device.clone()));
    serde_json::to_string(&device).unwrap_or_default()
}

/// The thumbprint of a key (JWK), and whether it survives being stored.
pub fn jwk(json: &str) -> Option<String> {
    let jwk: Jwk = serde_json::from_str(json).ok()?;
    let key = PublicKey::from_jwk(&jwk)?;
    assert_eq!(PublicKey::from_bytes(&key.to_bytes()).as_ref(), Some(&key));
    Some(key.thumbprint())
}

/// A proof (DPoP) for `POST https://example.com/x` with the nonce `n`: its `jti`.
pub fn proof(compact: &str) -> Option<String> {
    proof::read_for_fuzzing(compact)
}

/// A statement of DBSC, as far as it is read before the database is asked. Whether the key it brings has signed it.
pub fn dbsc_jwt(compact: &str) -> Option<bool> {
    let parsed = jws::parse(compact, "dbsc+jwt")?;
    Some(parsed.key.as_ref().is_some_and(|key| parsed.verify::<serde_json::Value>(key).is_some()))
}

fn relying_party() -> Option<RelyingParty> {
    let origin = Url::parse("http://localhost:3000").ok()?;
    RelyingParty::new("localhost", &origin, &[], "Holdfast").ok()
}

/// The state of a ceremony, with our challenge in it.
fn with_challenge<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T, at: &str) -> Option<T> {
    let mut state = serde_json::to_value(state).ok()?;
    *state.pointer_mut(at)? = CHALLENGE.into();
    serde_json::from_value(state).ok()
}

/// The answer of an authenticator that made a passkey: the passkey, if there is one.
pub fn registration(response: &str) -> Option<Credential> {
    static STATE: OnceLock<Option<(RelyingParty, PasskeyRegistration)>> = OnceLock::new();
    let begun = || {
        let rp = relying_party()?;
        let (_, state) =
            rp.start_registration(Uuid::from_u128(7), "ada@example.test", "Ada", Vec::new(), true).ok()?;
        Some((rp, with_challenge(&state, "/rs/challenge")?))
    };
    let (rp, state) = STATE.get_or_init(begun).as_ref()?;
    let response: RegisterPublicKeyCredential = relying_party::parse_response(response).ok()?;
    let _ = relying_party::challenge_of(&response.response.client_data_json);
    let _ = relying_party::aaguid_of(&response.response.attestation_object);
    let transports = relying_party::join_transports(response.response.transports.as_deref());
    assert!(transports.is_ascii(), "words of ours only");
    relying_party::check_credential_id(&response.raw_id).ok()?;
    rp.finish_registration(&response, state).ok().map(Into::into)
}

/// The answer of an authenticator that has this passkey: whether it is believed.
pub fn assertion(response: &str, credential: &Credential) -> bool {
    static STATE: OnceLock<Option<(RelyingParty, DiscoverableAuthentication)>> = OnceLock::new();
    let begun = || {
        let rp = relying_party()?;
        let (_, state) = rp.start_authentication().ok()?;
        let state = with_challenge(&state, "/ast/challenge")?;
        Some((rp, state))
    };
    let Some((rp, state)) = STATE.get_or_init(begun) else { return false };
    let Ok(response) = relying_party::parse_response::<PublicKeyCredential>(response) else { return false };
    let _ = relying_party::challenge_of(&response.response.client_data_json);
    relying_party::check_credential_id(&response.raw_id).is_ok()
        && rp.finish_authentication(&response, state.clone(), credential).is_ok()
}
