//! A passkey in software, as fast as can be: what it costs is not what is measured.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// User present and verified, backup eligible and backed up (WebAuthn Level 3 §6.1).
const SYNCED: u8 = 0x1d;
/// Attested credential data included.
const ATTESTED: u8 = 0x40;

pub struct Passkey {
    pair: EcdsaKeyPair,
    id: [u8; 32],
    user_handle: Value,
    rp_id: String,
    origin: String,
}

impl Passkey {
    /// One for these creation options, and the answer to them.
    pub fn create(options: &Value, origin: &str) -> (Self, Value) {
        let rng = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &rng).unwrap();
        let mut id = [0; 32];
        rng.fill(&mut id).unwrap();
        let rp_id = options["rp"]["id"].as_str().unwrap().to_owned();
        let user_handle = options["user"]["id"].clone();
        let passkey = Self { pair, id, user_handle, rp_id, origin: origin.to_owned() };
        let mut data = passkey.data(SYNCED | ATTESTED);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(passkey.id);
        data.extend(passkey.cose());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        attestation.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        attestation.extend(data);
        let answer = passkey.answer(json!({
            "clientDataJSON": encode(&passkey.client_data("webauthn.create", options)),
            "attestationObject": encode(&attestation),
            "transports": ["internal", "hybrid"],
        }));
        (passkey, answer)
    }

    /// The answer to these request options.
    pub fn get(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(SYNCED);
        let signed = [data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(json!({
            "clientDataJSON": encode(&client_data),
            "authenticatorData": encode(&data),
            "signature": encode(signature.as_ref()),
            "userHandle": self.user_handle,
        }))
    }

    fn answer(&self, response: Value) -> Value {
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let said =
            json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false});
        said.to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(flags);
        data.extend([0; 4]);
        data
    }

    /// {1: 2, 3: -7, -1: 1, -2: x, -3: y}: ES256 on P-256 (RFC 9053).
    fn cose(&self) -> Vec<u8> {
        let point = &self.pair.public_key().as_ref()[1..];
        let mut key = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        key.extend(&point[..32]);
        key.extend([0x22, 0x58, 32]);
        key.extend(&point[32..]);
        key
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
