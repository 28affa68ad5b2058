//! Two machines in one session: two operators and two browser families at once.

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "session_split";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

fn fires(_: &[&Seen]) -> bool {
    true
}

pub(super) const RULE: Rule = Rule {
    name: "session_split",
    severity: Severity::High,
    title: "One session was used on two machines at once.",
    runbook: "The session has ended by itself. Ask the person which machine is theirs.",
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
        assert!(raised(&RULE, &[event(0, "session_split")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
