//! A new version, put in the place of the old one while people use it. What is old here is this binary: the schema is that of a version
//! to come, which has only added.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::json;

use crate::support::child::Server;
use crate::support::seed::Chance;
use crate::support::{App, Key, on_both_databases, value};

on_both_databases!(
    an_old_process_goes_on_beside_a_newer_schema_and_starts_beside_it,
    killed_while_it_makes_the_schema_the_next_start_finishes_it,
);

/// Tables that a version to come may add to.
const TABLES: [&str; 12] = [
    "users",
    "credentials",
    "sessions",
    "session_tokens",
    "ceremonies",
    "step_up_grants",
    "throttles",
    "outbox",
    "auth_events",
    "api_keys",
    "addresses",
    "app_sessions",
];

/// What it may add, with what the old one must not have to know (CONTRIBUTING.md).
async fn expand(app: &App) {
    for table in TABLES {
        app.sql(&format!("ALTER TABLE {table} ADD COLUMN to_come VARCHAR(64)")).await;
        app.sql(&format!("ALTER TABLE {table} ADD COLUMN to_come_too BIGINT NOT NULL DEFAULT 7")).await;
    }
    app.sql("CREATE TABLE to_come (id BIGINT PRIMARY KEY NOT NULL)").await;
    app.sql("CREATE INDEX users_to_come ON users (to_come)").await;
    app.sql("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000099_to_come', 0)").await;
}

/// What people do.
async fn use_it(app: &App, address: &str) -> Key {
    let mut browser = app.browser();
    let key = browser.sign_up(address).await;
    browser.session().await.success();
    browser.guarded_post("/api-keys", &json!({ "name": "backend" }), &key).await.success();
    app.advance(16 * 60);
    assert!(browser.session().await.new_sid().is_some());
    browser.get("/auth/events").await.success();
    browser.get("/auth/sessions").await.success();
    browser.sign_out().await.success();
    key
}

async fn an_old_process_goes_on_beside_a_newer_schema_and_starts_beside_it(app: App) {
    let running = app.beside(&[]).await;
    let before = use_it(&running, "before@example.test").await;
    let mut signed_in = running.browser();
    signed_in.sign_in(&before).await.success();

    expand(&app).await;
    signed_in.session().await.success();
    let meanwhile = use_it(&running, "meanwhile@example.test").await;
    running.browser().get("/readyz").await.success();
    for job in holdfast::jobs::JOBS {
        (job.work)(&running.state.jobs()).await.unwrap();
    }

    // It dies, and is started again before the upgrade is over.
    let again = app.beside(&[]).await;
    again.browser().get("/readyz").await.success();
    for key in [&before, &meanwhile] {
        again.browser().sign_in(key).await.success();
    }
    use_it(&again, "after@example.test").await;
    signed_in.at(&again).session().await.success();
    let output = app.output(&["audit", "verify"], &[]);
    assert!(output.status.success(), "{output:?}");
    // What is to come is still to come.
    let version = value(&app.db, "SELECT MAX(version) AS v FROM seaql_migrations", "v").await;
    assert_eq!(version, "m20991231_000099_to_come");
}

async fn killed_while_it_makes_the_schema_the_next_start_finishes_it(app: App) {
    let url = match app.db.get_database_backend() {
        DatabaseBackend::Postgres => {
            let name = format!("{}_empty", app.url.rsplit_once('/').unwrap().1);
            app.sql(&format!("CREATE DATABASE {name}")).await;
            format!("{}_empty", app.url)
        }
        _ => app.url.replace("holdfast.db", "empty.db"),
    };
    let settings = [("HOLDFAST_DATABASE_URL", url.as_str()), ("HOLDFAST_METRICS_ADDR", "none")];
    let mut chance = Chance::new();
    let start = || -> Server { app.serve(&settings) };
    for _ in 0..12 {
        let server = start();
        tokio::time::sleep(Duration::from_millis(chance.below(120))).await;
        server.kill();
    }
    let mut server = start();
    let address = server.address().await;
    let mut browser = app.browser().at_address(address);
    let key = browser.sign_up("ada@example.test").await;
    browser.sign_in(&key).await.success();
    assert!(server.stop());
    let output = app.output(&["audit", "verify"], &settings);
    assert!(output.status.success(), "{output:?}");
}
