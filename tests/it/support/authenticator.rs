//! A passkey made by hand. passkey-rs is honest and always backed up; this one signs whatever it is told to, so
//! that every wrong answer can be a validly signed one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::ORIGIN;
use super::proof::encode;

/// Flags of the authenticator data (WebAuthn Level 3 §6.1).
pub const USER_PRESENT: u8 = 0x01;
pub const USER_VERIFIED: u8 = 0x04;
pub const BACKUP_ELIGIBLE: u8 = 0x08;
pub const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// A public key on Ed25519 (RFC 8032 §7.1, test 1).
const ED25519_POINT: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1,
    0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

/// A passkey together with the browser it is used in. Clone it and change a field to make a bad one.
#[derive(Clone)]
pub struct Key {
    pub signing: SigningKey,
    pub id: Vec<u8>,
    /// As the server gave it, base64url.
    pub user_handle: Option<String>,
    /// What the browser puts into the client data.
    pub origin: String,
    pub cross_origin: bool,
    /// What the authenticator signs for.
    pub rp_id: String,
    pub flags: u8,
    pub counter: u32,
    pub aaguid: [u8; 16],
    /// The COSE algorithm it says its public key is for.
    pub algorithm: i64,
}

impl Key {
    /// A synced one, like those of a phone or a password manager.
    pub fn new() -> Self {
        Self {
            signing: SigningKey::from_slice(&rand::random::<[u8; 32]>()).unwrap(),
            id: rand::random::<[u8; 32]>().to_vec(),
            user_handle: None,
            origin: ORIGIN.to_owned(),
            cross_origin: false,
            rp_id: "localhost".to_owned(),
            flags: USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP,
            counter: 0,
            aaguid: [0; 16],
            algorithm: -7,
        }
    }

    /// One that lives on one device and counts.
    pub fn single_device() -> Self {
        Self { flags: USER_PRESENT | USER_VERIFIED, counter: 1, ..Self::new() }
    }

    /// The same, in a browser at this origin.
    pub fn at(self, origin: &str) -> Self {
        let host = origin.parse::<Url>().unwrap().host_str().unwrap().to_owned();
        Self { origin: origin.to_owned(), rp_id: host, ..self }
    }

    /// Answer creation options: RegistrationResponseJSON.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user_handle = options["user"]["id"].as_str().map(str::to_owned);
        let client_data = self.client_data("webauthn.create", options);
        let id_length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let mut auth_data = self.auth_data(ATTESTED);
        auth_data.extend_from_slice(&self.aaguid);
        auth_data.extend_from_slice(&id_length);
        auth_data.extend_from_slice(&self.id);
        auth_data.extend(serde_cbor_2::to_vec(&self.cose_key()).unwrap());
        let attestation = map([
            (text("fmt"), text("none")),
            (text("attStmt"), map([])),
            (text("authData"), Cbor::Bytes(auth_data)),
        ]);
        self.response(&json!({
            "clientDataJSON": encode(&client_data),
            "attestationObject": encode(&serde_cbor_2::to_vec(&attestation).unwrap()),
            "transports": ["internal", "hybrid"],
        }))
    }

    /// Answer request options: AuthenticationResponseJSON.
    pub fn get(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let auth_data = self.auth_data(0);
        let signed = [auth_data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.signing.sign(&signed);
        let mut response = json!({
            "clientDataJSON": encode(&client_data),
            "authenticatorData": encode(&auth_data),
            "signature": encode(signature.to_der().as_bytes()),
        });
        if let Some(handle) = &self.user_handle {
            response["userHandle"] = json!(handle);
        }
        self.response(&response)
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
        json!({
            "type": ceremony,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        })
        .to_string()
        .into_bytes()
    }

    fn auth_data(&self, more_flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(self.flags | more_flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn cose_key(&self) -> Cbor {
        let point = self.signing.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap().to_vec(), point.y().unwrap().to_vec());
        if self.algorithm == -8 {
            // An octet key pair; under attestation `none` nothing is signed with it.
            return map([
                (number(1), number(1)),
                (number(3), number(-8)),
                (number(-1), number(6)),
                (number(-2), Cbor::Bytes(ED25519_POINT.to_vec())),
            ]);
        }
        map([
            (number(1), number(2)),
            (number(3), number(self.algorithm)),
            (number(-1), number(1)),
            (number(-2), Cbor::Bytes(x)),
            (number(-3), Cbor::Bytes(y)),
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

/// Change the bytes behind a member of `response.response`, after they were signed.
pub fn edit_bytes(response: &Value, member: &str, edit: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut edited = response.clone();
    let slot = &mut edited["response"][member];
    let mut bytes = URL_SAFE_NO_PAD.decode(slot.as_str().unwrap()).unwrap();
    edit(&mut bytes);
    *slot = json!(encode(&bytes));
    edited
}

/// The least that can be changed.
pub fn flip_last_bit(response: &Value, member: &str) -> Value {
    edit_bytes(response, member, |bytes| *bytes.last_mut().unwrap() ^= 1)
}
