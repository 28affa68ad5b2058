//! Throttling as callers meet it: who is stopped, who is not, and what they are told.

use axum::http::StatusCode;
use holdfast::throttle::{Layer, Source};
use serde_json::json;

use crate::support::{Answer, App, Browser, SIGN_IN, contains, on_both_databases};

on_both_databases!(
    l03_a_flood_of_failures_is_stopped_and_told_exactly_when_to_come_again,
    l03_a_flood_of_requests_is_stopped_at_its_limit,
    an_office_or_a_test_suite_behind_one_address_is_not_stopped,
    who_is_stopped_can_still_read_and_leave,
    a_person_who_reads_too_much_gets_a_page_that_says_when,
    refusals_are_one_row_for_a_counter_and_ten_minutes,
    wrong_api_keys_are_failures,
    what_cannot_be_counted_is_not_let_through,
    rows_name_no_address,
    l05_limits_survive_a_restart_and_hold_for_two_processes,
);

/// A process with the limits that are for people.
pub async fn strict(app: &App) -> App {
    app.beside(&[("HOLDFAST_THROTTLE_SCALE", "1")]).await
}

async fn fail(browser: &mut Browser) -> Answer {
    browser.post(SIGN_IN, &json!({ "response": {} })).await
}

/// Fail until it is no longer heard; how often it was.
async fn fail_until_stopped(browser: &mut Browser) -> u32 {
    for count in 0..1_000 {
        let answer = fail(browser).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return count;
        }
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    panic!("never stopped");
}

#[track_caller]
fn wait_of(answer: &Answer) -> u64 {
    let json = answer.refusal(429, "too_many_requests");
    let seconds = json["retryAfter"].as_u64().unwrap();
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    let sentence = json["error"].as_str().unwrap();
    let unit = if seconds == 1 { "1 second." } else { &format!("{seconds} seconds.") };
    assert!(seconds > 90 || sentence.ends_with(unit), "{sentence}");
    seconds
}

async fn l03_a_flood_of_failures_is_stopped_and_told_exactly_when_to_come_again(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    assert_eq!(fail_until_stopped(&mut browser).await, 150);
    // Not sooner for coming again and again.
    for _ in 0..3 {
        let wait = wait_of(&fail(&mut browser).await);
        assert_eq!(wait, 2);
        app.advance(wait - 1);
        assert_eq!(wait_of(&fail(&mut browser).await), 1);
        app.advance(1);
        fail(&mut browser).await.refusal(400, "response_malformed");
    }
    // Nobody is asked for a touch that will not be heard.
    wait_of(&browser.post("/auth/passkey/login/options", &json!({})).await);
    wait_of(&browser.post("/auth/passkey/register/options", &json!({ "email": "ada@example.test" })).await);
    // Elsewhere life goes on.
    let mut other = app.browser();
    other.address = Some([203, 0, 113, 78].into());
    other.sign_up("ada@example.test").await;
}

async fn l03_a_flood_of_requests_is_stopped_at_its_limit(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    for _ in 0..600 {
        browser.post("/api-keys", &json!({ "name": "x" })).await.refusal(401, "no_session");
    }
    let refused = browser.post("/api-keys", &json!({ "name": "x" })).await;
    assert_eq!(wait_of(&refused), 1);
    assert!(refused.json().get("proofOfWork").is_none(), "one address cannot buy more requests");
    app.advance(1);
    for _ in 0..30 {
        browser.post("/api-keys", &json!({ "name": "x" })).await.refusal(401, "no_session");
    }
    wait_of(&browser.post("/api-keys", &json!({ "name": "x" })).await);
}

async fn an_office_or_a_test_suite_behind_one_address_is_not_stopped(app: App) {
    let app = strict(&app).await;
    let key = app.browser().sign_up("ada@example.test").await;
    for _second in 0..60 {
        for _ in 0..5 {
            app.browser().sign_in(&key).await.ok();
        }
        app.advance(1);
    }
}

async fn who_is_stopped_can_still_read_and_leave(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    browser.cookies.remove("__Host-device");
    fail_until_stopped(&mut browser).await;
    browser.session().await.ok();
    browser.open("/account").await.ok();
    // What is done with a session is no ceremony.
    let answer = browser.post("/api-keys", &json!({ "name": "x" })).await;
    assert_eq!(answer.code(), "step_up_required");
    assert_eq!(browser.rotate().await.code(), "");
    browser.sign_out().await.ok();
}

async fn a_person_who_reads_too_much_gets_a_page_that_says_when(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let source = Source { address: browser.address, ..Source::default() };
    (0..6_000).for_each(|_| app.state.throttle.read(&source).unwrap());
    let page = browser.open("/account").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header("retry-after"), "1");
    let html = page.text();
    for part in ["Please wait a moment", "Please try again in 1 second.", page.header("x-request-id")] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    wait_of(&browser.session().await);
    // What must never be throttled is not.
    browser.get("/healthz").await.ok();
    browser.get("/readyz").await.ok();
    browser.post("/auth/dbsc/refresh", &json!({})).await.refusal(400, "invalid_request");
    assert_ne!(browser.get("/favicon.svg").await.status, StatusCode::TOO_MANY_REQUESTS);
    app.advance(1);
    browser.session().await.ok();
    assert_eq!(app.count_events("excess_rate_limit_exceeded").await, 1);
}

async fn refusals_are_one_row_for_a_counter_and_ten_minutes(app: App) {
    let (first, second) = (strict(&app).await, strict(&app).await);
    let mut browser = first.browser();
    fail_until_stopped(&mut browser).await;
    for _ in 0..5 {
        fail(&mut browser).await;
        fail(&mut browser.at(&second)).await;
    }
    let rows = app.events_of("excess_rate_limit_exceeded").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].outcome.as_str(), rows[0].reason.as_deref()), ("refused", Some("address")));
    assert_eq!(rows[0].network.as_deref(), Some("203.0.113.0/24"));
    assert!(rows[0].user_id.is_none());
    // The next window has one more.
    app.advance(600);
    fail_until_stopped(&mut browser).await;
    assert_eq!(app.count_events("excess_rate_limit_exceeded").await, 2);
    // And another address its own.
    browser.address = Some([198, 51, 100, 1].into());
    fail_until_stopped(&mut browser).await;
    assert_eq!(app.count_events("excess_rate_limit_exceeded").await, 3);
    let counts = first.state.throttle.counts();
    assert!(counts.refused(Layer::Address) >= 8 && counts.allowed() >= 300, "{counts:?}");
}

async fn wrong_api_keys_are_failures(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    for _ in 0..150 {
        browser.post("/auth/introspect", &json!({})).await.refusal(401, "invalid_api_key");
    }
    assert_eq!(wait_of(&browser.post("/auth/introspect", &json!({})).await), 2);
    app.advance(2);
    browser.post("/auth/introspect", &json!({})).await.refusal(401, "invalid_api_key");
}

async fn what_cannot_be_counted_is_not_let_through(app: App) {
    let app = strict(&app).await;
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let before = (app.stored().await, app.count_ceremonies().await);
    app.drop_table("throttles").await;
    browser.finish_sign_in(key.get(&options)).await.refusal(503, "unavailable");
    browser.post("/auth/passkey/login/options", &json!({})).await.refusal(503, "unavailable");
    browser
        .post("/auth/passkey/register/options", &json!({ "email": "a@b.test" }))
        .await
        .refusal(503, "unavailable");
    assert_eq!((app.stored().await, app.count_ceremonies().await), before);
    browser.open("/").await.ok();
}

async fn rows_name_no_address(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    fail(&mut browser).await;
    app.state.throttle.mail("ada@example.test", &Source::default()).await.unwrap();
    app.state.throttle.flush().await.unwrap();
    let values = app.every_value().await;
    let rows: Vec<_> = values.iter().filter(|(column, _)| column.starts_with("throttles.")).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for (column, value) in rows {
        for name in [b"203.0.113".as_slice(), b"ada@", &[203, 0, 113]] {
            assert!(!contains(value, name), "{column}");
        }
    }
}

async fn l05_limits_survive_a_restart_and_hold_for_two_processes(app: App) {
    let (first, second) = (strict(&app).await, strict(&app).await);
    let mut browser = first.browser();
    for count in 0..150 {
        let process = if count % 2 == 0 { &first } else { &second };
        fail(&mut browser.at(process)).await.refusal(400, "response_malformed");
    }
    wait_of(&fail(&mut browser.at(&second)).await);
    wait_of(&fail(&mut browser).await);
    // As after a kill: nothing of the two is left but their rows.
    drop((first, second));
    let third = strict(&app).await;
    assert_eq!(wait_of(&fail(&mut browser.at(&third)).await), 2);
    app.advance(2);
    fail(&mut browser.at(&third)).await.refusal(400, "response_malformed");
    wait_of(&fail(&mut browser.at(&third)).await);
}
