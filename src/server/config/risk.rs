//! `[risk]`: the policy of the risk engine, and `[geo]`: where places come from.

use std::path::PathBuf;
use std::time::Duration;

use super::parse_duration;
use super::source::{ConfigError, Source};
use crate::risk::{Policy, THRESHOLD};

/// Files that say where addresses are.
#[derive(Clone, Debug)]
pub enum GeoFiles {
    /// What the set-up fetched, if it did.
    Default,
    /// What the operator named; nothing where they said `none`.
    Named {
        /// MMDB with countries or cities.
        places: Option<PathBuf>,
        /// MMDB with autonomous systems.
        asns: Option<PathBuf>,
    },
}

pub(super) fn policy(source: &Source) -> Result<Policy, ConfigError> {
    let mut policy = Policy {
        threshold: source
            .parse_with("risk.threshold", "a number from 1 to 60", |text| number(text, 1, THRESHOLD))?,
        sensitive_routes: source.parse_with(
            "risk.sensitive-routes",
            "a list of paths such as /billing",
            routes,
        )?,
        young_sign_ins: source
            .parse_with("risk.young-sign-ins", "a number from 1 to 1000", |text| number(text, 1, 1000))?
            .into(),
        young_age: time(source, "risk.young-for")?,
        travel_km: source
            .parse_with("risk.travel-distance", "kilometres from 1 to 20000", |text| number(text, 1, 20_000))?,
        travel_km_per_hour: source.parse_with(
            "risk.travel-speed",
            "kilometres per hour from 1 to 100000",
            |text| number(text, 1, 100_000),
        )?,
        fresh_for: time(source, "risk.fresh-for")?,
        recent_for: time(source, "risk.recent-for")?,
        parallel_for: time(source, "risk.parallel-for")?,
        burst: source.parse_with("risk.burst", "a number from 1 to 1000", |text| number(text, 1, 1000))?,
        burst_window: time(source, "risk.burst-window")?,
        ..Policy::default()
    };
    let points = source.string("risk.points");
    policy
        .weigh(points.split(',').filter(|entry| !entry.trim().is_empty()))
        .map_err(|invalid| ConfigError::new(format!("risk.points (HOLDFAST_RISK_POINTS): {}", invalid.0)))?;
    Ok(policy)
}

pub(super) fn geo_files(source: &Source) -> GeoFiles {
    let given = |path| source.optional(path);
    if given("geo.db").is_none() && given("geo.asn-db").is_none() {
        return GeoFiles::Default;
    }
    let file = |path| given(path).filter(|file| *file != "none").map(PathBuf::from);
    GeoFiles::Named { places: file("geo.db"), asns: file("geo.asn-db") }
}

fn time(source: &Source, path: &'static str) -> Result<i64, ConfigError> {
    let time: Duration = source.parse_with(path, "a time such as 14d", parse_duration)?;
    Ok(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

/// Paths without query, host or a slash at the end, which would match nothing.
fn routes(text: &str) -> Option<Vec<String>> {
    let routes: Vec<String> =
        text.split(',').map(str::trim).filter(|route| !route.is_empty()).map(str::to_owned).collect();
    let is_path = |route: &String| {
        route.starts_with('/') && route.len() > 1 && !route.ends_with('/') && !route.contains(['?', '#', ' '])
    };
    routes.iter().all(is_path).then_some(routes)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, SETTINGS};
    use super::*;
    use crate::risk::{RULES, SENSITIVE_ROUTES};

    fn parse(file: &str) -> Result<Policy, String> {
        Config::parse("Leptos.toml", file, []).map(|config| config.risk).map_err(|error| error.to_string())
    }

    #[test]
    fn r12_the_shipped_policy_is_the_codes_own() {
        assert_eq!(parse("").unwrap(), Policy::default());
        assert_eq!(parse(include_str!("../../../Leptos.toml")).unwrap(), Policy::default());
        let default = |path| SETTINGS.iter().find(|setting| setting.path == path).unwrap().default.unwrap();
        let points: Vec<String> = RULES.iter().map(|rule| format!("{}={}", rule.name, rule.points)).collect();
        assert_eq!(default("risk.points"), points.join(","));
        assert_eq!(default("risk.sensitive-routes"), SENSITIVE_ROUTES.join(","));
    }

    #[test]
    fn r12_the_documented_numbers_are_the_codes() {
        use crate::risk::Scope;

        let page = include_str!("../../../docs/risk.md");
        let documented: Vec<[&str; 3]> = page
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| {
                let mut cells = line.split('|').skip(1).map(str::trim);
                [(); 3].map(|()| cells.next().unwrap())
            })
            .collect();
        let coded: Vec<[String; 3]> = RULES
            .iter()
            .map(|rule| {
                let bound = match (rule.is_floor, rule.name) {
                    (true, _) => ", at least",
                    (false, "unlikely") => ", at most",
                    (false, _) => "",
                };
                let scope = match rule.scope {
                    Scope::Always => "always",
                    Scope::BeyondTheTable => "beyond the table",
                    Scope::Habits => "habits",
                };
                [format!("`{}`", rule.name), format!("{}{bound}", rule.points), scope.to_owned()]
            })
            .collect();
        assert_eq!(documented, coded);
        let day = 86_400_000;
        let policy = Policy::default();
        let said = page.replace('\n', " ");
        for sentence in [
            format!("The threshold is {}.", policy.threshold),
            format!(
                "Until an account has {} sign-ins and is {} days old",
                policy.young_sign_ins,
                policy.young_age / day
            ),
            format!("{} km or more", policy.travel_km),
            format!("more than {} km/h", policy.travel_km_per_hour),
            format!("within {} minutes, and this one is new", policy.parallel_for / 60_000),
            format!(
                "{} failed assertions of the person's passkeys within {} minutes",
                policy.burst,
                policy.burst_window / 60_000
            ),
            format!("recovered within {} days", policy.recent_for / day),
            format!(
                "last 100 successful sign-ins of the last {} days",
                crate::auth::PROFILE_MEMORY.as_secs() / 86_400
            ),
            format!("| {} days |", crate::auth::DECISION_MEMORY.as_secs() / 86_400),
        ] {
            assert!(said.contains(&sentence), "docs/risk.md does not say: {sentence}");
        }
        for route in SENSITIVE_ROUTES {
            assert!(page.contains(&format!("`{route}`")), "docs/risk.md does not name {route}");
        }
    }

    #[test]
    fn what_is_said_changes_what_it_names_and_nothing_else() {
        let policy = parse("[risk]\npoints = ['new_country=30']\ntravel-speed = 1000\nyoung-for = '30d'").unwrap();
        let mut expected = Policy { travel_km_per_hour: 1000, young_age: 30 * 86_400_000, ..Policy::default() };
        expected.points.insert("new_country".into(), 30);
        assert_eq!(policy, expected);
    }

    #[test]
    fn a_policy_that_makes_no_sense_stops_the_start() {
        for (file, named) in [
            ("threshold = 61", "risk.threshold"),
            ("threshold = 0", "risk.threshold"),
            ("points = ['device_changed=39']", "device_changed may not weigh less than 40"),
            ("points = ['moon=1']", "moon"),
            ("points = ['new_asn']", "risk.points"),
            ("sensitive-routes = ['billing']", "risk.sensitive-routes"),
            ("sensitive-routes = ['/billing/']", "risk.sensitive-routes"),
            ("sensitive-routes = ['/']", "risk.sensitive-routes"),
            ("young-sign-ins = 0", "risk.young-sign-ins"),
            ("young-for = 'soon'", "risk.young-for"),
            ("travel-distance = 0", "risk.travel-distance"),
            ("burst = 0", "risk.burst"),
        ] {
            let error = parse(&format!("[risk]\n{file}")).unwrap_err();
            assert!(error.contains(named), "{file}: {error}");
        }
    }
}
