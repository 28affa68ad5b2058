//! OWASP's sys_monitor_disabled: whoever attacks switches off the light first.

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

const KIND: &str = "sys_monitor_disabled";

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&[KIND]).then_some(Key::Service)
}

pub(super) const RULE: Rule = Rule {
    name: "monitor_disabled",
    severity: Severity::High,
    title: "A rule, a log or a sink was switched off.",
    runbook: "If nobody on the team did this, treat the machine as taken over.",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_first_one_is_told_and_nothing_else() {
        assert!(raised(&RULE, &[event(0, "sys_monitor_disabled")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
