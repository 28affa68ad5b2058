//! Somebody hopes that a person touches to make it stop (Elastic: 5 denials in 10 minutes).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, count};
use super::super::seen::Seen;

/// So many within ten minutes.
const TOO_MANY: usize = 5;

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&["authn_step_up_fail", "authn_step_up_success"]).then_some(Key::Person(seen.person?))
}

fn fires(events: &[&Seen]) -> bool {
    count(events, &["authn_step_up_success"]) == 0 && count(events, &["authn_step_up_fail"]) >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "step_up_fatigue",
    severity: Severity::Medium,
    title: "One more touch was asked of a person again and again, and not made.",
    runbook: "Somebody may hold their session and hope for a touch. Ask the person; end the session if it is not them.",
    window: Duration::from_mins(10),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn five_in_ten_minutes_and_not_four_nor_with_a_touch_between() {
        let failures =
            |count: i64| (0..count).map(|minute| event(minute, "authn_step_up_fail")).collect::<Vec<_>>();
        assert!(raised(&RULE, &failures(5)));
        assert!(!raised(&RULE, &failures(4)));
        let mut with_touch = failures(4);
        with_touch.extend([event(4, "authn_step_up_success"), event(5, "authn_step_up_fail")]);
        assert!(!raised(&RULE, &with_touch));
    }
}
