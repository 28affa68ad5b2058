//! The backup eligibility of a passkey changed, which WebAuthn Level 3 §6.1.3 rules out.

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "credential_backup_eligibility_changed";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "backup_eligibility_changed",
    severity: Severity::Medium,
    title: "A passkey that could not be backed up now can.",
    runbook: "Rare and worth a look: the specification says that this never changes.",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_first_one_is_told_and_nothing_else() {
        assert!(raised(&RULE, &[event(0, "credential_backup_eligibility_changed")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
