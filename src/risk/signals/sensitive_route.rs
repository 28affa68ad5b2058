//! The article's: what is asked for matters.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "sensitive_route",
    points: 20,
    is_floor: true,
    scope: Scope::Always,
    find: |_, input| found_if(input.is_sensitive, "This is something only you should be able to do."),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { is_sensitive: true, ..calm() }), 20);
    }
}
