//! A passkey in software that signs whatever it is told to: every wrong answer of the drill is a validly signed one, but for the one
//! thing that is wrong with it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::device_key::{encode, random};
use super::target::Target;
use super::trial::Stop;

/// Flags of the authenticator data (WebAuthn Level 3 §6.1).
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// A passkey with the browser that it is used in. A clone with one field changed is a forgery.
#[derive(Clone)]
pub(super) struct Passkey {
    pub(super) pair: Arc<EcdsaKeyPair>,
    pub(super) id: Vec<u8>,
    /// As the server gave it, base64url.
    pub(super) user_handle: Option<String>,
    /// What the browser says where it is.
    pub(super) origin: String,
    /// Whether the browser says that it was asked in a frame of another site.
    pub(super) is_framed: bool,
    pub(super) rp_id: String,
    pub(super) flags: u8,
    pub(super) counter: u32,
}

impl Passkey {
    /// A synced one, like those of a phone or a password manager.
    pub(super) fn synced(target: &Target) -> Result<Self, Stop> {
        let (algorithm, random_source) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random_source).map_err(Stop::failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random_source).map_err(Stop::failed)?;
        Ok(Self {
            pair: Arc::new(pair),
            id: random::<32>().to_vec(),
            user_handle: None,
            origin: target.origin.clone(),
            is_framed: false,
            rp_id: target.rp_id(),
            flags: USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP,
            counter: 0,
        })
    }

    /// One that lives on one device and counts.
    pub(super) fn on_one_device(target: &Target) -> Result<Self, Stop> {
        Ok(Self { flags: USER_PRESENT | USER_VERIFIED, counter: 1, ..Self::synced(target)? })
    }

    /// The same, used by somebody who was not asked for finger, face or PIN.
    pub(super) fn unverified(&self) -> Self {
        Self { flags: self.flags & !USER_VERIFIED, ..self.clone() }
    }

    /// The same name, and another key behind it.
    pub(super) fn forged(&self, target: &Target) -> Result<Self, Stop> {
        Ok(Self { pair: Self::synced(target)?.pair, ..self.clone() })
    }

    /// RegistrationResponseJSON.
    pub(super) fn create(&mut self, options: &Value) -> Result<Value, Stop> {
        self.user_handle = options["user"]["id"].as_str().map(str::to_owned);
        let mut auth_data = self.auth_data(ATTESTED);
        auth_data.extend_from_slice(&[0; 16]);
        auth_data.extend_from_slice(&u16::try_from(self.id.len()).unwrap_or_default().to_be_bytes());
        auth_data.extend_from_slice(&self.id);
        auth_data.extend(serde_cbor_2::to_vec(&self.cose_key()).map_err(Stop::failed)?);
        let attestation = map([
            (text("fmt"), text("none")),
            (text("attStmt"), map([])),
            (text("authData"), Cbor::Bytes(auth_data)),
        ]);
        let attestation = serde_cbor_2::to_vec(&attestation).map_err(Stop::failed)?;
        Ok(self.response(&json!({
            "clientDataJSON": encode(&self.client_data("webauthn.create", options)),
            "attestationObject": encode(&attestation),
            "transports": ["internal", "hybrid"],
        })))
    }

    /// AuthenticationResponseJSON.
    pub(super) fn get(&self, options: &Value) -> Result<Value, Stop> {
        let client_data = self.client_data("webauthn.get", options);
        let auth_data = self.auth_data(0);
        let signed = [auth_data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).map_err(Stop::failed)?;
        let mut response = json!({
            "clientDataJSON": encode(&client_data),
            "authenticatorData": encode(&auth_data),
            "signature": encode(signature.as_ref()),
        });
        if let Some(handle) = &self.user_handle {
            response["userHandle"] = json!(handle);
        }
        Ok(self.response(&response))
    }

    fn response(&self, response: &Value) -> Value {
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    fn client_data(&self, ceremony: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": ceremony,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.is_framed,
        });
        data.to_string().into_bytes()
    }

    fn auth_data(&self, more_flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(self.flags | more_flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    /// An EC2 key for ES256 (RFC 9053 §7.1).
    fn cose_key(&self) -> Cbor {
        let point = self.pair.public_key().as_ref();
        let half = |from: usize| Cbor::Bytes(point.get(from..from + 32).unwrap_or_default().to_vec());
        map([
            (number(1), number(2)),
            (number(3), number(-7)),
            (number(-1), number(1)),
            (number(-2), half(1)),
            (number(-3), half(33)),
        ])
    }
}

fn map<const N: usize>(pairs: [(Cbor, Cbor); N]) -> Cbor {
    Cbor::Map(pairs.into())
}

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

fn number(number: i64) -> Cbor {
    Cbor::Integer(number.into())
}

/// Change the last bit behind a member of `response.response`, after it was signed.
pub(super) fn flip_last_bit(response: &Value, member: &str) -> Value {
    let mut edited = response.clone();
    let slot = &mut edited["response"][member];
    let mut bytes = URL_SAFE_NO_PAD.decode(slot.as_str().unwrap_or_default()).unwrap_or_default();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    *slot = json!(encode(&bytes));
    edited
}
