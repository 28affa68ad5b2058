//! A new passkey soon after a risky or recovered sign-in (public KQL, 6 hours; ours a day).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity};
use super::super::seen::Seen;

/// What counts as looking wrong: what would have asked for a touch anywhere else.
const RISKY: i32 = 60;

/// What a new device brings with it, in a network that is new as well. People get one, sign in and add a passkey: with nothing
/// else against them they would raise 556 of these a month per 10,000 (`make bench-risk`, A05). They are told of it by mail.
const NEW_DEVICE: &[&str] =
    &["device_changed", "fresh_device", "network_changed", "new_asn", "sensitive_route", "unlikely"];

fn is_risky(seen: &Seen) -> bool {
    let looked_wrong = seen.score >= RISKY && seen.signals.iter().any(|name| !NEW_DEVICE.contains(&name.as_str()));
    seen.is(&["recovery_completed"]) || seen.is(&["authn_login_success"]) && looked_wrong
}

fn key(seen: &Seen) -> Option<Key> {
    (is_risky(seen) || seen.is(&["credential_created"])).then_some(Key::Person(seen.person?))
}

fn fires(events: &[&Seen]) -> bool {
    events.split_last().is_some_and(|(last, before)| {
        last.is(&["credential_created"]) && before.iter().any(|event| is_risky(event))
    })
}

pub(super) const RULE: Rule = Rule {
    name: "passkey_after_risk",
    severity: Severity::High,
    title: "A passkey was added shortly after a sign-in that looked wrong, or after recovery.",
    runbook: "Ask the person whether the passkey is theirs. If not: they remove it, and all sessions end.",
    window: Duration::from_hours(24),
    key,
    fires,
    overdue: None,
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_passkey_within_a_day_of_a_risky_sign_in() {
        let risky = |score| signal(Seen { score, ..event(0, "authn_login_success") }, "new_country");
        assert!(raised(&RULE, &[risky(60), event(60 * 23, "credential_created")]));
        assert!(!raised(&RULE, &[risky(59), event(60, "credential_created")]));
        assert!(!raised(&RULE, &[risky(60), event(60 * 25, "credential_created")]));
        assert!(raised(&RULE, &[event(0, "recovery_completed"), event(5, "credential_created")]));
        assert!(!raised(&RULE, &[event(0, "credential_created"), risky(60)]), "the other way round");
    }

    #[test]
    fn a_new_phone_is_no_alarm() {
        let mut bought = Seen { score: 134, ..event(0, "authn_login_success") };
        bought.signals = NEW_DEVICE.iter().map(|name| (*name).to_owned()).collect();
        assert!(!raised(&RULE, &[bought.clone(), event(5, "credential_created")]));
        bought.signals.push("new_country".to_owned());
        assert!(raised(&RULE, &[bought, event(5, "credential_created")]));
    }

    #[test]
    fn its_names_are_signals() {
        for name in NEW_DEVICE {
            assert!(crate::risk::RULES.iter().any(|rule| rule.name == *name), "{name}");
        }
    }
}
