//! The next token, kept for whoever holds this one: sealed under a key that only this token's raw bytes give.
//!
//! So a lost answer can be repeated, and the database alone still holds no token.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use super::super::Error;
use crate::secret::Secret;

/// RFC 5869: names this use of the token.
const CONTEXT: &[u8] = b"holdfast session successor v1";

/// Each key seals once, so its nonce may be fixed.
const NONCE: [u8; 12] = [0; 12];

/// Seal `next` for the holder of `token`.
pub(super) fn seal(token: &Secret, next: &Secret) -> Result<Vec<u8>, Error> {
    let mut sealed = next.as_bytes().to_vec();
    key(token)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(NONCE), Aad::from(token.hash()), &mut sealed)
        .map_err(|_| Error::Broken("a successor could not be sealed".into()))?;
    Ok(sealed)
}

/// What was sealed for the holder of `token`.
pub(super) fn open(token: &Secret, sealed: &[u8]) -> Result<Secret, Error> {
    let mut bytes = sealed.to_vec();
    let opened = key(token)?
        .open_in_place(Nonce::assume_unique_for_key(NONCE), Aad::from(token.hash()), &mut bytes)
        .ok()
        .and_then(|bytes| Secret::from_bytes(bytes));
    opened.ok_or_else(|| Error::Broken("a sealed successor could not be opened".into()))
}

fn key(token: &Secret) -> Result<LessSafeKey, Error> {
    let derived = Salt::new(HKDF_SHA256, &[]).extract(token.as_bytes());
    let material = derived.expand(&[CONTEXT], &AES_256_GCM);
    let material = material.map_err(|_| Error::Broken("no key for a successor".into()))?;
    Ok(LessSafeKey::new(UnboundKey::from(material)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_predecessor_opens_it() {
        let (token, next) = (Secret::generate().expect("entropy"), Secret::generate().expect("entropy"));
        let sealed = seal(&token, &next).expect("sealed");
        assert!(open(&token, &sealed).is_ok_and(|opened| opened == next));
        assert!(open(&next, &sealed).is_err());
        let mut altered = sealed;
        altered[0] ^= 1;
        assert!(open(&token, &altered).is_err());
    }
}
