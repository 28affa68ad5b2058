//! What a thief can do with what he stole, and for how long: measured over real connections, minute by minute, and
//! written down in SECURITY.md.
//!
//! `HOLDFAST_TEST_WRITE=1` writes the table there; without it the table must be the one that stands there.

mod people;
mod touch;

use std::fmt::Write;

use crate::support::{App, on_both_databases};
use people::{Binding, Haul, Owner, Place, Thief};

on_both_databases!(s18_what_a_thief_can_do_is_what_security_md_says);

/// How long the measured sessions last: enough for several rotations and refreshes.
const LIFETIME: u64 = 60;
/// Refused this long in the same way, he gives up.
const PATIENCE: usize = 20;
const BEGIN: &str = "<!-- theft:begin -->\n";
const END: &str = "<!-- theft:end -->";

/// One theft.
struct Case {
    binding: Binding,
    haul: Haul,
    place: Place,
    /// Whether he is at it before the owner in each minute, or after.
    first: bool,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// How many minutes he could read something for; `LIFETIME` if to the end.
    minutes: u64,
    /// Whether he ever changed anything.
    changed: bool,
    /// The last thing he was told.
    told: String,
    /// Whether the owner was still signed in at the end, or had signed out.
    owner_undisturbed: bool,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |binding, haul, place, first| cases.push(Case { binding, haul, place, first });
    for binding in [Binding::Cookie, Binding::DeviceKey, Binding::Dbsc] {
        case(binding, Haul::Fresh, Place::Same, false);
        case(binding, Haul::Fresh, Place::Same, true);
        case(binding, Haul::Fresh, Place::Elsewhere, false);
        case(binding, Haul::Old, Place::Same, false);
        case(binding, Haul::Old, Place::Elsewhere, false);
        match binding {
            Binding::Cookie => {}
            Binding::DeviceKey => case(binding, Haul::WithProofs, Place::Same, false),
            Binding::Dbsc => {
                case(binding, Haul::Expired, Place::Same, false);
                case(binding, Haul::SessionCookieOnly, Place::Same, false);
            }
        }
        case(binding, Haul::SignedOut, Place::Same, false);
    }
    cases
}

/// Let owner and thief live through it.
async fn measure(app: &App, case: &Case, owner_stays: bool) -> Outcome {
    let listening = app.listen().await;
    let mut owner = Owner::sign_up(app, listening.browser(), case.binding).await;
    let mut thief = Thief::steal(app, listening.browser(), &mut owner, case.haul, case.place).await;
    let mut outcome = Outcome { minutes: 0, changed: false, told: String::new(), owner_undisturbed: true };
    let (mut last_told, mut in_a_row) = (String::new(), 0);
    for minute in 0..LIFETIME {
        // Half a minute apart, or at the same moment.
        let apart = if case.first { 0 } else { 30 };
        if owner_stays && !case.first {
            owner.act(app).await;
        }
        app.advance(apart);
        let read = thief.read().await;
        if minute % 5 == 0 {
            outcome.changed |= thief.change().await;
        }
        if owner_stays && case.first {
            owner.act(app).await;
        }
        match read {
            Ok(()) => {
                outcome.minutes = minute + 1;
                in_a_row = 0;
            }
            Err(told) => {
                in_a_row = if told == last_told { in_a_row + 1 } else { 0 };
                last_told.clone_from(&told);
                outcome.told = told;
            }
        }
        if in_a_row == PATIENCE || owner.is_over(app).await {
            break;
        }
        app.advance(60 - apart);
    }
    outcome.owner_undisturbed = case.haul == Haul::SignedOut || !owner.is_over(app).await;
    if outcome.minutes > 0 && outcome.told.is_empty() {
        outcome.minutes = LIFETIME;
    }
    outcome
}

fn cell(outcome: &Outcome) -> String {
    let end = match outcome.told.as_str() {
        "" => return "until the session ends".to_owned(),
        "invalid_session" if outcome.owner_undisturbed => "it is over",
        "invalid_session" => "a replay ends it",
        "step_up_required" => "the passkey is asked for",
        "dpop_proof_required" | "invalid_dpop_proof" | "use_dpop_nonce" => "the key is asked for",
        other => panic!("nobody expects {other}"),
    };
    if outcome.minutes == 0 { format!("never; {end}") } else { format!("{} min; then {end}", outcome.minutes) }
}

/// Whether what SECURITY.md promises in words was kept.
fn keeps_promises(case: &Case, outcome: &Outcome) -> bool {
    let longest = match (case.place, case.haul, case.binding) {
        (Place::Elsewhere, ..) | (_, Haul::Old | Haul::Expired | Haul::SessionCookieOnly | Haul::SignedOut, _) => {
            0
        }
        (.., Binding::Cookie) => LIFETIME,
        // Due at fifteen, and two more.
        (.., Binding::DeviceKey) => 17,
        // Ten minutes, and half a one for requests under way.
        (.., Binding::Dbsc) => 11,
    };
    !outcome.changed && outcome.minutes <= longest
}

async fn s18_what_a_thief_can_do_is_what_security_md_says(app: App) {
    let lifetime = format!("{LIFETIME}m");
    let app = app
        .beside(&[
            ("HOLDFAST_ORIGIN", "https://login.example.test"),
            ("HOLDFAST_TRUSTED_PROXIES", "127.0.0.1/32"),
            ("HOLDFAST_SESSION_LIFETIME", &lifetime),
        ])
        .await;
    let mut table = "| Session held by | Stolen, and used | Reads, owner active | Reads, owner away | Changes |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    let mut broken = Vec::new();
    for case in cases() {
        let what = format!("{}, {}", case.binding.words(), people::words(case.haul, case.place, case.first));
        let there = measure(&app, &case, true).await;
        let away = measure(&app, &case, false).await;
        for outcome in [&there, &away].into_iter().filter(|outcome| !keeps_promises(&case, outcome)) {
            broken.push(format!("{what}: {outcome:?}"));
        }
        let (binding, stolen) = what.split_once(", ").unwrap();
        writeln!(table, "| {binding} | {stolen} | {} | {} | nothing |", cell(&there), cell(&away)).unwrap();
    }
    assert!(broken.is_empty(), "promises not kept: {broken:#?}\n{table}");
    compare(&table);
}

/// The table is the one between the marks in SECURITY.md.
fn compare(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/SECURITY.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("SECURITY.md has a place for the table");
    let (written, after) = rest.split_once(END).expect("SECURITY.md says where the table ends");
    if std::env::var_os("HOLDFAST_TEST_WRITE").is_some_and(|write| write == "1") {
        std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(
            written == table,
            "SECURITY.md says something else (HOLDFAST_TEST_WRITE=1 writes it); measured was:\n{table}"
        );
    }
}
