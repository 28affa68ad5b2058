//! The session has a device key, and its proof (RFC 9449) is overdue.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "proof_missing",
    points: 40,
    is_floor: false,
    scope: Scope::Always,
    find: |_, input| found_if(input.proof_missing, "Your browser did not prove that it still has its key."),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { proof_missing: true, ..calm() }), 40);
    }
}
