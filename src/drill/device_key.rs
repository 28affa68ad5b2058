//! A browser's own key, and its proofs (RFC 9449), as pages of the service make them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::trial::Stop;
use crate::clock::{Clock, SystemClock};

/// A key on P-256.
#[derive(Clone)]
pub(super) struct DeviceKey(Arc<EcdsaKeyPair>);

impl DeviceKey {
    pub(super) fn new() -> Result<Self, Stop> {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(Stop::failed)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(Stop::failed)?;
        Ok(Self(Arc::new(pair)))
    }

    /// The public half (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (point.get(1..33).unwrap_or_default(), point.get(33..65).unwrap_or_default());
        json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
    }

    /// A proof about this call.
    pub(super) fn proof(&self, method: &str, url: &str, nonce: &str, ath: Option<&str>) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let mut claims = json!({
            "jti": encode(&random::<16>()),
            "htm": method,
            "htu": url,
            "iat": SystemClock.now().0 / 1000,
            "nonce": nonce,
        });
        if let Some(ath) = ath {
            claims["ath"] = json!(ath);
        }
        let signed =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", encode(signature.as_ref().map(AsRef::as_ref).unwrap_or_default()))
    }

    /// The `deviceKey` member for the call that ends a ceremony with this challenge.
    pub(super) fn offer(&self, url: &str, challenge: &str) -> Value {
        json!({ "jwk": self.jwk(), "proof": self.proof("POST", url, challenge, None) })
    }
}

/// base64url without padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes that nobody foresees. A drill that cannot have them fails at its first key.
pub(super) fn random<const N: usize>() -> [u8; N] {
    crate::secret::random_bytes().unwrap_or([0; N])
}
