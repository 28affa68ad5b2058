//! Turns, groups, and what happens to them when something fails.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseBackend, Statement};
use tempfile::TempDir;

use super::Engine;
use super::writer::Turn;
use crate::store::Error;

const PATIENCE: Duration = Duration::from_secs(5);

struct Bench {
    engine: Arc<Engine>,
    folder: TempDir,
}

fn sql(text: impl Into<String>) -> Statement {
    Statement::from_string(DatabaseBackend::Sqlite, text)
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display());
        let engine = Engine::open(&url, false, Arc::default()).expect("open");
        for table in [
            "CREATE TABLE kept (n INTEGER PRIMARY KEY)",
            "CREATE TABLE late (n INTEGER REFERENCES kept (n) DEFERRABLE INITIALLY DEFERRED)",
        ] {
            engine.run(sql(table)).await.expect("made");
        }
        Self { engine, folder }
    }

    async fn turn(&self) -> Turn {
        self.engine.begin(PATIENCE).await.expect("a turn")
    }

    /// Somebody who waits for a turn and then writes this number.
    fn writes(&self, number: u32) -> tokio::task::JoinHandle<Result<(), Error>> {
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let turn = engine.begin(PATIENCE).await?;
            turn.run(sql(format!("INSERT INTO kept VALUES ({number})"))).await?;
            turn.commit().await
        })
    }

    async fn all_wait(&self, count: usize) {
        while self.engine.writer.waiting() < count {
            tokio::task::yield_now().await;
        }
    }

    async fn kept(&self) -> Vec<i64> {
        let done = self.engine.run(sql("SELECT n FROM kept ORDER BY n")).await.expect("read");
        done.rows.iter().map(|row| row.try_get("n").expect("a number")).collect()
    }
}

#[tokio::test]
async fn those_who_wait_are_written_together() {
    let bench = Bench::new().await;
    let before = bench.engine.writer.groups();
    let first = bench.turn().await;
    let others: Vec<_> = (2..=20).map(|number| bench.writes(number)).collect();
    bench.all_wait(19).await;
    first.run(sql("INSERT INTO kept VALUES (1)")).await.expect("written");
    // Nobody sees it before it is on the disk.
    assert_eq!(bench.kept().await, Vec::<i64>::new());
    first.commit().await.expect("kept");
    for other in others {
        other.await.expect("no panic").expect("kept");
    }
    assert_eq!(bench.kept().await, (1..=20).collect::<Vec<_>>());
    assert_eq!(bench.engine.writer.groups() - before, 1, "one wait for the disk");
}

#[tokio::test]
async fn what_one_takes_back_is_gone_and_nothing_else() {
    let bench = Bench::new().await;
    let first = bench.turn().await;
    let (two, three) = (bench.writes(1), bench.writes(3));
    bench.all_wait(2).await;
    first.run(sql("INSERT INTO kept VALUES (1)")).await.expect("written");
    first.commit().await.expect("kept");
    // Refused, since somebody else was quicker within the group: its own turn is taken back.
    let refused = two.await.expect("no panic").expect_err("a duplicate");
    assert!(crate::store::is_duplicate(&refused), "{refused}");
    three.await.expect("no panic").expect("kept");
    let dropped = bench.turn().await;
    dropped.run(sql("INSERT INTO kept VALUES (4)")).await.expect("written");
    drop(dropped);
    assert_eq!(bench.kept().await, [1, 3]);
}

/// Whoever finds within a group that somebody was quicker, and reads on, must find what they wrote.
#[tokio::test]
async fn what_a_turn_has_seen_is_there_for_who_reads_next() {
    let bench = Bench::new().await;
    let first = bench.turn().await;
    let engine = bench.engine.clone();
    let loser = tokio::spawn(async move {
        let turn = engine.begin(PATIENCE).await.expect("a turn");
        let seen = turn.run(sql("SELECT n FROM kept")).await.expect("read").rows.len();
        drop(turn);
        (seen, engine.run(sql("SELECT n FROM kept")).await.expect("read").rows.len())
    });
    bench.all_wait(1).await;
    first.run(sql("INSERT INTO kept VALUES (1)")).await.expect("written");
    first.commit().await.expect("kept");
    assert_eq!(loser.await.expect("no panic"), (1, 1));
}

#[tokio::test]
async fn when_the_group_cannot_be_committed_all_are_told_and_nothing_is_there() {
    let bench = Bench::new().await;
    let first = bench.turn().await;
    let second = bench.writes(2);
    bench.all_wait(1).await;
    // Found out at the COMMIT.
    first.run(sql("INSERT INTO late VALUES (77)")).await.expect("written");
    first.commit().await.expect_err("nothing for 77");
    second.await.expect("no panic").expect_err("went down with it");
    assert_eq!(bench.kept().await, Vec::<i64>::new());
    // The next one has a new connection.
    bench.writes(3).await.expect("no panic").expect("kept");
    assert_eq!(bench.kept().await, [3]);
}

/// A full disk makes SQLite roll everything back by itself. What a turn writes after that must not be kept.
#[tokio::test]
async fn when_sqlite_gives_up_in_the_middle_no_half_of_it_stays() {
    let bench = Bench::new().await;
    bench.writes(1).await.expect("no panic").expect("kept");
    let first = bench.turn().await;
    let engine = bench.engine.clone();
    let broken = tokio::spawn(async move {
        let turn = engine.begin(PATIENCE).await.expect("a turn");
        turn.run(sql("INSERT OR ROLLBACK INTO kept VALUES (1)")).await.expect_err("a duplicate");
        turn.run(sql("INSERT INTO kept VALUES (5)")).await.expect_err("over");
        turn.commit().await.expect_err("over");
    });
    let after = bench.writes(6);
    bench.all_wait(2).await;
    first.run(sql("INSERT INTO kept VALUES (2)")).await.expect("written");
    let told = first.commit().await.expect_err("it was rolled back with the rest");
    assert!(crate::store::is_unavailable(&told), "{told}");
    broken.await.expect("no panic");
    after.await.expect("no panic").expect("kept");
    assert_eq!(bench.kept().await, [1, 6]);
}

#[tokio::test]
async fn whoever_goes_away_while_it_is_written_leaves_all_or_nothing_and_nobody_waits() {
    let bench = Bench::new().await;
    for number in 0..40 {
        let writer = bench.writes(number);
        for _ in 0..number % 8 {
            tokio::task::yield_now().await;
        }
        writer.abort();
        let _ = writer.await;
    }
    bench.writes(100).await.expect("no panic").expect("kept");
    assert_eq!(bench.kept().await.last(), Some(&100));
}

/// A slow statement waits for a thread. If whoever asked has gone before it gets one, the turn is somebody else's by then.
#[test]
fn a_statement_whose_turn_is_over_is_not_run_in_the_next_one() {
    const SLOW: &str = "INSERT INTO kept SELECT 900 FROM (WITH RECURSIVE c (i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000) SELECT max(i) FROM c)";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    runtime.expect("a runtime").block_on(async {
        let bench = Bench::new().await;
        let first = bench.turn().await;
        first.run(sql(SLOW)).await.expect("written");
        drop(first);
        assert!(bench.engine.shapes.is_slow(SLOW));
        // The only thread is busy.
        let (free, until) = std::sync::mpsc::channel::<()>();
        let busy = tokio::task::spawn_blocking(move || until.recv());
        let gone = bench.turn().await;
        let asked = tokio::time::timeout(Duration::from_millis(20), gone.run(sql(SLOW))).await;
        asked.expect_err("waits for the thread");
        drop(gone);
        let next = bench.turn().await;
        free.send(()).expect("it waits");
        busy.await.expect("no panic").expect("told");
        tokio::task::spawn_blocking(|| ()).await.expect("after what was asked");
        next.run(sql("INSERT INTO kept VALUES (1)")).await.expect("written");
        next.commit().await.expect("kept");
        assert_eq!(bench.kept().await, [1]);
    });
}

#[tokio::test]
async fn a_closed_database_has_written_what_it_said_and_takes_nothing_more() {
    let bench = Bench::new().await;
    let first = bench.turn().await;
    let second = bench.writes(2);
    bench.all_wait(1).await;
    first.run(sql("INSERT INTO kept VALUES (1)")).await.expect("written");
    first.commit().await.expect("kept");
    second.await.expect("no panic").expect("kept");
    bench.engine.close().await.expect("closed");
    assert!(bench.engine.run(sql("SELECT n FROM kept")).await.is_err());
    assert!(bench.writes(3).await.expect("no panic").is_err());
}

/// Two thousand commits of a page or two would be a log of at least eight megabytes, and SQLite itself would leave it so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_begins_anew_while_others_write() {
    let bench = Bench::new().await;
    for number in 0..2_000 {
        bench.writes(number).await.expect("no panic").expect("kept");
    }
    let log = std::fs::metadata(bench.folder.path().join("a.db-wal")).expect("a log").len();
    assert!(log < 4 << 20, "{log} bytes");
    assert_eq!(bench.kept().await.len(), 2_000);
}
