//! A replaced token came back (RFC 9700 §4.14.2).

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "authn_token_reuse";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "token_reuse",
    severity: Severity::High,
    title: "A session token that had been replaced was used again: somebody has a copy.",
    runbook: "The session has ended by itself. Ask the person whether they know the device; look for malware.",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_first_one_is_told_and_nothing_else() {
        assert!(raised(&RULE, &[event(0, "authn_token_reuse")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
