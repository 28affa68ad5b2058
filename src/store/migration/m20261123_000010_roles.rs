//! Who may do more than others, and what the console of operators looks things up by.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATEMENTS: &[&str] = &[
    "CREATE TABLE roles (
        user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        role       VARCHAR(32) NOT NULL,
        granted_at BIGINT NOT NULL,
        granted_by VARCHAR(128) NOT NULL,
        PRIMARY KEY (user_id, role))",
    // Who saw to it is in the table already; what they wrote about it is sealed.
    "ALTER TABLE alerts ADD COLUMN note BYTES",
    "CREATE INDEX alerts_acknowledged ON alerts (acknowledged_at)",
    // Events of a kind by time: for counting, and for looking through.
    "CREATE INDEX auth_events_kind ON auth_events (event_type, created_at)",
    // The same for decisions, which takes over from the index by time alone.
    "CREATE INDEX risk_decisions_levels ON risk_decisions (created_at, decision, score)",
    "DROP INDEX risk_decisions_time",
    // An address is a claim and not unique, so nothing but looking for it needs this.
    "CREATE INDEX IF NOT EXISTS users_claimed_email ON users (email)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    #[expect(elided_lifetimes_in_paths, reason = "the trait's signature, as async_trait wants it repeated")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, STATEMENTS).await
    }
}
