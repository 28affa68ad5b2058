//! The article's: another network (IPv4 /16, IPv6 /48) than the session was used from.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "network_changed",
    points: 25,
    is_floor: true,
    scope: Scope::Always,
    find: |_, input| found_if(input.network_changed, "You are on a new network."),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { network_changed: true, ..calm() }), 25);
    }
}
