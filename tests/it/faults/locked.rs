//! Somebody else holds the database.

use sea_orm::ConnectionTrait;
use tokio::sync::oneshot;

use super::{STILL, Service, expect_unavailable};
use crate::support::{App, on_both_databases};

on_both_databases!(f03_a_database_that_is_held_by_somebody_else_is_waited_for_and_then_said_so);

async fn f03_a_database_that_is_held_by_somebody_else_is_waited_for_and_then_said_so(app: App) {
    let mut service = Service::start(&app, &STILL).await;
    let is_sqlite = app.url.starts_with("sqlite");

    // For a moment: who asks waits, and is answered.
    let held = Held::begin(&app, is_sqlite).await;
    let release = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        held.end().await;
    });
    service.change().await.success();
    release.await.unwrap();

    // For long: who asks is told to come again, each after the same time, however many wait.
    let held = Held::begin(&app, is_sqlite).await;
    let answers = futures::future::join_all((0..8).map(|_| service.change())).await;
    answers.iter().for_each(expect_unavailable);
    service.browser.get("/healthz").await.ok();
    if is_sqlite {
        // Readers do not wait for a writer.
        service.browser.session().await.success();
        expect_unavailable(&service.browser.get("/readyz").await);
    }
    held.end().await;
    service.recovers(&app).await;
}

/// The database, held until it is let go.
struct Held {
    let_go: oneshot::Sender<()>,
    holder: tokio::task::JoinHandle<()>,
}

impl Held {
    async fn begin(app: &App, is_sqlite: bool) -> Self {
        // What every change writes. On SQLite that is the whole database.
        let sql = if is_sqlite {
            "UPDATE chain_heads SET seq = seq"
        } else {
            "LOCK TABLE ceremonies, throttles, chain_heads IN ACCESS EXCLUSIVE MODE"
        };
        let (let_go, until) = oneshot::channel();
        let (told, has_it) = oneshot::channel();
        let url = app.url.clone();
        let holder = tokio::spawn(async move {
            let db = crate::support::connect(&url).await;
            let tx = db.begin().await.unwrap();
            tx.execute_unprepared(sql).await.unwrap();
            told.send(()).unwrap();
            let _ = until.await;
            drop(tx);
            db.close().await.unwrap();
        });
        has_it.await.unwrap();
        Self { let_go, holder }
    }

    async fn end(self) {
        self.let_go.send(()).unwrap();
        self.holder.await.unwrap();
    }
}
