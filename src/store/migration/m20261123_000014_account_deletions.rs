//! Accounts that will be deleted, and when.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "CREATE TABLE account_deletions (
        user_id  UUID PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        asked_at BIGINT NOT NULL,
        due_at   BIGINT NOT NULL)",
    "CREATE INDEX account_deletions_due ON account_deletions (due_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
