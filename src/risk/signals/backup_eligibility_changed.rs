//! A passkey that lived on one device now says that it can be synced (WebAuthn Level 3 §6.1.3: that should never change).

use super::{Rule, Scope, found_if};

pub(super) const RULE: Rule = Rule {
    name: "backup_eligibility_changed",
    points: 20,
    is_floor: false,
    scope: Scope::BeyondTheTable,
    find: |_, input| {
        found_if(input.backup_eligibility_changed, "Your passkey now says that it can be copied to other devices.")
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
        assert_eq!(points(&RULE, &Input { backup_eligibility_changed: true, ..calm() }), 20);
    }
}
