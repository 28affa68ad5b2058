//! What the risk engine remembers: a person's sign-ins, how common things are among everybody, and its decisions with the
//! policies they were made by.
//!
//! Events no longer keep the user agent as it was sent: what can be told from it is kept instead.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "ALTER TABLE users ADD COLUMN sign_ins BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE users ADD COLUMN recovered_at BIGINT",
    "UPDATE users SET sign_ins = (SELECT COUNT(*) FROM auth_events e WHERE e.user_id = users.id
        AND e.event_type IN ('user_created', 'authn_login_success'))",
    "ALTER TABLE sessions ADD COLUMN answered_at BIGINT",
    "ALTER TABLE sessions ADD COLUMN device_known_since BIGINT",
    "ALTER TABLE sessions ADD COLUMN passkey_created_at BIGINT",
    "ALTER TABLE sessions ADD COLUMN asns TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE sessions ADD COLUMN is_automated BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE sessions ADD COLUMN anchor TEXT",
    "ALTER TABLE sessions ADD COLUMN used_at BIGINT",
    "ALTER TABLE auth_events ADD COLUMN device TEXT",
    "ALTER TABLE auth_events ADD COLUMN country VARCHAR(2)",
    "ALTER TABLE auth_events ADD COLUMN asn BIGINT",
    "ALTER TABLE auth_events DROP COLUMN user_agent",
    // Digests are keyed, so the rows name no network and no browser to who has only the database.
    "CREATE TABLE sign_ins (
        id         UUID PRIMARY KEY NOT NULL,
        user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        session_id UUID NOT NULL,
        at         BIGINT NOT NULL,
        network    BIGINT,
        asn        BIGINT,
        country    BIGINT,
        agent      BIGINT,
        browser    BIGINT,
        os         BIGINT,
        class      BIGINT,
        device     BIGINT,
        place      TEXT NOT NULL,
        is_counted BOOLEAN NOT NULL DEFAULT FALSE)",
    "CREATE INDEX sign_ins_user ON sign_ins (user_id, at)",
    "CREATE INDEX sign_ins_age ON sign_ins (at)",
    "CREATE INDEX sign_ins_session ON sign_ins (session_id)",
    "CREATE INDEX sign_ins_uncounted ON sign_ins (at) WHERE NOT is_counted",
    // How many sign-ins had this value; `value` 0 with the feature's negative number: how many values there are, and so on.
    "CREATE TABLE sign_in_counts (
        feature INTEGER NOT NULL,
        value   BIGINT NOT NULL,
        count   BIGINT NOT NULL,
        last_at BIGINT NOT NULL,
        PRIMARY KEY (feature, value))",
    "CREATE INDEX sign_in_counts_age ON sign_in_counts (last_at)",
    "CREATE TABLE risk_policies (
        version       VARCHAR(16) PRIMARY KEY NOT NULL,
        body          TEXT NOT NULL,
        first_used_at BIGINT NOT NULL)",
    "CREATE TABLE risk_decisions (
        id         UUID PRIMARY KEY NOT NULL,
        created_at BIGINT NOT NULL,
        user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        session_id UUID,
        request_id VARCHAR(64) NOT NULL,
        moment     VARCHAR(32) NOT NULL,
        decision   VARCHAR(16) NOT NULL,
        score      BIGINT NOT NULL,
        threshold  BIGINT NOT NULL,
        signals    TEXT NOT NULL,
        policy     VARCHAR(16) NOT NULL,
        model      VARCHAR(64) NOT NULL,
        geo        VARCHAR(160) NOT NULL,
        input      BYTES NOT NULL)",
    "CREATE INDEX risk_decisions_user ON risk_decisions (user_id, created_at)",
    "CREATE INDEX risk_decisions_time ON risk_decisions (created_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
