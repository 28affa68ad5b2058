//! The account was recovered a short while ago.

use super::{Found, Rule, Scope, found_if, is_news};
use crate::risk::{Input, Policy};

pub(super) const RULE: Rule =
    Rule { name: "recent_recovery", points: 40, is_floor: false, scope: Scope::BeyondTheTable, find };

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    let recovered_at = input.person.recovered_at?;
    found_if(
        is_news(input, recovered_at, policy.recent_for),
        "Your account was recovered less than three days ago.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DAY, NOW, calm, points};
    use super::*;
    use crate::risk::Person;

    #[test]
    fn a_recovery_is_recent_for_three_days() {
        let recovered = |at| Input { person: Person { recovered_at: Some(at), ..calm().person }, ..calm() };
        assert_eq!(points(&RULE, &recovered(NOW - 3 * DAY + 1)), 40);
        assert_eq!(points(&RULE, &recovered(NOW - 3 * DAY)), 0);
    }
}
