//! Signed statements of a browser's key: compact JWS (RFC 7515) with ES256 and nothing else, for DPoP and DBSC.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest, Sha256};

/// Longer ones are not read.
const LIMIT: usize = 4096;

/// A public key on P-256 as an uncompressed point (SEC 1 §2.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey([u8; 65]);

/// A JWK of a public P-256 key (RFC 7518 §6.2.1).
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    /// A private key has no business here.
    d: Option<IgnoredAny>,
}

impl PublicKey {
    /// Reads a JWK. Whether the point is on the curve, the first verification says.
    pub(super) fn from_jwk(jwk: &Jwk) -> Option<Self> {
        if jwk.kty != "EC" || jwk.crv != "P-256" || jwk.d.is_some() {
            return None;
        }
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&coordinate(&jwk.x)?);
        point[33..].copy_from_slice(&coordinate(&jwk.y)?);
        Some(Self(point))
    }

    /// As stored.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// To store.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// RFC 7638: SHA-256 over the required members in alphabetical order, base64url.
    pub(super) fn thumbprint(&self) -> String {
        let (x, y) = (URL_SAFE_NO_PAD.encode(&self.0[1..33]), URL_SAFE_NO_PAD.encode(&self.0[33..]));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
    }
}

fn coordinate(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The protected header.
#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: String,
    jwk: Option<Jwk>,
    /// Extensions we would have to understand (RFC 7515 §4.1.11); we know none.
    crit: Option<IgnoredAny>,
}

/// A JWS that was taken apart and not yet believed.
pub(super) struct Unverified<'a> {
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
    /// The key it brings along, if any.
    pub(super) key: Option<PublicKey>,
}

/// Take a compact JWS of this type apart. `None` if it is anything else, or not signed by ES256.
pub(super) fn parse<'a>(compact: &'a str, typ: &str) -> Option<Unverified<'a>> {
    if compact.len() > LIMIT {
        return None;
    }
    let (signed, signature) = compact.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    if header.typ.as_deref() != Some(typ) || header.alg != "ES256" || header.crit.is_some() {
        return None;
    }
    let key = match &header.jwk {
        Some(jwk) => Some(PublicKey::from_jwk(jwk)?),
        None => None,
    };
    Some(Unverified { signed, payload: decode(payload)?, signature: decode(signature)?, key })
}

impl Unverified<'_> {
    /// Whether this key signed it.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.0);
        key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }

    /// The claims, if this key signed them and they are what is expected.
    pub(super) fn verify<T: DeserializeOwned>(&self, key: &PublicKey) -> Option<T> {
        if self.is_signed_by(key) { serde_json::from_slice(&self.payload).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_that_of_rfc_7638() {
        // The P-256 key of RFC 7517 appendix A.1; its thumbprint computed with another implementation.
        let jwk: Jwk = serde_json::from_str(
            r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#,
        )
        .expect("jwk");
        let key = PublicKey::from_jwk(&jwk).expect("key");
        assert_eq!(key.thumbprint(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
        assert_eq!(PublicKey::from_bytes(&key.to_bytes()), Some(key));
    }

    #[test]
    fn private_keys_and_other_curves_are_no_public_keys() {
        for jwk in [
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":""}"#,
            r#"{"kty":"EC","crv":"P-384","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#,
        ] {
            let jwk: Jwk = serde_json::from_str(jwk).expect("jwk");
            assert_eq!(PublicKey::from_jwk(&jwk), None);
        }
    }
}
