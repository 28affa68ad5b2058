//! What has to be sent, and who does the work that is done once however many processes there are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "CREATE TABLE job_leases (
        name       VARCHAR(64) PRIMARY KEY NOT NULL,
        holder     BYTES NOT NULL,
        term       BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        due_at     BIGINT NOT NULL)",
    // `seq` is the order in which a lane is sent. `dedup`, `lane` and `target` are keyed digests: they name nobody.
    "CREATE TABLE outbox (
        seq         SEQUENCE,
        id          UUID NOT NULL UNIQUE,
        dedup       BYTES NOT NULL UNIQUE,
        channel     VARCHAR(16) NOT NULL,
        lane        BYTES,
        target      BYTES,
        state       VARCHAR(16) NOT NULL,
        created_at  BIGINT NOT NULL,
        due_at      BIGINT NOT NULL,
        not_after   BIGINT,
        attempts    INTEGER NOT NULL,
        claim       BYTES,
        reason      VARCHAR(64),
        finished_at BIGINT,
        payload     BYTES)",
    "CREATE INDEX outbox_due ON outbox (due_at) WHERE state IN ('queued', 'sending')",
    "CREATE INDEX outbox_lane ON outbox (lane, seq) WHERE state IN ('queued', 'sending')",
    "CREATE INDEX outbox_target ON outbox (target, created_at) WHERE target IS NOT NULL",
    "CREATE INDEX outbox_unfinished ON outbox (channel, state) WHERE state <> 'delivered'",
    "CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in STATEMENTS {
            let statement = match manager.get_database_backend() {
                DatabaseBackend::Postgres => statement
                    .replace("BYTES", "BYTEA")
                    .replace("SEQUENCE", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
                // Numbers are never used again, though rows are deleted: a lane's order must not depend on that.
                _ => statement
                    .replace("BYTES", "BLOB")
                    .replace("UUID", "BLOB")
                    .replace("SEQUENCE", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            };
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
