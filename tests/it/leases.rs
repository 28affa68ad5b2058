//! Background work is done by one process at a time, and by another when that one dies.

use std::time::Duration;

use futures::FutureExt;
use holdfast::clock::Timestamp;
use holdfast::jobs::lease::{Held, Holder, LASTS, Lease, Wish};
use holdfast::jobs::{self, Context, JOBS, Job};
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

use crate::support::{App, on_both_databases};

on_both_databases!(
    of_many_that_ask_at_once_one_gets_the_lease,
    a_lease_is_taken_over_when_its_holder_is_dead_and_not_before,
    a_holder_that_was_only_slow_loses_its_lease_and_its_work_stops,
    work_is_done_once_in_its_interval_by_two_runners,
    work_that_failed_is_done_again_in_its_interval,
    a_clock_that_was_wrong_binds_nobody,
    real_jobs_run_in_two_processes_and_stop_when_told,
);

const EVERY: Duration = Duration::from_mins(10);

/// A process over the same database and clock.
async fn process(app: &App) -> (Context, Holder) {
    let state = app.beside(&[]).await.state;
    let context = state.jobs();
    let holder = Holder::new(&context).unwrap();
    (context, holder)
}

fn granted(wish: Wish) -> Option<Lease> {
    match wish {
        Wish::Granted(lease) => Some(lease),
        Wish::Later(_) => None,
    }
}

async fn of_many_that_ask_at_once_one_gets_the_lease(app: App) {
    let (_, first) = process(&app).await;
    let (_, second) = process(&app).await;
    for round in 0..10 {
        let tasks = (0..8).map(|n| {
            let holder = if n % 2 == 0 { first.clone() } else { second.clone() };
            tokio::spawn(
                async move { granted(holder.take("work", EVERY).await.unwrap()).map(|lease| (holder, lease)) },
            )
        });
        let won = futures::future::try_join_all(tasks).await.unwrap();
        let mut won: Vec<_> = won.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "round {round}");
        let (holder, lease) = won.remove(0);
        assert!(holder.release(lease, Timestamp(app.now())).await.unwrap());
    }
}

async fn a_lease_is_taken_over_when_its_holder_is_dead_and_not_before(app: App) {
    let (_, first) = process(&app).await;
    let (_, second) = process(&app).await;
    // The first takes it and is never heard of again.
    let lost = granted(first.take("work", EVERY).await.unwrap()).expect("free");
    app.advance(LASTS.as_secs() - 1);
    let Wish::Later(at) = second.take("work", EVERY).await.unwrap() else { panic!("two have it") };
    assert_eq!(at.0, app.now() + 1000, "it knows when to ask again");
    app.advance(1);
    let lease = granted(second.take("work", EVERY).await.unwrap()).expect("its holder is dead");
    assert!(!first.renew(&lost).await.unwrap(), "the dead one has nothing any more");
    assert!(!first.release(lost, Timestamp(0)).await.unwrap());
    assert!(second.renew(&lease).await.unwrap());
    app.advance(LASTS.as_secs() - 1);
    assert!(granted(first.take("work", EVERY).await.unwrap()).is_none(), "a renewal counts from when it was made");
}

async fn a_holder_that_was_only_slow_loses_its_lease_and_its_work_stops(app: App) {
    let (_, first) = process(&app).await;
    let (_, second) = process(&app).await;
    let lost = granted(first.take("work", EVERY).await.unwrap()).expect("free");
    app.advance(LASTS.as_secs());
    granted(second.take("work", EVERY).await.unwrap()).expect("nobody renewed it");
    let first = first.renewing_every(Duration::from_millis(1));
    assert_eq!(first.hold(&lost, std::future::pending::<()>()).await, Held::Lost);
}

/// Work that leaves a row each time.
const COUNTED: Job = Job {
    name: "counted",
    every: EVERY,
    work: |context| {
        async move {
            let tx = context.store.begin().await?;
            tx.execute_unprepared("INSERT INTO ran (n) VALUES (1)").await?;
            tx.commit().await
        }
        .boxed()
    },
};

async fn work_is_done_once_in_its_interval_by_two_runners(app: App) {
    app.sql("CREATE TABLE ran (n BIGINT)").await;
    let (one, other) = (process(&app).await, process(&app).await);
    for round in 1..=5 {
        for _ in 0..3 {
            let (a, b) =
                tokio::join!(jobs::once(&COUNTED, &one.0, &one.1), jobs::once(&COUNTED, &other.0, &other.1));
            // Whoever came too late knows when to come back, and not before anybody is through.
            assert!(a.unwrap().0 > app.now() && b.unwrap().0 > app.now());
        }
        assert_eq!(app.count("ran").await, round, "each interval has one run");
        app.advance(EVERY.as_secs());
    }
}

const FAILS: Job = Job {
    name: "fails",
    every: EVERY,
    work: |context| {
        async move {
            let tx = context.store.begin().await?;
            tx.execute_unprepared("INSERT INTO ran (n) VALUES (1)").await?;
            tx.execute_unprepared("INSERT INTO nowhere (n) VALUES (1)").await?;
            tx.commit().await
        }
        .boxed()
    },
};

async fn work_that_failed_is_done_again_in_its_interval(app: App) {
    app.sql("CREATE TABLE ran (n BIGINT)").await;
    let (context, holder) = process(&app).await;
    assert!(jobs::once(&FAILS, &context, &holder).await.is_err());
    assert!(jobs::once(&FAILS, &context, &holder).await.is_ok(), "not at once");
    assert_eq!(app.count("ran").await, 0, "half of it is none of it");
    app.sql("CREATE TABLE nowhere (n BIGINT)").await;
    app.advance(EVERY.as_secs());
    jobs::once(&FAILS, &context, &holder).await.unwrap();
    assert_eq!(app.count("ran").await, 1);
}

async fn a_clock_that_was_wrong_binds_nobody(app: App) {
    let (_, holder) = process(&app).await;
    let lease = granted(holder.take("work", EVERY).await.unwrap()).expect("free");
    holder.release(lease, Timestamp(app.now())).await.unwrap();
    for column in ["due_at", "expires_at"] {
        // A process whose clock was a year ahead was here.
        app.sql(&format!("UPDATE job_leases SET {column} = {column} + 31536000000")).await;
        app.sql(&format!("UPDATE job_leases SET {column} = {} + 31536000000", app.now())).await;
        let lease = granted(holder.take("work", EVERY).await.unwrap()).expect(column);
        holder.release(lease, Timestamp(app.now())).await.unwrap();
    }
}

async fn real_jobs_run_in_two_processes_and_stop_when_told(app: App) {
    let (first, _) = process(&app).await;
    let (second, _) = process(&app).await;
    let stop = CancellationToken::new();
    let runs = [first, second].map(|context| tokio::spawn(jobs::run(context, stop.clone())));
    while app.count("job_leases").await < JOBS.len()
        || app.query("SELECT name FROM job_leases WHERE expires_at > 0").await.len() > 0
    {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    for run in runs {
        run.await.unwrap();
    }
    assert_eq!(app.query("SELECT name FROM job_leases WHERE term > 1").await.len(), 0, "each was done by one");
}
