//! How much less a sign-in looks like the person than like somebody else.
//!
//! After Freeman et al. (NDSS 2016) and Wiefling et al. (TOPS 2022): the likelihood of what was seen if somebody else
//! signs in, over its likelihood if the person does, from the person's own past and everybody's. Three things are
//! seen: the network (prefix, autonomous system, country), the browser (full text, browser, system, kind of device),
//! and the long-lived cookie of a browser that has been here before. `reference.rs` is the model as published.
//!
//! Ours asks of each thing how deep it agrees with the person's past: the same prefix, only the same system, only the
//! same country, or not at all. How rare a value is cancels out of the ratio and leaves, for each depth, how much more
//! common the value is with this person than with everybody (its lift):
//!
//! ```text
//! ratio = Σ attack[k] · lift[k]  /  Σ own[k] · lift[k]        lift of "not at all" = 1
//! ```
//!
//! `attack[k]` is how often somebody else gets this deep; `own[k]` how often the person does, learned from their own
//! past with a prior of a few sign-ins. So a rare prefix alone can neither prove nor condemn anybody, and people who
//! are always on the move are not asked each time.

mod evidence;
#[cfg(test)]
mod golden;
mod model;
pub mod reference;

pub use evidence::{Evidence, LONGEST_PAST, Level, OLDEST_PAST_MS};
pub use model::{MODEL, Model, Table};

use serde::{Deserialize, Serialize};

/// What one sign-in shows. Every value is a keyed digest, so that profiles hold nothing that can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// Prefix (IPv4 /24, IPv6 /48), autonomous system, country.
    pub ip: [Option<u64>; 3],
    /// The user agent's full text, browser and version, system and version, kind of device.
    pub agent: [Option<u64>; 4],
    /// The device cookie that the browser brought; `None` if it brought none.
    pub device: Option<u64>,
}

/// A successful sign-in of the same person, earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// What it showed; with the device cookie that it was given, if it brought none.
    pub features: Features,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// One level of one thing that is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Of [`Features::ip`].
    Ip(usize),
    /// Of [`Features::agent`].
    Agent(usize),
    /// [`Features::device`].
    Device,
}

/// How common values are in the successful sign-ins of everybody.
pub trait Population {
    /// How many sign-ins showed this value.
    fn count(&self, place: Feature, value: u64) -> u32;
    /// How many showed any value.
    fn total(&self, place: Feature) -> u32;
    /// How many different values there were.
    fn distinct(&self, place: Feature) -> u32;
}

/// What each thing adds, in thousandths of a bit. Above zero speaks against the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The network.
    pub network: i32,
    /// The browser, by what it says of itself.
    pub agent: i32,
    /// The browser, by its cookie.
    pub device: i32,
}

impl Parts {
    /// Log2 of the risk ratio, in thousandths of a bit.
    pub fn sum(self) -> i32 {
        self.network + self.agent + self.device
    }

    /// One sentence for a person, naming what speaks against them; `None` if nothing does by itself.
    pub fn why(self) -> Option<&'static str> {
        // Half of what speaks most: less than that is not what raised the score.
        let enough = (self.network.max(self.agent).max(self.device) / 2).max(1000);
        let browser = self.agent >= enough || self.device >= enough;
        match (self.network >= enough, browser) {
            (true, true) => Some("You signed in from a network and browser we have rarely seen with you."),
            (true, false) => Some("You signed in from a network we have rarely seen with you."),
            (false, true) => Some("You signed in with a browser we have rarely seen with you."),
            (false, false) => None,
        }
    }
}

/// What each thing adds, by the current model.
pub fn parts(evidence: &Evidence) -> Parts {
    MODEL.parts(evidence)
}

/// Log2 of the risk ratio in thousandths of a bit, by the current model.
pub fn bits(evidence: &Evidence) -> i32 {
    parts(evidence).sum()
}

/// The points that this many thousandths of a bit add to a score: none up to `from_bits`, all from `full_bits`.
/// A ratio that speaks for the person adds none, and takes none away that a rule has given.
pub fn points(bits: i32, model: &Model) -> u32 {
    let above = i64::from(bits) - i64::from(model.from_bits);
    let range = (i64::from(model.full_bits) - i64::from(model.from_bits)).max(1);
    let points = above.clamp(0, range) * i64::from(model.most_points) / range;
    u32::try_from(points).unwrap_or(model.most_points)
}
