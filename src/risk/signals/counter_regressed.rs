//! A synced passkey's signature counter went backwards (WebAuthn Level 3 §6.1.1). Honest ones do that too.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "counter_regressed",
    points: 40,
    is_floor: false,
    scope: Scope::BeyondTheTable,
    find: |_, input| found_if(input.counter_regressed, "Your passkey counted backwards, as a copy of it would."),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { counter_regressed: true, ..calm() }), 40);
    }
}
