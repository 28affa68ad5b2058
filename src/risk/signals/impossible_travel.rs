//! Nobody gets here so fast. 500 km of effective distance and 900 km/h are an airliner's (`docs/risk.md` has the sources).
//!
//! The anchor is never a VPN or a data centre, and nothing is reckoned towards one: they say nothing of where a person is.
//! The same operator with the person's own browser is no trip either: IPv4 and IPv6 of one line may lie far apart on the map.

use super::{Found, Rule, Scope};
use crate::risk::place::Trip;
use crate::risk::{Input, Moment, Policy};

pub(super) const RULE: Rule =
    Rule { name: "impossible_travel", points: 40, is_floor: false, scope: Scope::Habits, find };

/// A browser that the person signs in with speaks for them. Inside a session it does not: who copies one cookie copies both.
const WITH_OWN_BROWSER: u32 = 20;

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    let (profile, anchor) = (input.profile.as_ref()?, input.anchor?);
    if input.place.is_hosting || anchor.place.is_hosting || profile.network_seen {
        return None;
    }
    let is_same_operator = input.place.asn.is_some() && input.place.asn == anchor.place.asn;
    if is_same_operator && profile.device_known {
        return None;
    }
    let trip = Trip::between(anchor.place.point?, input.place.point?, input.at.saturating_sub(anchor.at));
    let is_impossible =
        trip.km >= f64::from(policy.travel_km) && trip.km_per_hour > f64::from(policy.travel_km_per_hour);
    let vouched_for = input.moment == Moment::SignIn && profile.device_known;
    is_impossible.then(|| Found {
        why: format!(
            "This is about {} km from where you were {} before.",
            rounded(trip.km),
            before(input.at - anchor.at)
        )
        .into(),
        at_most: if vouched_for { WITH_OWN_BROWSER } else { u32::MAX },
    })
}

/// To the hundred: the map is not more exact.
fn rounded(km: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "half the Earth's girth fits")]
    let hundreds = libm::round(km / 100.0) as i64;
    hundreds * 100
}

fn before(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    match minutes {
        ..2 => "a minute".to_owned(),
        2..120 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, calm, points};
    use super::*;
    use crate::risk::{Anchor, Place, Point, Profile};

    const HOUR: i64 = 3_600_000;
    /// One degree of longitude at the equator.
    const KM_PER_DEGREE: f64 = 111.195_08;

    /// On the equator, this far east of where the person was this long ago.
    fn away(km: f64, milliseconds: i64) -> Input {
        let at = |lon_e4, asn| Place {
            asn: Some(asn),
            point: Some(Point { lat_e4: 0, lon_e4, radius_km: 0 }),
            ..Place::default()
        };
        #[expect(clippy::cast_possible_truncation)]
        let lon_e4 = (km / KM_PER_DEGREE * 10_000.0) as i32;
        Input {
            place: at(lon_e4, 1),
            anchor: Some(Anchor { at: NOW - milliseconds, place: at(0, 2) }),
            profile: Some(Profile::default()),
            ..calm()
        }
    }

    #[test]
    fn t01_it_fires_from_500_km_on_and_above_900_km_per_hour() {
        assert_eq!(points(&RULE, &away(500.1, HOUR / 2)), 40);
        assert_eq!(points(&RULE, &away(499.0, HOUR / 2)), 0, "too near");
        assert_eq!(points(&RULE, &away(901.0, HOUR)), 40);
        assert_eq!(points(&RULE, &away(899.0, HOUR)), 0, "an airliner");
        assert_eq!(points(&RULE, &away(900.0, HOUR)), 0, "not above");
        assert_eq!(points(&RULE, &away(2_000.0, 0)), 40, "at the same moment");
        assert_eq!(points(&RULE, &away(2_000.0, -HOUR)), 40, "with the clock gone back");
    }

    #[test]
    fn t03_a_vpn_is_nowhere() {
        let mut to_vpn = away(5_000.0, HOUR);
        to_vpn.place.is_hosting = true;
        assert_eq!(points(&RULE, &to_vpn), 0);
        let mut from_vpn = away(5_000.0, HOUR);
        from_vpn.anchor.as_mut().unwrap().place.is_hosting = true;
        assert_eq!(points(&RULE, &from_vpn), 0);
    }

    #[test]
    fn t04_one_line_with_two_addresses_is_one_place() {
        let mut flipped = away(5_000.0, HOUR);
        flipped.place.asn = Some(2);
        assert_eq!(points(&RULE, &flipped), 40, "the operator alone says nothing");
        flipped.profile.as_mut().unwrap().device_known = true;
        assert_eq!(points(&RULE, &flipped), 0);
        let mut home = away(5_000.0, HOUR);
        home.profile.as_mut().unwrap().network_seen = true;
        assert_eq!(points(&RULE, &home), 0, "they sign in from there");
    }

    #[test]
    fn the_own_browser_weighs_for_a_person_who_signs_in_and_not_in_a_session() {
        let mut trip = away(5_000.0, HOUR);
        trip.profile.as_mut().unwrap().device_known = true;
        assert_eq!(points(&RULE, &trip), 40);
        trip.moment = Moment::SignIn;
        assert_eq!(points(&RULE, &trip), 20);
    }

    #[test]
    fn without_a_place_nobody_travels() {
        for forget in [
            (|input: &mut Input| input.anchor = None) as fn(&mut Input),
            |input| input.place.point = None,
            |input| input.anchor.as_mut().unwrap().place.point = None,
        ] {
            let mut input = away(5_000.0, HOUR);
            forget(&mut input);
            assert_eq!(points(&RULE, &input), 0);
        }
    }

    #[test]
    fn the_person_is_told_how_far_it_is() {
        let why = |km, milliseconds| find(&Policy::default(), &away(km, milliseconds)).unwrap().why;
        assert_eq!(why(5_930.0, HOUR / 2), "This is about 5900 km from where you were 30 minutes before.");
        assert_eq!(why(5_930.0, -5), "This is about 5900 km from where you were a minute before.");
        assert_eq!(why(9_000.0, 5 * HOUR), "This is about 9000 km from where you were 5 hours before.");
    }
}
