//! Sessions that hold fast: token families, device keys, known devices, step-up grants, and what DBSC needs.
//!
//! `sessions` is made anew, because SQLite cannot drop a unique column. Everybody stays signed in: each token becomes
//! the first of its family.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "CREATE TABLE sessions_v2 (
        id                    UUID PRIMARY KEY NOT NULL,
        user_id               UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        credential_id         UUID REFERENCES credentials (id) ON DELETE SET NULL,
        created_at            BIGINT NOT NULL,
        expires_at            BIGINT NOT NULL,
        last_seen_at          BIGINT NOT NULL,
        last_network          VARCHAR(64),
        ended_at              BIGINT,
        end_reason            VARCHAR(32),
        devices               TEXT NOT NULL,
        networks              TEXT NOT NULL,
        known_device          BYTES,
        device_key            BYTES,
        device_key_thumbprint VARCHAR(43) UNIQUE,
        proof_seed            BYTES NOT NULL,
        stepped_up_until      BIGINT)",
    "CREATE TABLE session_tokens (
        hash        BYTES PRIMARY KEY NOT NULL,
        session_id  UUID NOT NULL REFERENCES sessions_v2 (id) ON DELETE CASCADE,
        generation  BIGINT NOT NULL,
        state       VARCHAR(16) NOT NULL,
        issued_at   BIGINT NOT NULL,
        seen_at     BIGINT,
        successor   BYTES)",
    "INSERT INTO sessions_v2 (id, user_id, credential_id, created_at, expires_at, last_seen_at, ended_at, devices,
                              networks, proof_seed)
        SELECT id, user_id, credential_id, created_at, expires_at, last_seen_at, ended_at, '[]', '[]', token_hash
        FROM sessions",
    "INSERT INTO session_tokens (hash, session_id, generation, state, issued_at, seen_at)
        SELECT token_hash, id, 0, 'current', created_at, created_at FROM sessions",
    "DROP TABLE sessions",
    "ALTER TABLE sessions_v2 RENAME TO sessions",
    "CREATE INDEX sessions_user ON sessions (user_id, created_at)",
    "CREATE INDEX sessions_expiry ON sessions (expires_at)",
    // The database itself admits one successor.
    "CREATE UNIQUE INDEX session_tokens_generation ON session_tokens (session_id, generation)",
    // Few rows at a time, or erasing them would read them all.
    "CREATE INDEX session_tokens_sealed ON session_tokens (session_id) WHERE successor IS NOT NULL",
    "CREATE TABLE known_devices (
        device        BYTES NOT NULL,
        user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        first_seen_at BIGINT NOT NULL,
        last_seen_at  BIGINT NOT NULL,
        PRIMARY KEY (device, user_id))",
    "CREATE INDEX known_devices_age ON known_devices (last_seen_at)",
    "CREATE TABLE step_up_grants (
        session_id    UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        action        BYTES NOT NULL,
        holder        BYTES NOT NULL,
        credential_id UUID NOT NULL,
        expires_at    BIGINT NOT NULL,
        PRIMARY KEY (session_id, action))",
    "CREATE INDEX step_up_grants_expiry ON step_up_grants (expires_at)",
    "CREATE TABLE proofs_seen (
        session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        jti        BYTES NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (session_id, jti))",
    "CREATE INDEX proofs_seen_expiry ON proofs_seen (expires_at)",
    "CREATE TABLE dbsc_sessions (
        id               VARCHAR(43) PRIMARY KEY NOT NULL,
        session_id       UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        \"authorization\" BYTES NOT NULL,
        public_key       BYTES,
        cookie           BYTES,
        cookie_issued_at BIGINT,
        previous_cookie  BYTES,
        previous_issued_at BIGINT,
        seen_at          BIGINT,
        created_at       BIGINT NOT NULL,
        ended_at         BIGINT)",
    // One binding a session, open or on its way.
    "CREATE UNIQUE INDEX dbsc_sessions_live ON dbsc_sessions (session_id) WHERE ended_at IS NULL",
    "CREATE INDEX dbsc_sessions_session ON dbsc_sessions (session_id)",
    "CREATE TABLE dbsc_challenges (
        hash       BYTES PRIMARY KEY NOT NULL,
        dbsc_id    VARCHAR(43) NOT NULL REFERENCES dbsc_sessions (id) ON DELETE CASCADE,
        created_at BIGINT NOT NULL,
        used_at    BIGINT)",
    "CREATE INDEX dbsc_challenges_session ON dbsc_challenges (dbsc_id, created_at)",
    "CREATE TABLE api_keys (
        id           UUID PRIMARY KEY NOT NULL,
        user_id      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        name         VARCHAR(256) NOT NULL,
        hint         VARCHAR(16) NOT NULL,
        hash         BYTES NOT NULL UNIQUE,
        created_at   BIGINT NOT NULL,
        last_used_at BIGINT,
        revoked_at   BIGINT)",
    "CREATE INDEX api_keys_user ON api_keys (user_id, created_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
