//! How many instructions of the processor a sign-in and a session check take, by Valgrind's callgrind: the same number on a busy machine and
//! on a quiet one. `make bench-check` compares them with `benches/instructions.toml`, so that no change makes them dearer unseen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::subject::{Kind, Subject};
use crate::work::{Act, People};

const FILE: &str = "benches/instructions.toml";
const PORT: u16 = 3480;
/// What a figure may differ by from the one that is kept, in hundredths.
const TOLERANCE: f64 = 10.0;
/// The least of so many rounds counts: what is slow because the machine is busy does more by the clock meanwhile.
const ROUNDS: usize = 3;
/// Says which compiler has made the program.
const COMPILER: &str = "HOLDFAST_TEST_RUSTC";
const PEOPLE: usize = 10;

/// Count, and compare or write.
pub async fn run() {
    let subject = Subject::start("Holdfast under callgrind", &Kind::Counted, PORT).await;
    let mut line = Client::open(PORT).await;
    let people = People::sign_up(&mut line, PEOPLE).await;
    let mut counts = BTreeMap::new();
    // What happens by itself, meanwhile.
    zero(&subject);
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(5)).await;
    #[expect(clippy::cast_precision_loss, reason = "instructions of a few seconds")]
    let idle = dump(&subject) as f64 / began.elapsed().as_secs_f64();
    for _ in 0..ROUNDS {
        for (name, act, count) in [("login", Act::Login, 50_u32), ("session_check", Act::Session, 300)] {
            people.each(&mut line, act, count / 4).await;
            zero(&subject);
            let began = Instant::now();
            people.each(&mut line, act, count).await;
            #[expect(clippy::cast_precision_loss, reason = "instructions of a few seconds")]
            let all = dump(&subject) as f64 - idle * began.elapsed().as_secs_f64();
            let each = all / f64::from(count);
            counts.entry(name).and_modify(|least: &mut f64| *least = least.min(each)).or_insert(each);
        }
    }
    if std::env::args().any(|argument| argument == "--write") {
        return write(&counts);
    }
    compare(&counts);
}

fn control(subject: &Subject, what: &str) {
    let told = Command::new("callgrind_control").args([what, &subject.id().to_string()]).output().unwrap();
    assert!(told.status.success(), "callgrind_control: {}", String::from_utf8_lossy(&told.stdout));
}

fn zero(subject: &Subject) {
    control(subject, "--zero");
}

/// How many there were since the last zero.
fn dump(subject: &Subject) -> u64 {
    let dumps = || {
        let files = fs::read_dir(subject.folder()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("callgrind.")).collect();
        files.sort();
        files
    };
    for old in dumps() {
        fs::remove_file(old).unwrap();
    }
    control(subject, "--dump");
    // A file for each dump; the last line of each says how much.
    let total = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let totals = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
        totals.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or_default()
    };
    dumps().iter().map(|path| total(path)).sum()
}

fn write(counts: &BTreeMap<&str, f64>) {
    let mut text =
        "# Instructions for each, by `make bench-check ARGS=--write`; without ARGS it compares with these.\n"
            .to_owned();
    writeln!(text, "compiler = {:?}", std::env::var(COMPILER).unwrap_or_default()).unwrap();
    for (name, count) in counts {
        writeln!(text, "{name} = {count:.0}").unwrap();
    }
    fs::write(FILE, &text).unwrap();
    println!("{text}");
}

fn compare(counts: &BTreeMap<&str, f64>) {
    let kept: toml::Table = fs::read_to_string(FILE).unwrap().parse().unwrap();
    // Another compiler makes another program.
    let is_same = std::env::var(COMPILER).ok().as_deref() == kept["compiler"].as_str();
    if !is_same {
        println!("instructions: another compiler than {}, so this only tells", kept["compiler"]);
    }
    let mut is_dearer = false;
    for (name, count) in counts {
        #[expect(clippy::cast_precision_loss, reason = "instructions of one request")]
        let before = kept[*name].as_integer().unwrap() as f64;
        let change = (count / before - 1.0) * 100.0;
        println!("instructions: {name} {count:.0}, kept {before:.0}, {change:+.1} %");
        is_dearer |= is_same && change > TOLERANCE;
        if change < -TOLERANCE {
            println!("  cheaper than what is kept: `make bench-check ARGS=--write` keeps it so");
        }
    }
    assert!(!is_dearer, "dearer by more than {TOLERANCE} %; if that is worth it, `make bench-check ARGS=--write`");
}
