//! Proof of possession of a session's device key, in the form of DPoP (RFC 9449).
//!
//! The token it goes with is the session cookie. A page cannot read that cookie, so answers tell it the `ath` to use
//! (`DPoP-Ath`); programs that can, compute it as RFC 9449 §4.2 says.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use super::jws::{self, Jwk, PublicKey};
use super::{Auth, Caller, Error, Refusal};
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::secret::Secret;
use crate::store::{proof_seen, proofs_seen};

/// A nonce is good for this long at least, and twice as long at most.
const NONCE_LIFETIME: Duration = Duration::from_mins(5);
/// A session may make this many proofs in the time of a nonce.
const WINDOW_LIMIT: u64 = 2048;
/// RFC 9449 §4.2 wants 96 bits at least; there is no use for more than this.
const JTI_LIMIT: usize = 128;

/// What came in the `DPoP` header.
#[derive(Clone, Debug, Default)]
pub enum ProofHeader {
    /// None came.
    #[default]
    Absent,
    /// Several came, or something that is no text.
    Malformed,
    /// One came.
    One(String),
}

/// A page's own key for the session about to be opened, as it came.
#[derive(Clone, Copy, Debug)]
pub struct DeviceKeyOffer<'a> {
    /// The public half.
    pub jwk: &'a str,
    /// A proof whose nonce is the ceremony's challenge.
    pub proof: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    /// Must be there (§4.2). The nonce says when; clocks of browsers are wrong too often to judge by.
    #[expect(dead_code, reason = "read to be required")]
    iat: IgnoredAny,
    nonce: Option<String>,
    ath: Option<String>,
}

/// What a good proof leaves behind.
pub(super) struct Proof {
    pub(super) key: PublicKey,
    pub(super) jti: String,
}

/// What a proof must speak about.
struct Expected<'a> {
    method: &'a str,
    url: &'a str,
    nonces: &'a [String],
    ath: Option<&'a str>,
}

/// RFC 9449 §4.3, but for the replay of `jti`, which needs memory.
fn check(compact: &str, key: Option<&PublicKey>, expected: &Expected<'_>) -> Result<Proof, Refusal> {
    let parsed = jws::parse(compact, "dpop+jwt").ok_or(Refusal::InvalidDpopProof)?;
    let brought = parsed.key.as_ref().ok_or(Refusal::InvalidDpopProof)?;
    if key.is_some_and(|key| key != brought) {
        return Err(Refusal::InvalidDpopProof);
    }
    let claims: Claims = parsed.verify(brought).ok_or(Refusal::InvalidDpopProof)?;
    let is_about_this = claims.htm == expected.method
        && claims.htu == expected.url
        && !claims.jti.is_empty()
        && claims.jti.len() <= JTI_LIMIT
        && claims.ath.as_deref() == expected.ath;
    if !is_about_this {
        return Err(Refusal::InvalidDpopProof);
    }
    if !claims.nonce.is_some_and(|nonce| expected.nonces.contains(&nonce)) {
        return Err(Refusal::UseDpopNonce);
    }
    Ok(Proof { key: brought.clone(), jti: claims.jti })
}

/// For fuzz targets.
pub(super) fn read_for_fuzzing(compact: &str) -> Option<String> {
    let nonces = ["n".to_owned()];
    let expected = Expected { method: "POST", url: "https://example.com/x", nonces: &nonces, ath: None };
    check(compact, None, &expected).ok().map(|proof| proof.jti)
}

/// The nonce of the five minutes that `now` is in. Every process makes the same one, and nothing is stored.
pub(super) fn nonce(seed: &[u8], now: Timestamp) -> String {
    nonce_of(seed, period(now))
}

fn period(now: Timestamp) -> i64 {
    now.0 / i64::try_from(NONCE_LIFETIME.as_millis()).unwrap_or(i64::MAX)
}

fn nonce_of(seed: &[u8], period: i64) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, seed), &period.to_be_bytes());
    URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16])
}

/// RFC 9449 §4.2: the hash of the token's text.
pub fn ath(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose()))
}

impl Auth {
    /// Check the key that a page wants its new session bound to. It must have signed this very ceremony's challenge.
    pub(super) fn check_device_key(
        &self,
        caller: &Caller,
        offer: DeviceKeyOffer<'_>,
        challenge: &[u8],
    ) -> Result<PublicKey, Refusal> {
        let jwk: Jwk = serde_json::from_str(offer.jwk).map_err(|_| Refusal::DeviceKeyInvalid)?;
        let key = PublicKey::from_jwk(&jwk).ok_or(Refusal::DeviceKeyInvalid)?;
        let expected = Expected {
            method: &caller.method,
            url: &self.url_of(caller),
            nonces: &[URL_SAFE_NO_PAD.encode(challenge)],
            ath: None,
        };
        check(offer.proof, Some(&key), &expected).map(|proof| proof.key).map_err(|_| Refusal::DeviceKeyInvalid)
    }

    /// Check the proof that came with a request, and take its one use.
    pub(super) async fn check_proof(
        &self,
        caller: &Caller,
        compact: &str,
        session: uuid::Uuid,
        key: &PublicKey,
        seed: &[u8],
        token: &Secret,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let expected = Expected {
            method: &caller.method,
            url: &self.url_of(caller),
            nonces: &[nonce_of(seed, period(now)), nonce_of(seed, period(now) - 1)],
            ath: Some(&ath(token)),
        };
        let proof = check(compact, Some(key), &expected)?;
        let row = proof_seen::Model {
            session_id: session,
            jti: Sha256::digest(&proof.jti).to_vec(),
            expires_at: now.plus(2 * NONCE_LIFETIME).0,
        };
        let tx = self.trail.begin().await?;
        let is_first = proofs_seen::take(&*tx, row, WINDOW_LIMIT, now.0).await?;
        tx.commit().await?;
        if is_first || !Defence::ProofOnce.is_up() { Ok(()) } else { Err(Refusal::InvalidDpopProof.into()) }
    }

    /// The request's address as a proof must name it: ours, whatever a proxy made of it, without its query.
    fn url_of(&self, caller: &Caller) -> String {
        format!("{}{}", self.origin, caller.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_changes_with_time_and_with_the_session() {
        let at = |minutes: i64| Timestamp(minutes * 60_000);
        assert_eq!(nonce(b"a", at(0)), nonce(b"a", at(4)));
        assert_ne!(nonce(b"a", at(4)), nonce(b"a", at(5)));
        assert_ne!(nonce(b"a", at(0)), nonce(b"b", at(0)));
    }
}
