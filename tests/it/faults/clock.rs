//! The machine's clock is put an hour forward or back, and is right again.

use axum::http::StatusCode;
use holdfast::audit::verify;
use holdfast::clock::Timestamp;
use holdfast::jobs::{self, JOBS, lease::Holder};
use serde_json::json;

use crate::support::{App, Browser, START, on_both_databases};

on_both_databases!(
    f06_nobody_is_signed_out_by_a_clock_that_goes_back_and_no_session_gets_longer,
    f06_an_hour_forward_and_back_does_not_keep_a_session_from_idling_out,
    f06_nobody_is_locked_out_for_an_hour_by_a_clock_that_goes_back,
    f06_jobs_go_on_whichever_way_the_clock_goes,
    f06_what_was_begun_can_be_finished_and_proofs_go_on,
);

const HOUR: i64 = 3_600_000;

fn put(app: &App, by: i64) {
    app.clock.set(Timestamp(app.now() + by));
}

async fn f06_nobody_is_signed_out_by_a_clock_that_goes_back_and_no_session_gets_longer(app: App) {
    let mut people = Vec::new();
    for nth in 0..2 {
        let mut browser = app.browser();
        let email = format!("n{nth}@example.test");
        let key = if nth == 0 { browser.sign_up(&email).await } else { browser.sign_up_bound(&email).await };
        people.push((browser, key));
    }
    let ends: Vec<_> = app.stored().await.sessions.iter().map(|row| (row.id, row.expires_at)).collect();
    for by in [-HOUR, 2 * HOUR, -HOUR, HOUR, -HOUR] {
        put(&app, by);
        for (browser, key) in &mut people {
            let answer = browser.session().await;
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "signed out after {by}: {}", answer.text());
            // As a page does: the next token, and going on with a touch where one is asked for.
            browser.rotate().await;
            browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), key).await.success();
            browser.session().await.success();
        }
    }
    let after: Vec<_> = app.stored().await.sessions.iter().map(|row| (row.id, row.expires_at)).collect();
    assert_eq!(after, ends, "the end of a session does not move");
    assert_eq!(app.end_reasons().await, Vec::<String>::new());
    assert_eq!(verify(&app.state.trail, &[]).await.unwrap().faults, Vec::<String>::new());
    // The end comes when it was said to come.
    app.clock.set(Timestamp(START.0 + 7 * 24 * HOUR));
    for (browser, _) in &mut people {
        browser.session().await.refusal(401, "invalid_session");
    }
}

async fn f06_an_hour_forward_and_back_does_not_keep_a_session_from_idling_out(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    put(&app, HOUR);
    browser.session().await.success();
    put(&app, -HOUR);
    // Used now, and never again.
    browser.session().await.success();
    assert_eq!(app.stored().await.sessions[0].last_seen_at, START.0);
    app.advance(86_400);
    browser.session().await.refusal(401, "invalid_session");
}

async fn f06_nobody_is_locked_out_for_an_hour_by_a_clock_that_goes_back(app: App) {
    let strict = app.beside(&[("HOLDFAST_THROTTLE_SCALE", "1")]).await;
    // Ahead by an hour, an address uses up what it has, requests and failures.
    put(&app, HOUR);
    let mut browser = strict.browser();
    fail_until_stopped(&mut browser).await;
    put(&app, -HOUR);
    for app in [&strict, &app.beside(&[("HOLDFAST_THROTTLE_SCALE", "1")]).await] {
        let mut browser = app.browser();
        let key = browser.sign_up("ada@example.test").await;
        browser.sign_in(&key).await.success();
    }
    // And there are limits now, as ever.
    fail_until_stopped(&mut browser).await;
}

async fn fail_until_stopped(browser: &mut Browser) {
    for _ in 0..200 {
        let answer = browser.post("/auth/passkey/login/verify", &json!({ "response": {} })).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return;
        }
    }
    panic!("never stopped");
}

async fn f06_jobs_go_on_whichever_way_the_clock_goes(app: App) {
    let context = app.state.jobs();
    let holder = Holder::new(&context).unwrap();
    let checkpoints = || {
        let file = app.secrets.with_extension("checkpoints");
        std::fs::read_to_string(file).unwrap_or_default().matches("\ntime ").count()
    };
    let mut seen = 0;
    for by in [0, HOUR, -2 * HOUR, HOUR, 6 * 60_000] {
        put(&app, by);
        app.browser().sign_up("ada@example.test").await;
        let terms = terms(&app).await;
        for job in JOBS {
            jobs::once(job, &context, &holder).await.unwrap();
        }
        let after = self::terms(&app).await;
        let is_long = by.abs() > 5 * 60_000;
        assert!(!is_long || after >= terms + 4, "after {by}: work was not done: {terms} {after}");
        let now = checkpoints();
        assert!(now > seen, "after {by}: no checkpoint");
        seen = now;
    }
}

/// How often leases were taken.
async fn terms(app: &App) -> i64 {
    let rows = app.query("SELECT CAST(COALESCE(SUM(term), 0) AS BIGINT) AS n FROM job_leases").await;
    rows[0].try_get("", "n").unwrap()
}

async fn f06_what_was_begun_can_be_finished_and_proofs_go_on(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    browser.get("/auth/sessions").await.success();
    put(&app, -HOUR);
    // The nonce of before is none now; the page is given another and goes on.
    browser.get("/auth/sessions").await.success();
    let options = browser.begin_sign_in().await;
    put(&app, -HOUR);
    browser.finish_sign_in(key.get(&options)).await.success();
    put(&app, 2 * HOUR);
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    other.session().await.success();
    // A challenge of a time that is long past is worth nothing, whichever way the clock went meanwhile.
    let options = other.begin_sign_in().await;
    put(&app, HOUR);
    other.finish_sign_in(key.get(&options)).await.refusal(400, "challenge_expired");
}
