//! What the model looks at, as whole numbers: a stored decision is computed again from these, bit for bit, long after
//! the profile has moved on.

use serde::{Deserialize, Serialize};

use super::{Feature, Features, Past, Population};

/// No more than this many sign-ins are looked at, the newest.
pub const LONGEST_PAST: usize = 100;

/// None older than this is.
pub const OLDEST_PAST_MS: i64 = 180 * DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a sign-in of just now weighs; one of [`HALF_DAYS`] ago weighs half of it.
const WEIGHT: i64 = 1024;
const HALF_DAYS: i64 = 60;

/// One level of one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The weight of the person's sign-ins that showed this value.
    pub own: u32,
    /// The weight of those that showed any; 0 if this sign-in shows none.
    pub of: u32,
    /// How many sign-ins of everybody showed this value.
    pub count: u32,
    /// How many showed any.
    pub total: u32,
}

/// What the model looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How many sign-ins of the person were looked at.
    pub past: u32,
    /// Prefix, autonomous system, country.
    pub network: [Level; 3],
    /// Full text, browser, system, kind of device.
    pub agent: [Level; 4],
    /// The device cookie.
    pub device: [Level; 1],
    /// How many of the person's sign-ins agreed this deep with those before them; "not at all" last.
    pub network_habit: [u32; 4],
    /// The same for the browser's own words.
    pub agent_habit: [u32; 5],
    /// The same for the device cookie.
    pub device_habit: [u32; 2],
}

impl Evidence {
    /// Count. `history` may be in any order and longer than is used.
    pub fn gather(features: &Features, history: &[Past], population: &dyn Population, now_ms: i64) -> Self {
        let mut past: Vec<&Past> = history
            .iter()
            .filter(|past| past.at_ms <= now_ms && now_ms.saturating_sub(past.at_ms) <= OLDEST_PAST_MS)
            .collect();
        past.sort_by_key(|past| past.at_ms);
        let past = past.split_off(past.len().saturating_sub(LONGEST_PAST));

        let ip: Vec<_> = past.iter().map(|past| past.features.ip).collect();
        let agent: Vec<_> = past.iter().map(|past| past.features.agent).collect();
        let device: Vec<_> = past.iter().map(|past| [past.features.device]).collect();
        let weights: Vec<u32> = past.iter().map(|past| weight(now_ms - past.at_ms)).collect();
        // A browser without the cookie is one that the person was never seen with: a value like no other.
        let brought = [Some(features.device.unwrap_or(NO_DEVICE))];
        Self {
            past: u32::try_from(past.len()).unwrap_or(u32::MAX),
            network: levels(&features.ip, &ip, &weights, population, Feature::Ip),
            agent: levels(&features.agent, &agent, &weights, population, Feature::Agent),
            device: levels(&brought, &device, &weights, population, |_| Feature::Device),
            network_habit: habit(&ip),
            agent_habit: habit(&agent),
            device_habit: habit(&device),
        }
    }
}

/// Digests are random, so this is no device's.
const NO_DEVICE: u64 = 0;

/// Older sign-ins say less. Whole numbers only: 1024 now, 512 after 60 days, 256 after 180.
fn weight(age_ms: i64) -> u32 {
    let days = age_ms.max(0) / DAY_MS;
    u32::try_from(WEIGHT * HALF_DAYS / (HALF_DAYS + days)).unwrap_or(1)
}

fn levels<const N: usize>(
    values: &[Option<u64>; N],
    past: &[[Option<u64>; N]],
    weights: &[u32],
    population: &dyn Population,
    place: impl Fn(usize) -> Feature,
) -> [Level; N] {
    std::array::from_fn(|depth| {
        let Some(value) = values[depth] else { return Level::default() };
        let mut level = Level {
            count: population.count(place(depth), value),
            total: population.total(place(depth)),
            ..Level::default()
        };
        for (seen, weight) in past.iter().zip(weights) {
            if let Some(seen) = seen[depth] {
                level.of += weight;
                level.own += if seen == value { *weight } else { 0 };
            }
        }
        level
    })
}

/// The first has none before it and is left out, and so are those that show nothing.
fn habit<const N: usize, const DEPTHS: usize>(past: &[[Option<u64>; N]]) -> [u32; DEPTHS] {
    let mut habit = [0; DEPTHS];
    for (nth, now) in past.iter().enumerate().skip(1) {
        if now.iter().all(Option::is_none) {
            continue;
        }
        let agrees =
            |depth: usize| now[depth].is_some() && past[..nth].iter().any(|before| before[depth] == now[depth]);
        let depth = (0..N).find(|depth| agrees(*depth)).unwrap_or(N);
        if let Some(count) = habit.get_mut(depth) {
            *count += 1;
        }
    }
    habit
}
