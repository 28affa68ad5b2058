//! The rules, one file each. Thresholds are those of public rule sets (Elastic, Splunk, Okta, Panther), as each file says.

mod automated_user_agent;
mod backup_eligibility_changed;
mod counter_regressed;
mod countries;
mod credential_not_replaced;
mod device_churn;
mod failures_from_one_network;
mod failures_of_one_person;
mod impossible_travel;
mod monitor_disabled;
mod one_device_many_people;
mod parallel_sessions;
mod passkey_after_risk;
mod recovery_abuse;
mod session_binding_violated;
mod session_disowned;
mod session_split;
mod spray;
mod step_up_fatigue;
mod success_after_attack;
mod token_reuse;
mod unknown_name_probing;

use super::rule::Rule;

/// All of them.
pub const RULES: &[&Rule] = &[
    &automated_user_agent::RULE,
    &backup_eligibility_changed::RULE,
    &counter_regressed::RULE,
    &countries::RULE,
    &credential_not_replaced::RULE,
    &device_churn::RULE,
    &failures_from_one_network::RULE,
    &failures_of_one_person::RULE,
    &impossible_travel::RULE,
    &monitor_disabled::RULE,
    &one_device_many_people::RULE,
    &parallel_sessions::RULE,
    &passkey_after_risk::RULE,
    &recovery_abuse::RULE,
    &session_binding_violated::RULE,
    &session_disowned::RULE,
    &session_split::RULE,
    &spray::RULE,
    &step_up_fatigue::RULE,
    &success_after_attack::RULE,
    &token_reuse::RULE,
    &unknown_name_probing::RULE,
];

#[cfg(test)]
mod testing {
    //! Events to try a rule with, and the windows that it runs in.

    use std::sync::Arc;

    use uuid::Uuid;

    pub(super) use super::super::seen::Seen;
    use super::super::windows::Windows;
    use super::Rule;
    use crate::clock::Timestamp;

    const MINUTE: i64 = 60_000;

    /// Something that Ada did at that minute, on her network.
    pub(super) fn event(minute: i64, kind: &str) -> Seen {
        Seen {
            at: Timestamp(minute * MINUTE),
            kind: kind.to_owned(),
            reason: None,
            score: 0,
            signals: Vec::new(),
            person: Some(Uuid::from_u128(1)),
            session: None,
            network: Some("192.0.2.0/24".to_owned()),
            browser: None,
            country: None,
            place: (0, minute),
            request_id: String::new(),
        }
    }

    /// The same of somebody else.
    pub(super) fn of(person: u128, event: Seen) -> Seen {
        Seen { person: Some(Uuid::from_u128(1000 + person)), ..event }
    }

    pub(super) fn from(network: &str, event: Seen) -> Seen {
        Seen { network: Some(network.to_owned()), ..event }
    }

    pub(super) fn in_browser(browser: &str, event: Seen) -> Seen {
        Seen { browser: Some(browser.to_owned()), ..event }
    }

    pub(super) fn signal(event: Seen, name: &str) -> Seen {
        Seen { signals: vec![name.to_owned()], ..event }
    }

    fn windows(rule: &'static Rule, events: &[Seen]) -> (Windows, bool) {
        let mut windows = Windows::new(vec![rule]);
        let mut is_raised = false;
        for event in events {
            is_raised = !windows.see(&Arc::new(event.clone())).is_empty();
        }
        (windows, is_raised)
    }

    /// Whether the last of these events is one too many.
    pub(super) fn raised(rule: &'static Rule, events: &[Seen]) -> bool {
        windows(rule, events).1
    }

    /// Whether something is missing at that minute.
    pub(super) fn due(rule: &'static Rule, events: &[Seen], minute: i64) -> bool {
        !windows(rule, events).0.overdue(Timestamp(minute * MINUTE)).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::windows::LONGEST;
    use super::*;

    #[test]
    fn the_document_lists_every_rule_as_it_is() {
        let document = include_str!("../../../docs/alerts.md");
        let listed: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
        let meant: Vec<String> = RULES
            .iter()
            .map(|rule| {
                let minutes = rule.window.as_secs() / 60;
                let window = if minutes < 60 { format!("{minutes} min") } else { format!("{} h", minutes / 60) };
                let severity = rule.severity.as_str();
                format!("| `{}` | {severity} | {window} | {} | {} |", rule.name, rule.title, rule.runbook)
            })
            .collect();
        assert_eq!(listed, meant);
    }

    #[test]
    fn names_are_unique_and_no_window_is_too_long() {
        for (index, rule) in RULES.iter().enumerate() {
            assert!(RULES[..index].iter().all(|other| other.name != rule.name), "{}", rule.name);
            assert!(
                rule.window <= LONGEST && rule.title.ends_with('.') && rule.runbook.ends_with('.'),
                "{}",
                rule.name
            );
        }
    }
}
