//! Areas, shares and their bounds.

use super::random::Random;

/// One judged sign-in: its score, whose it is, whether it is an attack.
#[derive(Clone, Copy)]
pub struct Judged {
    pub score: f32,
    pub who: u32,
    pub attack: bool,
}

/// ROC-AUC, equal scores counting half, each person's sign-ins with a weight.
fn area(sorted: &[Judged], weight: impl Fn(u32) -> f64) -> f64 {
    let (mut below, mut area, mut attacks) = (0.0, 0.0, 0.0);
    let mut at = 0;
    while at < sorted.len() {
        let end = at + sorted[at..].iter().take_while(|one| one.score <= sorted[at].score).count();
        let (mut legit, mut attack) = (0.0, 0.0);
        for one in &sorted[at..end] {
            *(if one.attack { &mut attack } else { &mut legit }) += weight(one.who);
        }
        area += attack * (below + legit / 2.0);
        attacks += attack;
        below += legit;
        at = end;
    }
    area / (below * attacks)
}

/// ROC-AUC with the bounds that hold 95 in 100 of `times` draws of people, with replacement.
pub fn auc(judged: &mut [Judged], times: usize, random: &mut Random) -> [f64; 3] {
    judged.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut people: Vec<u32> = judged.iter().map(|one| one.who).collect();
    people.sort_unstable();
    people.dedup();
    let mut nth = vec![0u32; people.last().map_or(0, |last| *last as usize + 1)];
    people.iter().enumerate().for_each(|(n, who)| nth[*who as usize] = n as u32);
    let whole = area(judged, |_| 1.0);
    let mut draws: Vec<f64> = (0..times)
        .map(|_| {
            let mut drawn = vec![0.0; people.len()];
            (0..people.len()).for_each(|_| drawn[random.below(people.len())] += 1.0);
            area(judged, |who| drawn[nth[who as usize] as usize])
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let bound = |share: f64| draws.get((draws.len() as f64 * share) as usize).copied().unwrap_or(whole);
    [whole, bound(0.025), bound(0.975)]
}

fn scores(judged: &[Judged], attack: bool) -> Vec<f32> {
    let mut list: Vec<f32> = judged.iter().filter(|one| one.attack == attack).map(|one| one.score).collect();
    list.sort_by(f32::total_cmp);
    list
}

fn share_from(sorted: &[f32], threshold: f32) -> f64 {
    (sorted.len() - sorted.partition_point(|score| *score < threshold)) as f64 / sorted.len().max(1) as f64
}

/// The highest score at or above which at least this share of attacks is.
pub fn threshold_to_catch(judged: &[Judged], share: f64) -> f32 {
    let attacks = scores(judged, true);
    attacks[((attacks.len() as f64 * (1.0 - share)) as usize).min(attacks.len() - 1)]
}

/// The lowest score at or above which no more than this share of legitimate sign-ins is.
pub fn threshold_to_challenge(judged: &[Judged], share: f64) -> f32 {
    let legit = scores(judged, false);
    let allowed = (legit.len() as f64 * share) as usize;
    let edge = legit[legit.len() - 1 - allowed.min(legit.len() - 1)];
    legit.get(legit.partition_point(|score| *score <= edge)).copied().unwrap_or(edge + 1.0)
}

/// The share of legitimate sign-ins challenged, and of attacks caught, at this threshold.
pub fn at(judged: &[Judged], threshold: f32) -> [f64; 2] {
    [share_from(&scores(judged, false), threshold), share_from(&scores(judged, true), threshold)]
}

/// The whole curve: share of legitimate sign-ins challenged and of attacks caught, at each score that exists, as long as
/// either has moved this far. Begins where nothing is challenged and ends where all is.
pub fn curve(judged: &[Judged], step: f64) -> Vec<(f64, f64)> {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    let attacks = judged.iter().filter(|one| one.attack).count();
    let (legit, attacks) = ((judged.len() - attacks) as f64, attacks as f64);
    let mut points = vec![(0.0, 0.0)];
    let (mut challenged, mut caught) = (0.0, 0.0);
    for (nth, one) in sorted.iter().enumerate() {
        *(if one.attack { &mut caught } else { &mut challenged }) += 1.0;
        let is_edge = sorted.get(nth + 1).is_none_or(|next| next.score < one.score);
        let (x, y) = (challenged / legit, caught / attacks);
        let (last_x, last_y) = points[points.len() - 1];
        if is_edge && (x - last_x > step || y - last_y > step || nth + 1 == sorted.len()) {
            points.push((x, y));
        }
    }
    points
}
