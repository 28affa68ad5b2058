//! What a touch is good for: one call, of one action with these very parameters, in this session, within five minutes.

use serde_json::{Value, json};

use crate::support::{App, Browser, Key, on_both_databases, sensitive_calls};

on_both_databases!(
    s10_every_guarded_change_asks_for_a_touch,
    s12_a_touch_is_good_for_one_call,
    s12_a_touch_is_good_for_its_action_only,
    s12_a_touch_is_good_for_its_parameters_only,
    s12_a_touch_is_good_in_its_session_only,
    s12_a_touch_is_good_in_its_browser_only,
    s12_a_touch_ends_with_its_session,
    s12_of_two_calls_at_once_one_is_let_through,
    s12_of_many_calls_over_two_processes_one_is_let_through,
    u06_a_call_that_fails_does_not_spend_the_touch,
    a_refused_call_does_not_spend_the_touch,
    touches_for_two_actions_wait_for_each_other,
    input_is_judged_before_a_touch_is_asked_for,
    reading_asks_for_no_touch,
    the_rest_of_a_refused_change_is_untouched,
);

const KEYS: &str = "/api-keys";

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

fn named(name: &str) -> Value {
    json!({ "name": name })
}

#[track_caller]
fn expect_ask(answer: &crate::support::Answer, action: &str, params: &Value) {
    let refusal = answer.refusal(403, "step_up_required");
    assert_eq!(refusal["action"], "PASSKEY_ASSERTION");
    assert_eq!(refusal["stepUp"], json!({ "action": action, "params": params }));
    assert!(refusal["reasons"].is_array(), "{refusal}");
}

async fn s10_every_guarded_change_asks_for_a_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    let session = json!({ "id": other.session().await.success()["session"]["id"] });
    let made = browser.guarded_post(KEYS, &named("deploy"), &key).await.success();
    let api_key = json!({ "id": made["apiKey"]["id"] });
    let before = app.stored().await;
    for (path, body, action, params) in [
        ("/auth/passkey/register/options", json!({}), "passkey_add", json!({})),
        ("/auth/sessions/revoke", session.clone(), "session_revoke", session),
        ("/auth/sessions/revoke", json!({ "others": true }), "session_revoke", json!({ "others": true })),
        (KEYS, named("other"), "api_key_create", named("other")),
        ("/api-keys/revoke", api_key.clone(), "api_key_revoke", api_key),
    ] {
        for _ in 0..2 {
            expect_ask(&browser.post(path, &body).await, action, &params);
        }
    }
    assert_eq!(app.stored().await, before);
    other.session().await.success();
    assert_eq!(app.count(KEYS_TABLE).await, 1);
}

const KEYS_TABLE: &str = "api_keys";

async fn s12_a_touch_is_good_for_one_call(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    browser.post(KEYS, &named("deploy")).await.success();
    expect_ask(&browser.post(KEYS, &named("deploy")).await, "api_key_create", &named("deploy"));
    assert_eq!(app.count(KEYS_TABLE).await, 1);
}

async fn s12_a_touch_is_good_for_its_action_only(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    app.browser().sign_in(&key).await.success();
    for (action, params) in [
        ("session_continue", json!({})),
        ("passkey_add", json!({})),
        ("session_revoke", json!({ "others": true })),
    ] {
        browser.step_up(action, params, &key).await.success();
        expect_ask(&browser.post(KEYS, &named("deploy")).await, "api_key_create", &named("deploy"));
    }
    // No touch for something smaller opens something larger, and the other way round.
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    let mut fresh = app.browser();
    fresh.sign_in(&key).await.success();
    fresh.step_up("session_continue", json!({}), &key).await.success();
    fresh.post("/auth/passkey/register/options", &json!({})).await.refusal(403, "step_up_required");
    fresh.post("/auth/sessions/revoke", &json!({ "others": true })).await.refusal(403, "step_up_required");
    assert_eq!(app.count(KEYS_TABLE).await, 0);
}

async fn s12_a_touch_is_good_for_its_parameters_only(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    for name in ["deploy2", "Deploy", "deplo", "deploy\u{301}"] {
        expect_ask(&browser.post(KEYS, &named(name)).await, "api_key_create", &named(name));
    }
    // Which did not spend it.
    let made = browser.post(KEYS, &named("deploy")).await.success();
    // One key's end is not another's, and one session's not all the others'.
    let other = browser.guarded_post(KEYS, &named("other"), &key).await.success();
    let id = |made: &Value| json!({ "id": made["apiKey"]["id"] });
    browser.step_up("api_key_revoke", id(&made), &key).await.success();
    expect_ask(&browser.post("/api-keys/revoke", &id(&other)).await, "api_key_revoke", &id(&other));
    let mut second = app.browser();
    second.sign_in(&key).await.success();
    let session = json!({ "id": second.session().await.success()["session"]["id"] });
    browser.step_up("session_revoke", session, &key).await.success();
    let all = json!({ "others": true });
    expect_ask(&browser.post("/auth/sessions/revoke", &all).await, "session_revoke", &all);
    second.session().await.success();
}

async fn s12_a_touch_is_good_in_its_session_only(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut second = app.browser();
    second.sign_in(&key).await.success();
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    expect_ask(&second.post(KEYS, &named("deploy")).await, "api_key_create", &named("deploy"));
    assert!(second.session().await.success()["session"].get("steppedUpUntil").is_none());
    browser.post(KEYS, &named("deploy")).await.success();
}

async fn s12_a_touch_is_good_in_its_browser_only(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    // Whoever has the session's very token, and not what came with it.
    let mut thief = browser.clone();
    let touch = thief.cookies.remove("__Host-step-up").unwrap();
    expect_ask(&thief.post(KEYS, &named("deploy")).await, "api_key_create", &named("deploy"));
    for other in ["x".to_owned(), "A".repeat(43), browser.sid()] {
        thief.cookies.insert("__Host-step-up".into(), other);
        expect_ask(&thief.post(KEYS, &named("deploy")).await, "api_key_create", &named("deploy"));
    }
    assert_eq!(browser.cookies["__Host-step-up"], touch);
    browser.post(KEYS, &named("deploy")).await.success();
}

async fn s12_a_touch_ends_with_its_session(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    browser.sign_in(&key).await.success();
    expect_ask(&browser.post(KEYS, &named("deploy")).await, "api_key_create", &named("deploy"));
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    browser.sign_out().await.success();
    browser.post(KEYS, &named("deploy")).await.refusal(401, "no_session");
    assert_eq!(app.count(KEYS_TABLE).await, 0);
}

/// Send the call this many times at once with one touch: how often it was let through.
async fn let_through(app: &App, other: &App, browser: &Browser, times: usize) -> usize {
    let here = (0..times).map(|number| browser.at(if number % 2 == 0 { app } else { other }));
    let calls = here.map(|mut tab| tokio::spawn(async move { tab.post(KEYS, &named("deploy")).await }));
    let mut through = 0;
    for answer in futures::future::join_all(calls.collect::<Vec<_>>()).await {
        let answer = answer.unwrap();
        match answer.code().as_str() {
            "" => {
                answer.success();
                through += 1;
            }
            // The winner's change gave the session a new token: to the others theirs is an old one by now.
            "session_rotated" => drop(answer.refusal(409, "session_rotated")),
            _ => drop(answer.refusal(403, "step_up_required")),
        }
    }
    through
}

async fn s12_of_two_calls_at_once_one_is_let_through(app: App) {
    for round in 1..=8 {
        let (mut browser, key) = signed_up(&app).await;
        browser.step_up("api_key_create", named("deploy"), &key).await.success();
        assert_eq!(let_through(&app, &app, &browser, 2).await, 1);
        assert_eq!(app.count(KEYS_TABLE).await, round);
    }
}

async fn s12_of_many_calls_over_two_processes_one_is_let_through(app: App) {
    let other = app.beside(&[]).await;
    for round in 1..=3 {
        let (mut browser, key) = signed_up(&app).await;
        browser.step_up("api_key_create", named("deploy"), &key).await.success();
        assert_eq!(let_through(&app, &other, &browser, 16).await, 1);
        assert_eq!(app.count(KEYS_TABLE).await, round);
    }
}

async fn u06_a_call_that_fails_does_not_spend_the_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    browser.session().await.success();
    let before = app.stored().await;
    // The change cannot be told of, so it does not happen; nor does anything that goes with it.
    app.sql("ALTER TABLE auth_events RENAME TO elsewhere").await;
    let answer = browser.post(KEYS, &named("deploy")).await;
    answer.refusal(500, "internal");
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
    app.sql("ALTER TABLE elsewhere RENAME TO auth_events").await;
    assert_eq!(app.stored().await, before);
    assert_eq!(app.count(KEYS_TABLE).await, 0);
    browser.post(KEYS, &named("deploy")).await.success();
    browser.session().await.success();
}

async fn a_refused_call_does_not_spend_the_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("deploy"), &key).await.success();
    browser.post(KEYS, &named("")).await.refusal(400, "api_key_name_invalid");
    browser.send(axum::http::Method::POST, KEYS, &[], "{}".into()).await.refusal(415, "unsupported_media_type");
    let from_elsewhere = [("content-type", "application/json"), ("origin", "https://evil.example")];
    let body = named("deploy").to_string();
    browser.send(axum::http::Method::POST, KEYS, &from_elsewhere, body.into()).await.refusal(403, "cross_site");
    browser.post(KEYS, &named("deploy")).await.success();
}

async fn touches_for_two_actions_wait_for_each_other(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("api_key_create", named("a"), &key).await.success();
    browser.step_up("api_key_create", named("b"), &key).await.success();
    browser.post(KEYS, &named("a")).await.success();
    browser.post(KEYS, &named("b")).await.success();
    browser.post(KEYS, &named("a")).await.refusal(403, "step_up_required");
}

async fn input_is_judged_before_a_touch_is_asked_for(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let bobs = bob.session().await.success()["session"]["id"].clone();
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (path, body, status, code) in [
        (KEYS, named(""), 400, "api_key_name_invalid"),
        (KEYS, named(&"x".repeat(65)), 400, "api_key_name_invalid"),
        (KEYS, json!({}), 400, "invalid_request"),
        ("/api-keys/revoke", json!({ "id": nobody }), 404, "api_key_not_found"),
        ("/auth/sessions/revoke", json!({ "id": nobody }), 404, "session_not_found"),
        ("/auth/sessions/revoke", json!({ "id": bobs }), 404, "session_not_found"),
        ("/auth/sessions/revoke", json!({}), 400, "invalid_request"),
        ("/auth/passkey/register/options", json!({ "email": "bob@example.test" }), 400, "email_mismatch"),
    ] {
        let answer = browser.post(path, &body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{path} {body}");
        answer.refusal(status, code);
    }
    assert_eq!(app.count_events("authn_step_up_required").await, 0);
}

async fn reading_asks_for_no_touch(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let reads = sensitive_calls().into_iter().filter(|(method, ..)| method == axum::http::Method::GET);
    for (_, path, _) in reads {
        browser.get(path).await.success();
    }
    for path in ["/account/sessions", "/account/api-keys", "/account/sessions/panel", "/account/api-keys/panel"] {
        assert_eq!(browser.open(path).await.status, 200, "{path}");
    }
}

async fn the_rest_of_a_refused_change_is_untouched(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    let before = (app.stored().await, app.tokens().await.len());
    for (method, path, body) in sensitive_calls() {
        let answer = browser.call(&method, path, body.as_ref()).await;
        assert!(answer.new_sid().is_none(), "{path} gave a new token for nothing");
    }
    assert_eq!((app.stored().await, app.tokens().await.len()), before);
    other.session().await.success();
}
