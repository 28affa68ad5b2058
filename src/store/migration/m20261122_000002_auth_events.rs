//! The audit trail. On Postgres it is partitioned by month from the start: a month is dropped whole when its
//! time is over, and a table cannot be partitioned later without rewriting it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: &str = "
    created_at    BIGINT  NOT NULL,
    event_type    VARCHAR(64) NOT NULL,
    outcome       VARCHAR(16) NOT NULL,
    reason        VARCHAR(64),
    user_id       UUID,
    session_id    UUID,
    credential_id UUID,
    request_id    VARCHAR(64) NOT NULL,
    ip_prefix     VARCHAR(64),
    user_agent    VARCHAR(256),
    risk_score    INTEGER NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => {
                db.execute_unprepared(&format!(
                    "CREATE TABLE auth_events (id BIGINT GENERATED ALWAYS AS IDENTITY, {COLUMNS},
                     PRIMARY KEY (created_at, id)) PARTITION BY RANGE (created_at)"
                ))
                .await?;
                // Catches what no month's partition holds, so that an event is never refused.
                db.execute_unprepared("CREATE TABLE auth_events_other PARTITION OF auth_events DEFAULT").await?;
            }
            _ => {
                db.execute_unprepared(&format!(
                    "CREATE TABLE auth_events (id INTEGER PRIMARY KEY AUTOINCREMENT, {})",
                    COLUMNS.replace("UUID", "BLOB")
                ))
                .await?;
            }
        }
        db.execute_unprepared("CREATE INDEX auth_events_user ON auth_events (user_id, created_at)").await?;
        db.execute_unprepared("CREATE INDEX auth_events_time ON auth_events (created_at)").await?;
        Ok(())
    }
}
