//! Reads a file in MaxMind's DB format and turns it into a table.
//!
//! The crate `maxminddb` (ISC; its author works on the format at MaxMind) reads metadata and records, and limits how deep
//! and how large they may be. The rest is here: how large a file may be, that its tree is one, and that every record in it
//! can be read. The crate's own `verify` and iteration are not used: `verify` refuses files without a description, such
//! as DB-IP's on npm, and iteration follows branches that meet again as often as they do.

use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io::{self, Read};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::credits::{self, Credit};
use super::record::{Network, NetworkRecord, PlaceRecord};
use super::table::{Runs, Table, upper_half};
use super::tree::{Damage, Tree};
use crate::hex;
use crate::risk::Place;

/// The largest files on the market are a quarter of this.
const LARGEST: u64 = 512 << 20;

/// A file of geo data cannot be used. Its text is one sentence that names the file.
#[derive(Debug, thiserror::Error)]
#[error("the geo data in {} cannot be used: {why}", path.display())]
pub struct GeoError {
    path: PathBuf,
    why: Why,
}

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Why {
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    #[error("it is not a file")]
    NoFile,
    #[error("it is larger than 512 MB")]
    TooLarge,
    #[error("it is no MMDB file, or it is cut short")]
    NoMmdb,
    #[error("it is damaged")]
    Damaged,
    #[error("it says nothing of {0}")]
    OtherKind(&'static str),
}

/// A file as it is kept in memory.
#[derive(Debug)]
pub(super) struct Loaded<T> {
    pub(super) table: Table<T>,
    pub(super) version: String,
    pub(super) credits: Vec<Credit>,
}

/// What a file can say of an address, and the record it says that in.
pub(super) trait Known: Copy + Default + Eq + Hash {
    type Record<'a>: Deserialize<'a> + Into<Self>;
    const SUBJECT: &'static str;
}

impl Known for Place {
    type Record<'a> = PlaceRecord<'a>;
    const SUBJECT: &'static str = "countries";
}

impl Known for Network {
    type Record<'a> = NetworkRecord<'a>;
    const SUBJECT: &'static str = "networks";
}

/// Reads a file.
pub(super) fn load<T: Known>(path: &Path) -> Result<Loaded<T>, GeoError> {
    // The reader promises not to panic on hostile files. Should it break that promise, this is a refusal all the same.
    bytes(path)
        .and_then(|bytes| catch_unwind(AssertUnwindSafe(|| parse(&bytes))).unwrap_or(Err(Why::Damaged)))
        .map_err(|why| GeoError { path: path.to_owned(), why })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Why> {
    // Asked first: to open a pipe would wait for whoever writes into it.
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(Why::NoFile);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len().min(LARGEST)).unwrap_or(0));
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(Why::TooLarge) } else { Ok(bytes) }
}

pub(super) fn parse<T: Known>(bytes: &[u8]) -> Result<Loaded<T>, Why> {
    let reader = Reader::from_source(bytes).map_err(|_| Why::NoMmdb)?;
    let metadata = reader.metadata();
    let table = flatten(&Tree::new(bytes, metadata), &reader).map_err(|Damage| Why::Damaged)?;
    if table.is_empty() {
        return Err(Why::OtherKind(T::SUBJECT));
    }
    let kind: String = metadata
        .database_type
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'))
        .take(60)
        .collect();
    let version = format!("{kind} {} {}", metadata.build_epoch, digest(bytes));
    let description = metadata.description.values().map(String::as_str).collect::<Vec<_>>().join(" ");
    Ok(Loaded { table, version, credits: credits::of(&metadata.database_type, &description) })
}

/// The first eight digits of the SHA-256.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..4])
}

/// Turns the tree into a table. A record that many networks share is read once.
fn flatten<T: Known>(tree: &Tree<'_>, reader: &Reader<&[u8]>) -> Result<Table<T>, Damage> {
    let mut values = vec![T::default()];
    let mut by_value = HashMap::from([(T::default(), 0)]);
    let mut by_record = HashMap::new();
    let (mut v4, mut v6) = (Runs::default(), Runs::default());
    tree.leaves(|leaf| {
        let value = if let Some(value) = by_record.get(&leaf.record) {
            *value
        } else {
            let read = record(reader, leaf.address()).map_err(|_| Damage)?;
            let next = u32::try_from(values.len()).map_err(|_| Damage)?;
            let value = *by_value.entry(read).or_insert(next);
            if value == next {
                values.push(read);
            }
            by_record.insert(leaf.record, value);
            value
        };
        if let Some((first, last)) = leaf.v4() {
            return v4.push(first.into(), last.into(), value);
        }
        let (first, last) = (upper_half(leaf.first), upper_half(leaf.last()));
        // Of several networks inside one /64 the first speaks for all.
        if leaf.free < 64 && v6.last() >= Some(first) { Ok(()) } else { v6.push(first, last, value) }
    })?;
    Ok(Table::new(values, v4, v6))
}

/// What the record of an address says. One whose fields have other types than in any known layout is an error.
fn record<T: Known>(reader: &Reader<&[u8]>, address: IpAddr) -> Result<T, MaxMindDbError> {
    Ok(reader.lookup(address)?.decode::<T::Record<'_>>()?.map(Into::into).unwrap_or_default())
}
