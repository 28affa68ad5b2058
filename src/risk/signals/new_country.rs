//! A country that the person has not signed in from in the time that is remembered.

use super::{Found, Rule, Scope, found_if};
use crate::risk::Input;

pub(super) const RULE: Rule =
    Rule { name: "new_country", points: 10, is_floor: false, scope: Scope::Habits, find: |_, input| find(input) };

fn find(input: &Input) -> Option<Found> {
    let profile = input.profile.as_ref()?;
    // Where the country is not known, nothing is said of it.
    found_if(
        input.place.country.is_some() && !profile.country_seen,
        "You are in a country you have not signed in from.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::{Place, Profile};

    #[test]
    fn a_country_is_new_until_somebody_signs_in_there() {
        let abroad = |country, country_seen| Input {
            place: Place { country, ..Place::default() },
            profile: Some(Profile { country_seen, ..Profile::default() }),
            ..calm()
        };
        assert_eq!(points(&RULE, &abroad(Some(*b"NO"), false)), 10);
        assert_eq!(points(&RULE, &abroad(Some(*b"NO"), true)), 0);
        assert_eq!(points(&RULE, &abroad(None, false)), 0, "unknown is not new");
        assert_eq!(points(&RULE, &Input { profile: None, ..abroad(Some(*b"NO"), false) }), 0, "nobody looked");
    }
}
