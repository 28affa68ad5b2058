//! Signed statements of a browser's key (compact JWS), good ones to begin with: every field can be overridden.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key on P-256 that a browser keeps to itself.
#[derive(Clone)]
pub struct DeviceKey {
    signing: SigningKey,
}

impl DeviceKey {
    pub fn new() -> Self {
        Self { signing: SigningKey::from_slice(&rand::random::<[u8; 32]>()).unwrap() }
    }

    fn coordinates(&self) -> (String, String) {
        let point = self.signing.verifying_key().to_sec1_point(false);
        (encode(point.x().unwrap()), encode(point.y().unwrap()))
    }

    /// The public half (RFC 7517).
    pub fn jwk(&self) -> Value {
        let (x, y) = self.coordinates();
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
    }

    /// Both halves, as nobody should ever send them.
    pub fn private_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        jwk["d"] = json!(encode(&self.signing.to_bytes()));
        jwk
    }

    /// RFC 7638 §3.
    pub fn thumbprint(&self) -> String {
        let (x, y) = self.coordinates();
        encode(&Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)))
    }

    /// A statement of this type about nothing yet.
    pub fn states(&self, typ: &str) -> Jwt {
        Jwt { header: json!({ "typ": typ, "alg": "ES256" }), claims: json!({}), key: self.clone() }
    }

    /// A DPoP proof (RFC 9449 §4.2), still without `nonce`, `ath` and `iat`.
    pub fn proof(&self, method: &str, url: &str) -> Jwt {
        self.states("dpop+jwt")
            .with_header("jwk", self.jwk())
            .with("jti", encode(&rand::random::<[u8; 16]>()))
            .with("htm", method)
            .with("htu", url)
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let signature: Signature = self.signing.sign(text.as_bytes());
        signature.to_bytes().to_vec()
    }
}

/// A JWS before it is written down. Change a field to make a bad one.
#[derive(Clone)]
pub struct Jwt {
    pub header: Value,
    pub claims: Value,
    key: DeviceKey,
}

impl Jwt {
    /// A good one taken apart, to be signed again by its key.
    pub fn read(compact: &str, key: &DeviceKey) -> Self {
        let mut parts = compact
            .split('.')
            .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
            .take(2)
            .map(|json| serde_json::from_slice(&json).unwrap());
        Self { header: parts.next().unwrap(), claims: parts.next().unwrap(), key: key.clone() }
    }

    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims[claim] = value.into();
        self
    }

    pub fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim).expect("a claim that is there");
        self
    }

    pub fn with_header(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.header[member] = value.into();
        self
    }

    pub fn without_header(mut self, member: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(member).expect("a member that is there");
        self
    }

    /// Signed by another than the one it names.
    pub fn signed_by(mut self, key: &DeviceKey) -> Self {
        self.key = key.clone();
        self
    }

    /// What is signed.
    pub fn signing_input(&self) -> String {
        format!("{}.{}", encode(self.header.to_string().as_bytes()), encode(self.claims.to_string().as_bytes()))
    }

    pub fn encode(&self) -> String {
        let input = self.signing_input();
        let signature = self.key.sign(&input);
        format!("{input}.{}", encode(&signature))
    }

    /// With these bytes where the signature belongs.
    pub fn encode_with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signing_input(), encode(signature))
    }

    /// The classic confusion: HS256 under a "secret" that everybody knows, the public key.
    pub fn encode_as_hs256(self) -> String {
        let secret = self.key.jwk().to_string();
        let jwt = self.with_header("alg", "HS256");
        let tag = hmac_sha256(secret.as_bytes(), jwt.signing_input().as_bytes());
        jwt.encode_with_signature(&tag)
    }

    /// Signed in DER, as every other protocol would.
    pub fn encode_with_der(&self) -> String {
        let signature: Signature = self.key.signing.sign(self.signing_input().as_bytes());
        self.encode_with_signature(signature.to_der().as_bytes())
    }
}

/// RFC 2104.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    let pad =
        |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ with).collect() };
    let inner = Sha256::digest([pad(0x36).as_slice(), text].concat());
    Sha256::digest([pad(0x5c).as_slice(), &inner].concat()).to_vec()
}

/// RFC 9449 §4.2: the hash of the token's text.
pub fn ath(token: &str) -> String {
    encode(&Sha256::digest(token))
}

/// base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
