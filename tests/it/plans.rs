//! What people wait for is found by an index, however many rows there are: the plan of each statement that is really sent, on a
//! database that has been filled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use holdfast::jobs::lease::Holder;
use holdfast::jobs::{self, JOBS};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::support::dbsc::{self, https};
use crate::support::{App, Backend, Key, flip_last_bit, run};

#[path = "../../benches/load/fill.rs"]
mod fill;

use fill::Cell::{Account, Bytes, Id, Sql};
use fill::{ACCOUNTS, EVENTS, Growth, SESSIONS};

// On one thread: what is caught is caught of a thread.
mod sqlite {
    #[tokio::test]
    async fn no_large_table_is_read_from_end_to_end() {
        super::run(super::Backend::Sqlite, super::no_large_table_is_read_from_end_to_end).await;
    }
}
mod postgres {
    #[tokio::test]
    async fn no_large_table_is_read_from_end_to_end() {
        super::run(super::Backend::Postgres, super::no_large_table_is_read_from_end_to_end).await;
    }
}

/// So many accounts; sessions are three times as many, events ten times.
const GROWN: i64 = 5_000;

/// What else grows with people. Where nothing is written on one of the databases, nothing is filled.
const MORE: &[Growth] = &[
    more("ceremonies", 4, "TRUE", &[("challenge", Bytes("e")), ("browser", Bytes("b")), ("expires_at", LATER)]),
    // Features of everybody's sign-ins are numbered from 1; the totals are below.
    more("sign_in_counts", 4, "feature > 0", &[("feature", Sql("1 + n % 8")), ("value", Sql("1000000 + n"))]),
    more("throttles", 4, "TRUE", &[("key", Bytes("x")), ("idle_at", Sql("9000000000000000 + n"))]),
    more("api_keys", 4, "TRUE", &[("id", Id("y")), ("user_id", Account("u")), ("hash", Bytes("y"))]),
    more("addresses", 1, "TRUE", &[("id", Id("z")), ("user_id", Account("u")), ("address", ADDRESS)]),
    more("mail_links", 4, "TRUE", &[("hash", Bytes("m")), ("user_id", Account("u"))]),
    more("app_sessions", 3, "TRUE", &[("hash", Bytes("w")), ("session_id", Id("s"))]),
    more("dbsc_sessions", 3, "TRUE", &[("id", Sql("'dbsc-' || n")), ("session_id", Id("s"))]),
    more("dbsc_challenges", 3, "TRUE", &[("hash", Bytes("q")), ("dbsc_id", Sql("'dbsc-' || n"))]),
    more("proofs_seen", 3, "TRUE", &[("session_id", Id("s")), ("jti", Bytes("j")), ("expires_at", LATER)]),
];
/// Who throws away nearly all rows does well to read all of them; as a rule few are due at once.
const LATER: fill::Cell = Sql("1900000000000 + n");
const ADDRESS: fill::Cell = Sql("'grown-' || n || '@example.test'");

/// These stay small, or it is meant that all of it is read.
const SMALL: [(&str, &str); 16] = [
    ("step_up_grants", "gone after minutes"),
    ("app_codes", "gone after half a minute"),
    ("chain_heads", "64 rows on Postgres, one on SQLite"),
    ("alert_cursors", "one row for each chain"),
    ("job_leases", "one row for each job"),
    ("alerts", "what somebody should look at; grouped and forgotten"),
    ("roles", "operators"),
    ("risk_policies", "one row for each version of the settings"),
    ("audit_checkpoints", "one row a minute at most, and the newest is asked for"),
    ("seaql_migrations", "one row for each change of the schema"),
    ("account_deletions", "those under way"),
    ("outbox", "looked through by what is still to be sent, which partial indexes hold"),
    ("recoveries", "those under way"),
    ("recovery_codes", "read when codes are made or shown, not here"),
    ("address_codes", "gone after minutes"),
    ("proofs_of_work", "gone after minutes"),
];

/// Partial indexes that may be read from end to end: they hold only what is still to be done.
const TO_DO: [&str; 2] = ["session_tokens_sealed", "sign_ins_uncounted"];

const fn more(
    table: &'static str,
    each: i64,
    like: &'static str,
    cells: &'static [(&'static str, fill::Cell)],
) -> Growth {
    Growth { table, each, cells, like }
}

/// What was caught: on SQLite statements, on Postgres the plans by which it ran them.
#[derive(Clone, Default)]
struct Caught(Arc<Mutex<BTreeSet<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Caught {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

impl Visit for Caught {
    fn record_str(&mut self, field: &Field, value: &str) {
        let plan = value.starts_with("duration: ").then(|| value.split_once("plan:\n")).flatten();
        match (field.name(), plan) {
            ("sql", _) => self.0.lock().unwrap().insert(value.to_owned()),
            ("message", Some((_, plan))) => self.0.lock().unwrap().insert(plan.to_owned()),
            _ => false,
        };
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Caught {
    fn catch(&self) -> tracing::subscriber::DefaultGuard {
        // As in canary.rs: with one subscriber alone, a line that another thread meets first would be off for all.
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));
        LazyLock::force(&ANOTHER);
        tracing::subscriber::set_default(Registry::default().with(self.clone()))
    }
}

/// What people and jobs do all the time: one of each.
async fn a_day(app: &App, secure: &App, name: &str) {
    let mut browser = app.browser();
    let key = browser.sign_up(&format!("{name}@example.test")).await;
    browser.confirm(app, &format!("{name}@example.test"), &key).await;
    browser.guarded_post("/api-keys", &json!({ "name": "backend" }), &key).await.success();
    for path in
        ["/auth/session", "/auth/events", "/auth/events?limit=5", "/auth/sessions", "/auth/passkeys", "/account"]
    {
        browser.get(path).await;
    }
    app.advance(16 * 60);
    browser.session().await.success();
    refused(app, &key).await;
    browser.sign_out().await.success();
    browser.sign_in(&key).await.success();

    let mut bound = app.browser();
    bound.sign_up_bound(&format!("{name}-bound@example.test")).await;
    bound.session().await.success();
    app.advance(16 * 60);
    bound.rotate().await.success();
    for path in ["/auth/events", "/auth/sessions", "/auth/passkeys"] {
        bound.get(path).await.success();
    }
    let mut held = secure.browser();
    let (mut dbsc, _) = dbsc::sign_up(&mut held, &format!("{name}-dbsc@example.test")).await;
    app.advance(8 * 60);
    dbsc.refresh(&mut held).await.ok();
    held.session().await.success();

    app.sql("UPDATE job_leases SET due_at = 0").await;
    let context = app.state.jobs();
    let holder = Holder::new(&context).unwrap();
    for job in JOBS.iter().filter(|job| job.name != "partitions") {
        jobs::once(job, &context, &holder).await.unwrap();
    }
    // Counted last: what is idle has just been tidied away.
    refused(app, &key).await;
}

async fn refused(app: &App, key: &Key) {
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    browser.finish_sign_in(flip_last_bit(&key.get(&options), "signature")).await.refusal(400, "signature_invalid");
}

async fn no_large_table_is_read_from_end_to_end(app: App) {
    let is_postgres = app.db.get_database_backend() == DatabaseBackend::Postgres;
    if is_postgres {
        // Postgres says by which plan it ran what it was sent, values and all; also what foreign keys ask.
        for setting in [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_level = 'notice'",
            "auto_explain.log_format = 'json'",
            "auto_explain.log_nested_statements = on",
        ] {
            app.sql(&format!(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {}', current_database()); END $$",
                setting.replace('\'', "''")
            ))
            .await;
        }
    }
    let (watched, secure) = (app.beside(&[]).await, https(&app).await);
    // Rows to be like.
    a_day(&watched, &secure, "ada").await;
    app.sql(
        "INSERT INTO app_sessions (hash, session_id, host, issued_at, opened)
            SELECT hash, session_id, 'app.example', 0, '{}' FROM session_tokens LIMIT 1",
    )
    .await;
    fill::make_months(&app.db, app.now()).await.unwrap();
    for growth in ACCOUNTS.iter().chain(SESSIONS).chain(EVENTS).chain(MORE) {
        let rows = growth.grow(&app.db, &(0..GROWN), app.now()).await.unwrap();
        assert_eq!(i64::try_from(rows).unwrap(), GROWN * growth.each, "{}: no row to be like", growth.table);
    }
    app.sql("ANALYZE").await;

    let caught = Caught::default();
    let guard = caught.catch();
    a_day(&watched, &secure, "bob").await;
    drop(guard);
    let caught = std::mem::take(&mut *caught.0.lock().unwrap());
    assert!(caught.len() > 100, "{}", caught.len());

    let mut read = BTreeMap::new();
    for one in &caught {
        let (sql, scans) = if is_postgres { of_plan(one) } else { (one.clone(), explained(&app, one)) };
        let large: Vec<_> = scans.into_iter().filter(|scan| is_large(scan)).collect();
        if !large.is_empty() {
            read.insert(sql, large);
        }
    }
    println!("{} statements, {} read a large table whole", caught.len(), read.len());
    assert!(read.is_empty(), "{read:#?}");
}

fn is_large(scan: &str) -> bool {
    let mut words = scan.split_whitespace();
    let (table, index) = (words.next().unwrap(), words.next_back().unwrap_or_default());
    // A part of the statement that has a name is no table.
    table != "picked" && !TO_DO.contains(&index) && !SMALL.iter().any(|(small, _)| *small == table)
}

/// Which tables SQLite would read from end to end.
fn explained(app: &App, sql: &str) -> Vec<String> {
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first.as_str()) {
        return Vec::new();
    }
    let file = app.url.strip_prefix("sqlite://").unwrap().split('?').next().unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines: Vec<String> = statement.raw_query().mapped(|row| row.get("detail")).map(Result::unwrap).collect();
    let scans = lines.iter().filter_map(|line| line.strip_prefix("SCAN "));
    // Not a table: a list of values, a part of the statement.
    scans
        .filter(|scan| !scan.starts_with(['(', '0']) && !scan.contains("CONSTANT ROW"))
        .map(str::to_owned)
        .collect()
}

/// The statement, and which tables Postgres read from end to end.
fn of_plan(plan: &str) -> (String, Vec<String>) {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let mut scans = Vec::new();
    look(&plan["Plan"], &mut scans);
    (plan["Query Text"].as_str().unwrap().to_owned(), scans)
}

fn look(node: &Value, scans: &mut Vec<String>) {
    if node["Node Type"] == "Seq Scan" {
        let relation = node["Relation Name"].as_str().unwrap();
        // What no month holds is empty, and so is the month to come.
        if relation != "auth_events_other" && relation != "auth_events_2026_12" {
            scans.push(relation.to_owned());
        }
    }
    node["Plans"].as_array().into_iter().flatten().for_each(|part| look(part, scans));
}
