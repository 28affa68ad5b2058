//! Somebody else holds the database.

use sea_orm::{ConnectionTrait, TransactionTrait};

use super::{STILL, Service, expect_unavailable};
use crate::support::{App, on_both_databases};

on_both_databases!(f03_a_database_that_is_held_by_somebody_else_is_waited_for_and_then_said_so);

async fn f03_a_database_that_is_held_by_somebody_else_is_waited_for_and_then_said_so(app: App) {
    let mut service = Service::start(&app, &STILL).await;
    let is_sqlite = app.url.starts_with("sqlite");

    // For a moment: who asks waits, and is answered.
    let held = hold(&app, is_sqlite).await;
    let release = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        held.rollback().await.unwrap();
    });
    service.change().await.success();
    release.await.unwrap();

    // For long: who asks is told to come again, each after the same time, however many wait.
    let held = hold(&app, is_sqlite).await;
    let answers = futures::future::join_all((0..8).map(|_| service.change())).await;
    answers.iter().for_each(expect_unavailable);
    service.browser.get("/healthz").await.ok();
    if is_sqlite {
        // Readers do not wait for a writer.
        service.browser.session().await.success();
        expect_unavailable(&service.browser.get("/readyz").await);
    }
    held.rollback().await.unwrap();
    service.recovers(&app).await;
}

async fn hold(app: &App, is_sqlite: bool) -> sea_orm::DatabaseTransaction {
    let held = app.db.begin().await.unwrap();
    // What every change writes. On SQLite that is the whole database.
    let sql = if is_sqlite {
        "UPDATE chain_heads SET seq = seq"
    } else {
        "LOCK TABLE ceremonies, throttles, chain_heads IN ACCESS EXCLUSIVE MODE"
    };
    held.execute_unprepared(sql).await.unwrap();
    held
}
