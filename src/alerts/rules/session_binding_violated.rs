//! A DBSC statement that another key has signed.

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "session_binding_violated";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "session_binding_violated",
    severity: Severity::High,
    title: "Somebody signed for a bound session with another key.",
    runbook: "The session has ended by itself. Whoever did this knows its identifier; look at the network it came from.",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_first_one_is_told_and_nothing_else() {
        assert!(raised(&RULE, &[event(0, "session_binding_violated")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
