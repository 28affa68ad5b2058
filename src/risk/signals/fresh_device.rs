//! Nobody has signed in to this account with this browser before, or only just now.

use super::{Found, Rule, Scope, found_if, is_fresh};
use crate::risk::{Input, Policy};

pub(super) const RULE: Rule =
    Rule { name: "fresh_device", points: 15, is_floor: false, scope: Scope::BeyondTheTable, find };

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    // A session of before these were kept says nothing.
    let known_since = input.session?.device_known_since?;
    found_if(
        is_fresh(input, known_since, policy.fresh_for),
        "You have used this browser here for less than a day.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DAY, NOW, calm, points};
    use super::*;
    use crate::risk::{Moment, Person, SessionPast};

    fn known_since(at: i64) -> Input {
        Input { session: Some(SessionPast { device_known_since: Some(at), ..SessionPast::default() }), ..calm() }
    }

    #[test]
    fn a_browser_is_fresh_for_a_day_or_until_a_touch_answers_for_it() {
        assert_eq!(points(&RULE, &known_since(NOW - DAY + 1)), 15);
        assert_eq!(points(&RULE, &known_since(NOW - DAY)), 0);
        let mut answered = known_since(NOW - 1_000);
        answered.session.as_mut().unwrap().answered_at = Some(NOW - 500);
        assert_eq!(points(&RULE, &answered), 0);
        answered.session.as_mut().unwrap().answered_at = Some(NOW - 2_000);
        assert_eq!(points(&RULE, &answered), 15, "that touch was before it");
    }

    #[test]
    fn ordinary_requests_of_a_young_account_are_left_to_the_table() {
        let young = Input { person: Person { sign_ins: 1, ..Person::default() }, ..known_since(NOW) };
        assert_eq!(points(&RULE, &young), 0);
        assert_eq!(points(&RULE, &Input { moment: Moment::CredentialChange, ..young }), 15);
    }
}
