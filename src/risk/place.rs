//! Where a request comes from, as far as its address says, and how far apart two such places are.

use serde::{Deserialize, Serialize};

/// IUGG mean Earth radius.
const EARTH_RADIUS_KM: f64 = 6371.0088;
/// Two requests in one second are no trip at infinite speed.
const SHORTEST_TRIP_MS: i64 = 60_000;

/// A point with the radius within which the address probably is. Integers, so that a stored one is the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Degrees × 10 000, north positive.
    pub lat_e4: i32,
    /// Degrees × 10 000, east positive.
    pub lon_e4: i32,
    /// Uncertainty.
    pub radius_km: u32,
}

/// What is known of a network. Nothing of it proves anything: free databases disagree on one address in twenty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: Option<[u8; 2]>,
    /// The autonomous system that routes it.
    pub asn: Option<u32>,
    /// Whether that is one for servers and VPNs: then it says nothing of where the person is.
    pub is_hosting: bool,
    /// Where, roughly.
    pub point: Option<Point>,
}

/// A trip between two places, as short as their uncertainty allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trip {
    /// Great-circle distance less both radii (`d_eff`).
    pub km: f64,
    /// That, over the time between. At least a minute is taken for it.
    pub km_per_hour: f64,
}

impl Trip {
    /// From one place to another in this time. A clock that went backwards counts as no time at all.
    pub fn between(from: Point, to: Point, milliseconds: i64) -> Self {
        let km = (distance_km(from, to) - f64::from(from.radius_km) - f64::from(to.radius_km)).max(0.0);
        let milliseconds = milliseconds.max(SHORTEST_TRIP_MS);
        #[expect(clippy::cast_precision_loss, reason = "centuries in milliseconds fit")]
        let hours = milliseconds as f64 / 3_600_000.0;
        Self { km, km_per_hour: km / hours }
    }
}

/// Haversine. `libm` gives the same bits on every machine, so that a decision replays anywhere.
fn distance_km(from: Point, to: Point) -> f64 {
    let radians = |degrees_e4: i32| (f64::from(degrees_e4) / 10_000.0).to_radians();
    let half = |a: i32, b: i32| libm::sin((radians(b) - radians(a)) / 2.0);
    let (lat, lon) = (half(from.lat_e4, to.lat_e4), half(from.lon_e4, to.lon_e4));
    let chord = lat * lat + libm::cos(radians(from.lat_e4)) * libm::cos(radians(to.lat_e4)) * lon * lon;
    2.0 * EARTH_RADIUS_KM * libm::asin(libm::sqrt(chord.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn point(lat_e4: i32, lon_e4: i32, radius_km: u32) -> Point {
        Point { lat_e4, lon_e4, radius_km }
    }

    const OSLO: Point = point(599_139, 107_522, 0);
    const NEW_YORK: Point = point(407_128, -740_060, 0);

    #[test]
    fn distances_are_those_of_an_atlas() {
        assert!((distance_km(OSLO, NEW_YORK) - 5_914.0).abs() < 10.0);
        let half_round = std::f64::consts::PI * EARTH_RADIUS_KM;
        // Poles, antipodes, and both sides of the date line.
        assert!((distance_km(point(900_000, 0, 0), point(-900_000, 1_234_567, 0)) - half_round).abs() < 0.01);
        assert!((distance_km(point(0, 0, 0), point(0, 1_800_000, 0)) - half_round).abs() < 0.01);
        assert!((distance_km(point(0, 1_799_000, 0), point(0, -1_799_000, 0)) - 22.24).abs() < 0.01);
        assert!(distance_km(point(900_000, 100_000, 0), point(900_000, -1_000_000, 0)) < 0.001);
    }

    #[test]
    fn t02_what_is_uncertain_is_taken_off() {
        let trip = Trip::between(point(599_139, 107_522, 354), point(407_128, -740_060, 2_788), 3_600_000);
        assert!((trip.km - (5_914.0 - 3_142.0)).abs() < 10.0, "{trip:?}");
        // Inside a country whose radius is all that is known, nobody travels.
        assert!(Trip::between(point(0, 0, 2_788), point(0, 400_000, 2_788), 0).km < 0.001);
    }

    #[test]
    fn t05_time_that_stands_still_or_goes_back_is_a_minute() {
        for milliseconds in [60_000, 0, -1, i64::MIN] {
            let trip = Trip::between(OSLO, NEW_YORK, milliseconds);
            assert!((trip.km_per_hour - trip.km * 60.0).abs() < 0.001, "{milliseconds}");
        }
        assert!(Trip::between(OSLO, NEW_YORK, i64::MAX).km_per_hour < 0.001);
    }

    #[test]
    fn t05_any_two_points_have_a_finite_distance() {
        // Every 10 degrees, and the corners beyond any globe that an integer could hold.
        let lats: Vec<i32> = (-9..=9).map(|step| step * 100_000).chain([i32::MIN, i32::MAX]).collect();
        let lons: Vec<i32> = (-18..=18).map(|step| step * 100_000).chain([i32::MIN, i32::MAX]).collect();
        for &lat in &lats {
            for &lon in &lons {
                let (here, there) =
                    (point(lat, lon, 0), point(-lat.saturating_abs(), lon.wrapping_add(77_777), 0));
                let km = distance_km(here, there);
                assert!(km.is_finite() && (0.0..=20_016.0).contains(&km), "{here:?} {there:?} {km}");
                assert!((km - distance_km(there, here)).abs() < 1e-6);
            }
        }
    }
}
