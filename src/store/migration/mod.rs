//! Versioned schema changes, applied in order and never edited once released.

mod m20261122_000001_accounts;
mod m20261122_000002_auth_events;
mod m20261122_000003_session_tokens;
mod m20261123_000004_payout;
mod m20261123_000005_risk;
mod m20261123_000006_audit;
mod m20261123_000007_throttle;
mod m20261123_000008_outbox;
mod m20261123_000009_alerts;
mod m20261123_000010_roles;
mod m20261123_000011_addresses;
mod m20261123_000012_risk_level;
mod m20261123_000013_passkey_care;
mod m20261123_000014_account_deletions;
mod m20261123_000015_recovery;
mod m20261124_000016_app_sessions;
mod m20261124_000017_suspended;

use std::collections::HashSet;
use std::sync::Arc;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, Database, DatabaseBackend, ProxyDatabaseTrait, ProxyExecResult, ProxyRow, Statement,
};

use super::sqlite::Turn;

/// Run statements that both databases understand once bytes and ids have the name that each gives them.
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        let statement = match manager.get_database_backend() {
            DatabaseBackend::Postgres => statement.replace("BYTES", "BYTEA"),
            _ => statement.replace("BYTES", "BLOB").replace("UUID", "BLOB"),
        };
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Bring a SQLite file up to this binary's schema, in one turn.
pub async fn on_sqlite(turn: Turn) -> Result<(), DbErr> {
    let turn = Arc::new(turn);
    let db = Database::connect_proxy(DatabaseBackend::Sqlite, Arc::new(Box::new(InTurn(turn.clone())))).await?;
    // A newer one is as good.
    if !is_complete(&db).await? {
        Migrator::up(&db, None).await?;
    }
    drop(db);
    let turn = Arc::into_inner(turn).ok_or_else(|| DbErr::Migration("still at it".to_owned()))?;
    turn.commit().await
}

/// sea-orm's migrations take a connection of its own; this one is one, and writes through a turn.
#[derive(Debug)]
struct InTurn(Arc<Turn>);

#[async_trait::async_trait]
impl ProxyDatabaseTrait for InTurn {
    async fn query(&self, statement: Statement) -> Result<Vec<ProxyRow>, DbErr> {
        Ok(self.0.run(statement).await?.rows)
    }

    async fn execute(&self, statement: Statement) -> Result<ProxyExecResult, DbErr> {
        if statement.values.is_none() {
            return self.0.batch(&statement.sql);
        }
        Ok(self.0.run(statement).await?.result)
    }
}

/// Whether nothing is left to be done.
pub async fn is_complete(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let tables = match db.get_database_backend() {
        DatabaseBackend::Sqlite => "SELECT name FROM sqlite_master WHERE name = 'seaql_migrations'",
        _ => "SELECT to_regclass('seaql_migrations')::text AS name",
    };
    let backend = db.get_database_backend();
    let table = db.query_one_raw(Statement::from_string(backend, tables)).await?;
    if table.is_none_or(|row| row.try_get::<Option<String>>("", "name").ok().flatten().is_none()) {
        return Ok(false);
    }
    let done = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    let done = db.query_all_raw(done).await?;
    let done = done.iter().map(|row| row.try_get("", "version")).collect::<Result<HashSet<String>, _>>()?;
    Ok(Migrator::migrations().iter().all(|migration| done.contains(migration.name())))
}

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_accounts::Migration),
            Box::new(m20261122_000002_auth_events::Migration),
            Box::new(m20261122_000003_session_tokens::Migration),
            Box::new(m20261123_000004_payout::Migration),
            Box::new(m20261123_000005_risk::Migration),
            Box::new(m20261123_000006_audit::Migration),
            Box::new(m20261123_000009_alerts::Migration),
            Box::new(m20261123_000008_outbox::Migration),
            Box::new(m20261123_000007_throttle::Migration),
            Box::new(m20261123_000010_roles::Migration),
            Box::new(m20261123_000011_addresses::Migration),
            Box::new(m20261123_000012_risk_level::Migration),
            Box::new(m20261123_000013_passkey_care::Migration),
            Box::new(m20261123_000014_account_deletions::Migration),
            Box::new(m20261123_000015_recovery::Migration),
            Box::new(m20261124_000016_app_sessions::Migration),
            Box::new(m20261124_000017_suspended::Migration),
        ]
    }
}
