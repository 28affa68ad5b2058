//! Three new passkeys or browsers in 24 hours (after Elastic).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

/// So many within a day.
const TOO_MANY: usize = 3;

fn key(seen: &Seen) -> Option<Key> {
    let is_new_browser = seen.is(&["authn_login_success"]) && seen.browser.is_none();
    (is_new_browser || seen.is(&["credential_created"])).then_some(Key::Person(seen.person?))
}

fn fires(events: &[&Seen]) -> bool {
    events.len() >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "device_churn",
    severity: Severity::Medium,
    title: "Several new passkeys or browsers came to one account within a day.",
    runbook: "Ask the person. New passkeys can be removed by them, with a touch.",
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
    fn three_in_a_day_and_not_two() {
        let new = |hour: i64| event(60 * hour, "credential_created");
        assert!(raised(&RULE, &[new(0), new(11), event(60 * 23, "authn_login_success")]));
        assert!(!raised(&RULE, &[new(0), new(11)]));
        assert!(!raised(&RULE, &[new(0), new(13), new(25)]));
        let known = in_browser("aa", event(0, "authn_login_success"));
        assert!(!raised(&RULE, &[known.clone(), known.clone(), known]), "in a browser that is known");
    }
}
