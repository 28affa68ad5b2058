//! Keys that sign who somebody is, for apps: ES256 (RFC 7518 §3.4), one of each sealing key. Whoever changes keys puts a new one first;
//! that signs from then on, and what the others have signed can still be checked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::hkdf::{HKDF_SHA256, Prk};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Keyring, SealError};

/// What errors call this use.
const PURPOSE: &str = "token";

/// The public half of a key, as a JWK (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    used_for: &'static str,
    alg: &'static str,
    /// Its thumbprint (RFC 7638).
    kid: String,
    x: String,
    y: String,
}

/// All of them.
pub(super) struct SigningKeys {
    /// Of the first sealing key, and the JOSE header of what it signs, encoded.
    first: (EcdsaKeyPair, String),
    public: Vec<PublicJwk>,
}

impl SigningKeys {
    /// `None` if a key cannot be made, which the odds of P-256 do not let happen.
    pub(super) fn of<'a>(sealing: impl Iterator<Item = &'a Prk>) -> Option<Self> {
        let mut pairs = Vec::new();
        for material in sealing {
            pairs.push(derive(material)?);
        }
        let public = pairs.iter().map(|(_, jwk)| jwk.clone()).collect();
        let (pair, jwk) = pairs.into_iter().next()?;
        let header = serde_json::json!({ "alg": "ES256", "typ": "JWT", "kid": jwk.kid }).to_string();
        Some(Self { first: (pair, URL_SAFE_NO_PAD.encode(header)), public })
    }
}

/// Candidates until one is a scalar (FIPS 186-5 §A.2.2): the first is, but once in 2³².
fn derive(material: &Prk) -> Option<(EcdsaKeyPair, PublicJwk)> {
    (0..8_u8).find_map(|counter| {
        let mut bytes = [0; 32];
        let info = [b"sign token ".as_slice(), &[counter]];
        material.expand(&info, HKDF_SHA256).ok()?.fill(&mut bytes).ok()?;
        let public = SecretKey::from_slice(&bytes).ok()?.public_key().to_sec1_point(false);
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, &bytes, public.as_bytes(), &random).ok()?;
        let (x, y) = public.as_bytes().get(1..)?.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(canonical));
        Some((pair, PublicJwk { kty: "EC", crv: "P-256", used_for: "sig", alg: "ES256", kid, x, y }))
    })
}

impl Keyring {
    fn signing(&self) -> Result<&SigningKeys, SealError> {
        let keys = self.signing.get_or_init(|| SigningKeys::of(self.sealing.iter().map(|key| &key.material)));
        keys.as_ref().ok_or(SealError::Broken(PURPOSE))
    }

    /// A JWT (RFC 7519) with these claims.
    pub fn sign_token(&self, claims: &impl Serialize) -> Result<String, SealError> {
        let (pair, header) = &self.signing()?.first;
        let claims = serde_json::to_vec(claims).map_err(|_| SealError::Broken(PURPOSE))?;
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let signature =
            pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| SealError::Broken(PURPOSE))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// What checks them: of every key in the file, the one that signs first.
    pub fn token_keys(&self) -> Result<&[PublicJwk], SealError> {
        Ok(&self.signing()?.public)
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier;
    use p256::ecdsa::{Signature, VerifyingKey};

    use super::super::tests::ring;
    use super::*;

    /// With another implementation than the one that signs.
    fn is_signed_by(token: &str, key: &PublicJwk) -> bool {
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let point = [&[4][..], &decode(&key.x), &decode(&key.y)].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).expect("a point");
        key.verify(signed.as_bytes(), &Signature::from_slice(&decode(signature)).expect("a signature")).is_ok()
    }

    #[test]
    fn a_new_key_signs_and_what_the_old_one_signed_can_still_be_checked() {
        let claims = serde_json::json!({ "sub": "ada" });
        let old = ring(&[("old", 1)]);
        let token = old.sign_token(&claims).expect("signed");
        let both = ring(&[("new", 2), ("old", 1)]);
        let [new_key, old_key] = both.token_keys().expect("keys") else { panic!("two keys") };
        assert_eq!(old.token_keys().expect("keys"), std::slice::from_ref(old_key));
        assert!(is_signed_by(&token, old_key) && !is_signed_by(&token, new_key));
        let token = both.sign_token(&claims).expect("signed");
        assert!(is_signed_by(&token, new_key));
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64url");
        let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
        assert_eq!(header, serde_json::json!({ "alg": "ES256", "typ": "JWT", "kid": new_key.kid }));
    }

    #[test]
    fn what_is_published_is_no_secret() {
        let text = serde_json::to_string(ring(&[("a", 1)]).token_keys().expect("keys")).expect("JSON");
        assert!(!text.contains("\"d\""), "{text}");
    }
}
