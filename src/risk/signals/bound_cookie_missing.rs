//! The browser binds the session itself (DBSC), and has not this time.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "bound_cookie_missing",
    points: 60,
    is_floor: true,
    scope: Scope::Always,
    find: |_, input| {
        found_if(
            input.bound_cookie_missing,
            "Your browser did not prove that this session is still on your device.",
        )
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { bound_cookie_missing: true, ..calm() }), 60);
    }
}
