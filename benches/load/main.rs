//! Sign-ins and session checks over HTTP, beside the baseline, in one run: `make bench`.
//!
//! The baseline is the seed article's own stack, completed (`benches/baseline`: express, @simplewebauthn/server, SQLite).
//! Both keep the contract, so one client drives both. Rounds alternate between the servers; each figure is the median of
//! the rounds. The load generator has its share of the same processors.
//!
//! `--instructions` counts instead: see `instructions.rs`.
//! `--accounts N` measures something else: the same server with a thousand accounts and with N (`make growth`).
//!
//! `--write` writes `docs/benchmarks.md`, `--seconds N` sets how long each measurement lasts, `--rounds N` how many there are.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a bench stops where something is wrong, and prints"
)]
#![allow(missing_docs, reason = "a program")]

mod client;
mod fill;
mod growth;
mod instructions;
mod passkey;
mod report;
mod subject;
mod work;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use client::Client;
use subject::{Kind, Subject};
use work::{Act, Outcome, People, closed_loop, open_loop, quantile};

/// So many act at once in the closed loop.
const AT_ONCE: usize = 16;
/// So many connections there are for the open one.
const LINES: usize = 64;
/// So many people, in turn: nobody signs in so often that a session of theirs has to end for it.
const PEOPLE: usize = 2_000;

/// One server's figures.
#[derive(Debug)]
pub struct Figures {
    pub name: String,
    pub started_in: Duration,
    pub idle_kb: u64,
    pub logins: Outcome,
    pub half: Outcome,
    pub sessions: Outcome,
}

fn option(name: &str, otherwise: u64) -> u64 {
    let mut given = std::env::args().skip_while(|argument| argument != name).skip(1);
    given.next().map_or(otherwise, |value| value.parse().unwrap())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if std::env::args().any(|argument| argument == "--instructions") {
        return instructions::run().await;
    }
    let (seconds, rounds) = (option("--seconds", 6), option("--rounds", 3));
    let lasting = Duration::from_secs(seconds);
    let accounts = option("--accounts", 0);
    if accounts > 0 {
        return growth::run(accounts, lasting, rounds).await;
    }
    let mut wanted =
        vec![("baseline, SQLite", Kind::Baseline), ("Holdfast, SQLite", Kind::Holdfast { database: None })];
    let postgres = std::env::var("HOLDFAST_TEST_POSTGRES_URL").ok();
    if postgres.is_some() {
        wanted.push(("Holdfast, Postgres", Kind::Holdfast { database: postgres }));
    }
    let mut subjects = Vec::new();
    for ((name, kind), port) in wanted.iter().zip(3410..) {
        let subject = Subject::start(name, kind, port).await;
        let mut lines = Vec::new();
        for _ in 0..LINES {
            lines.push(Arc::new(Mutex::new(Client::open(port).await)));
        }
        let people = People::sign_up(&mut *lines[0].lock().await, PEOPLE).await;
        println!("{name}: ready in {:?}, {} people", subject.started_in, people.all.len());
        subjects.push((subject, lines, people, Vec::new()));
    }
    for round in 1..=rounds {
        for (subject, lines, people, all) in &mut subjects {
            let logins = measure(subject, closed_loop(&lines[..AT_ONCE], people, Act::Login, lasting)).await;
            let rate = logins.per_second / 2.0;
            let half = measure(subject, open_loop(lines, people, Act::Login, rate, lasting)).await;
            let sessions = measure(subject, closed_loop(&lines[..AT_ONCE], people, Act::Session, lasting)).await;
            println!(
                "round {round}, {}: {:.0} logins/s, {:.0} session checks/s",
                subject.name, logins.per_second, sessions.per_second
            );
            all.push((logins, half, sessions));
        }
    }
    let figures: Vec<_> = subjects
        .into_iter()
        .map(|(subject, .., all)| Figures {
            name: subject.name.clone(),
            started_in: subject.started_in,
            idle_kb: subject.idle_kb,
            logins: median(all.iter().map(|(logins, ..)| logins)),
            half: median(all.iter().map(|(_, half, _)| half)),
            sessions: median(all.iter().map(|(.., sessions)| sessions)),
        })
        .collect();
    let text = report::of(&figures, seconds, rounds);
    println!("{text}");
    if std::env::args().any(|argument| argument == "--write") {
        report::write(&text);
    }
}

async fn measure(subject: &Subject, load: impl Future<Output = (Vec<Duration>, usize, Duration)>) -> Outcome {
    let before = subject.cpu();
    let (mut times, failed, took) = load.await;
    let cpu = subject.cpu().saturating_sub(before);
    times.sort_unstable();
    let count = u32::try_from(times.len()).unwrap().max(1);
    Outcome {
        per_second: f64::from(count) / took.as_secs_f64(),
        p50: quantile(&times, 0.5),
        p99: quantile(&times, 0.99),
        cpu: cpu / count,
        failed,
        resident_kb: subject.resident_kb(),
    }
}

/// Each figure's own median.
fn median<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Outcome {
    let all: Vec<_> = outcomes.collect();
    let middle = |of: &dyn Fn(&Outcome) -> f64| {
        let mut values: Vec<_> = all.iter().map(|outcome| of(outcome)).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let time =
        |of: fn(&Outcome) -> Duration| Duration::from_secs_f64(middle(&|outcome| of(outcome).as_secs_f64()));
    Outcome {
        per_second: middle(&|outcome| outcome.per_second),
        p50: time(|outcome| outcome.p50),
        p99: time(|outcome| outcome.p99),
        cpu: time(|outcome| outcome.cpu),
        failed: all.iter().map(|outcome| outcome.failed).sum(),
        resident_kb: all.iter().map(|outcome| outcome.resident_kb).max().unwrap_or_default(),
    }
}
