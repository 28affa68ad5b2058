//! The session was opened with a passkey that has only just been made: adding one is what a thief does first.

use super::{Found, Rule, Scope, found_if, is_fresh};
use crate::risk::{Input, Policy};

pub(super) const RULE: Rule =
    Rule { name: "fresh_passkey", points: 15, is_floor: false, scope: Scope::BeyondTheTable, find };

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    let created_at = input.session?.passkey_created_at?;
    found_if(
        is_fresh(input, created_at, policy.fresh_for),
        "You signed in with a passkey that is less than a day old.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{DAY, NOW, calm, points};
    use super::*;
    use crate::risk::SessionPast;

    #[test]
    fn a_passkey_is_fresh_for_a_day() {
        let made = |at| Input {
            session: Some(SessionPast { passkey_created_at: Some(at), ..SessionPast::default() }),
            ..calm()
        };
        assert_eq!(points(&RULE, &made(NOW - DAY + 1)), 15);
        assert_eq!(points(&RULE, &made(NOW - DAY)), 0);
    }
}
