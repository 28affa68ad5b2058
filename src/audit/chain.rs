//! The chain: `h(n) = SHA-256(0x00 ‖ h(n−1) ‖ event(n))`. The zero is RFC 9162's prefix of a leaf.
//!
//! An event's bytes name every part with its length, so that no two events have the same. Sealed parts are hashed as they are
//! stored: whoever checks the chain need not be able to read it, and a person who is forgotten leaves it whole.

use sha2::{Digest, Sha256};

use crate::store::auth_event;

/// What the first event of a chain follows on.
pub(super) const START: [u8; 32] = [0; 32];

/// Says how the bytes are laid out.
const VERSION: u8 = 1;

/// The hash of an event that follows on another.
pub(super) fn link(previous: &[u8], row: &auth_event::Model) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(previous);
    hash.update([VERSION]);
    hash.update(row.chain.to_be_bytes());
    hash.update(row.seq.to_be_bytes());
    hash.update(row.created_at.to_be_bytes());
    hash.update(row.risk_score.to_be_bytes());
    let parts: [Option<&[u8]>; 7] = [
        Some(row.event_type.as_bytes()),
        Some(row.outcome.as_bytes()),
        row.reason.as_deref().map(str::as_bytes),
        Some(row.request_id.as_bytes()),
        row.trace_id.as_deref().map(str::as_bytes),
        Some(&row.subject),
        Some(&row.body),
    ];
    for part in parts {
        // One more than the length, so that nothing is not the same as empty.
        let length = part.map_or(0, |bytes| bytes.len() as u64 + 1);
        hash.update(length.to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> auth_event::Model {
        auth_event::Model {
            id: 1,
            chain: 0,
            seq: 1,
            created_at: 5,
            event_type: "user_created".to_owned(),
            outcome: "success".to_owned(),
            reason: None,
            risk_score: 0,
            request_id: "ab".to_owned(),
            trace_id: Some("cd".to_owned()),
            subject: vec![1],
            body: vec![2],
            hash: Vec::new(),
            person: None,
            network: None,
            browser: None,
            credential: None,
        }
    }

    #[test]
    fn the_hash_is_the_one_that_anybody_can_make() {
        // Made with Python's hashlib from the description above, byte by byte.
        let expected = "684b9565edb135be21c23e713dec9bc0352950f8cd49be62f7d3328a6d170324";
        assert_eq!(crate::hex::encode(&link(&START, &row())), expected);
    }

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let whole = link(&START, &row());
        assert_ne!(whole, link(&[1; 32], &row()), "what went before");
        let changes: [fn(&mut auth_event::Model); 13] = [
            |row| row.chain = 1,
            |row| row.seq = 2,
            |row| row.created_at = 6,
            |row| row.risk_score = 1,
            |row| row.event_type.push('x'),
            |row| row.outcome.push('x'),
            |row| row.reason = Some(String::new()),
            |row| row.request_id.push('x'),
            |row| row.trace_id = None,
            |row| row.subject.push(0),
            |row| row.body.push(0),
            |row| {
                row.request_id = "a".to_owned();
                row.trace_id = Some("bcd".to_owned());
            },
            |row| (row.subject, row.body) = (row.body.clone(), row.subject.clone()),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut altered = row();
            change(&mut altered);
            assert_ne!(whole, link(&START, &altered), "change {index}");
        }
    }
}
