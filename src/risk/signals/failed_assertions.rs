//! Somebody keeps failing with this person's passkeys. It asks for one touch more and never locks anybody out.

use super::{Found, Rule, Scope, found_if};
use crate::risk::{Input, Policy};

pub(super) const RULE: Rule =
    Rule { name: "failed_assertions", points: 30, is_floor: false, scope: Scope::BeyondTheTable, find };

fn find(policy: &Policy, input: &Input) -> Option<Found> {
    let failed = input.profile.as_ref()?.failed_assertions;
    found_if(failed >= policy.burst, "Somebody has just failed several times to use a passkey of yours.")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Profile;

    #[test]
    fn five_are_a_burst_and_four_are_not() {
        let failed = |failed_assertions| Input {
            profile: Some(Profile { failed_assertions, ..Profile::default() }),
            ..calm()
        };
        assert_eq!(points(&RULE, &failed(5)), 30);
        assert_eq!(points(&RULE, &failed(4)), 0);
    }
}
