//! The figures as a page, with what DESIGN §8 asks for beside them.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use crate::Figures;

const BEGIN: &str = "<!-- bench:begin -->\n";
const END: &str = "<!-- bench:end -->\n";

fn said_by(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().to_owned()
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':']))
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn us(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "megabytes")]
fn mb(kilobytes: u64) -> String {
    format!("{:.0} MB", kilobytes as f64 / 1024.0)
}

pub fn of(all: &[Figures], seconds: u64, rounds: u64) -> String {
    let mut text = format!(
        "Measured {} on {}, at commit {}{}: {rounds} rounds of {seconds} s a measurement, in turn; medians.\n\n",
        said_by("date", &["-u", "+%Y-%m-%d"]),
        machine(),
        said_by("git", &["rev-parse", "--short", "HEAD"]),
        if said_by("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty() {
            ""
        } else {
            " and changes"
        },
    );
    text += "| | ";
    text += &all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" | ");
    text += " |\n|---|";
    text += &"---|".repeat(all.len());
    text.push('\n');
    let mut row = |name: &str, of: &dyn Fn(&Figures) -> String| {
        let cells: Vec<_> = all.iter().map(of).collect();
        writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
    };
    row("logins, closed loop", &|one| format!("{:.0}/s", one.logins.per_second));
    row("processor time of one", &|one| us(one.logins.cpu));
    row("p50 · p99", &|one| format!("{} · {}", ms(one.logins.p50), ms(one.logins.p99)));
    row("logins at half of that rate, open loop: p50 · p99", &|one| {
        format!("{} · {}", ms(one.half.p50), ms(one.half.p99))
    });
    row("session checks, closed loop", &|one| format!("{:.0}/s", one.sessions.per_second));
    row("processor time of one", &|one| us(one.sessions.cpu));
    row("p50 · p99", &|one| format!("{} · {}", ms(one.sessions.p50), ms(one.sessions.p99)));
    row("resident memory, idle · afterwards", &|one| {
        format!("{} · {}", mb(one.idle_kb), mb(one.sessions.resident_kb))
    });
    row("start to listening", &|one| format!("{:.0} ms", one.started_in.as_secs_f64() * 1e3));
    row("failed", &|one| format!("{}", one.logins.failed + one.half.failed + one.sessions.failed));
    text + "\n" + &budgets(&all[0], &all[1])
}

/// Against what was asked for.
fn budgets(base: &Figures, ours: &Figures) -> String {
    let mut text = "| budget (SQLite) | asked | measured | |\n|---|---|---|---|\n".to_owned();
    let mut row = |name: &str, asked: &str, measured: String, is_met: bool| {
        let verdict = if is_met { "met" } else { "missed" };
        writeln!(text, "| {name} | {asked} | {measured} | {verdict} |").unwrap();
    };
    let cpu = ours.logins.cpu.as_secs_f64() / base.logins.cpu.as_secs_f64();
    row("processor time of a login", "≤ 1/4 of the baseline's", format!("{cpu:.2} of it"), cpu <= 0.25);
    let rate = ours.logins.per_second / base.logins.per_second;
    row("logins a second", "≥ 4x the baseline's", format!("{rate:.2}x"), rate >= 4.0);
    let checks = ours.sessions.per_second / base.sessions.per_second;
    row("session checks a second", "≥ 15x the baseline's", format!("{checks:.2}x"), checks >= 15.0);
    let tail = ours.half.p99.as_secs_f64() / ours.half.p50.as_secs_f64();
    row("p99 of a login at half of peak", "≤ 5x its p50", format!("{tail:.1}x"), tail <= 5.0);
    row("memory, idle", "≤ 40 MB", mb(ours.idle_kb), ours.idle_kb <= 40 * 1024);
    let peak = ours.logins.resident_kb.max(ours.sessions.resident_kb);
    row("memory, at peak load", "≤ 120 MB", mb(peak), peak <= 120 * 1024);
    let start = ours.started_in;
    row("start to listening, existing database", "≤ 150 ms", ms(start), start <= Duration::from_millis(150));
    let size = std::fs::metadata("target/release/holdfast").map_or(0, |file| file.len());
    row("binary, site included", "≤ 30 MB", mb(size / 1024), size <= 30 * 1024 * 1024);
    text
}

pub fn write(text: &str) {
    let path = "docs/benchmarks.md";
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap_or_else(|| panic!("{path} has no place for it"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("{path} has no place for it"));
    std::fs::write(path, format!("{before}{BEGIN}{text}{END}{after}")).unwrap();
}
