//! Two countries in 30 minutes (Elastic).

use std::time::Duration;

use super::super::rule::{Key, Rule, Severity, distinct};
use super::super::seen::Seen;

fn key(seen: &Seen) -> Option<Key> {
    seen.is(&["authn_login_success"]).then_some(Key::Person(seen.person?))
}

fn fires(events: &[&Seen]) -> bool {
    distinct(events, |seen| seen.country.clone()) >= 2
}

pub(super) const RULE: Rule = Rule {
    name: "countries",
    severity: Severity::Medium,
    title: "A person signed in from two countries within half an hour.",
    runbook: "A VPN, most often. Together with failed_assertions or device_changed, ask the person.",
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
    fn two_in_half_an_hour() {
        let sign_in = |minute, country: &str| Seen {
            country: Some(country.to_owned()),
            ..event(minute, "authn_login_success")
        };
        assert!(raised(&RULE, &[sign_in(0, "NO"), sign_in(29, "US")]));
        assert!(!raised(&RULE, &[sign_in(0, "NO"), sign_in(31, "US")]));
        assert!(!raised(&RULE, &[sign_in(0, "NO"), sign_in(29, "NO")]));
    }
}
