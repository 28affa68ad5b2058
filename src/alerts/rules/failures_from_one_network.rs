//! One network, many people (Splunk: 10 users in 5 minutes).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, distinct};
use super::super::seen::Seen;

/// So many people within five minutes.
const TOO_MANY: usize = 10;

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&["authn_login_fail"]).then(|| seen.network.clone().map(Key::Network))?
}

fn fires(events: &[&Seen]) -> bool {
    distinct(events, |seen| seen.person) >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "failures_from_one_network",
    severity: Severity::High,
    title: "One network fails with the passkeys of many people.",
    runbook: "Block the network at the proxy while you look; nobody was let in by these.",
    window: Duration::from_mins(5),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn ten_people_in_five_minutes_and_not_nine() {
        let people =
            |count: u128| (0..count).map(|number| of(number, event(0, "authn_login_fail"))).collect::<Vec<_>>();
        assert!(raised(&RULE, &people(10)));
        assert!(!raised(&RULE, &people(9)));
        let same: Vec<_> = (0..50).map(|_| event(0, "authn_login_fail")).collect();
        assert!(!raised(&RULE, &same), "one person, however often");
        let slow: Vec<_> = (0..30).map(|number| of(number, event(number as i64, "authn_login_fail"))).collect();
        assert!(!raised(&RULE, &slow), "five in any five minutes");
        let networks: Vec<_> = (0..30)
            .map(|number| from(&format!("10.0.{number}.0/24"), of(number, event(0, "authn_login_fail"))))
            .collect();
        assert!(!raised(&RULE, &networks), "from as many networks");
    }
}
