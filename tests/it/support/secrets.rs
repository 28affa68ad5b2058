//! Looking for secrets where none may lie.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The forms in which a secret could lie in a row: as it is, and if that is base64url, in four others.
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let Ok(raw) = URL_SAFE_NO_PAD.decode(text) else { return vec![text.as_bytes().to_vec()] };
    let hex = raw.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    vec![text.as_bytes().to_vec(), STANDARD.encode(&raw).into_bytes(), hex.to_uppercase().into(), hex.into(), raw]
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// None of these secrets lies in any of these values, in any form.
#[track_caller]
pub fn assert_nowhere<'a>(secrets: &[String], values: impl IntoIterator<Item = &'a (String, Vec<u8>)> + Clone) {
    for secret in secrets {
        for form in forms(secret) {
            let found = values.clone().into_iter().find(|(_, value)| contains(value, &form));
            assert!(found.is_none(), "a secret lies in {}", found.unwrap().0);
        }
    }
}
