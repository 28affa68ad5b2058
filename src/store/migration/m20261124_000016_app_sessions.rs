//! Sessions that go on in apps on hosts of their own, and the codes they begin with.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "CREATE TABLE app_codes (
        hash       BYTES PRIMARY KEY NOT NULL,
        session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        host       VARCHAR(255) NOT NULL,
        back       VARCHAR(2048) NOT NULL,
        state      BYTES NOT NULL,
        opened     TEXT NOT NULL,
        expires_at BIGINT NOT NULL)",
    "CREATE INDEX app_codes_session ON app_codes (session_id, host)",
    "CREATE INDEX app_codes_expires ON app_codes (expires_at)",
    "CREATE TABLE app_sessions (
        hash        BYTES PRIMARY KEY NOT NULL,
        session_id  UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        host        VARCHAR(255) NOT NULL,
        issued_at   BIGINT NOT NULL,
        replaced_at BIGINT,
        opened      TEXT NOT NULL)",
    "CREATE INDEX app_sessions_session ON app_sessions (session_id, host)",
    "CREATE INDEX app_sessions_replaced ON app_sessions (replaced_at) WHERE replaced_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
