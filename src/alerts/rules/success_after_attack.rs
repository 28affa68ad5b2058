//! A sign-in within 180 minutes of an attack on the same person (Elastic).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, count};
use super::super::seen::Seen;

/// So many failures within half an hour are an attack…
const TOO_MANY: usize = 10;
const ATTACK: Duration = Duration::from_mins(30);
const FAILED: [&str; 2] = ["authn_login_fail", "authn_step_up_fail"];

fn key(seen: &Seen) -> Option<Key> {
    (seen.is(&FAILED) || seen.is(&["authn_login_success"])).then_some(Key::Person(seen.person?))
}

/// …and whoever gets in within three hours of one may be who made it.
fn fires(events: &[&Seen]) -> bool {
    let Some((last, before)) = events.split_last() else { return false };
    last.is(&["authn_login_success"])
        && before.iter().enumerate().any(|(index, first)| {
            let within: Vec<&Seen> =
                before[index..].iter().copied().filter(|event| event.at <= first.at.plus(ATTACK)).collect();
            count(&within, &FAILED) >= TOO_MANY
        })
}

pub(super) const RULE: Rule = Rule {
    name: "success_after_attack",
    severity: Severity::High,
    title: "Somebody signed in to an account whose passkeys had failed many times shortly before.",
    runbook: "Ask the person whether it was them. If not: end their sessions and let them recover.",
    window: Duration::from_hours(3),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn ten_failures_and_then_a_sign_in_within_three_hours() {
        let attack = |count: i64, later: i64| {
            let mut events: Vec<_> = (0..count).map(|minute| event(minute, "authn_login_fail")).collect();
            events.push(event(later, "authn_login_success"));
            events
        };
        assert!(raised(&RULE, &attack(10, 30)));
        assert!(!raised(&RULE, &attack(9, 30)));
        assert!(raised(&RULE, &attack(10, 179)));
        assert!(!raised(&RULE, &attack(10, 190)));
        assert!(!raised(&RULE, &attack(10, 30)[..10]), "nobody got in");
    }
}
