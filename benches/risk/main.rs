//! `make bench-risk`: what the risk engine lets through and whom it bothers, on simulated sign-ins.
//!
//! `--write` rewrites the figures in `docs/risk-evaluation.md` and the picture beside it. `--quick` is a smaller run for
//! the tests. Both fail when a figure falls behind what is held. `--weigh=new_asn=15` tries another policy.
#![allow(clippy::print_stdout, reason = "a report is printed")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "statistics"
)]
#![allow(clippy::format_push_string, reason = "a report is put together once")]
#![allow(missing_docs, clippy::unreadable_literal, reason = "nobody links to a bench")]

mod accuracy;
mod agents;
mod attackers;
mod audit;
mod burden;
mod chart;
mod claimed;
mod goals;
mod metrics;
mod month;
mod people;
mod population;
mod profile;
mod random;
mod report;
mod scores;
mod sessions;
mod simulate;
mod table;
mod thieves;
mod timing;
mod wanted;
mod worlds;

use std::process::ExitCode;
use std::time::Instant;

use simulate::simulate;

/// How much is simulated.
#[derive(Clone, Copy)]
pub struct Size {
    pub people: usize,
    /// Members of the panel in each class of frequency.
    pub panel: usize,
    pub sessions: usize,
    /// Draws for the bounds of an area.
    pub draws: usize,
    pub is_quick: bool,
}

const WHOLE: Size = Size { people: 60_000, panel: 200, sessions: 20_000, draws: 300, is_quick: false };
const QUICK: Size = Size { people: 12_000, panel: 60, sessions: 3_000, draws: 100, is_quick: true };

fn main() -> ExitCode {
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    let size = if has("--quick") { QUICK } else { WHOLE };
    let started = Instant::now();
    // Other people, by whom the audit judges what is common.
    let strangers = simulate(size.people / 2, 0, 1001, None).everybody;
    let outcome = simulate(size.people, size.panel, 1, Some(&strangers));
    let (text, goals) = report::report(&outcome, size);
    println!("{text}");
    if has("--write")
        && let Err(error) = report::write(&text, &chart::chart(&outcome.records, size.people))
    {
        println!("The report could not be written: {error}.");
        return ExitCode::FAILURE;
    }
    println!("This took {:.0} seconds.", started.elapsed().as_secs_f64());
    let failures: Vec<String> = goals.iter().filter_map(goals::Goal::failure).collect();
    for failure in &failures {
        println!("{failure}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
