//! Recovery: the codes that people save, recoveries under way, and passkeys that one has suspended.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "ALTER TABLE credentials ADD COLUMN suspended_at BIGINT",
    "CREATE TABLE recovery_codes (
        id         UUID PRIMARY KEY NOT NULL,
        user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        code       BYTES NOT NULL,
        created_at BIGINT NOT NULL,
        used_at    BIGINT)",
    "CREATE UNIQUE INDEX recovery_codes_code ON recovery_codes (user_id, code)",
    // One that nobody's address was found for has no person, and is otherwise like any other.
    "CREATE TABLE recoveries (
        id              UUID PRIMARY KEY NOT NULL,
        token           BYTES NOT NULL,
        user_id         UUID REFERENCES users (id) ON DELETE CASCADE,
        restores        UUID REFERENCES credentials (id) ON DELETE CASCADE,
        mail_code       BYTES NOT NULL,
        mail_expires_at BIGINT NOT NULL,
        mail_tries      INTEGER NOT NULL,
        saved_tries     INTEGER NOT NULL,
        begun_at        BIGINT NOT NULL,
        mail_at         BIGINT,
        saved_at        BIGINT,
        tier            VARCHAR(32),
        waiting_since   BIGINT,
        due_at          BIGINT,
        ends_at         BIGINT NOT NULL,
        notices         INTEGER NOT NULL,
        ended_at        BIGINT,
        ended           VARCHAR(32),
        about           BYTES NOT NULL)",
    "CREATE UNIQUE INDEX recoveries_token ON recoveries (token)",
    // Of a person's, one waits at a time.
    "CREATE UNIQUE INDEX recoveries_waiting ON recoveries (user_id) WHERE due_at IS NOT NULL AND ended_at IS NULL",
    "CREATE INDEX recoveries_person ON recoveries (user_id)",
    "CREATE INDEX recoveries_end ON recoveries (ends_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
