//! A synced passkey's counter went backwards (WebAuthn Level 3 §6.1.1).

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "credential_counter_regressed";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "counter_regressed",
    severity: Severity::Medium,
    title: "A synced passkey counted backwards: there may be a copy of it.",
    runbook: "Usually a provider that does not count. With several in one day look at the provider (AAGUID).",
    key,
    ..AT_ONCE
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
