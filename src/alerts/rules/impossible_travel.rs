//! Two places too far apart for the time between them: `risk/signals/impossible_travel`'s verdict (500 km, 900 km/h).

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

fn key(seen: &Seen) -> Option<Key> {
    seen.has("impossible_travel").then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "impossible_travel",
    severity: Severity::High,
    title: "A session or a sign-in came from two places that are too far apart.",
    runbook: "Ask the person; end their sessions if it was not them (admin, person, sessions).",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_signal_is_told_and_no_other() {
        assert!(raised(&RULE, &[signal(event(0, "authn_login_success"), "impossible_travel")]));
        assert!(!raised(&RULE, &[signal(event(0, "authn_login_success"), "device_changed")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
