//! Keys for content: each belongs to one person or one month, lies sealed in the database, and takes what it sealed with it when it
//! goes.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{Keyring, SealError};
use crate::secret::{Secret, random_bytes};

/// What errors call this use.
const PURPOSE: &str = "content";

/// A key that seals and opens.
pub struct ContentKey(LessSafeKey);

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentKey")
    }
}

impl ContentKey {
    fn of(bytes: &[u8]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealError::Broken(PURPOSE))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Encrypt and authenticate. Nonces are random: a key is good for about four thousand million events.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        let mut body = plain.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut body)
            .map_err(|_| SealError::Broken(PURPOSE))?;
        Ok([nonce.as_slice(), &body].concat())
    }

    /// What was sealed with this key for this place.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let broken = SealError::Broken(PURPOSE);
        let Some((nonce, body)) = sealed.split_first_chunk::<NONCE_LEN>() else { return Err(broken) };
        let mut body = body.to_vec();
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut body);
        Ok(plain.map_err(|_| broken)?.to_vec())
    }
}

impl Keyring {
    /// A new key, sealed, to be kept under this name.
    pub fn new_content_key(&self, purpose: &'static str, name: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal(purpose, name, Secret::generate()?.as_bytes())
    }

    /// The key that was kept under this name.
    pub fn open_content_key(
        &self,
        purpose: &'static str,
        name: &[u8],
        sealed: &[u8],
    ) -> Result<ContentKey, SealError> {
        ContentKey::of(&self.open(purpose, name, sealed)?)
    }
}
