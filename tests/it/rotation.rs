//! A session's token changes every fifteen minutes, and after every step-up and sensitive change. What a lost answer
//! costs: nothing.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Answer, App, Browser, START, assert_nowhere, on_both_databases};

on_both_databases!(
    r9700_the_token_changes_at_fifteen_minutes_and_not_before,
    r9700_when_is_a_setting,
    r9700_a_page_changes_it_too,
    r9700_a_session_of_a_cookie_may_ask_for_a_new_token_at_any_time,
    s02_the_new_cookie_is_guarded_like_the_first,
    s03_a_step_up_and_a_sensitive_change_each_give_a_new_token,
    rotation_changes_the_token_and_nothing_else,
    s14_everybody_with_the_old_token_is_given_the_same_successor,
    s14_a_lost_answer_is_repeated_even_days_later,
    s14_a_lost_answer_is_repeated_at_another_process,
    s01_no_token_lies_in_the_database_and_successors_are_sealed_and_erased,
    s07_a_new_token_is_good_at_every_process_at_once,
    watching_is_no_use,
    nothing_else_can_be_watched,
    rotate_needs_a_session,
);

/// How long a token is used.
const DUE: u64 = 15 * 60;

/// Let the token come due and change. What was before, as another tab would still have it.
async fn rotate(app: &App, browser: &mut Browser) -> Browser {
    app.advance(DUE);
    let before = browser.clone();
    let answer = browser.session().await;
    answer.success();
    assert!(answer.new_sid().is_some(), "{answer:?}");
    assert_ne!(browser.sid(), before.sid());
    before
}

async fn r9700_the_token_changes_at_fifteen_minutes_and_not_before(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let mut seen = vec![browser.sid()];
    for _ in 0..3 {
        app.advance(DUE - 1);
        let session = browser.session().await;
        assert!(session.set_cookies().is_empty(), "a second early: {session:?}");
        app.advance(1);
        let session = browser.session().await;
        let next = session.new_sid().expect("it is time").to_owned();
        assert!(!seen.contains(&next), "a token came twice");
        seen.push(next);
        let again = browser.session().await;
        assert!(again.set_cookies().is_empty(), "once is enough: {again:?}");
    }
    let generations: Vec<i64> = app.tokens().await.iter().map(|token| token.generation).collect();
    assert_eq!(generations, [0, 1, 2, 3]);
    let renewed = app.events_of("session_renewed").await;
    assert_eq!(renewed.len(), 3);
    let session = app.stored().await.sessions[0].id;
    assert!(renewed.iter().all(|event| event.session_id == Some(session) && event.outcome == "success"));
}

async fn r9700_when_is_a_setting(app: App) {
    let brisk = app.beside(&[("HOLDFAST_SESSION_ROTATE_AFTER", "2m")]).await;
    let mut browser = brisk.browser();
    browser.sign_up("ada@example.test").await;
    assert_eq!(browser.session().await.success()["session"]["rotationDueAt"], "2026-11-22T19:36:56Z");
    app.advance(119);
    assert!(browser.session().await.new_sid().is_none());
    app.advance(1);
    assert!(browser.session().await.new_sid().is_some());
}

async fn r9700_a_page_changes_it_too(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    for path in ["/account", "/account/sessions", "/account/api-keys"] {
        app.advance(DUE);
        let page = browser.open(path).await;
        assert_eq!(page.status, 200);
        assert!(page.new_sid().is_some(), "{path}");
    }
    browser.session().await.success();
}

async fn r9700_a_session_of_a_cookie_may_ask_for_a_new_token_at_any_time(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    app.advance(60);
    let before = browser.sid();
    let answer = browser.rotate().await;
    assert_eq!(answer.success(), json!({ "ok": true }));
    assert!(answer.new_sid().is_some_and(|next| next != before));
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["rotationDueAt"], "2026-11-22T19:50:56Z", "fifteen minutes from now");
}

async fn s02_the_new_cookie_is_guarded_like_the_first(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    app.advance(DUE);
    let answer = browser.session().await;
    assert_eq!(answer.set_cookies().len(), 1);
    let cookie = answer.set_cookie("__Host-sid").unwrap();
    let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(attributes[0], "HttpOnly");
    let max_age: i64 = attributes[1].strip_prefix("Max-Age=").unwrap().parse().unwrap();
    let left = 7 * 86_400 - 15 * 60;
    assert!((1..=7 * 86_400).contains(&max_age) && max_age >= left, "{cookie}");
    assert_eq!(attributes[2..], ["Path=/", "SameSite=Lax", "Secure"]);
    // Only the one it belongs to may keep it.
    assert_eq!(answer.header("cache-control"), "no-store");
}

async fn s03_a_step_up_and_a_sensitive_change_each_give_a_new_token(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let mut tokens = vec![browser.sid()];
    let mut given = |answer: &Answer| {
        answer.success();
        let next = answer.new_sid().unwrap_or_else(|| panic!("no new token: {answer:?}")).to_owned();
        assert!(!tokens.contains(&next));
        tokens.push(next);
    };
    given(&browser.step_up("session_continue", json!({}), &key).await);
    let params = json!({ "name": "deploy" });
    given(&browser.step_up("api_key_create", params.clone(), &key).await);
    let made = browser.post("/api-keys", &params).await;
    given(&made);
    let id = json!({ "id": made.json()["apiKey"]["id"] });
    given(&browser.step_up("api_key_revoke", id.clone(), &key).await);
    given(&browser.post("/api-keys/revoke", &id).await);
    app.browser().sign_in(&key).await.success();
    given(&browser.step_up("session_revoke", json!({ "others": true }), &key).await);
    given(&browser.post("/auth/sessions/revoke", &json!({ "others": true })).await);
    given(&browser.step_up("passkey_add", json!({}), &key).await);
    let options = browser.post("/auth/passkey/register/options", &json!({})).await.success();
    given(&browser.finish_sign_up(browser.new_key().create(&options)).await);
    browser.session().await.success();
}

async fn rotation_changes_the_token_and_nothing_else(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let mut before = browser.session().await.success();
    rotate(&app, &mut browser).await;
    let mut after = browser.session().await.success();
    for (value, due, idle) in [
        (&mut before, "2026-11-22T19:49:56Z", "2026-11-23T19:34:56Z"),
        (&mut after, "2026-11-22T20:04:56Z", "2026-11-23T19:49:56Z"),
    ] {
        let session = value["session"].as_object_mut().unwrap();
        assert_eq!(session.remove("rotationDueAt"), Some(json!(due)));
        assert_eq!(session.remove("idleExpiresAt"), Some(json!(idle)));
    }
    assert_eq!(before, after);
    assert_eq!(app.stored().await.sessions.len(), 1);
    assert_eq!(browser.cookies.len(), 3, "session, device, ceremony: {:?}", browser.cookies);
}

async fn s14_everybody_with_the_old_token_is_given_the_same_successor(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let tab = rotate(&app, &mut browser).await;
    for path in ["/auth/session", "/auth/passkeys", "/account"] {
        let mut tab = tab.clone();
        let answer = tab.open(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.new_sid(), Some(browser.sid().as_str()), "{path}");
    }
    let answer = tab.clone().rotate().await;
    answer.success();
    assert_eq!(answer.new_sid(), Some(browser.sid().as_str()));
    assert_eq!(app.tokens().await.len(), 2);
}

async fn s14_a_lost_answer_is_repeated_even_days_later(app: App) {
    let patient = app.beside(&[("HOLDFAST_SESSION_IDLE", "5d")]).await;
    let mut browser = patient.browser();
    browser.sign_up("ada@example.test").await;
    app.advance(DUE);
    let lost = browser.clone().session().await.new_sid().unwrap().to_owned();
    for days in [1, 3] {
        app.advance(days * 86_400);
        let answer = browser.clone().open("/account").await;
        assert_eq!((answer.status.as_u16(), answer.new_sid()), (200, Some(lost.as_str())));
    }
    // It arrives at last. It is long due itself.
    browser.session().await.success();
    assert_eq!(browser.sid(), lost);
    let answer = browser.session().await;
    answer.success();
    assert!(answer.new_sid().is_some_and(|next| next != lost));
    browser.session().await.success();
    assert_eq!(app.count_events("authn_token_reuse").await, 0);
}

async fn s14_a_lost_answer_is_repeated_at_another_process(app: App) {
    let other = app.beside(&[]).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let tab = rotate(&app, &mut browser).await;
    let answer = tab.at(&other).session().await;
    answer.success();
    assert_eq!(answer.new_sid(), Some(browser.sid().as_str()));
}

async fn s01_no_token_lies_in_the_database_and_successors_are_sealed_and_erased(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let mut secrets: Vec<String> = browser.cookies.values().cloned().collect();
    for round in 1..=3_usize {
        rotate(&app, &mut browser).await;
        secrets.push(browser.sid());
        let tokens = app.tokens().await;
        assert_eq!(tokens.len(), round + 1, "every retired hash is kept");
        // Sealed for whoever may have lost it…
        assert!(tokens[round - 1].successor.is_some());
        assert_nowhere(&secrets, &app.every_value().await);
        browser.session().await.success();
        app.advance(11);
        // …and erased when nobody may ask for it any more: by the next rotation at the latest.
        let older = &tokens[..round - 1];
        assert!(older.iter().all(|token| token.successor.is_none()), "{older:?}");
        assert_eq!(tokens[round].successor, None);
    }
    let values = app.every_value().await;
    for secret in secrets.iter().skip(2) {
        let raw = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, secret).unwrap();
        assert_eq!(raw.len(), 32);
        assert!(values.iter().any(|(_, value)| **value == *Sha256::digest(&raw)), "its hash is what is stored");
    }
    assert_eq!(app.tokens().await[0].issued_at, START.0);
}

async fn s07_a_new_token_is_good_at_every_process_at_once(app: App) {
    let other = app.beside(&[]).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    for _ in 0..3 {
        rotate(&app, &mut browser).await;
        let mut elsewhere = browser.at(&other);
        let answer = elsewhere.session().await;
        answer.success();
        assert!(answer.set_cookies().is_empty());
        browser = elsewhere.at(&app);
    }
}

async fn watching_is_no_use(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let mut page = browser.clone();
    for _ in 0..23 {
        app.advance(3600);
        let answer = page.watch().await;
        let session = answer.success()["session"].clone();
        assert_eq!(session["idleExpiresAt"], "2026-11-23T19:34:56Z", "it postpones nothing");
        assert_eq!(session["rotationDueAt"], "2026-11-22T19:49:56Z");
        assert!(answer.set_cookies().is_empty(), "it changes nothing: {answer:?}");
    }
    assert_eq!(app.stored().await.sessions[0].last_seen_at, START.0);
    assert_eq!(app.tokens().await.len(), 1);
    app.advance(3600);
    page.watch().await.refusal(401, "invalid_session");
    app.browser().watch().await.refusal(401, "no_session");
}

async fn nothing_else_can_be_watched(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    // Else whoever reads could do it without a trace: no new token, no event, no time of last use.
    for path in ["/auth/passkeys", "/auth/sessions", "/api-keys", "/account", "/account/sessions"] {
        app.advance(DUE);
        let answer = browser.open(&format!("{path}?watch=1")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.new_sid().is_some(), "{path} is a use of the session");
        assert_eq!(app.stored().await.sessions[0].last_seen_at, app.now(), "{path}");
    }
}

async fn rotate_needs_a_session(app: App) {
    app.browser().rotate().await.refusal(401, "no_session");
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let old = browser.clone();
    browser.sign_out().await.success();
    let answer = old.clone().rotate().await;
    answer.refusal(401, "invalid_session");
    assert!(answer.set_cookies().is_empty());
    assert_eq!(app.tokens().await.len(), 1);
}
