//! One statement on one connection.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};
use sea_orm::{DbErr, ProxyExecResult, ProxyRow, Statement, Value};

use super::columns::Kind;
use super::failure;
use crate::store::Error;

/// What takes longer than that is not run on a thread that serves others. Well above what a busy machine takes away in between.
const SLOW: Duration = Duration::from_millis(10);
/// Of so many statements the columns are remembered. There are about 300; lists of different lengths make more of them.
const REMEMBERED: usize = 2_000;
/// Prepared for each connection.
const PREPARED: usize = 256;

/// What a statement gave.
#[derive(Debug)]
pub(in crate::store) struct Done {
    pub(in crate::store) rows: Vec<ProxyRow>,
    pub(in crate::store) result: ProxyExecResult,
}

/// What is known of a statement since it first ran.
#[derive(Debug)]
pub(super) struct Known {
    columns: Vec<(String, Kind)>,
    /// Whether it took long when it last ran.
    is_slow: AtomicBool,
}

/// What is known of statements, by their text.
#[derive(Debug, Default)]
pub(super) struct Shapes(RwLock<HashMap<String, Arc<Known>>>);

impl Shapes {
    /// Whether it took long when it last ran.
    pub(super) fn is_slow(&self, sql: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(sql).is_some_and(|known| known.is_slow.load(Ordering::Relaxed))
    }

    fn of(&self, sql: &str, prepared: &CachedStatement<'_>) -> Arc<Known> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return known.clone();
        }
        // Where SQLite names no origin of what is returned, it can only be of the table that is written.
        let written = written_table(sql);
        let column = |column: rusqlite::ColumnMetadata<'_>| {
            let name = column.name();
            let kind = match column.table_name() {
                Some(table) => Kind::find(Some(table), column.origin_name()),
                None => Kind::find(written, Some(name)),
            };
            (name.to_owned(), kind)
        };
        let columns = prepared.columns_with_metadata().into_iter().map(column).collect();
        let known = Arc::new(Known { columns, is_slow: AtomicBool::new(false) });
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(sql.to_owned(), known.clone());
        known
    }

    /// Run it to its end.
    pub(super) fn run(&self, connection: &Connection, statement: &Statement) -> Result<Done, Error> {
        let began = Instant::now();
        let mut prepared = connection.prepare_cached(&statement.sql).map_err(failure::of)?;
        let known = self.of(&statement.sql, &prepared);
        if let Some(values) = &statement.values {
            bind(&mut prepared, &values.0)?;
        }
        let mut found = Vec::new();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().map_err(failure::of)? {
            let mut values = BTreeMap::new();
            for (at, (name, kind)) in known.columns.iter().enumerate() {
                let stored = row.get_ref(at).map_err(failure::of)?;
                values.insert(name.clone(), kind.read(stored)?);
            }
            found.push(ProxyRow::new(values));
        }
        drop(rows);
        known.is_slow.store(began.elapsed() > SLOW, Ordering::Relaxed);
        let last_insert_id = u64::try_from(connection.last_insert_rowid()).unwrap_or_default();
        Ok(Done { rows: found, result: ProxyExecResult::new(last_insert_id, connection.changes()) })
    }
}

/// Get a new connection ready for what is asked of it.
pub(super) fn prepare(connection: &Connection) {
    connection.set_prepared_statement_cache_capacity(PREPARED);
}

/// Whether it only reads.
pub(super) fn only_reads(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    ["SELECT", "PRAGMA", "EXPLAIN"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Which table it writes, if it writes.
fn written_table(sql: &str) -> Option<&str> {
    let mut words = sql.split_whitespace();
    let skipped = match words.next()?.to_ascii_uppercase().as_str() {
        "INSERT" | "DELETE" | "REPLACE" => 1,
        "UPDATE" => 0,
        _ => return None,
    };
    words.nth(skipped).map(|table| table.split('(').next().unwrap_or_default().trim_matches('"'))
}

/// `$2` and `?2` are the second value wherever they stand; a bare `?` is the next one.
fn bind(prepared: &mut CachedStatement<'_>, values: &[Value]) -> Result<(), Error> {
    let mut next = 0;
    for at in 1..=prepared.parameter_count() {
        let number = match prepared.parameter_name(at) {
            Some(name) => name[1..].parse::<usize>().map_err(|_| DbErr::Type(format!("parameter {name}")))?,
            None => next + 1,
        };
        next = number;
        let value = values.get(number.wrapping_sub(1)).ok_or_else(|| missing(number))?;
        prepared.raw_bind_parameter(at, parameter(value)?).map_err(failure::of)?;
    }
    Ok(())
}

fn missing(number: usize) -> Error {
    DbErr::Type(format!("no value for parameter {number}"))
}

fn parameter(value: &Value) -> Result<ToSqlOutput<'_>, Error> {
    let integer = |value: i64| ToSqlOutput::Owned(rusqlite::types::Value::Integer(value));
    let text = |value: &'_ str| ToSqlOutput::Owned(rusqlite::types::Value::Text(value.to_owned()));
    Ok(match value {
        Value::Bool(Some(value)) => integer(i64::from(*value)),
        Value::TinyInt(Some(value)) => integer(i64::from(*value)),
        Value::SmallInt(Some(value)) => integer(i64::from(*value)),
        Value::Int(Some(value)) => integer(i64::from(*value)),
        Value::BigInt(Some(value)) => integer(*value),
        Value::TinyUnsigned(Some(value)) => integer(i64::from(*value)),
        Value::SmallUnsigned(Some(value)) => integer(i64::from(*value)),
        Value::Unsigned(Some(value)) => integer(i64::from(*value)),
        Value::BigUnsigned(Some(value)) => {
            integer(i64::try_from(*value).map_err(|_| DbErr::Type(format!("{value} is too large")))?)
        }
        Value::Double(Some(value)) => ToSqlOutput::Owned(rusqlite::types::Value::Real(*value)),
        Value::String(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
        Value::Char(Some(value)) => text(value.encode_utf8(&mut [0; 4])),
        Value::Bytes(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        Value::Uuid(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
        Value::Bool(None)
        | Value::TinyInt(None)
        | Value::SmallInt(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::TinyUnsigned(None)
        | Value::SmallUnsigned(None)
        | Value::Unsigned(None)
        | Value::BigUnsigned(None)
        | Value::Double(None)
        | Value::String(None)
        | Value::Char(None)
        | Value::Bytes(None)
        | Value::Uuid(None) => ToSqlOutput::Borrowed(ValueRef::Null),
        other => return Err(DbErr::Type(format!("{other:?} is not bound on SQLite"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_writes_is_told_from_one_that_reads() {
        assert!(only_reads("select 1") && only_reads("  \n SELECT 1") && only_reads("PRAGMA journal_mode"));
        // May write, so it goes where writing is allowed.
        assert!(!only_reads("WITH a AS (SELECT 1) DELETE FROM b") && !only_reads(""));
        assert_eq!(written_table(r#"INSERT INTO "users" ("id") VALUES (?)"#), Some("users"));
        assert_eq!(written_table("INSERT INTO throttles(key) VALUES ($1)"), Some("throttles"));
        assert_eq!(written_table(r#"UPDATE "ceremonies" SET "consumed_at" = ?"#), Some("ceremonies"));
        assert_eq!(written_table("DELETE FROM a WHERE b"), Some("a"));
        assert_eq!(written_table("SELECT 1"), None);
    }

    #[test]
    fn parameters_are_found_by_their_numbers_and_else_in_order() {
        let connection = Connection::open_in_memory().expect("a database");
        let shapes = Shapes::default();
        let sum = |sql: &str, values: Vec<Value>| {
            let statement = Statement::from_sql_and_values(sea_orm::DatabaseBackend::Sqlite, sql, values);
            let done = shapes.run(&connection, &statement).map_err(|error| error.to_string())?;
            Ok::<i64, String>(done.rows[0].try_get("v").expect("a number"))
        };
        assert_eq!(sum("SELECT $2 * 100 + $1 * 10 + $2 AS v", vec![1_i64.into(), 2_i64.into()]), Ok(212));
        assert_eq!(sum("SELECT ? * 10 + ? AS v", vec![1_i64.into(), 2_i64.into()]), Ok(12));
        assert!(sum("SELECT ? + ? AS v", vec![1_i64.into()]).is_err());
    }

    #[test]
    fn what_is_returned_is_read_as_the_entity_has_it_however_it_is_asked_for() {
        let connection = Connection::open_in_memory().expect("a database");
        let table = "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, attempts INTEGER, claim BLOB, due_at INTEGER)";
        connection.execute_batch(table).expect("made");
        let expected = [Kind::BigInt, Kind::Int, Kind::Bytes, Kind::BigInt];
        for sql in [
            "SELECT * FROM outbox",
            "SELECT o.seq AS a, o.attempts AS b, o.claim AS c, o.due_at AS d FROM outbox o",
            "SELECT * FROM (SELECT * FROM outbox) o",
            "INSERT INTO outbox VALUES (1, 2, NULL, 3) RETURNING *",
            "UPDATE outbox SET attempts = attempts + 1 RETURNING seq, attempts, claim, due_at",
            "WITH picked AS MATERIALIZED (SELECT 1 AS seq) UPDATE outbox SET attempts = 1
                WHERE seq IN (SELECT seq FROM picked) RETURNING *",
            "DELETE FROM outbox RETURNING *",
        ] {
            let prepared = connection.prepare_cached(sql).expect("prepared");
            let kinds: Vec<_> =
                Shapes::default().of(sql, &prepared).columns.iter().map(|column| column.1).collect();
            assert_eq!(kinds, expected, "{sql}");
        }
    }
}
