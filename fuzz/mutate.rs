//! Inputs made of others. Also inside what is encoded: a byte changed in base64url says little, one in what it stands for much.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Words that parsers care for.
const WORDS: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xc2\x85",
    b"\x1b[31m",
    b"\r\n",
    b"\n{\"message\":\"answered\"}",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b";",
    b"=",
    b".",
    b"..",
    b"-",
    b"@",
    b"%00",
    b"%0a",
    b"null",
    b"true",
    b"1e999",
    b"-1",
    b"18446744073709551616",
    b"../",
    b"__Host-sid=",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\xc4\xb0",
    b"\xc3\x9f",
    b"ES256",
    b"none",
    b"\"crit\":[]",
    b"AAAA",
];

/// Where chance comes from.
pub trait Dice {
    /// A number below this one, which is not zero.
    fn below(&mut self, limit: usize) -> usize;
}

/// Change `input` a little; `other` is another one, to cross it with.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], limit: usize, dice: &mut impl Dice) {
    for _ in 0..=dice.below(4) {
        if dice.below(3) == 0 && inside(input, dice) {
            continue;
        }
        once(input, other, dice);
    }
    input.truncate(limit);
}

fn once(input: &mut Vec<u8>, other: &[u8], dice: &mut impl Dice) {
    let at = dice.below(input.len() + 1);
    let end = (at + 1 + dice.below(16)).min(input.len());
    let word = WORDS[dice.below(WORDS.len())];
    match dice.below(8) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 if at < input.len() => input[at] = u8::try_from(dice.below(256)).unwrap_or_default(),
        2 if at < end => drop(input.drain(at..end)),
        3 if at < end => {
            let part = input[at..end].to_vec();
            let times = 1 << dice.below(9);
            input.splice(at..at, part.repeat(times));
        }
        4 => input.truncate(at),
        5 if !other.is_empty() => {
            let from = dice.below(other.len());
            input.splice(at.., other[from..].iter().copied());
        }
        6 => drop(input.splice(at..end.max(at), word.iter().copied())),
        _ => drop(input.splice(at..at, word.iter().copied())),
    }
}

/// Change what a run of base64url stands for, if there is one.
fn inside(input: &mut Vec<u8>, dice: &mut impl Dice) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut runs = Vec::new();
    let mut start = 0;
    for (index, part) in input.split(|byte| !is_digit(byte)).map(<[u8]>::len).enumerate() {
        let begin = if index == 0 { 0 } else { start + 1 };
        if part >= 16 {
            runs.push(begin..begin + part);
        }
        start = begin + part;
    }
    if runs.is_empty() {
        return false;
    }
    let run = runs.swap_remove(dice.below(runs.len()));
    let Ok(mut meant) = URL_SAFE_NO_PAD.decode(&input[run.clone()]) else { return false };
    once(&mut meant, &[], dice);
    input.splice(run, URL_SAFE_NO_PAD.encode(meant).into_bytes());
    true
}
