//! A signed statement of where the chains stand. Kept elsewhere, it shows what nobody could see in the trail alone: that its end was
//! cut off, or that all of it was written anew.
//!
//! The form is C2SP's signed note with a tlog-checkpoint's three lines at its head, so that its tools can check the signature:
//!
//! ```text
//! login.example.com/audit          the origin, which is also the key's name
//! 1042                             how many events there have been
//! qL6…=                            SHA-256 of the lines below, as text
//! time 2026-11-23T05:20:00Z
//! chain 0 root 0 AAA…= head 1042 uXc…=
//!
//! — login.example.com/audit 3Yf…=  Ed25519 over everything above the empty line
//! ```

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Timestamp;

/// C2SP's number for Ed25519.
const ED25519_TYPE: u8 = 1;
/// What a signature's line begins with.
const DASH: &str = "\u{2014} ";

/// Where a chain stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Which.
    pub chain: i16,
    /// The last event that retention had cut off, and its hash.
    pub root: (i64, Vec<u8>),
    /// The last event, and its hash.
    pub head: (i64, Vec<u8>),
}

/// Where all of them stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// When.
    pub at: Timestamp,
    /// In order.
    pub chains: Vec<Stand>,
}

/// Why a checkpoint is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Invalid {
    /// It does not look like one.
    #[error("the checkpoint that begins in line {0} cannot be read")]
    Malformed(usize),
    /// It is not signed with this key.
    #[error("the checkpoint that begins in line {0} is not signed with this key")]
    Signature(usize),
    /// The key does not look like one.
    #[error("that is no public key such as `holdfast audit key` prints")]
    Key,
}

/// The name of what is attested, and of the key: the host's, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// From an origin such as `https://login.example.com`.
    pub fn of_origin(origin: &str) -> Self {
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        Self(format!("{host}/audit"))
    }
}

/// What checks checkpoints, away from the machine that signs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: Vec<u8>,
}

impl VerifierKey {
    /// The one to a signing key.
    pub fn of(name: &Name, pair: &Ed25519KeyPair) -> Self {
        Self { name: name.0.clone(), key: pair.public_key().as_ref().to_vec() }
    }

    /// The form that C2SP's tools read.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut parts = text.trim().rsplitn(3, '+');
        let mut next = || parts.next().ok_or(Invalid::Key);
        let (key, id, name) = (next()?, next()?, next()?);
        let key = STANDARD.decode(key).map_err(|_| Invalid::Key)?;
        let Some((&ED25519_TYPE, key)) = key.split_first() else { return Err(Invalid::Key) };
        let found = Self { name: name.to_owned(), key: key.to_vec() };
        if key.len() != 32 || id != crate::hex::encode(&found.id()) {
            return Err(Invalid::Key);
        }
        Ok(found)
    }

    fn id(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.key].concat();
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(named).into();
        [a, b, c, d]
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = STANDARD.encode([&[ED25519_TYPE], self.key.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, crate::hex::encode(&self.id()))
    }
}

impl Checkpoint {
    /// Its text without a signature.
    fn text(&self, name: &str) -> String {
        let stand = |(seq, hash): &(i64, Vec<u8>)| format!("{seq} {}", STANDARD.encode(hash));
        let mut rest = format!("time {}\n", self.at.to_rfc3339());
        for chain in &self.chains {
            let (root, head) = (stand(&chain.root), stand(&chain.head));
            let _ = writeln!(rest, "chain {} root {root} head {head}", chain.chain);
        }
        let events: i64 = self.chains.iter().map(|chain| chain.head.0).sum();
        format!("{name}\n{events}\n{}\n{rest}", STANDARD.encode(Sha256::digest(&rest)))
    }

    /// As a signed note.
    pub fn sign(&self, name: &Name, pair: &Ed25519KeyPair) -> String {
        let text = self.text(&name.0);
        let signature = pair.sign(text.as_bytes());
        let id = VerifierKey::of(name, pair).id();
        let signature = STANDARD.encode([&id, signature.as_ref()].concat());
        format!("{text}\n{DASH}{} {signature}\n", name.0)
    }

    /// All notes of a file, each with a good signature. What a crash has left unfinished at its end is no note.
    pub fn read_all(file: &str, key: &VerifierKey) -> Result<Vec<Self>, Invalid> {
        let mut found = Vec::new();
        let mut lines: Vec<&str> = Vec::new();
        let mut begin = 1;
        for (index, line) in file.lines().enumerate() {
            if lines.is_empty() && line.is_empty() {
                continue;
            }
            if lines.is_empty() {
                begin = index + 1;
            }
            lines.push(line);
            if line.starts_with(DASH) {
                found.push(Self::read(&lines, key, begin)?);
                lines.clear();
            }
        }
        Ok(found)
    }

    fn read(lines: &[&str], key: &VerifierKey, begin: usize) -> Result<Self, Invalid> {
        let malformed = Invalid::Malformed(begin);
        let [text @ .., "", signature] = lines else { return Err(malformed) };
        let signed = text.iter().flat_map(|line| [*line, "\n"]).collect::<String>();
        let signature = signature.strip_prefix(DASH).and_then(|rest| rest.strip_prefix(&key.name));
        let signature = signature.and_then(|rest| STANDARD.decode(rest.strip_prefix(' ')?).ok());
        let signature = signature.and_then(|bytes| Some(bytes.strip_prefix(&key.id())?.to_vec()));
        let signature = signature.ok_or(Invalid::Signature(begin))?;
        UnparsedPublicKey::new(&ED25519, &key.key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| Invalid::Signature(begin))?;
        let [_, _, _, time, chains @ ..] = text else { return Err(malformed) };
        let at = time.strip_prefix("time ").and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
        let at = at.map(|at| Timestamp(i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()));
        let chains: Option<Vec<Stand>> = chains.iter().map(|line| stand(line)).collect();
        let (Some(at), Some(chains)) = (at, chains) else { return Err(malformed) };
        Ok(Self { at, chains })
    }
}

fn stand(line: &str) -> Option<Stand> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["chain", chain, "root", root, root_hash, "head", head, head_hash] = words.as_slice() else { return None };
    let point = |seq: &str, hash: &str| Some((seq.parse().ok()?, STANDARD.decode(hash).ok()?));
    Some(Stand { chain: chain.parse().ok()?, root: point(root, root_hash)?, head: point(head, head_hash)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(byte: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[byte; 32]).expect("a seed")
    }

    fn name() -> Name {
        Name::of_origin("https://login.example.com")
    }

    fn checkpoint(head: i64) -> Checkpoint {
        let stand = |chain| Stand { chain, root: (3, vec![7; 32]), head: (head, vec![9; 32]) };
        Checkpoint { at: Timestamp(1_795_376_096_123), chains: vec![stand(0), stand(1)] }
    }

    #[test]
    fn what_was_signed_is_read_again_and_a_file_may_hold_many() {
        let key = VerifierKey::of(&name(), &pair(1));
        let file = format!("{}\n{}", checkpoint(5).sign(&name(), &pair(1)), checkpoint(6).sign(&name(), &pair(1)));
        assert_eq!(Checkpoint::read_all(&file, &key), Ok(vec![checkpoint(5), checkpoint(6)]));
        assert!(file.starts_with("login.example.com/audit\n10\n"), "{file}");
        for cut in 1..100 {
            let read = Checkpoint::read_all(&file[..file.len() - cut], &key);
            assert!(read == Ok(vec![checkpoint(5)]) || cut == 1 || read.is_err(), "cut by {cut}: {read:?}");
        }
    }

    #[test]
    fn a_change_of_any_character_is_noticed() {
        let key = VerifierKey::of(&name(), &pair(1));
        let note = checkpoint(5).sign(&name(), &pair(1));
        for (index, character) in note.char_indices().filter(|(_, character)| character.is_ascii_alphanumeric()) {
            let other = if character == '5' { "6" } else { "5" };
            let altered = format!("{}{other}{}", &note[..index], &note[index + 1..]);
            let read = Checkpoint::read_all(&altered, &key);
            assert!(read.is_err() || read == Ok(vec![checkpoint(5)]), "at {index}: {altered}");
            assert!(read.is_err() || index > note.find(DASH).expect("a signature"), "at {index}");
        }
        assert_eq!(
            Checkpoint::read_all(&note, &VerifierKey::of(&name(), &pair(2))),
            Err(Invalid::Signature(1)),
            "another key"
        );
    }

    #[test]
    fn a_verifier_key_is_c2sps_and_survives_its_text() {
        let key = VerifierKey::of(&name(), &pair(1));
        assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key.clone()));
        for text in ["", "a+b+c", &key.to_string().replace("login", "other"), &key.to_string()[3..]] {
            assert_eq!(VerifierKey::parse(text), Err(Invalid::Key), "{text}");
        }
    }
}
