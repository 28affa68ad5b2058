//! A passkey was removed and no other came (Elastic: 12 hours).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;
use crate::clock::Timestamp;

/// So long a person has time for it.
const PATIENCE: Duration = Duration::from_hours(12);

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&["credential_deleted", "credential_created"]).then_some(Key::Person(seen.person?))
}

fn fires(_: &[&Seen]) -> bool {
    false
}

fn overdue(events: &[&Seen], now: Timestamp) -> bool {
    events.last().is_some_and(|last| last.is(&["credential_deleted"]) && now >= last.at.plus(PATIENCE))
}

pub(super) const RULE: Rule = Rule {
    name: "credential_not_replaced",
    severity: Severity::Medium,
    title: "A passkey was removed and none has come in its place.",
    runbook: "The person may have one passkey less than they should: remind them to add a second.",
    window: Duration::from_hours(24),
    key,
    fires,
    overdue: Some(overdue),
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn twelve_hours_without_another_and_not_a_minute_less() {
        let removed = [event(0, "credential_deleted")];
        assert!(due(&RULE, &removed, 12 * 60));
        assert!(!due(&RULE, &removed, 12 * 60 - 1));
        let replaced = [event(0, "credential_deleted"), event(60, "credential_created")];
        assert!(!due(&RULE, &replaced, 24 * 60));
        assert!(!raised(&RULE, &removed), "not before");
    }
}
