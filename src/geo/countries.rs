//! Countries: their names, and where in them an address is likely to be.
//!
//! `countries.tsv` is made by `scripts/refresh-countries.mjs` from DB-IP's city data: for each country the middle of its
//! addresses, and the distance from there within which 95 of 100 of them lie.

use std::sync::LazyLock;

use super::mmdb;
use super::record::ten_thousandths;
use crate::risk::Point;

static TSV: &str = include_str!("countries.tsv");

struct Country {
    code: [u8; 2],
    name: &'static str,
    point: Option<Point>,
}

/// In the order of their codes.
static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let mut countries: Vec<Country> = TSV.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect();
    countries.sort_unstable_by_key(|country| country.code);
    countries
});

fn row(line: &'static str) -> Option<Country> {
    let mut cells = line.split('\t');
    let (code, name) = (code(cells.next()?)?, cells.next()?);
    let mut number = || cells.next()?.parse::<f64>().ok();
    let degrees = number().zip(number());
    let radius = cells.next().and_then(|cell| cell.parse().ok());
    let point = degrees.zip(radius).map(|((latitude, longitude), radius_km)| Point {
        lat_e4: ten_thousandths(latitude),
        lon_e4: ten_thousandths(longitude),
        radius_km,
    });
    Some(Country { code, name, point })
}

fn find(code: [u8; 2]) -> Option<&'static Country> {
    let at = COUNTRIES.binary_search_by_key(&code, |country| country.code).ok()?;
    COUNTRIES.get(at)
}

/// The code of a country as files write it. `ZZ` and the like stand for "not known".
pub(super) fn code(text: &str) -> Option<[u8; 2]> {
    let code: [u8; 2] = text.as_bytes().try_into().ok()?;
    (code.iter().all(u8::is_ascii_uppercase) && code != *b"ZZ").then_some(code)
}

/// The middle of a country's addresses, and how far from it most of them are.
pub(super) fn point(code: [u8; 2]) -> Option<Point> {
    find(code)?.point
}

/// A country's short English name, by its ISO 3166-1 code.
pub fn country_name(code: [u8; 2]) -> Option<&'static str> {
    find(code).map(|country| country.name)
}

/// Which table this is, in eight digits.
pub(super) fn digest() -> String {
    mmdb::digest(TSV.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_point_lies_on_the_earth() {
        let rows = TSV.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(COUNTRIES.len(), rows);
        assert!(rows >= 249, "the table looks cut: {rows} countries");
        for country in COUNTRIES.iter() {
            let Some(point) = country.point else { continue };
            assert!(point.lat_e4.abs() <= 900_000 && point.lon_e4.abs() <= 1_800_000, "{}", country.name);
            assert!((1..=20_016).contains(&point.radius_km), "{}: {}", country.name, point.radius_km);
        }
        assert!(COUNTRIES.windows(2).all(|pair| pair[0].code < pair[1].code), "a code twice");
    }

    #[test]
    fn countries_have_their_names_and_strangers_have_none() {
        for (code, name) in
            [(b"NO", "Norway"), (b"US", "United States"), (b"CI", "Côte d’Ivoire"), (b"XK", "Kosovo")]
        {
            assert_eq!(country_name(*code), Some(name));
        }
        for code in [b"ZZ", b"EU", b"no", b"\0\xff"] {
            assert_eq!(country_name(*code), None);
        }
    }

    #[test]
    fn large_countries_are_wide_and_small_ones_narrow() {
        // As another count of the same data had them, by regions: that widens the smaller ones by up to 44 km.
        for (code, radius) in [
            (b"US", 2788),
            (b"RU", 2683),
            (b"CA", 2999),
            (b"AU", 2930),
            (b"BR", 1964),
            (b"IN", 1176),
            (b"FR", 556),
            (b"DE", 412),
            (b"NO", 354),
            (b"GB", 261),
            (b"NL", 146),
            (b"SG", 42),
        ] {
            let ours = point(*code).map(|point| point.radius_km).expect("a point");
            assert!(ours.abs_diff(radius) <= 44, "{}: {ours} km, not {radius}", code.escape_ascii());
        }
    }

    #[test]
    fn a_code_is_two_capital_letters() {
        assert_eq!(code("NO"), Some(*b"NO"));
        for text in ["", "N", "NOR", "no", "Ø", "N1", "ZZ"] {
            assert_eq!(code(text), None, "{text}");
        }
    }
}
