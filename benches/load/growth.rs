//! Whether a sign-in and a session check cost more where there are many accounts, and what an account takes up: `make growth`.
//!
//! The same server over the same database, first with a thousand accounts and then with as many as asked for: real people who
//! signed up over HTTP, among rows like theirs. Each of them has three sessions and ten events.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use holdfast::Database;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio::sync::Mutex;

use crate::client::Client;
use crate::fill::{ACCOUNTS, EVENTS, Growth, SESSIONS, make_months};
use crate::subject::{Kind, Subject};
use crate::work::{Act, Outcome, People, closed_loop};
use crate::{measure, median};

/// With so many accounts it begins…
const FEW: i64 = 1_000;
/// …of whom so many are people.
const PEOPLE: i64 = 500;
/// So few at once that they do not wait for each other.
const AT_ONCE: usize = 2;
/// So many accounts' rows in one transaction.
const CHUNK: usize = 20_000;
/// A p50 may be so much slower with many accounts.
const BUDGET: f64 = 1.3;

/// What was measured with so many accounts.
struct Measured {
    logins: Outcome,
    sessions: Outcome,
    /// Written for one of them: to the file on SQLite, to the write-ahead log on Postgres.
    login_bytes: u64,
    session_bytes: u64,
}

struct Grown {
    subject: Subject,
    port: u16,
    postgres: Option<String>,
    people: Arc<People>,
}

#[expect(clippy::cast_precision_loss, reason = "figures")]
pub async fn run(accounts: u64, lasting: Duration, rounds: u64) {
    let many = i64::try_from(accounts).unwrap().max(FEW);
    let mut databases = vec![("SQLite", None)];
    if let Ok(url) = std::env::var("HOLDFAST_TEST_POSTGRES_URL") {
        databases.push(("Postgres", Some(url)));
    }
    let mut text = String::from(
        "| | 1 k accounts | with all | ratio | written for one: few · all |\n|---|---|---|---|---|\n",
    );
    for ((name, postgres), port) in databases.into_iter().zip(3450..) {
        let mut grown = Grown::start(name, postgres, port).await;
        grown.grow(name, PEOPLE..FEW).await;
        let few = grown.measure(lasting, rounds).await;
        let bytes = grown.grow(name, FEW..many).await;
        let all = grown.measure(lasting, rounds).await;
        for (act, few, all, before, after) in [
            ("login", &few.logins, &all.logins, few.login_bytes, all.login_bytes),
            ("session check", &few.sessions, &all.sessions, few.session_bytes, all.session_bytes),
        ] {
            let ratio = all.p50.as_secs_f64() / few.p50.as_secs_f64();
            writeln!(
                text,
                "| {name}, {act}: p50 | {:.2} ms | {:.2} ms | {ratio:.2} {} | {before} · {after} bytes |",
                few.p50.as_secs_f64() * 1e3,
                all.p50.as_secs_f64() * 1e3,
                if ratio <= BUDGET { "met" } else { "missed" },
            )
            .unwrap();
            writeln!(
                text,
                "| {name}, {act}: p99 · processor · failed | {:.2} ms · {} µs · {} | {:.2} ms · {} µs · {} | | |",
                few.p99.as_secs_f64() * 1e3,
                few.cpu.as_micros(),
                few.failed,
                all.p99.as_secs_f64() * 1e3,
                all.cpu.as_micros(),
                all.failed
            )
            .unwrap();
        }
        if many > FEW {
            let each = |at: usize, rows: i64| bytes[at] as f64 / ((many - FEW) * rows) as f64;
            writeln!(
                text,
                "| {name}, bytes of an account · a session with its sign-in · an event | | {:.0} · {:.0} · {:.0} | | {:.1} GB in all |",
                each(0, 1),
                each(1, 3),
                each(2, 10),
                bytes.iter().sum::<u64>() as f64 / 1e9
            )
            .unwrap();
        }
    }
    println!(
        "{many} accounts, {rounds} rounds of {lasting:?}, {AT_ONCE} at once, {PEOPLE} people among them\n\n{text}"
    );
}

impl Grown {
    async fn start(name: &str, postgres: Option<String>, port: u16) -> Self {
        let subject = Subject::start(name, &Kind::Holdfast { database: postgres.clone() }, port).await;
        let mut client = Client::open(port).await;
        let people = People::sign_up(&mut client, usize::try_from(PEOPLE).unwrap()).await;
        Self { subject, port, postgres, people }
    }

    async fn database(&self) -> Database {
        let file = || format!("sqlite://{}?mode=rw", self.subject.folder.join("holdfast.db").display());
        Database::beside(&self.postgres.clone().unwrap_or_else(file)).await.unwrap()
    }

    /// While the server is down. Answers by how many bytes the database has grown for accounts, sessions and events.
    async fn grow(&mut self, name: &str, numbers: std::ops::Range<i64>) -> Vec<u64> {
        let began = Instant::now();
        self.subject.pause();
        let db = self.database().await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_millis()).unwrap();
        make_months(&db, now).await.unwrap();
        let mut bytes = Vec::new();
        for group in [ACCOUNTS, SESSIONS, EVENTS] {
            let before = size(&db).await;
            let indexes = drop_indexes(&db, group).await;
            for first in numbers.clone().step_by(CHUNK) {
                let chunk = first..numbers.end.min(first + i64::try_from(CHUNK).unwrap());
                for growth in group {
                    growth.grow(&db, &chunk, now).await.unwrap();
                }
            }
            for index in indexes {
                db.execute_unprepared(&index).await.unwrap();
            }
            bytes.push(size(&db).await.saturating_sub(before));
            println!("{name}: {} up to {} accounts after {:?}", group[0].table, numbers.end, began.elapsed());
        }
        if self.postgres.is_some() {
            db.execute_unprepared("VACUUM (ANALYZE)").await.unwrap();
            db.execute_unprepared("CHECKPOINT").await.unwrap();
        }
        db.close().await.unwrap();
        self.subject.go_on(self.port, self.postgres.as_deref()).await;
        bytes
    }

    async fn measure(&mut self, lasting: Duration, rounds: u64) -> Measured {
        let mut lines = Vec::new();
        for _ in 0..AT_ONCE {
            lines.push(Arc::new(Mutex::new(Client::open(self.port).await)));
        }
        let people = Arc::get_mut(&mut self.people).unwrap();
        people.sign_in_again(&mut *lines[0].lock().await).await;
        // What lies on the disk comes to memory first.
        for act in [Act::Login, Act::Session] {
            closed_loop(&lines, &self.people, act, Duration::from_secs(2)).await;
        }
        let db = self.database().await;
        let (mut logins, mut sessions) = (Vec::new(), Vec::new());
        let mut written = [0, 0];
        for _ in 0..rounds {
            for (at, (act, all)) in
                [(Act::Login, &mut logins), (Act::Session, &mut sessions)].into_iter().enumerate()
            {
                let before = self.written(&db).await;
                let outcome = measure(&self.subject, closed_loop(&lines, &self.people, act, lasting)).await;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]
                let count = (outcome.per_second * lasting.as_secs_f64()) as u64;
                written[at] += (self.written(&db).await - before) / count.max(1);
                all.push(outcome);
            }
        }
        db.close().await.unwrap();
        let [login_bytes, session_bytes] = written.map(|sum| sum / rounds);
        Measured { logins: median(logins.iter()), sessions: median(sessions.iter()), login_bytes, session_bytes }
    }

    async fn written(&self, db: &Database) -> u64 {
        match self.postgres {
            Some(_) => number(db, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS n").await,
            None => self.subject.written(),
        }
    }
}

async fn size(db: &Database) -> u64 {
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            "SELECT page_count * page_size AS n FROM pragma_page_count(), pragma_page_size()"
        }
        _ => "SELECT pg_database_size(current_database()) AS n",
    };
    number(db, sql).await
}

async fn number(db: &Database, sql: &str) -> u64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    u64::try_from(row.try_get::<i64>("", "n").unwrap()).unwrap()
}

/// Without them rows are written many times as fast. Answers what makes them again; those that keep rows apart stay.
async fn drop_indexes(db: &Database, group: &[Growth]) -> Vec<String> {
    let tables: Vec<_> = group.iter().map(|growth| format!("'{}'", growth.table)).collect();
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            "SELECT name AS name, sql AS made FROM sqlite_master
             WHERE type = 'index' AND sql NOT LIKE 'CREATE UNIQUE%' AND tbl_name IN "
        }
        _ => {
            "SELECT indexname::text AS name, replace(indexdef, ' ON ONLY ', ' ON ') AS made FROM pg_indexes
             WHERE indexdef NOT LIKE 'CREATE UNIQUE%' AND tablename IN "
        }
    };
    let sql = format!("{sql} ({})", tables.join(", "));
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let mut made = Vec::new();
    for row in rows {
        let name: String = row.try_get("", "name").unwrap();
        db.execute_unprepared(&format!("DROP INDEX {name}")).await.unwrap();
        made.push(row.try_get("", "made").unwrap());
    }
    made
}
