//! Throttling: counters, proofs of work that were redeemed, and how often in a row a passkey has failed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    // Keys are keyed digests: the rows name nobody. Times are microseconds. A row is of no use any more from `idle_at` on.
    "CREATE TABLE throttles (
        key      BYTES PRIMARY KEY NOT NULL,
        requests BIGINT NOT NULL,
        failures BIGINT NOT NULL,
        noted_at BIGINT NOT NULL,
        idle_at  BIGINT NOT NULL)",
    "CREATE INDEX throttles_idle ON throttles (idle_at)",
    "CREATE TABLE proofs_of_work (
        key        BYTES PRIMARY KEY NOT NULL,
        expires_at BIGINT NOT NULL)",
    "CREATE INDEX proofs_of_work_expiry ON proofs_of_work (expires_at)",
    "ALTER TABLE credentials ADD COLUMN failures BIGINT NOT NULL DEFAULT 0",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
