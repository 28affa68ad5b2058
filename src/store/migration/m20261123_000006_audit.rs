//! The audit trail becomes a hash chain: rows that cannot be altered without it being noticed, what is personal in them sealed,
//! and columns to find them by that name nobody.
//!
//! Rows of the older form are dropped. They were never released, and cannot be sealed without the keys.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// As many chains as there may be writers at work at once without waiting for each other.
const CHAINS_ON_POSTGRES: u16 = 64;

// `id` and what stands after `hash` are outside the chain: an order for the eye, and what rows are found by. The latter are digests,
// and are emptied when a person is erased.
const COLUMNS: &str = "
    chain      SMALLINT NOT NULL,
    seq        BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    event_type VARCHAR(64) NOT NULL,
    outcome    VARCHAR(16) NOT NULL,
    reason     VARCHAR(64),
    risk_score INTEGER NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    trace_id   VARCHAR(32),
    subject    BYTES NOT NULL,
    body       BYTES NOT NULL,
    hash       BYTES NOT NULL,
    person     BYTES,
    network    BYTES,
    browser    BYTES,
    credential BYTES";

const TABLES: &[&str] = &[
    "CREATE TABLE chain_heads (
        chain     SMALLINT PRIMARY KEY NOT NULL,
        seq       BIGINT NOT NULL,
        hash      BYTES NOT NULL,
        root_seq  BIGINT NOT NULL,
        root_hash BYTES NOT NULL)",
    // The key that a person's events are sealed with, or a month's; itself sealed. Without its row they are unreadable for ever.
    "CREATE TABLE audit_keys (
        id         UUID PRIMARY KEY NOT NULL,
        user_id    UUID UNIQUE REFERENCES users (id) ON DELETE CASCADE,
        month      VARCHAR(7) UNIQUE,
        sealed     BYTES NOT NULL,
        created_at BIGINT NOT NULL)",
    "CREATE TABLE audit_checkpoints (
        at   BIGINT PRIMARY KEY NOT NULL,
        note TEXT NOT NULL)",
];

const INDEXES: &[&str] = &[
    "CREATE INDEX auth_events_person ON auth_events (person, created_at)",
    "CREATE INDEX auth_events_network ON auth_events (network, created_at)",
    "CREATE INDEX auth_events_request ON auth_events (request_id)",
    "CREATE INDEX auth_events_time ON auth_events (created_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let is_postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        let bytes = if is_postgres { "BYTEA" } else { "BLOB" };
        let columns = COLUMNS.replace("BYTES", bytes);
        db.execute_unprepared("DROP TABLE auth_events").await?;
        if is_postgres {
            db.execute_unprepared(&format!(
                "CREATE TABLE auth_events (id BIGINT GENERATED ALWAYS AS IDENTITY, {columns},
                 PRIMARY KEY (chain, seq, created_at)) PARTITION BY RANGE (created_at)"
            ))
            .await?;
            // Catches what no month's partition holds, so that an event is never refused.
            db.execute_unprepared("CREATE TABLE auth_events_other PARTITION OF auth_events DEFAULT").await?;
        } else {
            db.execute_unprepared(&format!(
                "CREATE TABLE auth_events (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns}, UNIQUE (chain, seq))"
            ))
            .await?;
        }
        for table in TABLES {
            let mut table = table.replace("BYTES", bytes);
            if !is_postgres {
                table = table.replace("UUID", "BLOB");
            }
            db.execute_unprepared(&table).await?;
        }
        for index in INDEXES {
            db.execute_unprepared(index).await?;
        }
        let zeros = if is_postgres { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
        for chain in 0..if is_postgres { CHAINS_ON_POSTGRES } else { 1 } {
            db.execute_unprepared(&format!("INSERT INTO chain_heads VALUES ({chain}, 0, {zeros}, 0, {zeros})"))
                .await?;
        }
        Ok(())
    }
}
