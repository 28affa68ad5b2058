//! How far an export has come: for each chain the number of the last event that was handed out.
//!
//! Its text is `chain:number` with commas between. A line carries its own place in that form, so whoever has kept the last place of
//! each chain has a cursor, too.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A place in each chain. Chains that it does not name are at their beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor(pub(super) BTreeMap<i16, i64>);

/// What was given is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no cursor: it should look like 0:1042, or 0:1042,1:87 where there are several chains")]
pub struct InvalidCursor;

/// The place of one event.
pub(super) fn place(chain: i16, seq: i64) -> String {
    format!("{chain}:{seq}")
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let mut places = BTreeMap::new();
        for part in text.split(',') {
            let (chain, seq) = part.split_once(':').ok_or(InvalidCursor)?;
            let place = (number(chain)?, number(seq)?);
            if places.insert(place.0, place.1).is_some() {
                return Err(InvalidCursor);
            }
        }
        Ok(Self(places))
    }
}

/// Digits and nothing else: `parse` alone would take a sign.
fn number<T: FromStr>(text: &str) -> Result<T, InvalidCursor> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain).ok_or(InvalidCursor)
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (chain, seq)) in self.0.iter().enumerate() {
            write!(f, "{}{}", if nth == 0 { "" } else { "," }, place(*chain, *seq))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_nothing_else_is_one() {
        for text in ["0:0", "0:1042", "0:1042,1:87,63:9223372036854775807"] {
            assert_eq!(text.parse::<Cursor>().map(|cursor| cursor.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "0",
            ":",
            "0:",
            ":1",
            "-1:1",
            "0:-1",
            "0:+1",
            "0:1,",
            "0:1,0:2",
            "0:1 ",
            "a:1",
            "0:9223372036854775808",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
