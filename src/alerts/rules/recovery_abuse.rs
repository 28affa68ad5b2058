//! Recovery begun three times in an hour (Elastic 5).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

/// So often within an hour.
const TOO_MANY: usize = 3;

fn key(seen: &Seen) -> Option<Key> {
    if !seen.is(&["recovery_started"]) {
        return None;
    }
    seen.person.map(Key::Person).or_else(|| seen.network.clone().map(Key::Network))
}

fn fires(events: &[&Seen]) -> bool {
    events.len() >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "recovery_abuse",
    severity: Severity::Medium,
    title: "Recovery was begun again and again.",
    runbook: "Nobody gets in by this alone: the waiting time runs and the person was told. Look at the network.",
    window: Duration::from_hours(1),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn three_in_an_hour_and_not_two() {
        let begun = |minute| event(minute, "recovery_started");
        assert!(raised(&RULE, &[begun(0), begun(20), begun(59)]));
        assert!(!raised(&RULE, &[begun(0), begun(20)]));
        assert!(!raised(&RULE, &[begun(0), begun(20), begun(61)]));
    }
}
