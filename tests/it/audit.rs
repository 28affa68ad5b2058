//! The audit trail: written with what it tells of, chained, and checked against what was signed.

use std::time::Duration;

use holdfast::audit::checkpoint::Checkpoint;
use holdfast::audit::{Event, EventType, Keeper, Origin, Report, Sink, verify};
use holdfast::jobs::{self, JOBS, lease::Holder};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use uuid::Uuid;

use crate::support::receiver::Receiver;
use crate::support::{App, Key, contains, on_both_databases};

on_both_databases!(
    u01_u02_an_event_says_who_what_when_where_and_in_which_trace,
    u05_every_edit_of_every_row_is_found,
    u05_what_was_deleted_inserted_moved_or_swapped_is_found,
    u05_an_end_that_was_cut_off_is_found_with_a_checkpoint,
    u05_a_trail_that_was_written_anew_is_found_with_a_checkpoint,
    u07_a_checkpoint_leaves_at_most_every_five_minutes,
    u07_a_checkpoint_leaves_by_webhook_and_the_receivers_copy_proves_the_trail,
    u08_many_writers_leave_no_gap_and_no_fork,
    u09_a_person_who_is_forgotten_leaves_the_chain_whole_and_nothing_to_read,
    u12_what_is_too_old_is_cut_off_at_a_signed_checkpoint,
    what_is_not_committed_is_not_told,
);

/// What keeps this app's trail, and where its checkpoints lie.
struct Kept {
    keeper: Keeper,
    file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl Kept {
    fn of(app: &App) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints");
        let keeper = Keeper::new(app.state.trail.clone(), "http://localhost:3000", Sink::File(file.clone()));
        Self { keeper, file, _folder: folder }
    }

    fn read(&self) -> Vec<Checkpoint> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        Checkpoint::read_all(&text, &self.keeper.verifier_key()).unwrap()
    }
}

async fn check(app: &App, checkpoints: &[Checkpoint]) -> Report {
    verify(&app.state.trail, checkpoints).await.unwrap()
}

/// Somebody signs up, in and out, and fails in between: events of several kinds, with a person and without.
async fn some_history(app: &App) {
    for address in ["ada@example.test", "bob@example.test"] {
        let mut browser = app.browser();
        let key = browser.sign_up(address).await;
        browser.sign_out().await.success();
        app.advance(1);
        browser.sign_in(&key).await.success();
        fail(app).await;
    }
}

/// Somebody fails with a passkey that nobody knows.
async fn fail(app: &App) {
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    assert_eq!(browser.finish_sign_in(Key::new().get(&options)).await.status, 400);
}

async fn change(app: &App, sql: &str) -> u64 {
    app.db.execute_unprepared(sql).await.unwrap().rows_affected()
}

async fn numbers(app: &App, sql: &str) -> Vec<i64> {
    let statement = Statement::from_string(
        app.db.get_database_backend(),
        format!("SELECT CAST(n AS BIGINT) AS n FROM ({sql}) t"),
    );
    let rows = app.db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "n").unwrap()).collect()
}

async fn u01_u02_an_event_says_who_what_when_where_and_in_which_trace(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let options = browser.begin_sign_in().await;
    let header = format!("00-{trace}-00f067aa0ba902b7-01");
    let body = serde_json::json!({ "response": key.get(&options) }).to_string();
    let headers = [("traceparent", header.as_str()), ("content-type", "application/json")];
    let answer = browser.send(axum::http::Method::POST, "/auth/passkey/login/verify", &headers, body.into()).await;
    answer.success();
    let event = app.events_of("authn_login_success").await.pop().unwrap();
    let stored = app.stored().await;
    assert_eq!(event.user_id, Some(stored.users[0].id));
    assert_eq!(event.credential_id, Some(stored.credentials[0].id));
    assert_eq!(event.created_at, app.now());
    assert_eq!(event.network.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(event.request_id, answer.header("x-request-id"));
    assert_eq!(event.trace_id.as_deref(), Some(trace));
    assert_eq!(event.outcome, "success");
    let risk = event.details.risk.unwrap();
    assert_eq!((risk.threshold, risk.decision.as_str()), (60, "allow"));
    // Without a trace of the caller's there is one of ours, the same for all that one request does.
    let made = app.events_of("user_created").await.pop().unwrap();
    assert_eq!(made.trace_id.as_ref().map(String::len), Some(32));
    assert_ne!(made.trace_id.as_deref(), Some(trace));
}

/// Each column of a row, and what somebody might write there.
const EDITS: &[(&str, &str)] = &[
    ("seq", "seq + 1000"),
    ("created_at", "created_at + 1"),
    ("event_type", "'authn_login_success_'"),
    ("outcome", "'x'"),
    ("reason", "'x'"),
    ("risk_score", "risk_score + 1"),
    ("request_id", "'x'"),
    ("trace_id", "'x'"),
    ("subject", "body"),
    ("body", "subject"),
    ("hash", "body"),
    ("person", "hash"),
    ("person", "NULL"),
    ("network", "hash"),
    ("browser", "hash"),
    ("credential", "hash"),
];

async fn u05_every_edit_of_every_row_is_found(app: App) {
    some_history(&app).await;
    let whole = check(&app, &[]).await;
    assert_eq!(whole.faults, Vec::<String>::new());
    let ids = numbers(&app, "SELECT id AS n FROM auth_events ORDER BY id").await;
    assert_eq!(whole.events, ids.len() as u64);
    assert!(ids.len() > 6, "{ids:?}");
    app.sql("CREATE TABLE kept AS SELECT * FROM auth_events").await;
    for id in ids {
        for (column, value) in EDITS {
            let edit = format!(
                "UPDATE auth_events SET {column} = {value} WHERE id = {id} AND
                NOT ({value} IS NULL AND {column} IS NULL)"
            );
            if change(&app, &edit).await == 0 {
                continue;
            }
            let report = check(&app, &[]).await;
            assert!(!report.faults.is_empty(), "event {id}: {column} = {value}");
            app.sql(&format!(
                "UPDATE auth_events SET {column} = (SELECT {column} FROM kept WHERE kept.id = {id}) WHERE id = {id}"
            ))
            .await;
        }
    }
    assert_eq!(check(&app, &[]).await, whole);
}

async fn u05_what_was_deleted_inserted_moved_or_swapped_is_found(app: App) {
    some_history(&app).await;
    let whole = check(&app, &[]).await;
    app.sql("CREATE TABLE kept AS SELECT * FROM auth_events").await;
    let columns = "chain, seq, created_at, event_type, outcome, reason, risk_score, request_id, trace_id, subject, body, hash,
        person, network, browser, credential";
    let restore = format!("INSERT INTO auth_events ({columns}) SELECT {columns} FROM kept ORDER BY id");
    let ids = numbers(&app, "SELECT id AS n FROM auth_events ORDER BY id").await;
    for id in ids {
        app.sql(&format!(
            "DELETE FROM auth_events WHERE (chain, seq) IN (SELECT chain, seq FROM kept WHERE id = {id})"
        ))
        .await;
        assert_eq!(check(&app, &[]).await.faults.len(), 1, "deleted {id}");
        app.sql("DELETE FROM auth_events").await;
        app.sql(&restore).await;
    }
    assert_eq!(check(&app, &[]).await, whole);

    // One more, as good as a copy of another can be: after the head, and before the beginning.
    for seq in ["(SELECT h.seq + 1 FROM chain_heads h WHERE h.chain = kept.chain)", "0"] {
        let columns_moved = columns.replacen("seq", seq, 1);
        app.sql(&format!("INSERT INTO auth_events ({columns}) SELECT {columns_moved} FROM kept LIMIT 1")).await;
        assert_eq!(check(&app, &[]).await.faults.len(), 1, "inserted at {seq}");
        app.sql("DELETE FROM auth_events").await;
        app.sql(&restore).await;
    }

    // Two change places.
    let chain = numbers(&app, "SELECT MIN(chain) AS n FROM kept GROUP BY chain HAVING COUNT(*) > 1").await;
    let chain = chain.first().copied();
    if let Some(chain) = chain {
        for (from, to) in [(1, -1), (2, 1), (-1, 2)] {
            app.sql(&format!("UPDATE auth_events SET seq = {to} WHERE chain = {chain} AND seq = {from}")).await;
        }
        assert!(!check(&app, &[]).await.faults.is_empty(), "swapped");
    }
}

async fn u05_an_end_that_was_cut_off_is_found_with_a_checkpoint(app: App) {
    let kept = Kept::of(&app);
    some_history(&app).await;
    kept.keeper.checkpoint().await.unwrap();
    let checkpoints = kept.read();
    assert_eq!(check(&app, &checkpoints).await.faults, Vec::<String>::new());

    // Whoever may write may also make the head fit. The trail alone then looks whole.
    let chain = numbers(&app, "SELECT MIN(chain) AS n FROM chain_heads WHERE seq > 1").await[0];
    app.sql(&format!("DELETE FROM auth_events WHERE chain = {chain} AND seq = (SELECT seq FROM chain_heads WHERE chain = {chain})")).await;
    app.sql(&format!(
        "UPDATE chain_heads SET seq = seq - 1, hash =
            (SELECT hash FROM auth_events e WHERE e.chain = {chain} AND e.seq = chain_heads.seq - 1) WHERE chain = {chain}"
    ))
    .await;
    assert_eq!(check(&app, &[]).await.faults, Vec::<String>::new());
    let report = check(&app, &checkpoints).await;
    assert_eq!(report.faults.len(), 1, "{report:?}");
    assert!(report.faults[0].contains("when a checkpoint was signed"), "{report:?}");
}

async fn u05_a_trail_that_was_written_anew_is_found_with_a_checkpoint(app: App) {
    let kept = Kept::of(&app);
    some_history(&app).await;
    kept.keeper.checkpoint().await.unwrap();
    // All of it goes, and a trail that never was takes its place, longer than the first.
    let zeros = if app.db.get_database_backend() == DatabaseBackend::Postgres {
        "decode(repeat('00', 32), 'hex')"
    } else {
        "zeroblob(32)"
    };
    app.sql("DELETE FROM auth_events").await;
    app.sql(&format!("UPDATE chain_heads SET seq = 0, hash = {zeros}")).await;
    for _ in 0..300 {
        fail(&app).await;
    }
    assert_eq!(check(&app, &[]).await.faults, Vec::<String>::new());
    let report = check(&app, &kept.read()).await;
    assert!(report.faults.iter().any(|fault| fault.contains("not the one that was attested")), "{report:?}");
}

async fn u07_a_checkpoint_leaves_at_most_every_five_minutes(app: App) {
    let kept = Kept::of(&app);
    app.browser().sign_up("ada@example.test").await;
    // Whoever asks comes once a minute.
    for _ in 0..30 {
        kept.keeper.checkpoint_if_due().await.unwrap();
        app.advance(60);
    }
    let times: Vec<i64> = kept.read().iter().map(|checkpoint| checkpoint.at.0).collect();
    assert!((6..=10).contains(&times.len()), "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 5 * 60_000), "{times:?}");
    // A clock that is put back does not stop them.
    app.clock.set(holdfast::clock::Timestamp(times[0] - 3_600_000));
    kept.keeper.checkpoint_if_due().await.unwrap();
    assert_eq!(kept.read().len(), times.len() + 1);
}

async fn u07_a_checkpoint_leaves_by_webhook_and_the_receivers_copy_proves_the_trail(app: App) {
    let receiver = Receiver::start().await;
    let sending = app.beside(&[("HOLDFAST_WEBHOOK_URL", &receiver.url)]).await;
    let audit = JOBS.iter().find(|job| job.name == "audit").unwrap();
    let context = sending.state.jobs();
    let holder = Holder::new(&context).unwrap();
    app.browser().sign_up("ada@example.test").await;
    for _ in 0..12 {
        jobs::once(audit, &context, &holder).await.unwrap();
        app.advance(60);
    }
    sending.state.outbox.deliver_due().await.unwrap();
    let notes: Vec<String> = receiver
        .checkpoints()
        .iter()
        .map(|received| serde_json::from_str::<serde_json::Value>(&received.body).unwrap())
        .map(|body| body["data"]["note"].as_str().unwrap().to_owned())
        .collect();
    assert!((3..=4).contains(&notes.len()), "one every four minutes, each once: {}", notes.len());
    let copy = Checkpoint::read_all(&notes.join("\n"), &sending.state.keeper.verifier_key()).unwrap();
    assert_eq!(check(&app, &copy).await.faults, Vec::<String>::new());
    app.sql("DELETE FROM auth_events").await;
    app.sql("UPDATE chain_heads SET seq = 0").await;
    assert!(!check(&app, &copy).await.faults.is_empty(), "what came by webhook shows what is missing");
}

async fn u08_many_writers_leave_no_gap_and_no_fork(app: App) {
    let other = app.beside(&[]).await;
    let people: Vec<Uuid> = {
        for address in ["ada@example.test", "bob@example.test", "cy@example.test"] {
            app.browser().sign_up(address).await;
        }
        app.stored().await.users.iter().map(|user| user.id).collect()
    };
    let before = app.events().await.len() as u64;
    let writers = (0..200_usize).map(|number| {
        let trail = if number % 2 == 0 { &app.state.trail } else { &other.state.trail };
        let people = &people;
        async move {
            let tx = trail.begin().await.unwrap();
            // Of several people, in any order: nobody may wait for anybody who waits for them.
            for step in 0..3 {
                let event =
                    Event::success(EventType::SessionRenewed).user(people[(number + number / 3 * step) % 3]);
                tx.record(Origin { request_id: format!("r{number}"), ..Origin::default() }, event);
            }
            if number % 5 == 4 {
                drop(tx);
            } else {
                tx.commit().await.unwrap();
            }
        }
    });
    tokio::time::timeout(Duration::from_mins(1), futures::future::join_all(writers)).await.unwrap();
    let report = check(&app, &[]).await;
    assert_eq!(report.faults, Vec::<String>::new());
    assert_eq!(report.events, before + 160 * 3);
}

async fn u09_a_person_who_is_forgotten_leaves_the_chain_whole_and_nothing_to_read(app: App) {
    some_history(&app).await;
    let user = app.stored().await.users[0].id;
    let theirs = app.state.trail.page_of_person(user, &[], None, 100).await.unwrap();
    assert!(theirs.len() >= 3 && theirs.iter().all(|event| event.details.is_some()), "{theirs:?}");
    let tx = app.state.trail.begin().await.unwrap();
    app.state.trail.forget_person(&*tx, user).await.unwrap();
    tx.commit().await.unwrap();

    let report = check(&app, &[]).await;
    assert_eq!((report.faults.len(), report.erased), (0, theirs.len() as u64), "{report:?}");
    assert_eq!(app.state.trail.page_of_person(user, &[], None, 100).await.unwrap(), []);
    let left = app.events().await;
    assert!(left.iter().all(|event| event.user_id != Some(user)));
    let values = app.every_value().await;
    for (column, value) in values.iter().filter(|(column, _)| column.starts_with("auth_events")) {
        assert!(!contains(value, user.as_bytes()), "{column}");
        assert!(!contains(value, user.simple().to_string().as_bytes()), "{column}");
    }
    // Bob's are still there.
    let bob = app.stored().await.users.iter().map(|user| user.id).find(|id| *id != user).unwrap();
    assert!(app.state.trail.page_of_person(bob, &[], None, 100).await.unwrap().len() >= 3);
}

async fn u12_what_is_too_old_is_cut_off_at_a_signed_checkpoint(app: App) {
    const DAY: u64 = 86_400;
    let kept = Kept::of(&app);
    some_history(&app).await;
    let old = app.events().await.len();
    kept.keeper.checkpoint().await.unwrap();
    app.advance(200 * DAY);
    some_history(&app).await;
    let all = app.events().await.len();
    assert_eq!(kept.keeper.retain().await.unwrap(), 0, "nothing is too old");
    app.advance(166 * DAY);
    assert_eq!(kept.keeper.retain().await.unwrap(), old as u64);
    assert_eq!(kept.keeper.retain().await.unwrap(), 0, "it is done once");
    let left = app.events().await;
    let cuts = left.iter().filter(|event| event.event_type == "audit_retention_applied");
    let told: u64 = cuts.clone().map(|event| event.details.count.unwrap()).sum();
    assert_eq!(told, old as u64, "it is told how many went");
    assert_eq!(left.len(), all - old + cuts.count());
    assert_eq!(check(&app, &kept.read()).await.faults, Vec::<String>::new());

    // Whoever cuts without a signature is found.
    let chain = numbers(&app, "SELECT MIN(chain) AS n FROM chain_heads WHERE seq > root_seq + 1").await[0];
    app.sql(&format!(
        "UPDATE chain_heads SET root_seq = root_seq + 1, root_hash = (SELECT hash FROM auth_events e
            WHERE e.chain = {chain} AND e.seq = chain_heads.root_seq + 1) WHERE chain = {chain}"
    ))
    .await;
    app.sql(&format!(
        "DELETE FROM auth_events WHERE chain = {chain} AND seq <= (SELECT root_seq FROM chain_heads WHERE chain = {chain})"
    ))
    .await;
    assert_eq!(check(&app, &[]).await.faults, Vec::<String>::new());
    let report = check(&app, &kept.read()).await;
    assert_eq!(report.faults.len(), 1, "{report:?}");
    assert!(report.faults[0].contains("no checkpoint says that it may"), "{report:?}");
}

async fn what_is_not_committed_is_not_told(app: App) {
    let tx = app.state.trail.begin().await.unwrap();
    tx.record(
        Origin { request_id: "r".to_owned(), ..Origin::default() },
        Event::success(EventType::SessionRenewed),
    );
    drop(tx);
    assert_eq!(app.events().await, []);
    assert_eq!(check(&app, &[]).await.events, 0);
}
