//! The real program under load, killed again and again: what it had answered is there, and is felt.

mod ledger;
mod person;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::support::child::{Server, until};
use crate::support::seed::Chance;
use crate::support::{App, Backend, on_both_databases, run};
use ledger::Ledger;
use person::Person;

on_both_databases!(k02_what_is_committed_is_written_through, k02_a_commit_waits_for_the_disk_or_somebody_is_told);

/// So many act at once.
const PEOPLE: usize = 5;
/// A database is used for so many kills: what is compared grows with each.
const KILLS_OF_ONE: usize = 10;

/// How often it is killed: `make soak` says 200.
fn kills() -> usize {
    std::env::var("HOLDFAST_TEST_KILLS").map_or(5, |kills| kills.parse().expect("HOLDFAST_TEST_KILLS is a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k01_killed_under_load_it_has_what_it_answered_sqlite() {
    all(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k01_killed_under_load_it_has_what_it_answered_postgres() {
    all(Backend::Postgres).await;
}

async fn all(backend: Backend) {
    let mut chance = Chance::new();
    eprintln!("kills on {backend:?}: HOLDFAST_TEST_SEED={}", chance.seed());
    let mut left = kills();
    let mut sum = Ledger::default();
    while left > 0 {
        let now = left.min(KILLS_OF_ONE);
        left -= now;
        let (chance, sum) = (chance.split(), &mut sum);
        run(backend, async |app| {
            let ledger = of_one_database(&app, now, chance).await;
            sum.kills += now;
            sum.add(ledger);
        })
        .await;
    }
    println!("{backend:?}: {sum}");
    assert!(sum.acts() >= 2 * kills(), "there was no load");
}

/// The real program, and where checkpoints lie that both it and we write.
fn start(app: &App) -> Server {
    let checkpoints = app.secrets.with_extension("checkpoints");
    app.serve(&[
        ("HOLDFAST_AUDIT_CHECKPOINTS", checkpoints.to_str().unwrap()),
        ("HOLDFAST_THROTTLE_SCALE", "100000"),
        ("HOLDFAST_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("HOLDFAST_METRICS_ADDR", "none"),
    ])
}

async fn of_one_database(app: &App, kills: usize, mut chance: Chance) -> Ledger {
    // Nobody but the program has the database open when it dies: whoever starts next has to make it whole.
    app.close().await;
    let mut ledger = Ledger::default();
    let mut people: Vec<Person> = (0..PEOPLE).map(|nth| Person::new(app, nth, chance.split())).collect();
    for kill in 1..=kills {
        let mut server = start(app);
        let address = server.address().await;
        for person in &mut people {
            person.move_to(address);
        }
        let answered = Arc::<AtomicU64>::default();
        let acting: Vec<_> =
            people.drain(..).map(|person| tokio::spawn(person.act_until_gone(answered.clone()))).collect();
        // It is killed at some moment, whatever it does then: so many answers later, and some milliseconds.
        let enough = 10 + chance.below(50);
        until("there is load", || async { answered.load(Ordering::Relaxed) >= enough }).await;
        tokio::time::sleep(Duration::from_millis(chance.below(25))).await;
        server.kill();
        for one in acting {
            let (person, acts) = one.await.unwrap();
            people.push(person);
            ledger.add(acts);
        }
        let mut server = start(app);
        let address = server.address().await;
        for person in &mut people {
            person.move_to(address);
        }
        for person in &mut people {
            person.find_all_as_it_was(kill).await;
        }
        let look = app.beside(&[]).await;
        ledger.compare(&look, kill).await;
        look.close().await;
        assert!(server.stop(), "it ends well");
    }
    // Much later, when no grace is left: whoever is there is there, and no token works that was replaced or ended.
    let later = app.beside_now(Duration::from_mins(5)).await;
    let mut tried = BTreeMap::new();
    for person in &mut people {
        person.try_old_tokens(&later, &mut tried).await;
    }
    ledger.retired = tried.get("replaced").copied().unwrap_or_default();
    ledger.ended = tried.get("ended").copied().unwrap_or_default();
    later.close().await;
    ledger
}

/// On the connection that writes, and on one that reads: a setting of SQLite's is one of a connection.
async fn k02_what_is_committed_is_written_through(app: App) {
    let store = &app.state.store;
    if store.reader().get_database_backend() != DatabaseBackend::Sqlite {
        // Whoever runs Postgres decides; the program looks (the other test), and changes nothing.
        return;
    }
    let tx = store.begin().await.unwrap();
    is_written_through(&*tx).await;
    is_written_through(store.reader()).await;
}

async fn is_written_through(db: &impl ConnectionTrait) {
    for (name, expected) in [("synchronous", "2"), ("journal_mode", "wal"), ("foreign_keys", "1")] {
        let sql = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
        let row = db.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await.unwrap();
        assert_eq!(row.unwrap().try_get::<String>("", "value").unwrap(), expected, "{name}");
    }
}

async fn k02_a_commit_waits_for_the_disk_or_somebody_is_told(app: App) {
    let mut server = start(&app);
    server.address().await;
    let log = server.log();
    let told = log.matches("may be lost when the machine loses power").count();
    // The tests' Postgres is set to forget (scripts/with-postgres.sh): that is noticed three times over.
    let expected = if app.url.starts_with("sqlite") { 0 } else { 3 };
    assert_eq!(told, expected, "{log}");
}
