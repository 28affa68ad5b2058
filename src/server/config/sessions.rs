//! How long sessions live: three profiles, and what may be changed in them.

use std::time::Duration;

use super::parse_duration;
use super::source::{ConfigError, Source};
use crate::auth::SessionPolicy;

/// A set of limits to start from.
struct Profile {
    name: &'static str,
    lifetime: Duration,
    idle: Duration,
    /// Whether the two may only be shortened.
    is_limit: bool,
    device_bound_only: bool,
}

/// `standard` is the article's. The others are NIST SP 800-63B-4: §2.2.3 (AAL2) and §2.3.3 (AAL3, which knows no
/// synced passkeys).
const PROFILES: [Profile; 3] = [
    Profile {
        name: "standard",
        lifetime: Duration::from_hours(7 * 24),
        idle: Duration::from_hours(24),
        is_limit: false,
        device_bound_only: false,
    },
    Profile {
        name: "aal2",
        lifetime: Duration::from_hours(24),
        idle: Duration::from_hours(1),
        is_limit: true,
        device_bound_only: false,
    },
    Profile {
        name: "high",
        lifetime: Duration::from_hours(12),
        idle: Duration::from_mins(15),
        is_limit: true,
        device_bound_only: true,
    },
];

pub(super) fn policy(source: &Source) -> Result<SessionPolicy, ConfigError> {
    let profile = source.parse_with("sessions.profile", "standard, aal2 or high", |name| {
        PROFILES.iter().find(|profile| profile.name == name)
    })?;
    let time = |path: &'static str, of_profile: Duration| {
        if source.optional(path).is_none() {
            return Ok(of_profile);
        }
        let time = source.parse_with(path, "a time such as 24h", parse_duration)?;
        if profile.is_limit && time > of_profile {
            return Err(ConfigError::new(format!("{path} is longer than the profile {} allows", profile.name)));
        }
        Ok(time)
    };
    Ok(SessionPolicy {
        lifetime: time("sessions.lifetime", profile.lifetime)?,
        idle: time("sessions.idle", profile.idle)?,
        // Sooner, and requests that are under way would meet a second successor.
        rotate_after: source.parse_with(
            "sessions.rotate-after",
            "a time of at least 1m, such as 15m",
            |text| parse_duration(text).filter(|time| *time >= Duration::from_mins(1)),
        )?,
        max_per_account: source.parse_with("sessions.max-per-account", "a number from 1 to 1000", |text| {
            text.parse().ok().filter(|count| (1..=1000).contains(count))
        })?,
        device_bound_only: profile.device_bound_only,
    })
}
