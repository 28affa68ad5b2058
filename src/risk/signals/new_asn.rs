//! A network operator (autonomous system) that the person has not signed in through in the time that is remembered.

use super::{Found, Rule, Scope, found_if};
use crate::risk::Input;

pub(super) const RULE: Rule =
    Rule { name: "new_asn", points: 10, is_floor: false, scope: Scope::Habits, find: |_, input| find(input) };

fn find(input: &Input) -> Option<Found> {
    let profile = input.profile.as_ref()?;
    let why = if input.place.is_hosting {
        "You come through a VPN or data centre that you have not used here before."
    } else {
        "You are with a network provider you have not used here before."
    };
    found_if(input.place.asn.is_some() && !profile.asn_seen, why)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::{Place, Profile};

    #[test]
    fn an_operator_is_new_until_somebody_signs_in_through_it() {
        let through = |asn, asn_seen, is_hosting| Input {
            place: Place { asn, is_hosting, ..Place::default() },
            profile: Some(Profile { asn_seen, ..Profile::default() }),
            ..calm()
        };
        assert_eq!(points(&RULE, &through(Some(2119), false, false)), 10);
        assert_eq!(points(&RULE, &through(Some(2119), true, true)), 0);
        assert_eq!(points(&RULE, &through(None, false, true)), 0, "unknown is not new");
        let hosted = (RULE.find)(&crate::risk::Policy::default(), &through(Some(16509), false, true));
        assert!(hosted.is_some_and(|found| found.why.contains("VPN")));
    }
}
