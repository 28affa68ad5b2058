//! Forgetting what has expired.

use std::time::Duration;

use super::Context;
use crate::alerts::MEMORY as ALERT_MEMORY;
use crate::auth::{DECISION_MEMORY, GRACE, KNOWN_DEVICE_LIFETIME, PROFILE_MEMORY, UNDO_LIFETIME};
use crate::clock::Timestamp;
use crate::store::{
    self, Store, address_codes, addresses, alerts, app_sessions, ceremonies, known_devices, mail_links, outbox,
    proofs_seen, recoveries, risk_decisions, session_tokens, sessions, sign_ins, step_up_grants, throttles,
};

/// Ended ceremonies stay this long, so that a late answer hears "expired" or "used" and not "unknown".
const CEREMONY_MEMORY: Duration = Duration::from_mins(10);
/// Expired sessions stay this long, so that a person can still see them.
const SESSION_MEMORY: Duration = Duration::from_hours(720);
/// What was sent is known this long, by its id and times alone, so that the same notice is not sent twice.
const OUTBOX_MEMORY: Duration = Duration::from_hours(720);

pub async fn run(context: &Context) -> Result<(), store::Error> {
    tidy(&context.store, context.clock.now()).await
}

async fn tidy(store: &Store, now: Timestamp) -> Result<(), store::Error> {
    let mut gone = 0;
    // A transaction each, so that nobody waits for all of them.
    macro_rules! forget {
        ($query:path, $moment:expr) => {
            let tx = store.begin().await?;
            gone += $query(&*tx, $moment.0).await?;
            tx.commit().await?;
        };
    }
    forget!(ceremonies::delete_expired, now.minus(CEREMONY_MEMORY));
    forget!(sessions::delete_expired, now.minus(SESSION_MEMORY));
    forget!(session_tokens::erase_successors, now.minus(GRACE));
    forget!(step_up_grants::delete_expired, now);
    forget!(app_sessions::delete_expired_codes, now);
    forget!(app_sessions::delete_replaced, now.minus(GRACE));
    forget!(proofs_seen::delete_expired, now);
    forget!(throttles::delete_idle, now);
    forget!(known_devices::delete_older, now.minus(KNOWN_DEVICE_LIFETIME));
    forget!(sign_ins::delete_older, now.minus(PROFILE_MEMORY));
    forget!(risk_decisions::delete_older, now.minus(DECISION_MEMORY));
    forget!(address_codes::delete_expired, now.minus(CEREMONY_MEMORY));
    forget!(addresses::delete_removed, now.minus(UNDO_LIFETIME));
    forget!(mail_links::delete_expired, now);
    forget!(recoveries::delete_ended, now.minus(SESSION_MEMORY));
    forget!(alerts::delete_older, now.minus(ALERT_MEMORY));
    forget!(outbox::delete_finished, now.minus(OUTBOX_MEMORY));
    if gone > 0 {
        tracing::debug!(gone, "tidied up");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::jobs::counting;

    const MINUTE: i64 = 60_000;

    /// A session whose second token was first seen at minute 1, and whose third has not been seen.
    const ROWS: [&str; 5] = [
        "INSERT INTO users (id, email, created_at) VALUES (x'01', 'a@b.test', 0)",
        "INSERT INTO sessions (id, user_id, created_at, expires_at, last_seen_at, devices, networks, proof_seed)
            VALUES (x'02', x'01', 0, 99999999, 0, '[]', '[]', x'00')",
        "INSERT INTO session_tokens (hash, session_id, generation, state, issued_at, seen_at, successor)
            VALUES (x'10', x'02', 0, 'previous', 0, 0, x'aa')",
        "INSERT INTO session_tokens (hash, session_id, generation, state, issued_at, seen_at, successor)
            VALUES (x'11', x'02', 1, 'previous', 0, 60000, x'bb')",
        "INSERT INTO session_tokens (hash, session_id, generation, state, issued_at) VALUES (x'12', x'02', 2, 'current', 0)",
    ];

    async fn sealed(store: &Store) -> i64 {
        let sql = "SELECT COUNT(successor) AS n FROM session_tokens";
        let statement = sea_orm::Statement::from_string(sea_orm::DatabaseBackend::Sqlite, sql);
        let row = store.reader().query_one_raw(statement).await.expect("answer").expect("row");
        row.try_get("", "n").expect("a number")
    }

    async fn numbers(store: &Store, sql: &str) -> Vec<(i64, i64)> {
        let statement = sea_orm::Statement::from_string(sea_orm::DatabaseBackend::Sqlite, sql);
        let rows = store.reader().query_all_raw(statement).await.expect("answer");
        rows.iter().map(|row| (row.try_get("", "a").expect("a"), row.try_get("", "b").expect("b"))).collect()
    }

    async fn store_in(folder: &std::path::Path) -> Store {
        let url = format!("sqlite://{}/t.db?mode=rwc", folder.display());
        let store = Store::connect(&store::Settings { url, max_connections: 2 }).await.expect("database");
        store.migrate().await.expect("schema");
        store
    }

    /// A sign-in at this time, through this operator, from this network.
    fn sign_in(id: u8, at: i64, asn: i64, network: i64) -> String {
        format!(
            "INSERT INTO sign_ins (id, user_id, session_id, at, asn, network, place)
                VALUES (x'{id:032x}', x'{ADA:032x}', x'{:032x}', {at}, {asn}, {network}, '{{}}')",
            2
        )
    }

    const ADA: u8 = 1;

    async fn add_ada(store: &Store) {
        let row = format!("INSERT INTO users (id, email, created_at) VALUES (x'{ADA:032x}', 'ada@b.test', 0)");
        store.reader().execute_unprepared(&row).await.expect("a person");
    }

    #[tokio::test]
    async fn each_sign_in_is_counted_once() {
        let folder = tempfile::tempdir().expect("folder");
        let store = store_in(folder.path()).await;
        add_ada(&store).await;
        for row in [sign_in(1, 10, 2119, 7), sign_in(2, 20, 2119, 8), sign_in(3, 30, 7922, 7)] {
            store.reader().execute_unprepared(&row).await.expect("a sign-in");
        }
        let of_asns = "SELECT value AS a, count AS b FROM sign_in_counts WHERE feature = 2 ORDER BY value";
        let totals = "SELECT value AS a, count AS b FROM sign_in_counts WHERE feature = -2 ORDER BY value";
        for _ in 0..2 {
            counting::count(&store).await.expect("counted");
            assert_eq!(numbers(&store, of_asns).await, [(2119, 2), (7922, 1)]);
            assert_eq!(numbers(&store, totals).await, [(0, 3), (1, 2)], "three sign-ins, two operators");
        }
        store.reader().execute_unprepared(&sign_in(4, 50, 2119, 9)).await.expect("one more");
        counting::count(&store).await.expect("counted");
        assert_eq!(numbers(&store, of_asns).await, [(2119, 3), (7922, 1)]);
        assert_eq!(numbers(&store, totals).await, [(0, 4), (1, 2)]);
    }

    #[tokio::test]
    async fn r13_habits_are_forgotten_after_180_days_and_decisions_after_90() {
        const DAY: i64 = 24 * 60 * MINUTE;
        let folder = tempfile::tempdir().expect("folder");
        let store = store_in(folder.path()).await;
        let decision = format!(
            "INSERT INTO risk_decisions (id, created_at, user_id, request_id, moment, decision, score, threshold,
                signals, policy, model, geo, input)
                VALUES (x'{ADA:032x}', 0, x'{ADA:032x}', '', '', '', 0, 0, '', '', '', '', x'')"
        );
        add_ada(&store).await;
        for row in [decision, sign_in(1, 0, 2119, 7)] {
            store.reader().execute_unprepared(&row).await.expect("a row");
        }
        counting::count(&store).await.expect("counted");
        let left = "SELECT (SELECT COUNT(*) FROM sign_ins) AS a, (SELECT COUNT(*) FROM risk_decisions) AS b";
        let counts = "SELECT COUNT(*) AS a, 0 AS b FROM sign_in_counts WHERE feature > 0";
        for (days, expected, counted) in [(90, (1, 1), 2), (91, (1, 0), 2), (180, (1, 0), 2), (181, (0, 0), 0)] {
            tidy(&store, Timestamp(days * DAY)).await.expect("tidied");
            assert_eq!(numbers(&store, left).await, [expected], "after {days} days");
            assert_eq!(numbers(&store, counts).await, [(counted, 0)], "after {days} days");
        }
    }

    #[tokio::test]
    async fn a_sealed_successor_is_erased_when_its_grace_is_over_and_not_before() {
        let folder = tempfile::tempdir().expect("folder");
        let store = store_in(folder.path()).await;
        for row in ROWS {
            store.reader().execute_unprepared(row).await.expect(row);
        }
        tidy(&store, Timestamp(MINUTE + 9_999)).await.expect("tidied");
        assert_eq!(sealed(&store).await, 2, "the grace is not over");
        tidy(&store, Timestamp(MINUTE + 10_001)).await.expect("tidied");
        assert_eq!(sealed(&store).await, 1, "the one whose successor nobody has seen stays");
    }
}
