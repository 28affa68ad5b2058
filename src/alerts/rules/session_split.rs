//! Two machines in one session: two operators and two browser families at once.

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "session_split";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "session_split",
    severity: Severity::High,
    title: "One session was used on two machines at once.",
    runbook: "The session has ended by itself. Ask the person which machine is theirs.",
    key,
    ..AT_ONCE
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
