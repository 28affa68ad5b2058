//! How common values are among everybody, counted while the simulation goes on.

use std::collections::HashMap;

use holdfast::risk::likelihood::{Feature, Features, Population};

#[derive(Default)]
pub struct Everybody {
    counts: HashMap<(u8, u64), u32>,
    totals: [u32; 8],
    distinct: [u32; 8],
    pub sign_ins: u32,
    pub people: u32,
}

fn slot(place: Feature) -> usize {
    match place {
        Feature::Ip(depth) => depth,
        Feature::Agent(depth) => 3 + depth,
        Feature::Device => 7,
    }
}

impl Everybody {
    pub fn add(&mut self, features: &Features) {
        let values = features.ip.iter().chain(&features.agent).chain([&features.device]);
        for (slot, value) in values.enumerate() {
            let Some(value) = value else { continue };
            let count = self.counts.entry((slot as u8, *value)).or_default();
            *count += 1;
            self.totals[slot] += 1;
            self.distinct[slot] += u32::from(*count == 1);
        }
        self.sign_ins += 1;
    }
}

impl Population for Everybody {
    fn count(&self, place: Feature, value: u64) -> u32 {
        self.counts.get(&(slot(place) as u8, value)).copied().unwrap_or(0)
    }
    fn total(&self, place: Feature) -> u32 {
        self.totals[slot(place)]
    }
    fn distinct(&self, place: Feature) -> u32 {
        self.distinct[slot(place)]
    }
}
