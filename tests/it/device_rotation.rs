//! A session with a device key takes a new token only for a proof, and waits for it only so long.

use axum::http::Method;
use serde_json::json;

use crate::support::{App, Browser, Key, START, expect_challenge, notice, on_both_databases, sensitive_calls};

on_both_databases!(
    it_rotates_by_proof_only,
    it_may_rotate_at_any_time,
    s14_a_lost_answer_is_repeated_for_a_proof_only,
    s14_a_seen_predecessor_may_read_for_ten_seconds,
    s13_a_replay_ends_the_family_with_or_without_a_proof,
    s17_a_predecessor_with_a_proof_is_given_the_successor,
    two_minutes_past_due_a_cookie_alone_gets_a_401,
    two_minutes_past_due_a_page_only_proves,
    two_minutes_past_due_a_proof_is_as_good_as_ever,
    past_due_a_cookie_alone_keeps_no_session_alive,
    s03_a_step_up_and_a_sensitive_change_rotate_it,
    s12_a_touch_without_a_proof_is_no_step_up,
);

const DUE: u64 = 15 * 60;

async fn bound(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    browser.session().await.success();
    (browser, key)
}

async fn it_rotates_by_proof_only(app: App) {
    let (mut browser, _) = bound(&app).await;
    app.advance(DUE);
    // Due, and a minute past: neither a cookie nor a proof with a call that is about something else rotates it.
    for seconds in [0, 60] {
        app.advance(seconds);
        for path in ["/auth/session", "/auth/passkeys"] {
            let answer = browser.cookies_only().get(path).await;
            answer.success();
            assert!(answer.set_cookies().is_empty(), "{path}: {answer:?}");
            assert!(browser.get(path).await.new_sid().is_none());
        }
        let page = browser.open("/account").await;
        assert!(page.status == 200 && page.set_cookies().is_empty());
        assert!(browser.get("/auth/sessions").await.new_sid().is_none());
    }
    assert_eq!(app.tokens().await.len(), 1);
    let before = browser.sid();
    browser.rotate().await.success();
    assert_ne!(browser.sid(), before);
    assert_eq!(app.tokens().await.len(), 2);
    assert_eq!(app.count_events("session_renewed").await, 1);
}

async fn it_may_rotate_at_any_time(app: App) {
    let (mut browser, _) = bound(&app).await;
    for rotations in 1..4 {
        app.advance(60);
        let answer = browser.rotate().await;
        assert_eq!(answer.success(), json!({ "ok": true }));
        assert_eq!(app.tokens().await.len(), rotations + 1);
    }
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["rotationDueAt"], "2026-11-22T19:52:56Z");
}

async fn s14_a_lost_answer_is_repeated_for_a_proof_only(app: App) {
    let (browser, _) = bound(&app).await;
    app.advance(DUE);
    let lost = browser.clone().rotate().await.new_sid().unwrap().to_owned();
    // The cookie that a thief copied is not enough to be given the next one.
    for path in ["/auth/session", "/account"] {
        let answer = browser.cookies_only().open(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}: {answer:?}");
        assert_eq!(answer.header("dpop-ath"), crate::support::ath(&browser.sid()));
    }
    browser.cookies_only().rotate().await.refusal(401, "dpop_proof_required");
    app.advance(3600);
    let mut late = browser.clone();
    let answer = late.rotate().await;
    answer.success();
    assert_eq!(answer.new_sid(), Some(lost.as_str()));
    assert_eq!(app.tokens().await.len(), 2);
    late.rotate().await.success();
    assert_eq!(app.count_events("authn_token_reuse").await, 0);
}

async fn s14_a_seen_predecessor_may_read_for_ten_seconds(app: App) {
    let (mut browser, _) = bound(&app).await;
    let old = browser.clone();
    browser.rotate().await.success();
    browser.session().await.success();
    app.advance(9);
    for mut tab in [old.clone(), old.cookies_only()] {
        let answer = tab.session().await;
        answer.success();
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
    }
    let answer = old.clone().rotate().await;
    answer.refusal(409, "session_rotated");
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
    browser.session().await.success();
}

async fn s13_a_replay_ends_the_family_with_or_without_a_proof(app: App) {
    for (round, proven) in [true, false].into_iter().enumerate() {
        let (mut browser, _) = bound(&app).await;
        let mut old = if proven { browser.clone() } else { browser.cookies_only() };
        browser.rotate().await.success();
        browser.session().await.success();
        app.advance(11);
        old.session().await.refusal(401, "invalid_session");
        browser.session().await.refusal(401, "invalid_session");
        browser.rotate().await.refusal(401, "invalid_session");
        assert_eq!(app.count_events("authn_token_reuse").await, round + 1);
        assert_ne!(notice(&browser.open("/").await), notice(&app.browser().open("/").await));
    }
}

async fn s17_a_predecessor_with_a_proof_is_given_the_successor(app: App) {
    let (mut browser, _) = bound(&app).await;
    let old = browser.clone();
    browser.rotate().await.success();
    let before = app.stored().await;
    for (method, path, body) in sensitive_calls() {
        let answer = old.clone().call(&method, path, body.as_ref()).await;
        answer.refusal(409, "session_rotated");
        assert_eq!(answer.new_sid(), Some(browser.sid().as_str()), "{path}");
        // Without one, nothing: whatever it is called.
        let answer = old.cookies_only().call(&method, path, body.as_ref()).await;
        assert!([401, 409].contains(&answer.status.as_u16()), "{path}: {answer:?}");
        assert!(answer.set_cookies().is_empty(), "{path}: {answer:?}");
    }
    assert_eq!(app.stored().await, before);
    let mut tab = old;
    tab.get("/auth/sessions").await.refusal(409, "session_rotated");
    tab.get("/auth/sessions").await.success();
}

async fn two_minutes_past_due_a_cookie_alone_gets_a_401(app: App) {
    let (browser, _) = bound(&app).await;
    let mut bare = browser.cookies_only();
    app.advance(DUE + 119);
    bare.session().await.success();
    app.advance(2);
    for path in ["/auth/session", "/auth/passkeys", "/auth/session?watch=1", "/auth/sessions", "/api-keys"] {
        let answer = bare.get(path).await;
        answer.refusal(401, "dpop_proof_required");
        expect_challenge(&answer);
        assert!(!answer.header("dpop-nonce").is_empty(), "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}: the session is not over");
    }
    let mut owner = browser.clone();
    owner.rotate().await.success();
    owner.cookies_only().session().await.success();
}

async fn two_minutes_past_due_a_page_only_proves(app: App) {
    let (mut browser, _) = bound(&app).await;
    app.advance(DUE + 119);
    assert!(!browser.open("/account").await.shows_island("Prove"));
    app.advance(2);
    for path in ["/account", "/account/sessions", "/account/api-keys"] {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.shows_island("Prove"), "{path}: {}", page.text());
        assert!(!page.text().contains("ada@example.test"), "{path} tells whose it is");
        assert!(page.set_cookies().is_empty());
    }
    browser.rotate().await.success();
    let page = browser.open("/account").await;
    assert!(!page.shows_island("Prove") && page.text().contains("ada@example.test"));
}

async fn two_minutes_past_due_a_proof_is_as_good_as_ever(app: App) {
    let (mut browser, key) = bound(&app).await;
    for hours in [1, 10] {
        app.advance(hours * 3600);
        browser.session().await.success();
        browser.get("/auth/passkeys").await.success();
        browser.get("/auth/sessions").await.success();
        browser.guarded_post("/api-keys", &json!({ "name": "late" }), &key).await.success();
    }
    app.advance(20 * 3600);
    browser.rotate().await.success();
    // A bad one is not.
    app.advance(DUE + 121);
    browser.watch().await.success();
    let stolen = browser.proof(&Method::GET, "/auth/session").encode();
    let send = [("dpop", stolen.as_str())];
    browser.send(Method::GET, "/auth/session", &send, axum::body::Body::empty()).await.success();
    browser
        .cookies_only()
        .send(Method::GET, "/auth/session", &send, axum::body::Body::empty())
        .await
        .refusal(401, "invalid_dpop_proof");
}

async fn past_due_a_cookie_alone_keeps_no_session_alive(app: App) {
    let (browser, _) = bound(&app).await;
    let mut bare = browser.cookies_only();
    for _ in 0..23 {
        app.advance(3600);
        bare.session().await.refusal(401, "dpop_proof_required");
        assert!(bare.open("/account").await.shows_island("Prove"));
    }
    assert_eq!(app.stored().await.sessions[0].last_seen_at, START.0);
    app.advance(3600);
    browser.clone().session().await.refusal(401, "invalid_session");
}

async fn s03_a_step_up_and_a_sensitive_change_rotate_it(app: App) {
    let (mut browser, key) = bound(&app).await;
    let mut tokens = vec![browser.sid()];
    let stepped = browser.step_up("api_key_create", json!({ "name": "x" }), &key).await;
    let changed = browser.post("/api-keys", &json!({ "name": "x" })).await;
    for answer in [stepped, changed] {
        answer.success();
        let next = answer.new_sid().expect("a new token").to_owned();
        assert_eq!(answer.header("dpop-ath"), crate::support::ath(&next));
        assert!(!tokens.contains(&next));
        tokens.push(next);
    }
    browser.get("/auth/sessions").await.success();
}

async fn s12_a_touch_without_a_proof_is_no_step_up(app: App) {
    let (mut browser, key) = bound(&app).await;
    let response = key.get(&browser.begin_step_up("session_continue", json!({})).await);
    let mut bare = browser.cookies_only();
    bare.finish_step_up(response.clone()).await.refusal(401, "dpop_proof_required");
    assert!(browser.session().await.success()["session"].get("steppedUpUntil").is_none());
    // Which did not spend the challenge either: the page had only not heard of the nonce yet.
    browser.finish_step_up(response).await.success();
}
