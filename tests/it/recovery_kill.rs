//! The program is killed in the middle of each step of a recovery: the step was done whole or not at all, and the person goes on where
//! they were.

use std::time::Duration;

use futures::future::join;
use serde_json::{Value, json};

use crate::support::child::{Server, until};
use crate::support::mails::Letter;
use crate::support::recovery::{START, complete, make_codes, show, status};
use crate::support::seed::Chance;
use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(c14_killed_in_each_step_a_recovery_goes_on);

/// Each recovery is killed in four steps: `make soak` says 200 kills.
fn recoveries() -> usize {
    std::env::var("HOLDFAST_TEST_KILLS").map_or(2, |kills| kills.parse::<usize>().expect("a number").div_ceil(4))
}

fn serve(app: &App) -> Server {
    let checkpoints = app.secrets.with_extension("checkpoints");
    app.serve(&[
        ("HOLDFAST_AUDIT_CHECKPOINTS", checkpoints.to_str().unwrap()),
        ("HOLDFAST_THROTTLE_SCALE", "100000"),
        ("HOLDFAST_METRICS_ADDR", "none"),
        ("HOLDFAST_RECOVERY_NEW_DEVICE", "1s"),
        ("HOLDFAST_RECOVERY_KNOWN_DEVICE", "1s"),
    ])
}

/// The program, and a browser that talks to it.
struct Scene<'a> {
    app: &'a App,
    chance: Chance,
    server: Option<Server>,
    browser: Browser,
    kills: usize,
    unanswered: usize,
}

impl Scene<'_> {
    /// One call, in the middle of which the program is killed and started again.
    async fn killed(&mut self, call: impl AsyncFnOnce(&mut Browser) -> Answer) -> Answer {
        let delay = Duration::from_micros(self.chance.below(80_000));
        let server = self.server.take().expect("a server");
        let (answer, ()) = join(call(&mut self.browser), async {
            tokio::time::sleep(delay).await;
            server.kill();
        })
        .await;
        let address = self.server.insert(serve(self.app)).address().await;
        self.browser = self.browser.at_address(address);
        self.kills += 1;
        self.unanswered += usize::from(!answer.came());
        answer
    }

    async fn status(&mut self, token: &str) -> Value {
        status(&mut self.browser, token).await
    }

    fn mailed(&self, to: &str) -> Vec<Letter> {
        let letters = self.app.mails().into_iter().map(|raw| Letter::read(&raw));
        letters.filter(|it| it.to == to && it.subject.starts_with("Your recovery code")).collect()
    }

    /// Begin, and the code that came by mail.
    async fn begin(&mut self, email: &str) -> (String, String) {
        let body = json!({ "email": email });
        let mut answer = self.killed(async |browser| browser.post(START, &body).await).await;
        // A person whom no mail reaches presses again.
        for _ in 0..3 {
            if answer.came() {
                for _ in 0..150 {
                    if let [letter] = self.mailed(email).as_slice() {
                        return (answer.success()["token"].as_str().unwrap().to_owned(), letter.code());
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            for mail in self.mailed(email) {
                // It belongs to a token that nobody was told.
                assert!(!mail.code().is_empty());
            }
            let _ = std::fs::remove_dir_all(self.app.mail_folder());
            answer = self.browser.post(START, &body).await;
        }
        panic!("no mail went to {email}");
    }

    /// A code is shown; if nobody knows whether it was taken, it is good for another try or was taken.
    async fn show(&mut self, token: &str, method: &str, code: &str) {
        self.killed(async |browser| show(browser, token, method, code).await).await;
        let shown = self.status(token).await["shown"].clone();
        if !shown.as_array().unwrap().contains(&json!(method)) {
            show(&mut self.browser, token, method, code).await.success();
        }
    }

    async fn complete(&mut self, token: &str) -> Key {
        for _ in 0..250 {
            if self.status(token).await["stage"] == "ready" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let options = self.browser.post("/auth/recovery/complete/options", &json!({ "token": token })).await;
        let mut key = self.browser.new_key();
        let body = json!({ "token": token, "response": key.create(&options.success()) });
        self.killed(async |browser| browser.post("/auth/recovery/complete/verify", &body).await).await;
        match self.status(token).await["stage"].as_str().unwrap() {
            "completed" => key,
            "ready" => {
                let (key, answer) = complete(&mut self.browser, token).await;
                answer.success();
                key
            }
            other => panic!("{other}"),
        }
    }
}

async fn c14_killed_in_each_step_a_recovery_goes_on(app: App) {
    let chance = Chance::new();
    eprintln!("kills: HOLDFAST_TEST_SEED={}", chance.seed());
    let mut people = Vec::new();
    for nth in 0..recoveries() {
        let (email, mut browser) = (format!("person{nth}@example.test"), app.browser());
        let key = browser.sign_up(&email).await;
        browser.confirm(&app, &email, &key).await;
        let codes = make_codes(&mut browser, &key).await;
        people.push((email, browser, key, codes));
    }
    app.letters().await;
    let mut server = serve(&app);
    let browser = app.browser().at_address(server.address().await);
    let mut scene = Scene { app: &app, chance, server: Some(server), browser, kills: 0, unanswered: 0 };
    for (email, own, lost, codes) in people {
        scene.browser.cookies.clear();
        let (token, mailed) = scene.begin(&email).await;
        scene.show(&token, "mail", &mailed).await;
        scene.show(&token, "saved_code", &codes[0]).await;
        let new = scene.complete(&token).await;
        let mut other = scene.browser.clone();
        other.cookies.clear();
        other.clone().sign_in(&lost).await.refusal(400, "passkey_suspended");
        other.sign_in(&new).await.success();
        let address = scene.server.as_mut().unwrap().address().await;
        own.at_address(address).session().await.refusal(401, "invalid_session");
    }
    println!("{} kills in the middle of a recovery, {} of them before the answer", scene.kills, scene.unanswered);
    until("the mails are written", || async { app.outbox_rows().await.iter().all(|row| row.state != "queued") })
        .await;
    assert!(scene.server.unwrap().stop(), "it ends well");
    let people = recoveries();
    assert_eq!(app.count_events("recovery_completed").await, people);
    assert_eq!(app.count("credentials WHERE suspended_at IS NULL").await, people);
    assert_eq!(app.count("credentials WHERE suspended_at IS NOT NULL").await, people);
    assert_eq!(app.count("recovery_codes").await, 0);
    let report = holdfast::audit::verify(&app.state.trail, &[]).await.unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
}
