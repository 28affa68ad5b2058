//! Proof of work: the price of going on where a layer is loaded. Whoever pays it need not wait.
//!
//! The challenge is signed and not stored; what is stored is that it was redeemed. It holds for one address prefix, for two
//! minutes, for one request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::gcra::Micros;
use super::keys::Source;
use crate::clock::Timestamp;
use crate::keyring::Keyring;
use crate::secret::{NoEntropy, random_bytes};

/// So many zero bits must the hash begin with: 16,384 hashes on average. A slow phone does some 80,000 in a second, so one in
/// a hundred takes it longer than that.
pub const DIFFICULTY: u32 = 14;

/// A challenge is good for so long.
const LIFETIME: Micros = 120_000_000;

/// What the keys are for here.
const PURPOSE: &str = "proof of work";

/// What is asked for: a number such that SHA-256 of `challenge.salt.number` begins with `difficulty` zero bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Our signature over the salt and the prefix it is for.
    pub challenge: String,
    /// Random, with expiry and difficulty in it.
    pub salt: String,
    /// How many bits must be zero.
    pub difficulty: u32,
    /// Until when it is accepted.
    pub expires: Timestamp,
}

/// A proof that holds, and has not been redeemed yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// Names it among those that were.
    pub(super) key: [u8; 32],
    pub(super) expires_at: Micros,
}

/// Ask for work.
pub(super) fn offer(keyring: &Keyring, source: &Source, now: Micros) -> Result<Work, NoEntropy> {
    let random = URL_SAFE_NO_PAD.encode(random_bytes::<16>()?);
    // Whole seconds, and never later than it says.
    let expires = now.saturating_add(LIFETIME) / 1_000_000;
    let salt = format!("{random}.{expires}.{DIFFICULTY}");
    let challenge = URL_SAFE_NO_PAD.encode(sign(keyring, source, &salt));
    Ok(Work { challenge, salt, difficulty: DIFFICULTY, expires: Timestamp(expires.saturating_mul(1000)) })
}

/// Look at what came in the header: `challenge.salt.number`. `None`: it is worth nothing.
pub(super) fn check(keyring: &Keyring, source: &Source, header: &str, now: Micros) -> Option<Proof> {
    let (signed, number) = header.rsplit_once('.')?;
    let (challenge, salt) = signed.split_once('.')?;
    let mut parts = salt.split('.');
    let (_, expires, difficulty) = (parts.next()?, parts.next()?, parts.next()?);
    let challenge = URL_SAFE_NO_PAD.decode(challenge).ok()?;
    // First what costs a guesser nothing to know: that it is ours, and for this prefix.
    let key = sign(keyring, source, salt);
    // Compared by their hashes, so that how long it takes says nothing about where they differ.
    if Sha256::digest(key) != Sha256::digest(challenge) {
        return None;
    }
    let expires_at = expires.parse::<Micros>().ok()?.saturating_mul(1_000_000);
    let difficulty: u32 = difficulty.parse().ok()?;
    let is_number = !number.is_empty() && number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && now < expires_at && is_solved(header, difficulty)).then_some(Proof { key, expires_at })
}

fn sign(keyring: &Keyring, source: &Source, salt: &str) -> [u8; 32] {
    keyring.digest(PURPOSE, &[salt.as_bytes(), &[0], &source.tightest()].concat())
}

fn is_solved(text: &str, difficulty: u32) -> bool {
    let hash = Sha256::digest(text);
    let mut zeros = 0;
    for byte in hash {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros >= difficulty
}

/// Do the work, as a browser does.
pub fn solve(work: &Work) -> String {
    let mut number = 0_u64;
    loop {
        let text = format!("{}.{}.{number}", work.challenge, work.salt);
        if is_solved(&text, work.difficulty) {
            return text;
        }
        number += 1;
    }
}
