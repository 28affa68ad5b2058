//! Tests: files that were cut, damaged or made to hurt. Each is refused, or says nothing impossible; and in little time.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

// Not by `Geo::open`, which would catch what panics.
use super::mmdb::{Loaded, Why, parse};
use super::{Geo, Network, Place};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/geo")
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).expect("the fixture")
}

fn is_possible(place: &Place) -> bool {
    place.country.is_none_or(|code| code.iter().all(u8::is_ascii_uppercase))
        && place.point.is_none_or(|point| {
            point.lat_e4.abs() <= 900_000
                && point.lon_e4.abs() <= 1_800_000
                && (1..=20_016).contains(&point.radius_km)
        })
}

/// Asks for addresses all over, and for every value that could be answered.
fn says_nothing_impossible(loaded: &Loaded<Place>) -> bool {
    let steps = (0..=255u8).flat_map(|n| [[n, 208, 20, 7].into(), [n, n, n, n].into()]);
    let all = steps.map(|address| loaded.table.find(address)).chain(loaded.table.values().iter().copied());
    all.into_iter().all(|place| is_possible(&place))
}

/// Where the tree ends and the records begin: after the longest run of zeros.
fn data(file: &[u8]) -> usize {
    file.windows(16).rposition(|window| window == [0; 16]).expect("a separator") + 16
}

/// SplitMix64: the same numbers each time.
struct Numbers(u64);
impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).expect("small")
    }
    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    for name in ["city.mmdb", "country.mmdb", "flat-city.mmdb", "asn.mmdb"] {
        let whole = fixture(name);
        for step in 0..200 {
            let cut = &whole[..whole.len() * step / 200];
            assert!(parse::<Place>(cut).is_err() && parse::<Network>(cut).is_err(), "{name} cut at {step}/200");
        }
    }
}

#[test]
fn a_damaged_file_is_refused_or_says_nothing_impossible() {
    let mut numbers = Numbers(2026);
    let (mut refused, mut read) = (0, 0);
    let begun = Instant::now();
    for name in ["city.mmdb", "country.mmdb", "flat-city.mmdb", "asn.mmdb"] {
        let whole = fixture(name);
        for _ in 0..1250 {
            let mut bytes = whole.clone();
            // Half of them in what the records say: a tree seldom survives.
            let from = [0, data(&whole)][numbers.below(2)];
            for _ in 0..=[0, 1, 7][numbers.below(3)] {
                let at = from + numbers.below(bytes.len() - from);
                match numbers.below(4) {
                    0 => bytes[at] = numbers.byte(),
                    1 => bytes[at] ^= 1 << numbers.below(8),
                    2 => bytes[at] = [0x00, 0xff, 0x20, 0x3f, 0xe0, 0x7f][numbers.below(6)],
                    _ => {
                        let source = numbers.below(bytes.len());
                        let length = numbers.below(16).min(bytes.len() - at.max(source));
                        bytes.copy_within(source..source + length, at);
                    }
                }
            }
            let one = Instant::now();
            let places = parse::<Place>(&bytes).ok();
            let networks = parse::<Network>(&bytes).ok();
            if places.is_some() || networks.is_some() {
                read += 1;
            } else {
                refused += 1;
            }
            assert!(places.is_none_or(|loaded| says_nothing_impossible(&loaded)), "{name}");
            assert!(one.elapsed() < Duration::from_secs(5), "{name}: {:?}", one.elapsed());
        }
    }
    // Both happen, or the damage was not what it should be.
    assert!(refused > 1000 && read > 500, "{refused} refused, {read} read");
    assert!(begun.elapsed() < Duration::from_mins(2), "{:?}", begun.elapsed());
}

#[test]
fn the_files_that_broke_other_readers_are_refused() {
    let mut tried = 0;
    for entry in fs::read_dir(folder().join("hostile")).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "mmdb") {
            continue;
        }
        let bytes = fs::read(&path).expect("the file");
        let begun = Instant::now();
        assert!(parse::<Place>(&bytes).is_err() && parse::<Network>(&bytes).is_err(), "{}", path.display());
        assert!(begun.elapsed() < Duration::from_secs(1), "{}", path.display());
        tried += 1;
    }
    assert!(tried >= 25, "only {tried} files");
}

#[test]
fn trees_of_every_width_that_lead_to_ipv4_from_several_prefixes_are_sound() {
    for width in ["24", "28", "32"] {
        let bytes = fixture(&format!("sound/MaxMind-DB-test-mixed-{width}.mmdb"));
        assert!(
            matches!(parse::<Place>(&bytes), Err(Why::OtherKind(_))),
            "{width}: nothing is wrong but its subject"
        );
    }
}

/// A file of 24-bit records with these nodes, one record of Norway, and this number of nodes claimed.
fn crafted(nodes: &[[u32; 2]], claimed: u32) -> Vec<u8> {
    fn text(value: &str) -> Vec<u8> {
        let length = u8::try_from(value.len()).expect("short");
        assert!(length < 29);
        [&[0x40 | length], value.as_bytes()].concat()
    }
    let mut file: Vec<u8> = nodes.iter().flatten().flat_map(|to| to.to_be_bytes()[1..].to_vec()).collect();
    file.extend([0; 16]);
    file.extend([&[0xe1][..], &text("country_code"), &text("NO")].concat());
    file.extend(b"\xab\xcd\xefMaxMind.com\xe9");
    let count = [&[0xc4][..], &claimed.to_be_bytes()].concat();
    for (key, value) in [
        ("binary_format_major_version", vec![0xa1, 2]),
        ("binary_format_minor_version", vec![0xa0]),
        ("build_epoch", vec![0x01, 0x02, 1]),
        ("database_type", text("crafted")),
        ("description", vec![0xe0]),
        ("ip_version", vec![0xa1, 4]),
        ("languages", vec![0x00, 0x04]),
        ("node_count", count),
        ("record_size", vec![0xa1, 24]),
    ] {
        file.extend([text(key), value].concat());
    }
    file
}

#[test]
fn a_tree_that_is_none_is_refused_at_once() {
    // What all of these are like, and sound.
    let sound = parse::<Place>(&crafted(&[[1 + 16, 1]], 1)).expect("sound");
    assert_eq!(sound.table.find([1, 2, 3, 4].into()).country, Some(*b"NO"));
    assert_eq!(sound.table.find([200, 2, 3, 4].into()).country, None);

    let begun = Instant::now();
    let refused = |nodes: &[[u32; 2]], claimed| parse::<Place>(&crafted(nodes, claimed)).is_err();
    assert!(refused(&[[0, 0]], 1), "a node that leads to itself");
    assert!(refused(&[[1, 1], [0, 0]], 2), "two that lead to each other");
    // Thirty-one levels, each of whose branches meet again: two thousand million ends, of data and of nothing.
    for end in [31 + 16, 31] {
        let meeting: Vec<[u32; 2]> = (1..31).map(|next| [next, next]).chain([[end, end]]).collect();
        assert!(refused(&meeting, 31), "branches that meet again");
    }
    for claimed in [0, 2, 1 << 20, u32::MAX] {
        assert!(refused(&[[1 + 16, 1]], claimed), "{claimed} nodes claimed");
    }
    assert!(refused(&[[1 + 16 + 5000, 1]], 1), "a record behind the end");
    assert!(refused(&[[1 + 3, 1]], 1), "a record in the separator");
    assert!(refused(&[[1 + 16 + 1, 1]], 1), "a record in the middle of another");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn a_refusal_is_one_sentence_that_names_the_file() {
    let asn = folder().join("asn.mmdb");
    let city = folder().join("city.mmdb");
    let script = folder().join("LICENSE.MaxMind");
    for (places, networks, sentence) in [
        (
            Some(&asn),
            None,
            format!("the geo data in {} cannot be used: it says nothing of countries", asn.display()),
        ),
        (
            None,
            Some(&city),
            format!("the geo data in {} cannot be used: it says nothing of networks", city.display()),
        ),
        (
            Some(&script),
            None,
            format!("the geo data in {} cannot be used: it is no MMDB file, or it is cut short", script.display()),
        ),
        (
            Some(&folder()),
            None,
            format!("the geo data in {} cannot be used: it is not a file", folder().display()),
        ),
    ] {
        let refusal =
            Geo::open(places.map(PathBuf::as_path), networks.map(PathBuf::as_path)).err().expect("refused");
        assert_eq!(refusal.to_string(), sentence);
    }
    let missing = Geo::open(Some(Path::new("/nowhere/geo.mmdb")), None).err().expect("refused").to_string();
    assert!(missing.starts_with("the geo data in /nowhere/geo.mmdb cannot be used: "), "{missing}");
    assert!(matches!(parse::<Place>(&[]), Err(Why::NoMmdb)));
}
