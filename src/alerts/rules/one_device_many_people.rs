//! One browser, several people (Okta 2, Elastic 20 a token).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, distinct};
use super::super::seen::Seen;

/// So many within a day.
const TOO_MANY: usize = 3;

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&["authn_login_success", "user_created"]).then(|| seen.browser.clone().map(Key::Browser))?
}

fn fires(events: &[&Seen]) -> bool {
    distinct(events, |seen| seen.person) >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "one_device_many_people",
    severity: Severity::Medium,
    title: "One browser signed in to the accounts of several people within a day.",
    runbook: "A shared machine, or somebody who collects accounts. Ask before you act.",
    window: Duration::from_hours(24),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn three_people_and_not_two() {
        let person = |number| in_browser("aa", of(number, event(0, "authn_login_success")));
        assert!(raised(&RULE, &[person(1), person(2), person(3)]));
        assert!(!raised(&RULE, &[person(1), person(2), person(1)]));
        let other = in_browser("bb", of(3, event(0, "authn_login_success")));
        assert!(!raised(&RULE, &[person(1), person(2), other]));
    }
}
