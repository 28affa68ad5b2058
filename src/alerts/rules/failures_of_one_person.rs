//! One person's passkeys fail again and again (Panther 20 an hour, Elastic 10 in 30 minutes).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, count};
use super::super::seen::Seen;

/// So many within half an hour.
const TOO_MANY: usize = 10;
const FAILED: [&str; 2] = ["authn_login_fail", "authn_step_up_fail"];

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&FAILED).then_some(Key::Person(seen.person?))
}

fn fires(events: &[&Seen]) -> bool {
    count(events, &FAILED) >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "failures_of_one_person",
    severity: Severity::Medium,
    title: "Somebody keeps failing with the passkeys of one person.",
    runbook: "Nobody is locked out. If it goes on, look at the networks; the person may need help, or is under attack.",
    window: Duration::from_mins(30),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn ten_in_half_an_hour_and_not_nine() {
        let failures = |count: i64| (0..count).map(|minute| event(minute, "authn_login_fail")).collect::<Vec<_>>();
        assert!(raised(&RULE, &failures(10)));
        assert!(!raised(&RULE, &failures(9)));
        let slow: Vec<_> = (0..30).map(|number| event(4 * number, "authn_step_up_fail")).collect();
        assert!(!raised(&RULE, &slow), "eight in any half hour");
        let others: Vec<_> = (0..20).map(|number| of(number, event(0, "authn_login_fail"))).collect();
        assert!(!raised(&RULE, &others), "of as many people");
    }
}
