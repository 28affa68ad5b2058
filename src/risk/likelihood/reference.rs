//! The model as published: Freeman et al. (NDSS 2016), with the weights and the edge case of Wiefling et al. (TOPS
//! 2022; das-group/rba-algorithm). To compare with, in the bench and in the tests; nothing decides by it.

use super::model::thousandths;
use super::{Feature, Features, Past, Population};

const IP: [f64; 3] = [0.6, 0.3, 0.1];
const AGENT: [f64; 4] =
    [0.538_665_384_055_135_9, 0.268_045_149_862_566_6, 0.188_182_951_001_095_36, 0.005_106_515_081_202_152_5];

/// Log2 of the published risk score in thousandths of a bit. `people` is how many have signed in at all, `sign_ins`
/// how often everybody has. `history` is all that counts of the person's past, and not empty.
pub fn bits(
    features: &Features,
    history: &[Past],
    population: &dyn Population,
    people: u32,
    sign_ins: u32,
) -> i32 {
    let own = count(history.len());
    if own == 0.0 || sign_ins == 0 {
        return 0;
    }
    let ip = ratio(&features.ip, &IP, history, population, Feature::Ip, |past| past.features.ip);
    let agent = ratio(&features.agent, &AGENT, history, population, Feature::Agent, |past| past.features.agent);
    // Attackers choose everybody alike; people who sign in often are more likely to be who signs in.
    let person = (1.0 / f64::from(people.max(1))) / (own / f64::from(sign_ins));
    thousandths(libm::log2(ip) + libm::log2(agent) + libm::log2(person))
}

/// `p(x) / p(x | person)` of one hierarchy.
fn ratio<const N: usize>(
    values: &[Option<u64>; N],
    weights: &[f64; N],
    history: &[Past],
    population: &dyn Population,
    place: impl Fn(usize) -> Feature,
    of: impl Fn(&Past) -> [Option<u64>; N],
) -> f64 {
    let mut own = 0.0;
    let mut everybody = 0.0;
    for depth in 0..N {
        let Some(value) = values[depth] else { continue };
        let seen = history.iter().filter(|past| of(past)[depth] == Some(value)).count();
        own += weights[depth] * count(seen) / count(history.len());
        let seen = f64::from(population.count(place(depth), value));
        let total = f64::from(population.total(place(depth))).max(1.0);
        everybody += weights[depth]
            * if depth == 0 { smoothed::<N>(seen, total, population, &place) } else { seen / total };
    }
    // Never seen with this person at any level. Smoothing both sides would make this look harmless.
    if own == 0.0 { 4.0 } else { everybody / own }
}

/// The likelihood of a most exact value, with room left for those that nobody has shown yet: as many as there are
/// values at the levels above it, and one. First among everybody, then among those who share it, where each level
/// above has one value.
fn smoothed<const N: usize>(
    seen: f64,
    total: f64,
    population: &dyn Population,
    place: &impl Fn(usize) -> Feature,
) -> f64 {
    let unseen = 1.0 + (1..N).map(|depth| f64::from(population.distinct(place(depth)))).sum::<f64>();
    if seen == 0.0 {
        return 1.0 / (total + unseen);
    }
    let levels = count(N);
    (seen / total) * (1.0 - unseen / (total + unseen)) * (1.0 - levels / (seen + levels))
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
