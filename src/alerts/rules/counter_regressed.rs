//! A synced passkey's counter went backwards (WebAuthn Level 3 §6.1.1).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "credential_counter_regressed";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

fn fires(_: &[&Seen]) -> bool {
    true
}

pub(super) const RULE: Rule = Rule {
    name: "counter_regressed",
    severity: Severity::Medium,
    title: "A synced passkey counted backwards: there may be a copy of it.",
    runbook: "Usually a provider that does not count. With several in one day look at the provider (AAGUID).",
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
        assert!(raised(&RULE, &[event(0, "credential_counter_regressed")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
