//! A session of a browser, used by something that calls itself a program (Elastic's cookie replay by tool).

use super::super::rule::{AT_ONCE, Key, Rule, Severity};
use super::super::seen::Seen;

fn key(seen: &Seen) -> Option<Key> {
    seen.has("automated_user_agent").then_some(Key::Person(seen.person?))
}

pub(super) const RULE: Rule = Rule {
    name: "automated_user_agent",
    severity: Severity::Medium,
    title: "A program used a session that a browser opened.",
    runbook: "Look at the session: a copied cookie in a script looks like this. End it if nobody knows of the script.",
    key,
    ..AT_ONCE
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_signal_is_told_and_no_other() {
        assert!(raised(&RULE, &[signal(event(0, "authn_login_success"), "automated_user_agent")]));
        assert!(!raised(&RULE, &[signal(event(0, "authn_login_success"), "device_changed")]));
        assert!(!raised(&RULE, &[event(0, "authn_login_success")]));
    }
}
