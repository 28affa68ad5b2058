//! Something could not be found out. Then nobody is let through silently.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "engine_failed",
    points: 60,
    is_floor: true,
    scope: Scope::Always,
    find: |_, input| found_if(input.has_failed, "We could not check this visit as we usually do."),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { has_failed: true, ..calm() }), 60);
    }
}
