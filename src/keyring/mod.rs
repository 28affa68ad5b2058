//! The keys of this installation: what must be read back is sealed with them, what must only be recognised is digested.
//!
//! Each use names its purpose and gets a key of its own (HKDF, RFC 5869), so that what was sealed for one cannot be
//! opened as another.

mod content;
mod file;
mod signing;

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::hmac;
use ring::signature::Ed25519KeyPair;

pub use content::ContentKey;
pub use file::{KeyringError, new_file};
pub use signing::PublicJwk;

use crate::secret::{NoEntropy, Secret, random_bytes};

/// RFC 5869's salt: what these keys are keys of.
const SALT: &[u8] = b"holdfast keyring v1";
/// How sealed bytes are laid out: this, the length of the key's name, its name, the nonce, the ciphertext with its tag.
const VERSION: u8 = 1;

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file that the operator named. It must be there.
    Named(PathBuf),
    /// In a file that the first start makes. Only where the service is for this machine alone.
    Made(PathBuf),
}

impl Place {
    fn path(&self) -> &std::path::Path {
        match self {
            Self::Named(path) | Self::Made(path) => path,
        }
    }
}

/// Why something could not be sealed or opened. Never a person's fault.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No random bytes for a nonce.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The key is not in the file any more.
    #[error("something was sealed with the key {0}, which is not in the file of keys")]
    KeyMissing(String),
    /// Altered, or sealed for another purpose or under another name.
    #[error("something sealed for {0} could not be opened")]
    Broken(&'static str),
}

/// The keys. One per process, shared.
pub struct Keyring {
    /// The first seals, all of them open.
    sealing: Vec<SealingKey>,
    /// RFC 5869's PRK for digests, to expand from.
    digests: hmac::Key,
    /// Signs where the audit trail stands (Ed25519, RFC 8032).
    checkpoints: Ed25519KeyPair,
    /// Sign who somebody is. Made when the first is needed.
    signing: OnceLock<Option<signing::SigningKeys>>,
}

struct SealingKey {
    name: String,
    material: Prk,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.sealing.iter().map(|key| &key.name).collect();
        f.debug_struct("Keyring").field("sealing", &names).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Read the file of keys, and make it first where that is allowed.
    pub fn load(place: &Place) -> Result<Self, KeyringError> {
        let keys = match place {
            Place::Named(path) => file::read(path)?,
            Place::Made(path) => file::read_or_make(path)?,
        };
        Self::new(keys).map_err(|complaint| KeyringError::Malformed { path: place.path().to_owned(), complaint })
    }

    fn new(keys: file::Keys) -> Result<Self, String> {
        let sealing = keys.sealing.into_iter().map(|(name, secret)| SealingKey {
            name,
            material: Salt::new(HKDF_SHA256, SALT).extract(secret.as_bytes()),
        });
        let checkpoints = Ed25519KeyPair::from_seed_unchecked(keys.checkpoints.as_bytes())
            .map_err(|_| "has a checkpoints.key that is no Ed25519 key".to_owned())?;
        Ok(Self {
            sealing: sealing.collect(),
            digests: extract(&keys.digests),
            checkpoints,
            signing: OnceLock::new(),
        })
    }

    /// What signs where the audit trail stands.
    pub fn checkpoints(&self) -> &Ed25519KeyPair {
        &self.checkpoints
    }

    /// Encrypt and authenticate. Only the same `purpose` and `aad` open it again: name in `aad` whose it is, and it cannot
    /// be moved to somebody else.
    pub fn seal(&self, purpose: &'static str, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.sealing.first().ok_or(SealError::Broken(purpose))?;
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        let header = header(&key.name).ok_or(SealError::Broken(purpose))?;
        let mut body = plain.to_vec();
        key.of(purpose)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound(&header, purpose, aad)),
                &mut body,
            )
            .map_err(|_| SealError::Broken(purpose))?;
        Ok([header.as_slice(), &nonce, &body].concat())
    }

    /// What was sealed for this purpose with this `aad`.
    pub fn open(&self, purpose: &'static str, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (name, nonce, body) = split(sealed).ok_or(SealError::Broken(purpose))?;
        let key = self
            .sealing
            .iter()
            .find(|key| key.name == name)
            .ok_or_else(|| SealError::KeyMissing(name.escape_debug().to_string()))?;
        let header = header(name).ok_or(SealError::Broken(purpose))?;
        let mut body = body.to_vec();
        let plain = key
            .of(purpose)?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound(&header, purpose, aad)), &mut body)
            .map_err(|_| SealError::Broken(purpose))?;
        Ok(plain.to_vec())
    }

    /// A name for `data` that tells nothing of it without the key: HMAC-SHA-256. Changing the key forgets all of them.
    pub fn digest(&self, purpose: &'static str, data: &[u8]) -> [u8; 32] {
        // HKDF-Expand of one block (RFC 5869 §2.3).
        let mut expanded = hmac::Context::with_key(&self.digests);
        expanded.update(b"digest ");
        expanded.update(purpose.as_bytes());
        expanded.update(&[1]);
        let key = hmac::Key::new(hmac::HMAC_SHA256, expanded.sign().as_ref());
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&key, data).as_ref());
        digest
    }
}

impl SealingKey {
    fn of(&self, purpose: &'static str) -> Result<LessSafeKey, SealError> {
        let info = [b"seal ".as_slice(), purpose.as_bytes()];
        let derived = self.material.expand(&info, &AES_256_GCM).map_err(|_| SealError::Broken(purpose))?;
        Ok(LessSafeKey::new(UnboundKey::from(derived)))
    }
}

/// HKDF-Extract (RFC 5869 §2.2).
fn extract(secret: &Secret) -> hmac::Key {
    let salt = hmac::Key::new(hmac::HMAC_SHA256, SALT);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&salt, secret.as_bytes()).as_ref())
}

/// What stands before the nonce. `None` if the name is longer than one byte can say.
fn header(name: &str) -> Option<Vec<u8>> {
    let length = u8::try_from(name.len()).ok()?;
    Some([&[VERSION, length], name.as_bytes()].concat())
}

/// All that the tag vouches for beside the ciphertext. The purpose has its length before it, so that it cannot run into
/// what follows.
fn bound(header: &[u8], purpose: &str, aad: &[u8]) -> Vec<u8> {
    let length = (purpose.len() as u64).to_be_bytes();
    [header, &length, purpose.as_bytes(), aad].concat()
}

fn split(sealed: &[u8]) -> Option<(&str, [u8; NONCE_LEN], &[u8])> {
    let ([VERSION, length], rest) = sealed.split_first_chunk()? else { return None };
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (nonce, body) = rest.split_first_chunk()?;
    Some((std::str::from_utf8(name).ok()?, *nonce, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn ring(names: &[(&str, u8)]) -> Keyring {
        let key = |byte: u8| Secret::from_bytes(&[byte; 32]).expect("32 bytes");
        let sealing = names.iter().map(|(name, byte)| ((*name).to_owned(), key(*byte))).collect();
        Keyring::new(file::Keys { sealing, digests: key(9), checkpoints: key(7) }).expect("keys")
    }

    #[test]
    fn only_the_same_purpose_and_name_open_what_was_sealed() {
        let keys = ring(&[("a", 1)]);
        let sealed = keys.seal("payout", b"ada", b"plain").expect("sealed");
        assert_eq!(keys.open("payout", b"ada", &sealed).expect("opened"), b"plain");
        assert!(!sealed.windows(5).any(|part| part == b"plain"));
        assert!(keys.open("payouts", b"ada", &sealed).is_err(), "another purpose");
        assert!(keys.open("payout", b"bob", &sealed).is_err(), "somebody else's");
        assert!(keys.open("payou", b"tada", &sealed).is_err(), "the two cannot run into each other");
        assert_ne!(sealed, keys.seal("payout", b"ada", b"plain").expect("sealed"), "every nonce is new");
    }

    #[test]
    fn a_change_of_any_byte_is_noticed_and_so_is_a_cut() {
        let keys = ring(&[("a", 1), ("b", 1)]);
        let sealed = keys.seal("payout", b"", b"plain").expect("sealed");
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 3;
            assert!(keys.open("payout", b"", &altered).is_err(), "byte {index}");
            assert!(keys.open("payout", b"", &sealed[..index]).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_until_it_is_taken_out() {
        let old = ring(&[("old", 1)]).seal("payout", b"", b"plain").expect("sealed");
        let both = ring(&[("new", 2), ("old", 1)]);
        assert_eq!(both.open("payout", b"", &old).expect("opened"), b"plain");
        let new = both.seal("payout", b"", b"plain").expect("sealed");
        let after = ring(&[("new", 2)]);
        assert_eq!(after.open("payout", b"", &new).expect("opened"), b"plain");
        assert!(matches!(after.open("payout", b"", &old), Err(SealError::KeyMissing(name)) if name == "old"));
    }

    #[test]
    fn a_digest_depends_on_key_purpose_and_data() {
        let keys = ring(&[("a", 1)]);
        let digest = keys.digest("address", b"ada@example.com");
        assert_eq!(digest, ring(&[("b", 2)]).digest("address", b"ada@example.com"), "sealing keys take no part");
        assert_ne!(digest, keys.digest("network", b"ada@example.com"));
        assert_ne!(digest, keys.digest("address", b"bob@example.com"));
        let other = Keyring { digests: extract(&Secret::from_bytes(&[8; 32]).expect("32 bytes")), ..ring(&[]) };
        assert_ne!(digest, other.digest("address", b"ada@example.com"));
    }

    #[test]
    fn digests_are_hkdf_and_hmac_as_anybody_would_write_them() {
        struct Length;
        impl ring::hkdf::KeyType for Length {
            fn len(&self) -> usize {
                32
            }
        }
        let material = Salt::new(HKDF_SHA256, SALT).extract(&[9; 32]);
        let mut key = [0; 32];
        let expanded = [b"digest address".as_slice()];
        material.expand(&expanded, Length).expect("short").fill(&mut key).expect("32 bytes");
        let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), b"data");
        assert_eq!(ring(&[]).digest("address", b"data"), expected.as_ref());
    }

    #[test]
    fn debug_names_keys_and_shows_none() {
        assert_eq!(format!("{:?}", ring(&[("a", 1)])), r#"Keyring { sealing: ["a"], .. }"#);
    }
}
