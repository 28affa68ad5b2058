//! What the alert rules have found, and how far they have read.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    // `subject` is a digest: whose or what it is about is in the sealed body.
    "CREATE TABLE alerts (
        id              UUID PRIMARY KEY NOT NULL,
        rule            VARCHAR(64) NOT NULL,
        severity        VARCHAR(16) NOT NULL,
        subject         BYTES NOT NULL,
        opened_at       BIGINT NOT NULL,
        last_at         BIGINT NOT NULL,
        count           BIGINT NOT NULL,
        body            BYTES NOT NULL,
        acknowledged_at BIGINT,
        acknowledged_by UUID)",
    "CREATE UNIQUE INDEX alerts_once ON alerts (rule, subject, opened_at)",
    "CREATE INDEX alerts_time ON alerts (opened_at)",
    "CREATE TABLE alert_cursors (
        chain SMALLINT PRIMARY KEY NOT NULL,
        seq   BIGINT NOT NULL)",
    // So that there is something to lock from the first look on.
    "INSERT INTO alert_cursors (chain, seq) SELECT chain, 0 FROM chain_heads",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
