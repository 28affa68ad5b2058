//! What is kept of a person between sign-ins, and what the product makes of it: as `auth/evaluation` does, from memory.

use holdfast::risk::likelihood::{Evidence, Features, LONGEST_PAST, OLDEST_PAST_MS, Past};
use holdfast::risk::{Anchor, Person, Place, Profile};

use super::agents::Agents;
use super::people::SignIn;
use super::population::World;
use super::table::Everybody;

/// One person's.
#[derive(Default, Clone)]
pub struct Kept {
    pub past: Vec<Past>,
    /// Families of browsers and wide networks, for the article's rules.
    pub families: Vec<u64>,
    pub wide: Vec<u64>,
    pub wide_of_last: u64,
    pub first_ms: i64,
    pub anchor: Option<Anchor>,
}

impl Kept {
    pub fn add(&mut self, world: &World, sign_in: &SignIn, at_ms: i64) {
        if self.past.is_empty() {
            self.first_ms = at_ms;
        }
        self.past.push(Past { features: sign_in.kept, at_ms });
        for (list, value) in
            [(&mut self.families, Agents::family(sign_in.kind)), (&mut self.wide, sign_in.address.wide)]
        {
            if !list.contains(&value) {
                list.push(value);
            }
        }
        self.wide_of_last = sign_in.address.wide;
        self.anchor = anchor(world.place(sign_in.address.network), at_ms).or(self.anchor);
    }

    pub fn person(&self) -> Person {
        Person { created_at: self.first_ms, sign_ins: self.past.len() as u64, recovered_at: None }
    }

    /// When this browser's cookie was first seen with the person.
    pub fn known_since(&self, features: &Features) -> Option<i64> {
        let device = features.device?;
        self.past.iter().find(|past| past.features.device == Some(device)).map(|past| past.at_ms)
    }

    pub fn profile(&self, features: &Features, everybody: &Everybody, at_ms: i64) -> Profile {
        let remembered: Vec<&Past> = self
            .past
            .iter()
            .rev()
            .take(LONGEST_PAST)
            .filter(|past| at_ms - past.at_ms <= OLDEST_PAST_MS)
            .collect();
        let seen = |of: &dyn Fn(&Features) -> Option<u64>| {
            let value = of(features);
            value.is_some() && remembered.iter().any(|past| of(&past.features) == value)
        };
        Profile {
            country_seen: seen(&|features| features.ip[2]),
            asn_seen: seen(&|features| features.ip[1]),
            network_seen: seen(&|features| features.ip[0]),
            device_known: seen(&|features| features.device),
            failed_assertions: 0,
            evidence: Evidence::gather(features, &self.past, everybody, at_ms),
        }
    }
}

/// A VPN or a data centre is nowhere.
pub fn anchor(place: Place, at: i64) -> Option<Anchor> {
    (place.point.is_some() && !place.is_hosting).then_some(Anchor { at, place })
}
