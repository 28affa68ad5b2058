//! `[recovery]`: how slow getting back in without a passkey is.

use std::time::Duration;

use super::parse_duration;
use super::source::{ConfigError, Source};
use crate::recovery::RecoveryPolicy;

pub(super) fn policy(source: &Source) -> Result<RecoveryPolicy, ConfigError> {
    // A year is for ever, to somebody who is locked out.
    let time = |path: &'static str| {
        source.parse_with(path, "a time of at most 365d, such as 24h", |text| {
            parse_duration(text).filter(|time| *time <= Duration::from_hours(365 * 24))
        })
    };
    Ok(RecoveryPolicy {
        known_device: time("recovery.known-device")?,
        new_device: time("recovery.new-device")?,
        complete_within: time("recovery.complete-within")?,
        block: time("recovery.block")?,
        hold: time("recovery.hold")?,
        restore_within: time("recovery.restore-within")?,
    })
}

/// What an operator should know who has made it faster than it is meant to be.
pub(super) fn warning(policy: &RecoveryPolicy) -> Option<String> {
    let meant = RecoveryPolicy::default();
    let is_faster = policy.known_device < meant.known_device
        || policy.new_device < meant.new_device
        || policy.hold < meant.hold;
    is_faster.then(|| {
        "recovery is faster than its defaults: whoever takes it over has less to wait, and its owner less time to stop it"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c05_the_defaults_of_the_settings_are_those_of_the_rules() {
        let config = super::super::Config::parse("t", "", Vec::new()).expect("settings");
        assert_eq!(config.recovery, RecoveryPolicy::default());
        assert_eq!(warning(&config.recovery), None);
        assert!(warning(&RecoveryPolicy { hold: Duration::from_secs(1), ..config.recovery }).is_some());
    }
}
