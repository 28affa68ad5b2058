//! One session through two operators within minutes, one of them new to the person: the cookie is in use elsewhere.
//!
//! A phone that leaves its wifi does the same, but through an operator that the person signs in through.

use super::{Found, Rule, Scope, found_if};
use crate::risk::{Input, Policy};

pub(super) const RULE: Rule =
    Rule { name: "parallel_use", points: 25, is_floor: false, scope: Scope::Habits, find };

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    let (profile, session) = (input.profile.as_ref()?, input.session?);
    let is_in_use = session.used_at.is_some_and(|at| input.at.saturating_sub(at) < policy.parallel_for);
    found_if(
        session.asn_changed && is_in_use && !profile.asn_seen,
        "Your session was used on another network only minutes ago.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, calm, points};
    use super::*;
    use crate::risk::{Profile, SessionPast};

    const MINUTE: i64 = 60_000;

    fn through(asn_changed: bool, asn_seen: bool, used_at: Option<i64>) -> Input {
        Input {
            session: Some(SessionPast { used_at, asn_changed, ..SessionPast::default() }),
            profile: Some(Profile { asn_seen, ..Profile::default() }),
            ..calm()
        }
    }

    #[test]
    fn s18_two_operators_within_five_minutes_are_one_too_many() {
        assert_eq!(points(&RULE, &through(true, false, Some(NOW - 5 * MINUTE + 1))), 25);
        assert_eq!(
            points(&RULE, &through(true, false, Some(NOW - 5 * MINUTE))),
            0,
            "long enough to have gone there"
        );
        assert_eq!(points(&RULE, &through(true, true, Some(NOW))), 0, "they sign in through it");
        assert_eq!(points(&RULE, &through(false, false, Some(NOW))), 0, "the same operator");
        assert_eq!(points(&RULE, &through(true, false, None)), 0);
    }
}
