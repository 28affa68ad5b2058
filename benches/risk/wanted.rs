//! Which figures are held, from what was measured.

use super::accuracy::Accuracy;
use super::attackers::Attacker;
use super::burden::{Transfer, median, to_catch_98};
use super::goals::Goal;
use super::scores::ENGINE;
use super::simulate::{CLASSES, Record};

/// Areas (R02) and what they cost people (R03).
pub fn accuracy(rows: &[Accuracy]) -> Vec<Goal> {
    let of = |by| rows.iter().filter(move |row| row.by == by && row.way == ENGINE);
    let wanted = [
        (Attacker::Naive, 0.95, 0.10),
        (Attacker::Vpn, 0.95, 0.13),
        (Attacker::Proxy, 0.95, 0.13),
        (Attacker::Town, 0.85, 0.28),
        (Attacker::Provider, 0.85, 0.28),
    ];
    wanted
        .into_iter()
        .flat_map(|(by, area, cost)| {
            of(by).flat_map(move |row| {
                let name = by.name();
                [
                    Goal::at_least(format!("{name}: ROC-AUC, lower bound"), row.area[1], area),
                    Goal::at_most(format!("{name}: share challenged to catch 90 %"), row.cost[0], cost),
                ]
            })
        })
        .collect()
}

/// How often the median person is asked (R04), at worst of all classes of frequency.
pub fn medians(records: &[Record]) -> Vec<Goal> {
    let by = Attacker::Town;
    let threshold = to_catch_98(records, ENGINE, by);
    let worst = |length| {
        let classes = std::iter::once(None).chain((0..CLASSES.len()).map(Some));
        classes.filter_map(|class| median(records, ENGINE, threshold, length, class)).fold(0.0, f64::max)
    };
    let goal = |length, wanted| {
        let what = format!("{}: median share challenged in {length} sign-ins, 98 % caught", by.name());
        Goal::at_most(what, worst(length), wanted)
    };
    vec![goal(12, 0.17), goal(39, 0.05)]
}

/// Whether a threshold still does what it was picked for (R06).
pub fn transfer(list: &[Transfer], is_quick: bool) -> Goal {
    // A small run has too few sign-ins to see one in a hundred.
    let least = if is_quick { 0.05 } else { 0.0 };
    let engine = list.iter().filter(|one| one.way == ENGINE && one.target >= least);
    let worst = engine.map(|one| (one.late / one.tune - 1.0).abs()).fold(0.0, f64::max);
    Goal::at_most("share challenged in the late period, off what it was", worst, 0.25)
}

/// No attacker may be told by what it claims to imitate (R05).
pub fn audit(areas: &[(Attacker, f64, usize)]) -> Goal {
    let worst = areas.iter().map(|(_, area, _)| *area).fold(0.0, f64::max);
    Goal::at_most("audit: ROC-AUC of a classifier on what is imitated", worst, 0.55)
}

/// Weighing takes no time to speak of (R15).
pub fn timing(times: [f64; 2]) -> Goal {
    Goal::at_most("weighing one sign-in, 99th of a hundred, milliseconds", times[1] / 1000.0, 5.0)
}
