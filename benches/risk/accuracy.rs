//! How well attackers are told from people, and what that costs people.

use super::attackers::{ATTACKERS, Attacker};
use super::metrics::{Judged, at, auc, threshold_to_catch, threshold_to_challenge};
use super::random::Random;
use super::scores::{ENGINE, MODEL_ONLY, NO_COOKIE, PUBLISHED, WAYS};
use super::simulate::{Record, Split};

/// The sign-ins of a period, and what one attacker would have made of them.
pub fn judged(records: &[Record], way: usize, by: Attacker, split: Split, young: Option<bool>) -> Vec<Judged> {
    records
        .iter()
        .filter(|one| one.class.is_none() && one.split == split && young.is_none_or(|young| young == one.young))
        .filter(|one| one.attacker.is_none_or(|attacker| attacker == by))
        .map(|one| Judged { score: one.scores[way], who: one.who, attack: one.attacker.is_some() })
        .collect()
}

/// What one way of judging makes of one attacker.
#[derive(Clone, Copy)]
pub struct Accuracy {
    pub by: Attacker,
    pub way: usize,
    /// ROC-AUC with its bounds.
    pub area: [f64; 3],
    /// Share caught where 1 % and 0.1 % of sign-ins are challenged.
    pub recall: [f64; 2],
    /// Share of sign-ins challenged where 90, 98 and 99 % are caught.
    pub cost: [f64; 3],
}

/// One row.
fn accuracy(records: &[Record], way: usize, by: Attacker, young: Option<bool>, times: usize) -> Accuracy {
    let mut judged = judged(records, way, by, Split::Test, young);
    let area = auc(&mut judged, times, &mut Random::new(99));
    let recall = [0.01, 0.001].map(|share| at(&judged, threshold_to_challenge(&judged, share))[1]);
    let cost = [0.9, 0.98, 0.99].map(|share| at(&judged, threshold_to_catch(&judged, share))[0]);
    Accuracy { by, way, area, recall, cost }
}

/// Of mature accounts in the test period.
pub fn mature(records: &[Record], times: usize) -> Vec<Accuracy> {
    let row = |by| (0..=NO_COOKIE).map(move |way| (by, way));
    ATTACKERS.into_iter().flat_map(row).map(|(by, way)| accuracy(records, way, by, Some(false), times)).collect()
}

/// As a table.
pub fn table(rows: &[Accuracy]) -> String {
    let mut text = "| Attacker | Judged by | ROC-AUC (95 %) | caught at 1 % | caught at 0.1 % | challenged to catch 90 % | 98 % | 99 % |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let name = if row.way == 0 { row.by.name() } else { "" };
        let way = if row.way == NO_COOKIE { "The engine, without the device cookie" } else { WAYS[row.way] };
        let [area, low, high] = row.area;
        text += &format!(
            "| {name} | {way} | {area:.3} ({low:.3}–{high:.3}) | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.1} % |\n",
            row.recall[0] * 100.0,
            row.recall[1] * 100.0,
            row.cost[0] * 100.0,
            row.cost[1] * 100.0,
            row.cost[2] * 100.0
        );
    }
    text
}

/// Accounts with fewer than 10 sign-ins or 14 days, and all that have signed in before.
pub fn cold_start(records: &[Record]) -> String {
    let mut text = "| Attacker | Published, young | Our model, young | The engine, young | Published, all | Our model, all | The engine, all |\n|---|---|---|---|---|---|---|\n".to_owned();
    for by in ATTACKERS {
        text += &format!("| {} |", by.name());
        for young in [Some(true), None] {
            for way in [PUBLISHED, MODEL_ONLY, ENGINE] {
                let row = accuracy(records, way, by, young, 0);
                text += &format!(" {:.3} / {:.1} % |", row.area[0], row.cost[0] * 100.0);
            }
        }
        text += "\n";
    }
    text
}

/// The engine without one signal each.
pub fn ablation(records: &[Record]) -> String {
    let mut text = "| The engine |".to_owned();
    let of = [
        Attacker::Naive,
        Attacker::Vpn,
        Attacker::Proxy,
        Attacker::Town,
        Attacker::Provider,
        Attacker::VeryTargeted,
    ];
    for by in of {
        text += &format!(" {} |", by.name());
    }
    text += "\n|---|---|---|---|---|---|---|\n";
    for (way, name) in WAYS.iter().enumerate().skip(ENGINE) {
        text += &format!("| {} |", if way == ENGINE { "whole" } else { name });
        for by in of {
            let row = accuracy(records, way, by, Some(false), 0);
            text += &format!(" {:.3} / {:.1} % |", row.area[0], row.cost[0] * 100.0);
        }
        text += "\n";
    }
    text
}

/// What the product's own threshold does, in each period.
pub fn at_threshold(records: &[Record], threshold: u32) -> String {
    let mut text = "| Period | people's sign-ins |".to_owned();
    for by in ATTACKERS {
        text += &format!(" {} |", by.name());
    }
    text += &format!("\n|---|---|{}\n", "---|".repeat(ATTACKERS.len()));
    for (name, split) in [("tune", Split::Tune), ("test", Split::Test), ("late", Split::Late)] {
        let shares = ATTACKERS.map(|by| at(&judged(records, ENGINE, by, split, Some(false)), threshold as f32));
        text += &format!("| {name} | {:.2} % |", shares[0][0] * 100.0);
        for [_, caught] in shares {
            text += &format!(" {:.1} % |", caught * 100.0);
        }
        text += "\n";
    }
    text
}
