//! The article's: another browser family, system, kind of device or first language than the session was used with.

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "device_changed",
    points: 40,
    is_floor: true,
    scope: Scope::Always,
    find: |_, input| found_if(input.device_changed, "This looks like another browser or device."),
};

#[cfg(test)]
mod tests {
    use super::super::testing::{calm, points};
    use super::*;
    use crate::risk::Input;

    #[test]
    fn it_is_there_or_it_is_not() {
        assert_eq!(points(&RULE, &calm()), 0);
        assert_eq!(points(&RULE, &Input { device_changed: true, ..calm() }), 40);
    }
}
