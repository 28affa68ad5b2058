//! Three new sessions in 30 minutes (Elastic), here from three networks.

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

/// So many within half an hour.
const TOO_MANY: usize = 3;

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&["authn_login_success"]).then_some(Key::Person(seen.person?))
}

/// From as many networks, or it is one person who signs out and in.
fn fires(events: &[&Seen]) -> bool {
    super::super::rule::distinct(events, |seen| seen.network.clone()) >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "parallel_sessions",
    severity: Severity::Medium,
    title: "A person signed in several times within half an hour.",
    runbook: "Often somebody who tries several browsers. With new countries among them, ask the person.",
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
    fn three_sign_ins_from_three_networks_and_not_from_two() {
        let sign_in = |minute, network: &str| from(network, event(minute, "authn_login_success"));
        assert!(raised(&RULE, &[sign_in(0, "a"), sign_in(1, "b"), sign_in(2, "c")]));
        assert!(!raised(&RULE, &[sign_in(0, "a"), sign_in(1, "b"), sign_in(2, "a")]));
        assert!(!raised(&RULE, &[sign_in(0, "a"), sign_in(1, "b"), sign_in(31, "c")]));
    }
}
