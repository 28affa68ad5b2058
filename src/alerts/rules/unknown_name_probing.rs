//! Passkeys that nobody has, from one network (Okta ThreatInsight's unknown users).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

/// So many within an hour.
const TOO_MANY: usize = 20;

fn key(seen: &Seen) -> Option<Key> {
    let is_unknown = seen.is(&["authn_login_fail"]) && seen.reason.as_deref() == Some("passkey_unknown");
    is_unknown.then(|| seen.network.clone().map(Key::Network))?
}

fn fires(events: &[&Seen]) -> bool {
    events.len() >= TOO_MANY
}

pub(super) const RULE: Rule = Rule {
    name: "unknown_name_probing",
    severity: Severity::Medium,
    title: "One network tries passkeys that nobody has.",
    runbook: "Somebody looks for accounts, and learns nothing from our answers. Block the network if the load hurts.",
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
    fn twenty_in_an_hour_and_not_nineteen() {
        let unknown = |_| Seen { reason: Some("passkey_unknown".to_owned()), ..event(0, "authn_login_fail") };
        assert!(raised(&RULE, &(0..20).map(unknown).collect::<Vec<_>>()));
        assert!(!raised(&RULE, &(0..19).map(unknown).collect::<Vec<_>>()));
        assert!(!raised(&RULE, &(0..30).map(|_| event(0, "authn_login_fail")).collect::<Vec<_>>()));
    }
}
