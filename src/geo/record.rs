//! What one record of a file says, in the layouts that are about.
//!
//! MaxMind's products and DB-IP's own nest (`country.iso_code`, `location.latitude`); the files of ip-location-db are flat
//! (`country_code`, `latitude`). Both are read from the same structure, and whatever else a record holds is passed over.

use serde::Deserialize;

use super::value::{CountryCode, Number};
use super::{countries, hosting};
use crate::risk::{Place, Point};

/// How far from its point a city's address may well be, in km, where the file does not say.
const CITY_RADIUS: u32 = 50;
/// Half the way around the Earth, in km: nothing is further away.
const FARTHEST: u32 = 20_016;

/// What is known of an address's network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Network {
    pub(super) asn: Option<u32>,
    pub(super) is_hosting: bool,
}

#[derive(Deserialize)]
pub(super) struct PlaceRecord<'a> {
    #[serde(borrow)]
    country: Option<CountryCode<'a>>,
    country_code: Option<&'a str>,
    location: Option<Location>,
    latitude: Option<Number>,
    longitude: Option<Number>,
}

#[derive(Deserialize)]
struct Location {
    latitude: Option<Number>,
    longitude: Option<Number>,
    accuracy_radius: Option<Number>,
}

#[derive(Deserialize)]
pub(super) struct NetworkRecord<'a> {
    autonomous_system_number: Option<Number>,
    autonomous_system_organization: Option<&'a str>,
}

impl From<PlaceRecord<'_>> for Place {
    fn from(record: PlaceRecord<'_>) -> Self {
        let code = record.country.and_then(|country| country.0).or(record.country_code);
        let country = code.and_then(countries::code);
        let exact = match record.location {
            Some(Location { latitude, longitude, accuracy_radius }) => point(latitude, longitude, accuracy_radius),
            None => point(record.latitude, record.longitude, None),
        };
        // Without a point of its own an address may be anywhere in its country.
        let point = exact.or_else(|| country.and_then(countries::point));
        Self { country, asn: None, is_hosting: false, point }
    }
}

impl From<NetworkRecord<'_>> for Network {
    fn from(record: NetworkRecord<'_>) -> Self {
        Self {
            // Number 0 stands for "no network" (RFC 7607).
            asn: record.autonomous_system_number.and_then(Number::whole).filter(|number| *number != 0),
            is_hosting: record.autonomous_system_organization.is_some_and(hosting::is_hosting),
        }
    }
}

/// A point, if it lies on the Earth. 0° N 0° E is open sea, and what files say when they do not know.
fn point(latitude: Option<Number>, longitude: Option<Number>, radius: Option<Number>) -> Option<Point> {
    let (Number(latitude), Number(longitude)) = (latitude?, longitude?);
    let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    let (lat_e4, lon_e4) = (ten_thousandths(latitude), ten_thousandths(longitude));
    if !on_earth || (lat_e4, lon_e4) == (0, 0) {
        return None;
    }
    let radius_km =
        radius.and_then(Number::whole).filter(|radius| *radius > 0).unwrap_or(CITY_RADIUS).min(FARTHEST);
    Some(Point { lat_e4, lon_e4, radius_km })
}

/// Degrees as whole ten-thousandths, about 11 m.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is not on the Earth is cut off, and refused by the caller"
)]
pub(super) fn ten_thousandths(degrees: f64) -> i32 {
    (degrees * 10_000.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_lies_on_the_earth_or_is_none() {
        let at = |latitude, longitude| point(Some(Number(latitude)), Some(Number(longitude)), Some(Number(7.0)));
        assert_eq!(at(59.9139, -10.75), Some(Point { lat_e4: 599_139, lon_e4: -107_500, radius_km: 7 }));
        assert!(at(90.0, 180.0).is_some() && at(-90.0, -180.0).is_some());
        for (latitude, longitude) in [
            (90.001, 0.0),
            (-91.0, 0.0),
            (0.0, 180.1),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
            (0.0, 0.0),
            (1e300, 1.0),
        ] {
            assert_eq!(at(latitude, longitude), None, "{latitude} {longitude}");
        }
        assert_eq!(point(Some(Number(1.0)), None, None), None);
    }

    #[test]
    fn a_radius_is_never_nothing_and_never_further_than_the_other_side() {
        let one = Some(Number(1.0));
        let radius = |given: Option<f64>| point(one, one, given.map(Number)).map(|point| point.radius_km);
        assert_eq!(radius(None), Some(50));
        assert_eq!(radius(Some(0.0)), Some(50));
        assert_eq!(radius(Some(-7.0)), Some(50));
        assert_eq!(radius(Some(1.0)), Some(1));
        assert_eq!(radius(Some(4e9)), Some(20_016));
    }
}
