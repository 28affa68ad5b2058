//! All figures, as they stand in `docs/risk-evaluation.md`.

use std::path::Path;

use super::attackers::{ATTACKERS, Attacker};
use super::goals::{self, Goal};
use super::random::Random;
use super::scores::policy;
use super::simulate::Outcome;
use super::{Size, accuracy, audit, burden, month, timing, wanted, worlds};

const BEGIN: &str = "<!-- figures -->";
const END: &str = "<!-- /figures -->";

/// The text between the markers, and what is held of it.
pub fn report(outcome: &Outcome, size: Size) -> (String, Vec<Goal>) {
    let (records, policy) = (&outcome.records, policy());
    let (audits, rows, transfers, (sessions, session_goals), (quiet, quiet_goal)) = std::thread::scope(|scope| {
        let sessions = scope.spawn(|| worlds::tables(&policy, size.sessions, &outcome.everybody, size.is_quick));
        let (audits, rows) = (audits(outcome), accuracy::mature(records, size.draws));
        let transfers = burden::transfers(records);
        let quiet = month::month(10_000, &policy, &outcome.everybody);
        let sessions = sessions.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (audits, rows, transfers, sessions, quiet)
    });
    let times = timing::timing(&outcome.everybody);

    let mut list = wanted::accuracy(&rows);
    list.extend(wanted::medians(records));
    list.push(wanted::transfer(&transfers, size.is_quick));
    list.push(wanted::audit(&audits));
    list.extend(session_goals);
    list.push(quiet_goal);
    list.push(wanted::timing(times));

    let mut text = format!("### What is wanted\n\n{}", goals::table(&list));
    let mut section = |title: &str, body: &str| text += &format!("\n### {title}\n\n{}\n", body.trim_end());
    section("Who signs in", &describe(outcome));
    section("Audit", &audit_table(&audits));
    section("The published model here and elsewhere", &burden::calibration(records, &rows));
    section("Attackers, mature accounts, test period", &accuracy::table(&rows));
    if !size.is_quick {
        section("At the product's threshold", &accuracy::at_threshold(records, policy.threshold));
        section("Young accounts, and all (ROC-AUC / challenged to catch 90 %)", &accuracy::cold_start(records));
        section("Without one signal (ROC-AUC / challenged to catch 90 %)", &accuracy::ablation(records));
        section("Median share challenged in 4 / 12 / 39 sign-ins, 98 % caught", &burden::medians(records));
    }
    section("Thresholds in a later period", &burden::transfer_table(&transfers));
    section("A5: stolen cookies", &sessions);
    section("A05: what the alert rules make of a quiet month", &quiet);
    let [median, rare] = times;
    section(
        "Time",
        &format!(
            "Gathering the evidence of 100 sign-ins and weighing it, in memory: median {median:.0} µs, 99th of a \
             hundred {rare:.0} µs, on the machine that wrote this."
        ),
    );
    (text, list)
}

fn describe(outcome: &Outcome) -> String {
    let mut counts = outcome.counts.clone();
    counts.sort_unstable();
    let at = |share: f64| counts[((counts.len() as f64 * share) as usize).min(counts.len() - 1)];
    let share = |nth: usize| 100.0 * outcome.seen[nth] / outcome.seen[5];
    format!(
        "{} people, {} sign-ins in 360 days; per person {} at the median, {} at the 90th and {} at the 99th of a \
         hundred. Of {} sign-ins to mature accounts in the test period, {:.1} % came from a prefix seen before, {:.1} % \
         from an operator, {:.1} % from a country, {:.1} % with the browser's exact words, {:.1} % with a known device \
         cookie.",
        counts.len(),
        outcome.sign_ins,
        at(0.5),
        at(0.9),
        at(0.99),
        outcome.seen[5],
        share(0),
        share(1),
        share(2),
        share(3),
        share(4)
    )
}

fn audits(outcome: &Outcome) -> Vec<(Attacker, f64, usize)> {
    let mut random = Random::new(99);
    let each = ATTACKERS.into_iter().zip(&outcome.audits);
    each.map(|(by, cases)| (by, audit::auc(cases, &mut random), cases.len())).collect()
}

fn audit_table(areas: &[(Attacker, f64, usize)]) -> String {
    let mut text = "| Attacker | ROC-AUC of the classifier | cases |\n|---|---|---|\n".to_owned();
    for (by, area, cases) in areas {
        text += &format!("| {} | {area:.3} | {cases} |\n", by.name());
    }
    text
}

/// Put them where they belong, and the picture beside.
pub fn write(text: &str, chart: &str) -> std::io::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = docs.join("risk-evaluation.md");
    let old = std::fs::read_to_string(&page)?;
    let parts = old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| std::io::Error::other("the page has lost its markers"))?;
    std::fs::write(&page, format!("{before}{BEGIN}\n\n{text}\n{END}{after}"))?;
    std::fs::write(docs.join("risk-evaluation.svg"), chart)
}
