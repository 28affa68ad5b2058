//! Whether the attackers could be told by what they claim to imitate: then the simulator leaks, and its figures are
//! worth nothing. A boosted set of small trees has to fail at it.

use super::random::Random;

const ROUNDS: usize = 60;
const RATE: f64 = 0.2;
const CUTS: usize = 24;

/// One sign-in as the classifier sees it.
pub struct Case {
    pub features: Vec<f64>,
    pub attack: bool,
    pub who: u32,
}

struct Stump {
    feature: usize,
    cut: f64,
    below: f64,
    above: f64,
}

/// ROC-AUC of a classifier on people that it was not trained on (both halves, turn about).
pub fn auc(cases: &[Case], random: &mut Random) -> f64 {
    let half = |who: u32| super::random::mix(u64::from(who)).is_multiple_of(2);
    let mut judged = Vec::new();
    for side in [false, true] {
        let train: Vec<&Case> = cases.iter().filter(|case| half(case.who) == side).collect();
        let stumps = boost(&train);
        for case in cases.iter().filter(|case| half(case.who) != side) {
            let score: f64 = stumps.iter().map(|stump| value(stump, case)).sum();
            judged.push(super::metrics::Judged { score: score as f32, who: case.who, attack: case.attack });
        }
    }
    super::metrics::auc(&mut judged, 0, random)[0]
}

fn value(stump: &Stump, case: &Case) -> f64 {
    if case.features[stump.feature] <= stump.cut { stump.below } else { stump.above }
}

/// Gradient boosting of the logistic loss with stumps, both classes weighing the same.
fn boost(cases: &[&Case]) -> Vec<Stump> {
    let attacks = cases.iter().filter(|case| case.attack).count() as f64;
    let weight = |case: &Case| if case.attack { 0.5 / attacks } else { 0.5 / (cases.len() as f64 - attacks) };
    let width = cases.first().map_or(0, |case| case.features.len());
    let cuts: Vec<Vec<f64>> = (0..width)
        .map(|feature| {
            let mut values: Vec<f64> = cases.iter().map(|case| case.features[feature]).collect();
            values.sort_by(f64::total_cmp);
            let mut cuts: Vec<f64> = (1..=CUTS).map(|n| values[(values.len() - 1) * n / (CUTS + 1)]).collect();
            cuts.dedup();
            cuts
        })
        .collect();
    let bins: Vec<Vec<u8>> = (0..width)
        .map(|f| cases.iter().map(|case| cuts[f].partition_point(|cut| *cut < case.features[f]) as u8).collect())
        .collect();
    let mut raw = vec![0.0; cases.len()];
    let mut stumps = Vec::new();
    for _ in 0..ROUNDS {
        let slopes: Vec<[f64; 2]> = cases
            .iter()
            .zip(&raw)
            .map(|(case, raw)| {
                let share = 1.0 / (1.0 + libm::exp(-raw));
                [(f64::from(u8::from(case.attack)) - share) * weight(case), share * (1.0 - share) * weight(case)]
            })
            .collect();
        let all = slopes.iter().fold([0.0, 0.0], |sum, slope| [sum[0] + slope[0], sum[1] + slope[1]]);
        let mut best = (0.0, None);
        for feature in 0..width {
            let mut sums = vec![[0.0, 0.0]; cuts[feature].len() + 1];
            for (bin, slope) in bins[feature].iter().zip(&slopes) {
                let sum = &mut sums[*bin as usize];
                *sum = [sum[0] + slope[0], sum[1] + slope[1]];
            }
            let mut left = [0.0, 0.0];
            for (nth, cut) in cuts[feature].iter().enumerate() {
                left = [left[0] + sums[nth][0], left[1] + sums[nth][1]];
                let right = [all[0] - left[0], all[1] - left[1]];
                let gain = left[0] * left[0] / (left[1] + 1e-3) + right[0] * right[0] / (right[1] + 1e-3);
                if gain > best.0 {
                    let step = |side: [f64; 2]| RATE * side[0] / (side[1] + 1e-3);
                    best = (gain, Some(Stump { feature, cut: *cut, below: step(left), above: step(right) }));
                }
            }
        }
        let Some(stump) = best.1 else { break };
        cases.iter().zip(&mut raw).for_each(|(case, raw)| *raw += value(&stump, case));
        stumps.push(stump);
    }
    stumps
}
