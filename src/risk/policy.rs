//! The policy: what each signal weighs, from where on a touch is asked for, and what is sensitive. Data, not code: it is
//! read from the configuration, and kept under its version with the decisions made by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::input::Person;
use super::signals::RULES;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// From where on a touch is asked for, unless the policy asks earlier.
pub const THRESHOLD: u32 = 60;

/// What counts, and how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// At this score one more passkey touch is asked for.
    pub threshold: u32,
    /// What each signal adds.
    pub points: BTreeMap<String, u32>,
    /// Paths that are sensitive, with everything below them.
    pub sensitive_routes: Vec<String>,
    /// An account is young until it has as many sign-ins as this…
    pub young_sign_ins: u64,
    /// …and is as old as this, in milliseconds.
    pub young_age: i64,
    /// A trip is impossible from this effective distance on…
    pub travel_km: u32,
    /// …and above this speed.
    pub travel_km_per_hour: u32,
    /// A browser or a passkey is fresh for so long, in milliseconds.
    pub fresh_for: i64,
    /// A recovery is recent for so long, in milliseconds.
    pub recent_for: i64,
    /// A session is in use for so long after its last request, in milliseconds.
    pub parallel_for: i64,
    /// So many failed assertions are a burst…
    pub burst: u32,
    /// …within this time, in milliseconds.
    pub burst_window: i64,
}

/// What is wrong with a policy: one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPolicy(pub String);

impl Default for Policy {
    fn default() -> Self {
        Self {
            threshold: THRESHOLD,
            points: RULES.iter().map(|rule| (rule.name.to_owned(), rule.points)).collect(),
            sensitive_routes: SENSITIVE_ROUTES.map(str::to_owned).to_vec(),
            young_sign_ins: 10,
            young_age: 14 * DAY,
            travel_km: 500,
            travel_km_per_hour: 900,
            fresh_for: DAY,
            recent_for: 3 * DAY,
            parallel_for: 5 * MINUTE,
            burst: 5,
            burst_window: 10 * MINUTE,
        }
    }
}

/// What is sensitive unless the policy says otherwise.
pub const SENSITIVE_ROUTES: [&str; 12] = [
    "/auth/sessions",
    "/auth/passkeys/remove",
    "/api-keys",
    "/billing",
    "/account/sessions",
    "/account/api-keys",
    "/account/billing",
    "/account/recovery",
    "/account/email",
    "/account/export",
    "/account/delete",
    "/admin",
];

impl Policy {
    /// Change what signals weigh: `name=points` each.
    pub fn weigh(&mut self, entries: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), InvalidPolicy> {
        for entry in entries {
            let entry = entry.as_ref().trim();
            let (name, points) = entry
                .split_once('=')
                .and_then(|(name, points)| Some((name.trim(), points.trim().parse::<u32>().ok()?)))
                .filter(|(_, points)| *points <= 1000)
                .ok_or_else(|| {
                    InvalidPolicy(format!("{entry:?} is not a signal and its points, from 0 to 1000"))
                })?;
            let rule = RULES
                .iter()
                .find(|rule| rule.name == name)
                .ok_or_else(|| InvalidPolicy(format!("there is no signal {name:?}")))?;
            if rule.is_floor && points < rule.points {
                return Err(InvalidPolicy(format!("{name} may not weigh less than {}", rule.points)));
            }
            self.points.insert(name.to_owned(), points);
        }
        Ok(())
    }

    /// What a signal adds.
    pub fn points(&self, name: &str) -> u32 {
        self.points.get(name).copied().unwrap_or_default()
    }

    /// Whether too little is known of a person to judge by their habits.
    pub fn is_young(&self, person: &Person, at: i64) -> bool {
        person.sign_ins < self.young_sign_ins || at.saturating_sub(person.created_at) < self.young_age
    }

    /// The sensitive route that a path is on, if it is on one.
    pub fn sensitive_route(&self, path: &str) -> Option<&str> {
        let is_on =
            |route: &&str| path.strip_prefix(*route).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.sensitive_routes.iter().map(String::as_str).find(is_on)
    }

    /// The text that is kept, and hashed.
    pub fn canonical(&self) -> String {
        // Fields in the order of the struct, the map in the order of its keys: one text for one policy.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Names exactly this policy.
    pub fn version(&self) -> String {
        let digest: [u8; 32] = Sha256::digest(self.canonical()).into();
        let start = digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        format!("{start:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_weights_can_only_be_raised() {
        let mut policy = Policy::default();
        assert_eq!(policy.weigh(["device_changed=45", " new_country = 0 "]), Ok(()));
        assert_eq!((policy.points("device_changed"), policy.points("new_country")), (45, 0));
        for entry in ["device_changed=39", "network_changed=24", "sensitive_route=19", "bound_cookie_missing=59"] {
            assert!(policy.weigh([entry]).is_err_and(|error| error.0.contains("may not weigh less")), "{entry}");
        }
        for entry in ["moon_phase=1", "new_country", "new_country=", "new_country=-1", "new_country=1001", ""] {
            assert!(policy.weigh([entry]).is_err(), "{entry}");
        }
    }

    #[test]
    fn a_route_is_sensitive_with_what_is_below_it_and_nothing_beside() {
        let policy = Policy::default();
        for path in ["/api-keys", "/api-keys/revoke", "/billing/payout", "/account/sessions/panel"] {
            assert!(policy.sensitive_route(path).is_some(), "{path}");
        }
        for path in
            ["/", "/auth/session", "/auth/session/rotate", "/api-keys-of-others", "/account", "/billingual"]
        {
            assert_eq!(policy.sensitive_route(path), None, "{path}");
        }
    }

    #[test]
    fn r09_an_account_is_young_until_both_have_passed() {
        let policy = Policy::default();
        let person = |sign_ins| Person { created_at: 0, sign_ins, recovered_at: None };
        for (sign_ins, at, is_young) in [
            (9, 14 * DAY, true),
            (10, 14 * DAY - 1, true),
            (10, 14 * DAY, false),
            (1000, 0, true),
            // A clock that went backwards makes nobody old.
            (1000, -DAY, true),
        ] {
            assert_eq!(policy.is_young(&person(sign_ins), at), is_young, "{sign_ins} at {at}");
        }
    }

    #[test]
    fn a_version_names_one_policy() {
        let mut other = Policy::default();
        assert_eq!(other.version(), Policy::default().version());
        other.travel_km += 1;
        assert_ne!(other.version(), Policy::default().version());
        let kept: Policy = serde_json::from_str(&other.canonical()).unwrap();
        assert_eq!(kept, other);
    }
}
