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

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

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
        ]
    }
}
