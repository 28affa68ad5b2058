//! The trail as lines of JSON, for a system that keeps and searches such things.
//!
//! Every line is one event and says where it lies; at the end stands the cursor to go on from. The same cursor gives the same lines
//! again, so nothing is lost where a receiver fails: it asks once more. Lines come oldest first; of each chain exactly in order.

mod caep;
mod cursor;
mod ecs;
mod jsonl;
mod ocsf;
mod reader;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::str::FromStr;

pub use caep::caep;
pub use cursor::{Cursor, InvalidCursor};
pub use ecs::ecs;
pub use ocsf::ocsf;

use super::{Error, Recorded, Trail};
use crate::clock::Timestamp;
use reader::Reader;

/// Whose words the lines are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Open Cybersecurity Schema Framework.
    Ocsf,
    /// The Elastic Common Schema, flat.
    Ecs,
    /// Our own.
    Jsonl,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ocsf" => Ok(Self::Ocsf),
            "ecs" => Ok(Self::Ecs),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err("a format is ocsf, ecs or jsonl"),
        }
    }
}

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// In whose words.
    pub format: Format,
    /// What the service is called there: its host.
    pub service: String,
    /// In chains that the cursor does not name: from the first event on that is not older.
    pub since: Option<Timestamp>,
    /// What was handed out before.
    pub after: Cursor,
    /// At most so many.
    pub limit: Option<u64>,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many lines.
    pub lines: u64,
    /// Where to go on. It names every chain.
    pub cursor: Cursor,
    /// What could not be handed out as it was written, a sentence each.
    pub notices: Vec<String>,
}

/// Why an export came to nothing, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The trail could not be read.
    #[error(transparent)]
    Trail(#[from] Error),
    /// Whoever reads the lines has gone, or the disk is full.
    #[error("the lines could not be written: {0}")]
    Write(#[from] io::Error),
    /// The cursor names what is not there.
    #[error(
        "the cursor names chain {0}, and this trail has none of that number: is it the cursor of another database?"
    )]
    UnknownChain(i16),
    /// The cursor is further than the trail.
    #[error(
        "the cursor says that event {seq} of chain {chain} was exported, and the trail ends before it: is it the cursor of another database, or was this one restored?"
    )]
    Ahead {
        /// Which chain.
        chain: i16,
        /// What the cursor says.
        seq: i64,
    },
}

/// Write what is wanted, a line each.
pub async fn export(
    trail: &Trail,
    wanted: &Wanted,
    out: &mut (dyn Write + Send),
) -> Result<Exported, ExportError> {
    let mut reader = Reader::open(trail, wanted.since, &wanted.after).await?;
    let mut lines = 0;
    while wanted.limit.is_none_or(|limit| lines < limit) {
        let Some(event) = reader.next().await? else { break };
        let place = cursor::place(event.chain, event.seq);
        let line = match wanted.format {
            Format::Ocsf => ocsf(&event, &place, &wanted.service),
            Format::Ecs => ecs(&event, &place, &wanted.service),
            Format::Jsonl => jsonl::jsonl(&event, &place),
        };
        writeln!(out, "{}", in_ascii(&line.to_string()))?;
        lines += 1;
    }
    out.flush()?;
    Ok(Exported { lines, cursor: reader.cursor(), notices: reader.notices })
}

/// JSON leaves much as it is that ends a line or drives a terminal (U+0085, U+009B, U+2028, U+202E). Outside of strings it is ASCII anyway,
/// so everything else can be escaped.
fn in_ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Which browser, on what, of a device that was told from its headers.
fn of_device<'a>(event: &'a Recorded, member: &str) -> Option<&'a str> {
    event.details.as_ref()?.device.as_ref()?.get(member)?.as_str().filter(|text| *text != "unknown")
}

/// OCSF and ECS know two outcomes, and that one is not known.
enum Outcome {
    Success,
    Failure,
    Unknown,
}

fn outcome(event: &Recorded) -> Outcome {
    match event.outcome.as_str() {
        "success" => Outcome::Success,
        "refused" => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_or_drives_a_terminal_is_escaped_and_reads_the_same() {
        let hostile = "a\r\nb\u{1b}[31m\u{7f}\u{85}\u{9b}31m\u{2028}\u{202e}é😀\"\\";
        let line = in_ascii(&serde_json::json!({ "reason": hostile }).to_string());
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["reason"], hostile);
    }
}
