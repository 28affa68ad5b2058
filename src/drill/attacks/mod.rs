//! The attacks, one file each. A new one is a file here, a row of [`ATTACKS`] and a row of docs/drill.md.

mod attach_by_address;
mod challenge_of_another_browser;
mod counter_on_one_device;
mod counter_on_synced_passkey;
mod cross_site;
mod cross_used_challenge;
mod enumeration_by_status;
mod enumeration_by_time;
mod foreign_passkey;
mod forged_forwarded_for;
mod guessing_one_person;
mod malformed_body;
mod oversized_body;
mod replayed_assertion;
mod replayed_proof;
mod session_fixation;
mod spray_from_many_networks;
mod spray_from_one_network;
mod stale_token;
mod stolen_bound_cookie;
mod stolen_cookie;
mod stolen_touch;
mod swapped_action;
mod tampered_signature;
mod unverified_user;
mod weak_method;
mod wrong_origin;

use futures::future::BoxFuture;

use super::trial::{Stop, Trial};

/// One attack.
pub(super) struct Attack {
    /// Its name, stable.
    pub(super) name: &'static str,
    /// What it tries, in one sentence.
    pub(super) tries: &'static str,
    /// What must happen, in one sentence.
    pub(super) must: &'static str,
    /// The kinds of event that it must leave in the audit trail.
    pub(super) events: &'static [&'static str],
    /// The alerts that it must raise.
    pub(super) alerts: &'static [&'static str],
    /// Whether it needs to come from more than one network.
    pub(super) needs_networks: bool,
    pub(super) run: for<'a> fn(&'a mut Trial) -> BoxFuture<'a, Result<(), Stop>>,
}

/// All of them, in the order in which they are tried.
pub(super) const ATTACKS: &[&Attack] = &[
    &stolen_cookie::ATTACK,
    &stolen_bound_cookie::ATTACK,
    &stolen_touch::ATTACK,
    &stale_token::ATTACK,
    &replayed_proof::ATTACK,
    &session_fixation::ATTACK,
    &replayed_assertion::ATTACK,
    &challenge_of_another_browser::ATTACK,
    &cross_used_challenge::ATTACK,
    &tampered_signature::ATTACK,
    &wrong_origin::ATTACK,
    &unverified_user::ATTACK,
    &counter_on_one_device::ATTACK,
    &counter_on_synced_passkey::ATTACK,
    &foreign_passkey::ATTACK,
    &weak_method::ATTACK,
    &swapped_action::ATTACK,
    &attach_by_address::ATTACK,
    &cross_site::ATTACK,
    &forged_forwarded_for::ATTACK,
    &spray_from_one_network::ATTACK,
    &spray_from_many_networks::ATTACK,
    &guessing_one_person::ATTACK,
    &enumeration_by_status::ATTACK,
    &enumeration_by_time::ATTACK,
    &oversized_body::ATTACK,
    &malformed_body::ATTACK,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::alerts::RULES;
    use crate::audit::EventType;

    fn words(list: &[&str]) -> String {
        list.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_document_lists_every_attack_as_it_is() {
        let document = include_str!("../../../docs/drill.md");
        let listed: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
        let row = |attack: &&Attack| {
            let (events, alerts) = (words(attack.events), words(attack.alerts));
            format!("| `{}` | {} | {} | {events} | {alerts} |", attack.name, attack.tries, attack.must)
        };
        let meant: Vec<String> = ATTACKS.iter().map(row).collect();
        assert_eq!(listed, meant);
    }

    #[test]
    fn names_are_unique_and_events_and_alerts_exist() {
        let names: BTreeSet<_> = ATTACKS.iter().map(|attack| attack.name).collect();
        assert_eq!(names.len(), ATTACKS.len());
        for attack in ATTACKS {
            assert!(attack.tries.ends_with('.') && attack.must.ends_with('.'), "{}", attack.name);
            assert!(attack.events.iter().all(|event| EventType::parse(event).is_some()), "{}", attack.name);
            let is_rule = |name: &&str| RULES.iter().any(|rule| rule.name == *name);
            assert!(attack.alerts.iter().all(is_rule), "{}", attack.name);
        }
    }
}
