//! Mail addresses beside the one given at sign-up, the codes that show whose they are, and the links that mails carry.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    // The address of `users` has a row here from the first time a code is asked for it; its id is then the person's.
    "CREATE TABLE addresses (
        id          UUID PRIMARY KEY NOT NULL,
        user_id     UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        address     VARCHAR(254) NOT NULL,
        added_at    BIGINT NOT NULL,
        verified_at BIGINT,
        removed_at  BIGINT)",
    "CREATE UNIQUE INDEX addresses_of_person ON addresses (user_id, address)",
    // A claim may be made by many; verified it is one account's, and stays so until it is gone for good.
    "CREATE UNIQUE INDEX addresses_verified ON addresses (address) WHERE verified_at IS NOT NULL",
    "CREATE INDEX addresses_removed ON addresses (removed_at)",
    "CREATE TABLE address_codes (
        address_id UUID NOT NULL REFERENCES addresses (id) ON DELETE CASCADE,
        session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        code       BYTES NOT NULL,
        tries      INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at    BIGINT,
        PRIMARY KEY (address_id, session_id))",
    "CREATE INDEX address_codes_session ON address_codes (session_id)",
    "CREATE INDEX address_codes_expiry ON address_codes (expires_at)",
    // No reference to the session: its row may be gone before the link is.
    "CREATE TABLE mail_links (
        hash       BYTES PRIMARY KEY NOT NULL,
        kind       VARCHAR(32) NOT NULL,
        user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        session_id UUID NOT NULL,
        address_id UUID,
        before_id  UUID,
        about      BYTES NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        used_at    BIGINT)",
    "CREATE INDEX mail_links_person ON mail_links (user_id)",
    "CREATE INDEX mail_links_expiry ON mail_links (expires_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
