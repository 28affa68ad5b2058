//! Passkeys that a recovery has suspended, found without reading all passkeys.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    // Looked for every few seconds, and there are few.
    "CREATE INDEX credentials_suspended ON credentials (suspended_at) WHERE suspended_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
