//! A person pressed "This wasn't me".

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "session_disowned";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

fn fires(_: &[&Seen]) -> bool {
    true
}

pub(super) const RULE: Rule = Rule {
    name: "session_disowned",
    severity: Severity::High,
    title: "A person says that a session was not theirs.",
    runbook: "The session has ended. Look at what was changed in it, and ask the person to check their passkeys.",
    window: Duration::from_hours(1),
    key,
    fires,
    overdue: None,
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
