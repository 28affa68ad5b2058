//! Backup and restore, by the commands of the page about it.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use axum::http::Method;
use holdfast::jobs::JOBS;
use sea_orm::{ConnectionTrait, DatabaseBackend};
use serde_json::json;

use crate::support::mails::ADA;
use crate::support::recovery::{complete, saved, status, waiting};
use crate::support::{App, Browser, Key, on_both_databases};

const PAGE: &str = include_str!("../../docs/backup.md");

on_both_databases!(
    the_page_is_followed_and_nothing_lives_again_that_should_not,
    a_backup_is_whole_or_not_there_and_replaces_nothing,
    a_backup_made_while_people_come_has_all_who_came_before,
    api_keys_end_where_that_is_asked_for,
    a_recovery_waits_anew_and_is_told_anew,
    a_deletion_is_put_off_and_can_be_taken_back_anew,
);

/// The commands under this heading of the page.
fn commands(heading: &str) -> String {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// What the page's commands run in: a shell that knows `holdfast`.
struct Follower<'a> {
    app: &'a App,
    backup: PathBuf,
    restored: String,
}

impl<'a> Follower<'a> {
    async fn new(app: &'a App) -> Self {
        let restored = match app.db.get_database_backend() {
            DatabaseBackend::Postgres => {
                app.db.execute_unprepared(&format!("CREATE DATABASE {}_restored", name(&app.url))).await.unwrap();
                format!("{}_restored", app.url)
            }
            _ => app.url.clone(),
        };
        Self { app, backup: app.secrets.with_file_name("the backup"), restored }
    }

    fn database(&self) -> &'static str {
        if self.app.db.get_database_backend() == DatabaseBackend::Postgres { "Postgres" } else { "SQLite" }
    }

    fn run(&self, commands: &str) -> Output {
        // As an argument of its own it needs no quotes in the shell, whatever folder it lies in.
        let script = format!("set -euo pipefail; holdfast() {{ \"$0\" \"$@\"; }}\n{commands}");
        let by = ["bash", "-c", script.as_str()];
        let checkpoints = self.app.secrets.with_extension("checkpoints");
        let settings = [
            ("BACKUP", self.backup.to_str().unwrap()),
            ("RESTORED_URL", self.restored.as_str()),
            ("HOLDFAST_AUDIT_CHECKPOINTS", checkpoints.to_str().unwrap()),
        ];
        self.app.command_by(&by, &[], &settings).output().unwrap()
    }

    fn expect(&self, commands: &str) -> String {
        let output = self.run(commands);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{commands}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    fn back_up(&self) -> String {
        self.expect(&commands(&format!("{}: back up", self.database())))
    }

    fn restore(&self) -> String {
        self.expect(&commands(&format!("{}: restore", self.database())))
    }

    fn on_restored(&self, commands: &str) -> String {
        self.expect(&format!("export HOLDFAST_DATABASE_URL='{}'; {commands}", self.restored))
    }

    /// The files beside the database with this in their names.
    fn beside(&self, part: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.app.secrets.parent().unwrap()).unwrap();
        let files = files.map(|entry| entry.unwrap().path());
        files.filter(|path| path.file_name().unwrap().to_string_lossy().contains(part)).collect()
    }
}

fn name(url: &str) -> &str {
    url.rsplit_once('/').unwrap().1
}

/// The commands go by the machine's clock, so this does, too.
async fn now(app: &App) -> App {
    app.beside_now(Duration::ZERO).await
}

async fn sign_up(app: &App, address: &str) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up(address).await;
    (browser, key)
}

async fn the_page_is_followed_and_nothing_lives_again_that_should_not(app: App) {
    let before = now(&app).await;
    let follower = Follower::new(&app).await;
    let (mut ada, ada_key) = sign_up(&before, "ada@example.test").await;
    let (bob, bob_key) = sign_up(&before, "bob@example.test").await;

    follower.back_up();
    let mode = follower.backup.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "readable by its owner alone");

    // Since then: a session ends, and somebody comes.
    let thief = ada.clone();
    ada.sign_out().await.success();
    let (_, late) = sign_up(&before, "late@example.test").await;
    before.state.keeper.checkpoint().await.unwrap();
    for app in [&before, &app] {
        app.close().await;
    }

    let said = follower.restore();
    assert!(said.contains("2 sessions ended"), "{said}");
    assert!(said.contains("events that signed checkpoints know of are gone"), "{said}");
    let after = app.over(&follower.restored).await;

    // In the backup that session is live.
    thief.at(&after).session().await.refusal(401, "invalid_session");
    let page = bob.at(&after).open("/").await;
    assert!(page.text().contains("put back to how it was"), "{}", page.text());
    assert_eq!(after.end_reasons().await, ["restored", "restored"]);
    assert_eq!(after.count_events("session_revoked").await, 2);
    assert_eq!(after.count_events("sys_restored").await, 1);

    // Passkeys of then work, that of later does not.
    for key in [&ada_key, &bob_key] {
        after.browser().sign_in(key).await.success();
    }
    after.browser().sign_in(&late).await.refusal(400, "passkey_unknown");

    // The trail is whole, and a new file of checkpoints begins.
    after.state.keeper.checkpoint().await.unwrap();
    let verified = follower.on_restored("holdfast audit verify");
    assert!(verified.contains("compared with 2 checkpoints"), "{verified}");
    assert_eq!(follower.beside(".checkpoints.before-").len(), 1, "the old checkpoints are kept");

    let again = follower.on_restored("holdfast restored");
    assert!(again.contains("2 sessions ended"), "those who have signed in since: {again}");
    assert!(!again.contains("are gone"), "{again}");
    after.close().await;
}

async fn a_backup_is_whole_or_not_there_and_replaces_nothing(app: App) {
    let follower = Follower::new(&app).await;
    sign_up(&now(&app).await, "ada@example.test").await;
    let refused = |commands: &str| {
        let output = follower.run(commands);
        assert!(!output.status.success(), "{commands}");
        assert!(follower.beside(".partial").is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    if follower.database() == "Postgres" {
        let said = refused("holdfast backup \"$BACKUP\"");
        assert!(said.contains("pg_dump"), "{said}");
        return;
    }
    std::fs::write(&follower.backup, "somebody's").unwrap();
    let said = refused("holdfast backup \"$BACKUP\"");
    assert!(said.contains("is not overwritten"), "{said}");
    assert_eq!(std::fs::read_to_string(&follower.backup).unwrap(), "somebody's");
    let said = refused("holdfast backup missing/backup");
    assert!(said.contains("missing/backup") && said.contains("No such file"), "{said}");
    // Nothing is made where there was nothing.
    for command in ["backup new", "restored"] {
        let said =
            refused(&format!("export HOLDFAST_DATABASE_URL='sqlite://other.db?mode=rwc'; holdfast {command}"));
        assert!(said.contains("there is no other.db"), "{said}");
    }
    assert!(follower.beside("other.db").is_empty() && follower.beside("new").is_empty());
}

async fn a_backup_made_while_people_come_has_all_who_came_before(app: App) {
    let follower = Follower::new(&app).await;
    let before = now(&app).await;
    let (_, first) = sign_up(&before, "first@example.test").await;
    let coming = async {
        for n in 0..12 {
            sign_up(&before, &format!("p{n}@example.test")).await;
        }
    };
    let backing_up = async { tokio::task::block_in_place(|| follower.back_up()) };
    futures::join!(coming, backing_up);
    for app in [&before, &app] {
        app.close().await;
    }
    follower.restore();
    let after = app.over(&follower.restored).await;
    after.browser().sign_in(&first).await.success();
    follower.on_restored("holdfast audit verify");
    after.close().await;
}

async fn api_keys_end_where_that_is_asked_for(app: App) {
    let app = now(&app).await;
    let (mut ada, key) = sign_up(&app, "ada@example.test").await;
    let made = ada.guarded_post("/api-keys", &json!({ "name": "backend" }), &key).await.success();
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let asks = async || {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("origin", "")];
        app.browser().send(Method::POST, "/auth/introspect", &headers, "{}".into()).await
    };
    let restored = |arguments: &[&str]| {
        let output = app.output(&[&["restored"], arguments].concat(), &[]);
        String::from_utf8(output.stdout).unwrap()
    };
    let said = restored(&[]);
    assert!(said.contains("1 API keys are live"), "{said}");
    asks().await.success();
    let said = restored(&["--end-api-keys"]);
    assert!(said.contains("1 API keys ended"), "{said}");
    asks().await.refusal(401, "invalid_api_key");
    assert_eq!(app.count_events("authn_token_revoked").await, 1);
}

async fn a_recovery_waits_anew_and_is_told_anew(app: App) {
    let app = now(&app).await;
    let (_, key, codes) = saved(&app).await;
    let mut browser = app.browser();
    let token = waiting(&app, &mut browser, &codes[0]).await;
    app.letters().await;
    // As if the wait were over by the time of the restore.
    app.db.execute_unprepared("UPDATE recoveries SET due_at = waiting_since + 1, notices = 4").await.unwrap();
    app.advance(60);
    assert_eq!(status(&mut browser, &token).await["stage"], "ready");

    let output = app.output(&["restored"], &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("1 recoveries wait anew"), "{said}");
    assert_eq!(status(&mut browser, &token).await["stage"], "waiting");
    complete(&mut browser, &token).await.1.refusal(409, "recovery_too_soon");
    work(&app, "recovery").await;
    let told = App::letter_to(&app.letters().await, ADA);
    let page = app.browser().follow(&told.link()).await;
    app.browser().press(&page).await;
    assert_eq!(status(&mut browser, &token).await["stage"], "stopped");
    app.browser().sign_in(&key).await.success();
}

async fn a_deletion_is_put_off_and_can_be_taken_back_anew(app: App) {
    let app = now(&app).await;
    let (mut ada, key) = app.confirmed().await;
    ada.guarded_post("/account/delete", &json!({}), &key).await.success();
    // Not sent before the backup; who knows whether it was since.
    assert_eq!(app.outbox_states().await.iter().filter(|(state, _)| state == "queued").count(), 1);
    app.db.execute_unprepared("UPDATE account_deletions SET due_at = asked_at + 1").await.unwrap();

    let output = app.output(&["restored"], &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("1 accounts are deleted later") && said.contains("1 notices were set aside"), "{said}");
    app.advance(60);
    work(&app, "erase").await;
    let told = App::letter_to(&app.letters().await, ADA);
    let page = app.browser().follow(&told.link()).await;
    app.browser().press(&page).await;
    app.advance(30 * 24 * 60 * 60);
    work(&app, "erase").await;
    app.browser().sign_in(&key).await.success();
}

/// What this job does, whoever has its lease.
async fn work(app: &App, name: &str) {
    let job = JOBS.iter().find(|job| job.name == name).unwrap();
    (job.work)(&app.state.jobs()).await.unwrap();
}
