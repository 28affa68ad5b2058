//! Many networks, many people, a few tries each (Elastic).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, distinct};
use super::super::seen::Seen;

const NETWORKS: usize = 5;
const PEOPLE: usize = 8;
const TRIES: usize = 25;
const TRIES_PER_PERSON: usize = 5;

fn key(seen: &Seen) -> Option<Key> {
    (seen.is(&["authn_login_fail"]) && seen.person.is_some()).then_some(Key::Service)
}

fn fires(events: &[&Seen]) -> bool {
    let tries_of = |one: &Seen| events.iter().filter(|other| other.person == one.person).count();
    // Who fails more often with one person's passkey hides no spray by it: that person is left out, and the others stay.
    let few: Vec<&Seen> = events.iter().copied().filter(|one| tries_of(one) <= TRIES_PER_PERSON).collect();
    distinct(&few, |seen| seen.network.clone()) >= NETWORKS
        && distinct(&few, |seen| seen.person) >= PEOPLE
        && few.len() >= TRIES
}

pub(super) const RULE: Rule = Rule {
    name: "spray",
    severity: Severity::High,
    title: "Many networks fail with the passkeys of many people, a few times each.",
    runbook: "An attack on everybody. Watch for the alert success_after_attack; raise the throttle if the load hurts.",
    window: Duration::from_hours(1),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn tries(count: u128, people: u128, networks: u128) -> Vec<Seen> {
        let one = |number| {
            from(&format!("10.0.{}.0/24", number % networks), of(number % people, event(0, "authn_login_fail")))
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn all_four_limits_must_be_reached() {
        assert!(raised(&RULE, &tries(25, 8, 5)));
        assert!(!raised(&RULE, &tries(24, 8, 5)), "tries");
        assert!(!raised(&RULE, &tries(25, 7, 5)), "people");
        assert!(!raised(&RULE, &tries(25, 8, 4)), "networks");
        assert!(!raised(&RULE, &tries(41, 8, 5)[..41]), "six for one of them");
    }

    #[test]
    fn somebody_who_fails_often_hides_no_spray() {
        let noise = (0..40).map(|_| from("192.0.2.0/24", of(99, event(0, "authn_login_fail"))));
        let both: Vec<_> = noise.chain(tries(25, 8, 5)).collect();
        assert!(raised(&RULE, &both));
        assert!(!raised(&RULE, &both[..both.len() - 1]));
    }
}
