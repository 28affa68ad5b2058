//! Bearer secrets: 32 random bytes to the client, their SHA-256 at rest.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

/// The operating system would not give random bytes. Nothing may be issued without them.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random number generator failed")]
pub struct NoEntropy;

/// 32 random bytes that whoever holds them may act with. Never logged, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

/// The SHA-256 of a [`Secret`]: what the database holds.
pub type SecretHash = [u8; 32];

impl Secret {
    /// A new one from the operating system.
    pub fn generate() -> Result<Self, NoEntropy> {
        Ok(Self(random_bytes()?))
    }

    /// Reads the form that [`Secret::expose`] writes. Anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        // 43 characters are 32 bytes in base64url without padding.
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The text for the client: base64url without padding. For a cookie, and nowhere else.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// From its raw bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its raw bytes, to derive keys from.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What to store and look up.
    pub fn hash(&self) -> SecretHash {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `N` bytes from the operating system.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_text_form_and_hides_from_debug() {
        let secret = Secret::generate().expect("entropy");
        assert_eq!(Secret::parse(&secret.expose()), Some(secret.clone()));
        assert!(!format!("{secret:?}").contains(&secret.expose()));
        assert_ne!(secret.hash(), Secret::generate().expect("entropy").hash());
    }

    #[test]
    fn text_of_another_length_or_alphabet_is_no_secret() {
        let text = Secret::generate().expect("entropy").expose();
        assert_eq!(Secret::parse(&text[1..]), None);
        assert_eq!(Secret::parse(&format!("{text}A")), None);
        assert_eq!(Secret::parse(&format!("{}!", &text[1..])), None);
        assert_eq!(Secret::parse(""), None);
    }
}
