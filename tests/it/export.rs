//! `holdfast audit export`: from where on, how far, and what is told of what is missing.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use holdfast::audit::export::{Cursor, ExportError, Exported, Format, Wanted, export as write};
use holdfast::audit::{Event, EventType, Keeper, Origin, Sink};
use holdfast::clock::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{App, on_both_databases};

on_both_databases!(
    u10_an_export_in_parts_is_the_whole_and_the_same_cursor_gives_the_same_again,
    u10_what_comes_later_follows_and_nothing_comes_twice,
    u10_the_places_of_the_lines_are_a_cursor,
    a_moment_is_where_it_begins,
    a_cursor_of_elsewhere_is_refused,
    what_is_gone_or_cannot_be_opened_is_told_and_keeps_nothing_back,
    the_command_goes_on_from_the_last_line_that_it_told,
);

pub fn json_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

async fn try_export(
    app: &App,
    format: Format,
    since: Option<i64>,
    after: &str,
    limit: Option<u64>,
) -> Result<(Vec<String>, Exported), ExportError> {
    let after = if after.is_empty() { Cursor::default() } else { after.parse().unwrap() };
    let since = since.map(Timestamp);
    let wanted = Wanted { format, service: "login.example.test".to_owned(), since, after, limit };
    let mut out = Vec::new();
    let told = write(&app.state.trail, &wanted, &mut out).await?;
    let text = String::from_utf8(out).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    Ok((text.lines().map(str::to_owned).collect(), told))
}

pub async fn export(
    app: &App,
    format: Format,
    since: Option<i64>,
    after: &str,
    limit: Option<u64>,
) -> (Vec<String>, Exported) {
    try_export(app, format, since, after, limit).await.unwrap()
}

async fn ours(app: &App, after: &str, limit: Option<u64>) -> (Vec<String>, Exported) {
    export(app, Format::Jsonl, None, after, limit).await
}

/// So many events of so many people, a second apart.
async fn record(app: &App, count: u128) {
    for number in 0..count {
        app.advance(u64::from(number % 8 == 0));
        let tx = app.state.trail.begin().await.unwrap();
        let origin = Origin { request_id: format!("made-{number}"), ..Origin::default() };
        tx.record(origin, Event::success(EventType::SessionRenewed).user(Uuid::from_u128(number % 9)));
        tx.commit().await.unwrap();
    }
}

/// Of each chain the numbers, in the order in which they came.
fn numbers(lines: &[String]) -> BTreeMap<i64, Vec<i64>> {
    let mut numbers: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for line in lines {
        let place = json_of(line)["cursor"].as_str().unwrap().to_owned();
        let (chain, seq) = place.split_once(':').unwrap();
        numbers.entry(chain.parse().unwrap()).or_default().push(seq.parse().unwrap());
    }
    numbers
}

async fn u10_an_export_in_parts_is_the_whole_and_the_same_cursor_gives_the_same_again(app: App) {
    // More than are read at once.
    let tx = app.state.trail.begin().await.unwrap();
    for _ in 0..1100 {
        tx.record(Origin::default(), Event::success(EventType::SessionRenewed).user(Uuid::from_u128(99)));
    }
    tx.commit().await.unwrap();
    record(&app, 40).await;
    let (whole, told) = ours(&app, "", None).await;
    assert_eq!((whole.len(), told.lines), (1140, 1140));
    for (chain, numbers) in numbers(&whole) {
        assert!(numbers.iter().copied().eq((1..).take(numbers.len())), "chain {chain}: {numbers:?}");
    }
    let times: Vec<String> = whole.iter().map(|line| json_of(line)["time"].to_string()).collect();
    assert!(times.is_sorted(), "oldest first");

    let (mut parts, mut cursor) = (Vec::new(), String::new());
    loop {
        let (part, told) = ours(&app, &cursor, Some(97)).await;
        let again = ours(&app, &cursor, Some(97)).await;
        assert_eq!(again, (part.clone(), told.clone()), "the same cursor, the same lines");
        assert!(part.len() <= 97);
        if part.is_empty() {
            assert_eq!(told.cursor.to_string(), cursor, "nothing new, nowhere else");
            break;
        }
        parts.extend(part);
        cursor = told.cursor.to_string();
    }
    assert_eq!(parts, whole);
}

async fn u10_what_comes_later_follows_and_nothing_comes_twice(app: App) {
    record(&app, 20).await;
    let (before, told) = ours(&app, "", None).await;
    record(&app, 20).await;
    let (after, _) = ours(&app, &told.cursor.to_string(), None).await;
    assert_eq!((before.len(), after.len()), (20, 20));
    let (whole, _) = ours(&app, "", None).await;
    let mut both: Vec<&String> = before.iter().chain(&after).collect();
    let mut whole: Vec<&String> = whole.iter().collect();
    both.sort();
    whole.sort();
    assert_eq!(both, whole);
}

async fn u10_the_places_of_the_lines_are_a_cursor(app: App) {
    record(&app, 30).await;
    let (whole, _) = ours(&app, "", None).await;
    // Somebody has kept the first twelve, and nothing of what was told at the end.
    let kept = numbers(&whole[..12]);
    let cursor: Vec<String> = kept.iter().map(|(chain, all)| format!("{chain}:{}", all.last().unwrap())).collect();
    let (rest, _) = ours(&app, &cursor.join(","), None).await;
    assert_eq!(rest, whole[12..]);
}

async fn a_moment_is_where_it_begins(app: App) {
    record(&app, 10).await;
    app.advance(60);
    let since = app.now();
    record(&app, 10).await;
    let (lines, told) = export(&app, Format::Jsonl, Some(since), "", None).await;
    assert_eq!(lines, ours(&app, "", None).await.0[10..]);
    let (none, later) = export(&app, Format::Jsonl, Some(since + 3_600_000), "", None).await;
    assert_eq!(none.len(), 0);
    // Either cursor is at the end of every chain, also of those that had nothing to tell.
    assert_eq!(later.cursor, told.cursor);
    let chains = told.cursor.to_string().split(',').count();
    assert_eq!(chains, app.count("chain_heads").await);
    record(&app, 3).await;
    assert_eq!(ours(&app, &later.cursor.to_string(), None).await.0.len(), 3);
}

async fn a_cursor_of_elsewhere_is_refused(app: App) {
    record(&app, 3).await;
    for (cursor, what) in [("999:1", "names chain 999"), ("0:1000", "event 1000 of chain 0")] {
        let refused = try_export(&app, Format::Jsonl, None, cursor, None).await.unwrap_err().to_string();
        assert!(refused.contains(what) && refused.contains("another database"), "{refused}");
        assert!(!refused.contains('\n'));
    }
}

async fn what_is_gone_or_cannot_be_opened_is_told_and_keeps_nothing_back(app: App) {
    const DAY: u64 = 86_400;
    record(&app, 9).await;
    let (old, told) = ours(&app, "", Some(1)).await;
    assert_eq!(old.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::File(folder.path().join("checkpoints"));
    let keeper = Keeper::new(app.state.trail.clone(), "http://localhost:3000", sink);
    keeper.checkpoint().await.unwrap();
    app.advance(366 * DAY);
    assert_eq!(keeper.retain().await.unwrap(), 9);
    record(&app, 1).await;
    let (left, told) = ours(&app, &told.cursor.to_string(), None).await;
    let chains = numbers(&old).len();
    assert!(left.len() > chains, "what told of the cut, and one more: {left:?}");
    assert!(
        !told.notices.is_empty() && told.notices.iter().all(|it| it.contains("not there any more")),
        "{told:?}"
    );

    app.sql("UPDATE auth_events SET body = subject WHERE event_type = 'session_renewed'").await;
    let (same, told) = ours(&app, "", None).await;
    assert_eq!(same.len(), left.len());
    assert_eq!(told.notices.len(), 1, "{told:?}");
    assert!(told.notices[0].contains("cannot be opened"), "{told:?}");
    let unreadable = same.iter().filter(|line| json_of(line)["unreadable"] == true).count();
    assert_eq!(unreadable, 1);
}

fn run(app: &App, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(["audit", "export"]).args(arguments);
    command.env("HOLDFAST_DATABASE_URL", &app.state.config.database.url);
    command.env("HOLDFAST_SECRETS", &app.secrets).env("HOLDFAST_CONFIG", "").env("HOLDFAST_GEO_DB", "none");
    command.current_dir(app.secrets.parent().unwrap());
    command.output().unwrap()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    std::str::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

async fn the_command_goes_on_from_the_last_line_that_it_told(app: App) {
    record(&app, 12).await;
    let whole = run(&app, &[]);
    assert!(whole.status.success(), "{whole:?}");
    let whole = lines(&whole.stdout);
    assert_eq!(whole.len(), 12);
    let first = run(&app, &["--format", "jsonl", "--limit", "5"]);
    let cursor = lines(&first.stderr).pop().unwrap();
    let rest = run(&app, &["--after", &cursor]);
    assert_eq!([lines(&first.stdout), lines(&rest.stdout)].concat(), whole);
    for format in ["ocsf", "ecs"] {
        let output = run(&app, &["--format", format, "--since", "2026-11-22"]);
        assert_eq!(lines(&output.stdout).len(), 12, "{output:?}");
    }
    assert_eq!(lines(&run(&app, &["--since", "2027-01-01T00:00:00Z"]).stdout).len(), 0);
    for (arguments, sentence) in [
        (["--after", "nonsense"], "that is no cursor"),
        (["--after", "999:1"], "names chain 999"),
        (["--since", "yesterday"], "a moment looks like"),
        (["--format", "cef"], "ocsf, ecs or jsonl"),
    ] {
        let output = run(&app, &arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(sentence), "{arguments:?}: {told}");
    }
}
