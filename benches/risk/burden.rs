//! How often people are asked: by how often they sign in, and in a period that the thresholds were not picked in.

use super::accuracy::{Accuracy, judged};
use super::attackers::Attacker;
use super::metrics::{at, threshold_to_catch, threshold_to_challenge};
use super::scores::{ENGINE, MODEL_ONLY, NO_COOKIE, PUBLISHED, WAYS};
use super::simulate::{CLASSES, Record, Split};

/// Sign-ins after which challenges are counted.
pub const LENGTHS: [usize; 3] = [4, 12, 39];

/// Median share of a person's first sign-ins that were challenged, for a class or for all; `None` with too few people.
pub fn median(records: &[Record], way: usize, threshold: f32, length: usize, class: Option<usize>) -> Option<f64> {
    let mut counts: std::collections::HashMap<u32, (usize, bool)> = std::collections::HashMap::new();
    for one in records.iter().filter(|one| one.class.is_some_and(|of| class.is_none_or(|class| class == of))) {
        if one.past < length {
            let count = counts.entry(one.who).or_default();
            count.0 += usize::from(one.scores[way] >= threshold);
            count.1 |= one.past + 1 == length;
        }
    }
    let mut shares: Vec<f64> =
        counts.values().filter(|(_, whole)| *whole).map(|(hits, _)| *hits as f64 / length as f64).collect();
    shares.sort_by(f64::total_cmp);
    (shares.len() >= 20).then(|| shares[shares.len() / 2])
}

/// The threshold that catches 98 in 100 in the tune period.
pub fn to_catch_98(records: &[Record], way: usize, by: Attacker) -> f32 {
    threshold_to_catch(&judged(records, way, by, Split::Tune, Some(false)), 0.98)
}

/// By class of frequency.
pub fn medians(records: &[Record]) -> String {
    let mut text = "| Attacker | Judged by | all |".to_owned();
    for (name, _) in CLASSES {
        text += &format!(" {name} |");
    }
    text += "\n|---|---|---|---|---|---|---|---|\n";
    for by in [Attacker::Naive, Attacker::Vpn, Attacker::Town, Attacker::Provider] {
        for way in [PUBLISHED, MODEL_ONLY, ENGINE, NO_COOKIE] {
            let threshold = to_catch_98(records, way, by);
            let way_name = if way == NO_COOKIE { "The engine, without the device cookie" } else { WAYS[way] };
            text += &format!("| {} | {way_name} |", if way == PUBLISHED { by.name() } else { "" });
            for class in std::iter::once(None).chain((0..CLASSES.len()).map(Some)) {
                let shares = LENGTHS.map(|length| cell(median(records, way, threshold, length, class)));
                text += &format!(" {} |", shares.join(" / "));
            }
            text += "\n";
        }
    }
    text
}

/// The published model here, beside what was published of it: its authors' medians at 12 and 39 sign-ins with 98 % caught,
/// and the area and cost of an independent re-run on the same public data.
pub fn calibration(records: &[Record], rows: &[Accuracy]) -> String {
    let mut text = "| Attacker | its authors: 12 / 39 sign-ins | here | re-run: ROC-AUC, challenged to catch 90 % | here |\n|---|---|---|---|---|\n".to_owned();
    for (by, authors, again) in [
        (Attacker::Naive, "0.08 / 0.03", ".93, 20 %"),
        (Attacker::Vpn, "0.17 / 0.05", ".91, 27 %"),
        (Attacker::Town, "0.17 / 0.05", ".67, 63 %"),
        (Attacker::VeryTargeted, "", ".76, 74 %"),
    ] {
        let threshold = to_catch_98(records, PUBLISHED, by);
        let here = [12, 39].map(|length| cell(median(records, PUBLISHED, threshold, length, None)));
        let row = rows.iter().find(|row| row.by == by && row.way == PUBLISHED);
        let area = row.map_or(String::new(), |row| format!("{:.2}, {:.0} %", row.area[0], row.cost[0] * 100.0));
        text += &format!("| {} | {authors} | {} | {again} | {area} |\n", by.name(), here.join(" / "));
    }
    text
}

fn cell(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{share:.2}"))
}

/// A threshold of the tune period, in the others.
pub struct Transfer {
    pub way: usize,
    pub target: f64,
    pub threshold: f32,
    pub tune: f64,
    pub test: f64,
    pub late: f64,
}

/// Thresholds that were picked in the tune period for 1, 2 and 5 in 100.
pub fn transfers(records: &[Record]) -> Vec<Transfer> {
    let mut list = Vec::new();
    for way in [PUBLISHED, MODEL_ONLY, ENGINE] {
        let by = |split| judged(records, way, Attacker::Provider, split, Some(false));
        let (tune, test, late) = (by(Split::Tune), by(Split::Test), by(Split::Late));
        for target in [0.01, 0.02, 0.05] {
            let threshold = threshold_to_challenge(&tune, target);
            let [tune, test, late] = [&tune, &test, &late].map(|judged| at(judged, threshold)[0]);
            list.push(Transfer { way, target, threshold, tune, test, late });
        }
    }
    list
}

/// As a table.
pub fn transfer_table(list: &[Transfer]) -> String {
    let mut text =
        "| Judged by | threshold | tune | test | late | late beside tune |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for one in list {
        text += &format!(
            "| {} | {} | {:.2} % | {:.2} % | {:.2} % | {:+.0} % |\n",
            WAYS[one.way],
            one.threshold,
            one.tune * 100.0,
            one.test * 100.0,
            one.late * 100.0,
            (one.late / one.tune - 1.0) * 100.0
        );
    }
    text
}
