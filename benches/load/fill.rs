//! Rows as a service with many accounts has them, by SQL: each is like one that the server wrote itself, under a key of its own.
//!
//! Keys come in no order, as real ones do, so that an index is as deep and as scattered as it would be.

use std::ops::Range;

use holdfast::Database;
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

/// Over so many milliseconds before now they were written.
const SPREAD: i64 = 50 * 24 * 60 * 60 * 1000;

/// What a column of a new row holds, where it is not what the row that it is like holds.
#[derive(Clone, Copy)]
pub enum Cell {
    /// An id of this kind, by the row's number.
    Id(&'static str),
    /// An id of this kind, by the number of the account.
    Account(&'static str),
    /// 32 bytes of this kind, by the row's number.
    Bytes(&'static str),
    /// 32 bytes of this kind, by the number of the account.
    AccountBytes(&'static str),
    /// A time before now.
    Time,
    /// SQL; `n` is the row's number.
    Sql(&'static str),
}

/// How a table grows.
pub struct Growth {
    pub table: &'static str,
    /// So many rows an account.
    pub each: i64,
    pub cells: &'static [(&'static str, Cell)],
    /// Which row they are like.
    pub like: &'static str,
}

use Cell::{Account, AccountBytes, Bytes, Id, Sql, Time};

const fn of(table: &'static str, each: i64, like: &'static str, cells: &'static [(&'static str, Cell)]) -> Growth {
    Growth { table, each, cells, like }
}

/// What an account has.
pub const ACCOUNTS: &[Growth] = &[
    of("users", 1, "TRUE", &[("id", Id("u")), ("email", Sql("'grown-' || n || '@example.test'"))]),
    of("credentials", 1, "TRUE", &[("id", Id("c")), ("credential_id", Bytes("k")), ("user_id", Account("u"))]),
    of("audit_keys", 1, "user_id IS NOT NULL", &[("id", Id("a")), ("user_id", Account("u"))]),
    of("known_devices", 1, "TRUE", &[("device", Bytes("d")), ("user_id", Account("u"))]),
];

/// What its sessions have, with what is remembered of the sign-ins.
pub const SESSIONS: &[Growth] = &[
    of(
        "sessions",
        3,
        "ended_at IS NULL AND device_key IS NULL",
        &[("id", Id("s")), ("user_id", Account("u")), ("credential_id", Account("c"))],
    ),
    of("session_tokens", 3, "state = 'current'", &[("hash", Bytes("t")), ("session_id", Id("s"))]),
    of(
        "sign_ins",
        3,
        "TRUE",
        &[
            ("id", Id("i")),
            ("user_id", Account("u")),
            ("session_id", Id("s")),
            ("at", Time),
            ("is_counted", Sql("TRUE")),
        ],
    ),
    of(
        "risk_decisions",
        3,
        "TRUE",
        &[
            ("id", Id("r")),
            ("user_id", Account("u")),
            ("session_id", Id("s")),
            ("created_at", Time),
            ("request_id", Sql("'request-' || n")),
        ],
    ),
];

/// What happened. Numbered downwards from nothing: the chains themselves stay whole.
pub const EVENTS: &[Growth] = &[of(
    "auth_events",
    10,
    "person IS NOT NULL",
    &[
        ("chain", Sql("0")),
        ("seq", Sql("-1 - n")),
        ("created_at", Time),
        ("request_id", Sql("'event-' || n")),
        ("hash", Bytes("h")),
        ("person", AccountBytes("p")),
        ("network", AccountBytes("w")),
    ],
)];

impl Growth {
    /// Give these accounts their rows. Answers how many that were.
    pub async fn grow(&self, db: &impl ConnectionTrait, accounts: &Range<i64>, now: i64) -> Result<u64, DbErr> {
        let backend = db.get_database_backend();
        let (mut into, mut from) = (Vec::new(), Vec::new());
        for column in columns(db, self.table).await? {
            let cell = self.cells.iter().find(|(name, _)| *name == column);
            from.push(
                cell.map_or_else(|| format!("o.\"{column}\""), |(_, cell)| cell.sql(backend, self.each, now)),
            );
            into.push(format!("\"{column}\""));
        }
        let (table, like) = (self.table, self.like);
        let (first, last) = (accounts.start * self.each, accounts.end * self.each - 1);
        let sql = format!(
            "INSERT INTO {table} ({}) WITH RECURSIVE numbers (n) AS (
                SELECT CAST({first} AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
             SELECT {} FROM numbers, (SELECT * FROM {table} WHERE {like} LIMIT 1) o",
            into.join(", "),
            from.join(", "),
        );
        Ok(db.execute_raw(Statement::from_string(backend, sql)).await?.rows_affected())
    }
}

impl Cell {
    fn sql(self, backend: DatabaseBackend, each: i64, now: i64) -> String {
        match self {
            Id(kind) => id(backend, kind, "n"),
            Account(kind) => id(backend, kind, &format!("(n / {each})")),
            Bytes(kind) => bytes(backend, kind, "n"),
            AccountBytes(kind) => bytes(backend, kind, &format!("(n / {each})")),
            // Two hours and a bit apart, again and again through the whole time.
            Time => format!("{now} - (n * 7919003) % {SPREAD}"),
            Sql(sql) => sql.to_owned(),
        }
    }
}

fn id(backend: DatabaseBackend, kind: &str, n: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => scattered(kind, n, 4),
        _ => format!("md5('{kind}' || {n})::uuid"),
    }
}

fn bytes(backend: DatabaseBackend, kind: &str, n: &str) -> String {
    match backend {
        DatabaseBackend::Sqlite => scattered(kind, n, 8),
        _ => format!("sha256(('{kind}' || {n})::bytea)"),
    }
}

/// SQLite has no hash: odd multipliers give each number another place among 2³².
fn scattered(kind: &str, n: &str, words: usize) -> String {
    const ODD: [i64; 8] = [
        2_654_435_761,
        2_246_822_519,
        3_266_489_917,
        668_265_263,
        374_761_393,
        2_870_177_449,
        1_103_515_245,
        69_069,
    ];
    let kind: i64 = kind.bytes().map(i64::from).sum();
    let word = |odd: &i64| format!("({n} * {odd} + {}) % 4294967296", kind * 15_485_863);
    let all: Vec<_> = ODD[..words].iter().map(word).collect();
    format!("unhex(printf('{}', {}))", "%08x".repeat(words), all.join(", "))
}

/// Those that are not numbered by the database itself.
async fn columns(db: &impl ConnectionTrait, table: &str) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DatabaseBackend::Sqlite => {
            // An integer that alone is the key.
            format!(
                "SELECT name AS name FROM pragma_table_info('{table}') WHERE NOT (pk = 1 AND type = 'INTEGER'
                 AND (SELECT MAX(pk) FROM pragma_table_info('{table}')) = 1)"
            )
        }
        _ => format!(
            "SELECT column_name::text AS name FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = '{table}' AND is_identity = 'NO' ORDER BY ordinal_position"
        ),
    };
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}

/// On Postgres: a partition for each month that rows are spread over.
pub async fn make_months(db: &Database, now: i64) -> Result<(), DbErr> {
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    db.execute_unprepared(&format!(
        "DO $$ DECLARE month timestamptz; name text; BEGIN
           FOR month IN SELECT generate_series(date_trunc('month', to_timestamp({from}), 'UTC'), to_timestamp({now}), '1 month') LOOP
             name := 'auth_events_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
             IF to_regclass(name) IS NULL THEN
               EXECUTE format('CREATE TABLE %s PARTITION OF auth_events FOR VALUES FROM (%s) TO (%s)', name,
                 extract(epoch FROM month)::bigint * 1000,
                 extract(epoch FROM (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC')::bigint * 1000);
             END IF;
           END LOOP; END $$",
        from = (now - SPREAD) / 1000,
        now = now / 1000,
    ))
    .await?;
    Ok(())
}
