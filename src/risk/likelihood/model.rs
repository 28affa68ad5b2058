//! The numbers of the model, and the arithmetic. Only `libm`, so that every machine computes the same.

use super::{Evidence, Level, Parts};

/// What is known of one thing before anybody has a past. Shares are in thousandths, the deepest agreement first, "not
/// at all" last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<const LEVELS: usize, const DEPTHS: usize> {
    /// How often somebody else agrees this deep with the person's past.
    pub attack: [u32; DEPTHS],
    /// How often people agree this deep with their own.
    pub own: [u32; DEPTHS],
    /// How common a value typically is on any site, in millionths: what a site with few sign-ins goes by.
    pub typical: [u32; LEVELS],
}

/// A version of the model. A stored decision names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub version: &'static str,
    /// The network.
    pub network: Table<3, 4>,
    /// The browser, by what it says of itself.
    pub agent: Table<4, 5>,
    /// The browser, by its cookie.
    pub device: Table<1, 2>,
    /// How many sign-ins `own` counts as, beside the person's own.
    pub own_weight: u32,
    /// How many sign-ins `typical` counts as, beside the site's own.
    pub typical_weight: u32,
    /// Up to here, in thousandths of a bit, nothing is added.
    pub from_bits: i32,
    /// From here on everything is.
    pub full_bits: i32,
    /// Everything.
    pub most_points: u32,
}

/// The current model. `docs/risk-evaluation.md` says where each number comes from.
pub const MODEL: Model = Model {
    version: "likelihood-1",
    network: Table { attack: [20, 180, 300, 500], own: [720, 200, 60, 20], typical: [20, 20_000, 100_000] },
    agent: Table {
        attack: [250, 150, 150, 250, 200],
        own: [700, 50, 150, 80, 20],
        typical: [20_000, 50_000, 100_000, 400_000],
    },
    device: Table { attack: [20, 980], own: [950, 50], typical: [20] },
    own_weight: 5,
    typical_weight: 500,
    from_bits: -4000,
    full_bits: 7000,
    most_points: 120,
};

impl Model {
    /// What each thing adds.
    pub fn parts(&self, evidence: &Evidence) -> Parts {
        Parts {
            network: self.part(&self.network, &evidence.network, &evidence.network_habit),
            agent: self.part(&self.agent, &evidence.agent, &evidence.agent_habit),
            device: self.part(&self.device, &evidence.device, &evidence.device_habit),
        }
    }

    /// Log2 of the ratio for one thing, in thousandths of a bit. Levels that nothing is known of are left out of both
    /// sums: what cannot be told says nothing.
    fn part<const L: usize, const D: usize>(
        &self,
        table: &Table<L, D>,
        levels: &[Level; L],
        habit: &[u32; D],
    ) -> i32 {
        if levels.iter().all(|level| level.of == 0) {
            return 0;
        }
        let habits = f64::from(habit.iter().sum::<u32>()) + f64::from(self.own_weight);
        let mut above = (0.0, 0.0);
        let mut below = (0.0, 0.0);
        for (depth, (attack, (own, habit))) in table.attack.iter().zip(table.own.iter().zip(habit)).enumerate() {
            let lift = match levels.get(depth) {
                None => 1.0,
                Some(level) if level.of == 0 => continue,
                Some(level) => self.lift(level, table.typical.get(depth).copied().unwrap_or(1)),
            };
            let attack = share(*attack);
            let own = (share(*own) * f64::from(self.own_weight) + f64::from(*habit)) / habits;
            above = (above.0 + attack * lift, above.1 + attack);
            below = (below.0 + own * lift, below.1 + own);
        }
        thousandths(libm::log2((above.0 / above.1) / (below.0 / below.1)))
    }

    /// How much more common a value is with this person than with everybody.
    fn lift(&self, level: &Level, typical: u32) -> f64 {
        let weight = f64::from(self.typical_weight);
        let expected =
            (f64::from(level.count) + weight * f64::from(typical) / 1e6) / (f64::from(level.total) + weight);
        f64::from(level.own) / f64::from(level.of) / expected
    }
}

fn share(thousandths: u32) -> f64 {
    f64::from(thousandths) / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "clamped first; the nearest whole number is what is meant")]
pub(super) fn thousandths(bits: f64) -> i32 {
    libm::rint((bits * 1000.0).clamp(-1e6, 1e6)) as i32
}
