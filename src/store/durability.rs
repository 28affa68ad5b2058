//! Whether what is committed outlives a power cut.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use super::{Error, Store};

/// What must be on, by the names that Postgres has for it.
const POSTGRES: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

impl Store {
    /// Settings of the database with which an answer may be taken back when the power fails: a sentence each. None, if all is as
    /// it should be.
    pub async fn lax_settings(&self) -> Result<Vec<String>, Error> {
        if self.reader().get_database_backend() == DatabaseBackend::Sqlite {
            let journal = self.value("PRAGMA journal_mode", "journal_mode").await?;
            let is_good = matches!(journal.as_deref(), Some("wal" | "memory"));
            return Ok(if is_good { Vec::new() } else { vec![lax("journal_mode", journal)] });
        }
        let mut found = Vec::new();
        for name in POSTGRES {
            let value = self.value(&format!("SHOW {name}"), name).await?;
            if value.as_deref() == Some("off") {
                found.push(lax(name, value));
            }
        }
        Ok(found)
    }

    async fn value(&self, sql: &str, column: &str) -> Result<Option<String>, Error> {
        let db = self.reader();
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        row.map(|row| row.try_get("", column)).transpose()
    }
}

fn lax(name: &str, value: Option<String>) -> String {
    let value = value.unwrap_or_default();
    format!("the database has {name} = {value}: what was answered may be lost when the machine loses power")
}
