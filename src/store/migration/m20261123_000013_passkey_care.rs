//! Where a passkey was last used, and the way from a passkey to the sessions that it opened.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "ALTER TABLE credentials ADD COLUMN last_used_device TEXT",
    "ALTER TABLE credentials ADD COLUMN last_used_network VARCHAR(64)",
    "CREATE INDEX sessions_credential ON sessions (credential_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
