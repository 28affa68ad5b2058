//! Many requests at the moment of rotation, over two processes: one successor, nobody signed out.
//!
//! `HOLDFAST_TEST_ROUNDS` says how often (12).

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait as _;

use crate::support::{Answer, App, Browser, on_both_databases};

on_both_databases!(
    s15_parallel_rotation_has_one_successor,
    s15_parallel_rotation_survives_a_lost_answer,
    s15_old_and_new_token_at_the_same_time_sign_nobody_out,
    s15_parallel_rotation_by_rotate_has_one_successor,
    s15_parallel_rotation_of_device_keys_has_one_successor,
);

/// Requests in a round.
const AT_ONCE: usize = 50;
const DUE: u64 = 15 * 60;

fn rounds() -> usize {
    std::env::var("HOLDFAST_TEST_ROUNDS").map_or(12, |rounds| rounds.parse().expect("a number of rounds"))
}

#[allow(clippy::print_stdout, reason = "the figures of a long run are wanted in the notes")]
fn report(what: &str, app: &App, rounds: usize, requests: usize) {
    println!("{what}, {:?}: {rounds} rounds, {requests} requests, 0 signed out", app.db.get_database_backend());
}

/// Two processes whose sessions outlast any number of rounds.
async fn two(app: &App) -> (App, App) {
    let lasting = [("HOLDFAST_SESSION_LIFETIME", "3650d")];
    (app.beside(&lasting).await, app.beside(&lasting).await)
}

/// Send these all at once.
async fn at_once<F: Future<Output = Answer> + Send + 'static>(calls: impl Iterator<Item = F>) -> Vec<Answer> {
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// One tab at each process in turn.
fn tabs(browser: &Browser, here: &App, there: &App, count: usize) -> impl Iterator<Item = Browser> {
    let (here, there) = (browser.at(here), browser.at(there));
    (0..count).map(move |number| if number % 2 == 0 { here.clone() } else { there.clone() })
}

/// All went well and brought the same token.
#[track_caller]
fn the_successor(answers: &[Answer]) -> String {
    let mut cookies = BTreeSet::new();
    for answer in answers {
        answer.success();
        let cookie = answer.set_cookie("__Host-sid").unwrap_or_else(|| panic!("no successor in {answer:?}"));
        cookies.insert(cookie.to_owned());
    }
    assert_eq!(cookies.len(), 1, "{cookies:#?}");
    answers[0].new_sid().unwrap().to_owned()
}

/// After `rotations` of the only session.
async fn check(app: &App, browser: &mut Browser, rotations: usize) {
    let generations: Vec<i64> = app.tokens().await.iter().map(|token| token.generation).collect();
    assert_eq!(generations, (0..=i64::try_from(rotations).unwrap()).collect::<Vec<_>>());
    browser.session().await.success();
    assert_eq!(app.count_events("authn_token_reuse").await, 0);
    assert_eq!(app.count_events("session_revoked").await, 0);
}

async fn s15_parallel_rotation_has_one_successor(app: App) {
    let (app, other) = two(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let rounds = rounds();
    for round in 1..=rounds {
        app.advance(DUE);
        let calls = tabs(&browser, &app, &other, AT_ONCE).enumerate().map(|(number, mut tab)| async move {
            tab.get(["/auth/session", "/auth/passkeys"][number / 2 % 2]).await
        });
        let next = the_successor(&at_once(calls).await);
        browser.cookies.insert("__Host-sid".into(), next);
        check(&app, &mut browser, round).await;
    }
    report("parallel rotation", &app, rounds, rounds * AT_ONCE);
}

async fn s15_parallel_rotation_survives_a_lost_answer(app: App) {
    let (app, other) = two(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let rounds = rounds();
    for round in 1..=rounds {
        app.advance(DUE);
        // The answer that carried the new token never arrives.
        let lost = browser.clone().session().await.new_sid().unwrap().to_owned();
        app.advance(if round % 2 == 0 { 3600 } else { 0 });
        let calls = tabs(&browser, &app, &other, AT_ONCE).map(|mut tab| async move { tab.session().await });
        assert_eq!(the_successor(&at_once(calls).await), lost);
        browser.cookies.insert("__Host-sid".into(), lost);
        if round % 2 == 0 {
            // An hour later the successor is due itself, and the next one is not counted as a round.
            browser.rotate().await.success();
        }
        check(&app, &mut browser, round + round / 2).await;
    }
    report("parallel rotation after a lost answer", &app, rounds, rounds * (AT_ONCE + 1));
}

async fn s15_old_and_new_token_at_the_same_time_sign_nobody_out(app: App) {
    let (app, other) = two(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let rounds = rounds();
    for round in 1..=rounds {
        app.advance(DUE);
        let old = browser.clone();
        browser.session().await.success();
        let mixed = tabs(&old, &app, &other, AT_ONCE / 2).chain(tabs(&browser, &app, &other, AT_ONCE / 2));
        for answer in at_once(mixed.map(|mut tab| async move { tab.session().await })).await {
            answer.success();
            // S16: whoever comes late is given the winner's token or none.
            assert!(answer.new_sid().is_none_or(|given| given == browser.sid()), "{answer:?}");
        }
        check(&app, &mut browser, round).await;
    }
    report("old and new token together", &app, rounds, rounds * (AT_ONCE + 1));
}

async fn s15_parallel_rotation_by_rotate_has_one_successor(app: App) {
    let (app, other) = two(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let rounds = rounds();
    for round in 1..=rounds {
        let calls = tabs(&browser, &app, &other, AT_ONCE).map(|mut tab| async move { tab.rotate().await });
        let next = the_successor(&at_once(calls).await);
        browser.cookies.insert("__Host-sid".into(), next);
        check(&app, &mut browser, round).await;
    }
    report("parallel calls of rotate", &app, rounds, rounds * AT_ONCE);
}

async fn s15_parallel_rotation_of_device_keys_has_one_successor(app: App) {
    let (app, other) = two(&app).await;
    let mut browser = app.browser();
    browser.sign_up_bound("ada@example.test").await;
    browser.session().await.success();
    let (rounds, at_once_here) = (rounds(), 20);
    for round in 1..=rounds {
        app.advance(if round % 3 == 0 { 3600 } else { DUE });
        let calls = tabs(&browser, &app, &other, at_once_here).map(|mut tab| async move { tab.rotate().await });
        let answers = at_once(calls).await;
        let next = the_successor(&answers);
        browser.cookies.insert("__Host-sid".into(), next);
        browser.nonce = answers[0].header("dpop-nonce").to_owned();
        browser.ath = answers[0].header("dpop-ath").to_owned();
        check(&app, &mut browser, round).await;
    }
    report("parallel rotation of device keys", &app, rounds, rounds * at_once_here);
}
