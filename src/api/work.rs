//! Work instead of waiting, done in the browser: SHA-256 (FIPS 180-4) over and over.
//!
//! Written out here because it is the smallest way: `crypto.subtle` is asked once for each hash and takes ten times as long, and
//! a library is larger. What comes before the number is hashed once.

#![cfg_attr(not(any(feature = "hydrate", test)), allow(dead_code, reason = "the server only checks"))]

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2).
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// The same of the square roots of the first eight (§5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Looks for a number that makes the hash of `text` with it begin with so many zero bits.
pub(crate) struct Search {
    state: [u32; 8],
    /// What of the text is not hashed yet.
    rest: Vec<u8>,
    length: u64,
    difficulty: u32,
}

impl Search {
    /// `text` is all that comes before the number.
    pub(crate) fn new(text: &str, difficulty: u32) -> Self {
        let mut state = INITIAL;
        let (blocks, rest) = text.as_bytes().as_chunks();
        for block in blocks {
            compress(&mut state, block);
        }
        Self { state, rest: rest.to_vec(), length: text.len() as u64, difficulty }
    }

    /// Try so many numbers, from this one on.
    pub(crate) fn look(&self, from: u64, count: u64) -> Option<u64> {
        (from..from + count).find(|number| self.zeros(*number) >= self.difficulty)
    }

    /// How many bits of the hash are zero before the first that is not; of the first 32.
    fn zeros(&self, number: u64) -> u32 {
        let mut tail = self.rest.clone();
        let digits = decimal(number);
        tail.extend_from_slice(&digits);
        let length = (self.length + digits.len() as u64) * 8;
        // §5.1.1: a one, zeros, and the length in bits at the end of a block.
        tail.push(0x80);
        while tail.len() % 64 != 56 {
            tail.push(0);
        }
        tail.extend_from_slice(&length.to_be_bytes());
        let mut state = self.state;
        for block in tail.as_chunks().0 {
            compress(&mut state, block);
        }
        state[0].leading_zeros()
    }
}

/// Without the formatting machinery, which the WebAssembly has no other use for.
pub(crate) fn decimal(mut number: u64) -> Vec<u8> {
    let mut digits = Vec::with_capacity(20);
    loop {
        digits.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            digits.reverse();
            return digits;
        }
    }
}

/// §6.2.2, the schedule kept in sixteen words.
#[expect(clippy::many_single_char_names, reason = "the names that the standard gives them")]
fn compress(state: &mut [u32; 8], block: &[u8; 64]) {
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let mut mixed = *state;
    for (round, constant) in K.iter().enumerate() {
        if round >= 16 {
            let (late, early) = (words[(round + 14) % 16], words[(round + 1) % 16]);
            let small_0 = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
            let small_1 = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
            words[round % 16] = words[round % 16]
                .wrapping_add(small_0)
                .wrapping_add(words[(round + 9) % 16])
                .wrapping_add(small_1);
        }
        // FIPS calls these a to h.
        let [a, b, c, _, e, f, g, h] = &mixed;
        let big_1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first =
            h.wrapping_add(big_1).wrapping_add(choice).wrapping_add(*constant).wrapping_add(words[round % 16]);
        let big_0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let second = big_0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        mixed.rotate_right(1);
        mixed[0] = first.wrapping_add(second);
        mixed[4] = mixed[4].wrapping_add(first);
    }
    for (word, added) in state.iter_mut().zip(mixed) {
        *word = word.wrapping_add(added);
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn l08_the_browser_hashes_as_the_server_does() {
        for length in [0, 1, 54, 55, 56, 63, 64, 65, 81, 118, 119, 120, 128, 200] {
            let text = "holdfast ".repeat(30)[..length].to_owned();
            let search = Search::new(&text, 0);
            for number in [0, 7, 10, 65_535, 1_000_000_007, u64::MAX] {
                let hash = Sha256::digest(format!("{text}{number}"));
                let first = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
                assert_eq!(search.zeros(number), first.leading_zeros(), "{length} {number}");
            }
        }
    }

    #[test]
    fn l08_what_the_browser_finds_the_server_accepts() {
        let search = Search::new("challenge.salt.", 10);
        let found = (0..).find_map(|part| search.look(part * 100, 100)).expect("one in a thousand");
        let hash = Sha256::digest(format!("challenge.salt.{found}"));
        assert!(hash[0] == 0 && hash[1] < 64, "{hash:x?}");
        assert_eq!(search.look(0, found), None, "it is the first");
    }
}
