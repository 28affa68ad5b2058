//! What the rules would raise, from memory: to measure how often they do when nothing bad happens.

use std::collections::HashMap;
use std::sync::Arc;

use super::rule::Key;
use super::rules::RULES;
use super::seen::Seen;
use super::windows::{Finding, Windows};
use crate::clock::Timestamp;

/// The names of the rules that these events raise, in order. The same about the same is raised once in its window, as by the watcher.
pub fn rehearse(events: impl IntoIterator<Item = Seen>) -> Vec<&'static str> {
    let mut windows = Windows::new(RULES.to_vec());
    let mut known: HashMap<(&'static str, Key), Timestamp> = HashMap::new();
    let mut raised = Vec::new();
    let mut tell = |at: Timestamp, finding: Finding| {
        let Finding { rule, key, .. } = finding;
        let opened = known.entry((rule.name, key)).or_insert(Timestamp(i64::MIN));
        if opened.0 == i64::MIN || at.since(*opened) >= rule.cool_down() {
            *opened = at;
            raised.push(rule.name);
        }
    };
    for event in events {
        let at = event.at;
        for finding in windows.overdue(at) {
            tell(at, finding);
        }
        for finding in windows.see(&Arc::new(event)) {
            tell(at, finding);
        }
    }
    raised
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn failure(minute: i64) -> Seen {
        Seen {
            at: Timestamp(minute * 60_000),
            kind: "authn_login_fail".to_owned(),
            reason: None,
            score: 0,
            signals: Vec::new(),
            person: Some(Uuid::from_u128(7)),
            session: None,
            network: None,
            browser: None,
            country: None,
            place: (0, minute),
            request_id: String::new(),
        }
    }

    #[test]
    fn the_same_is_raised_once_in_its_window() {
        let failures = |from: i64| (from..from + 30).map(failure);
        assert_eq!(rehearse(failures(0)), ["failures_of_one_person"]);
        assert_eq!(rehearse(failures(0).chain(failures(600))), ["failures_of_one_person"; 2]);
        assert_eq!(rehearse(failures(0).take(9)), [""; 0]);
    }
}
