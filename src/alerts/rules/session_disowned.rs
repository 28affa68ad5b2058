//! A person pressed "This wasn't me".

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "session_disowned";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "session_disowned",
    severity: Severity::High,
    title: "A person says that a session was not theirs.",
    runbook: "The session has ended. Look at what was changed in it, and ask the person to check their passkeys.",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_first_one_is_told_and_nothing_else() {
        assert!(raised(&RULE, &[event(0, "session_disowned")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
