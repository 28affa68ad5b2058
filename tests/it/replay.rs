//! An old token: for ten seconds it may still read, then it is a theft, and ends its family.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, Browser, notice, on_both_databases, sensitive_calls};

on_both_databases!(
    s14_for_ten_seconds_a_predecessor_may_read_and_gets_no_cookie,
    s17_for_ten_seconds_a_predecessor_changes_nothing,
    s13_after_that_it_is_a_replay_and_ends_its_family_and_only_that,
    s13_a_replay_by_a_page_or_by_rotate_or_at_another_process_is_one_too,
    s13_a_retired_token_is_remembered_as_long_as_its_family_lives,
    s13_a_replay_is_told_once,
    s14_r1_after_r3_is_a_replay,
    s14_the_grace_is_for_the_immediate_predecessor_only,
    s14_the_grace_begins_when_the_successor_is_first_seen,
    s14_a_request_under_way_during_a_touch_is_no_replay,
    s16_no_refusal_takes_a_cookie_away,
    s17_a_predecessor_gets_no_sensitive_answer_but_the_successor,
    s17_a_sensitive_page_is_asked_for_again,
    s13_the_sign_in_page_says_what_happened,
);

const DUE: u64 = 15 * 60;

/// Let the token come due and change, and the new one be seen. The browser that still has the old one.
async fn rotated_and_seen(app: &App, browser: &mut Browser) -> Browser {
    app.advance(DUE);
    let before = browser.clone();
    assert!(browser.session().await.new_sid().is_some());
    browser.session().await.success();
    before
}

async fn signed_up(app: &App) -> Browser {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    browser
}

async fn s14_for_ten_seconds_a_predecessor_may_read_and_gets_no_cookie(app: App) {
    let mut browser = signed_up(&app).await;
    let old = rotated_and_seen(&app, &mut browser).await;
    for seconds in [0, 5, 4] {
        app.advance(seconds);
        for path in ["/auth/session", "/auth/passkeys", "/account"] {
            let answer = old.clone().open(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.set_cookies().is_empty(), "{path}: {answer:?}");
        }
    }
    browser.session().await.success();
    assert_eq!(app.count_events("authn_token_reuse").await, 0);
}

async fn s17_for_ten_seconds_a_predecessor_changes_nothing(app: App) {
    let mut browser = signed_up(&app).await;
    let old = rotated_and_seen(&app, &mut browser).await;
    let before = app.stored().await;
    for (method, path, body) in sensitive_calls().into_iter().chain([rotate_call()]) {
        let answer = old.clone().call(&method, path, body.as_ref()).await;
        answer.refusal(409, "session_rotated");
        assert!(answer.set_cookies().is_empty(), "{path}: {answer:?}");
    }
    assert_eq!(app.stored().await, before);
    browser.session().await.success();
}

fn rotate_call() -> (Method, &'static str, Option<Value>) {
    (Method::POST, "/auth/session/rotate", Some(json!({})))
}

async fn s13_after_that_it_is_a_replay_and_ends_its_family_and_only_that(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&key).await.success();
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let id = browser.session().await.success()["session"]["id"].clone();
    let old = rotated_and_seen(&app, &mut browser).await;
    app.advance(11);
    let answer = old.clone().session().await;
    let refusal = answer.refusal(401, "invalid_session");

    browser.session().await.refusal(401, "invalid_session");
    assert_eq!(browser.open("/account").await.status, 303);
    elsewhere.session().await.success();
    bob.session().await.success();

    let told = app.events_of("authn_token_reuse").await;
    assert_eq!(told.len(), 1);
    assert_eq!(json!(told[0].session_id), id);
    assert_eq!(json!(told[0].request_id), refusal["requestId"]);
    assert_eq!(told[0].network.as_deref(), Some("203.0.113.0/24"));
    let stored = app.stored().await;
    let session = stored.sessions.iter().find(|session| json!(session.id) == id).unwrap();
    assert_eq!(told[0].user_id, Some(session.user_id));
    assert_eq!(session.ended_at, Some(app.now()));
    assert_eq!(stored.sessions.iter().filter(|session| session.ended_at.is_some()).count(), 1);
    // S23
    let revoked = app.events_of("session_revoked").await;
    assert_eq!(revoked.len(), 1);
    assert_eq!((json!(revoked[0].session_id), revoked[0].reason.as_deref()), (id, Some("replayed")));
}

async fn s13_a_replay_by_a_page_or_by_rotate_or_at_another_process_is_one_too(app: App) {
    let other = app.beside(&[]).await;
    for how in 0..4 {
        let mut browser = app.browser();
        browser.sign_up("ada@example.test").await;
        let mut old = rotated_and_seen(&app, &mut browser).await;
        app.advance(11);
        match how {
            0 => assert_eq!(old.open("/account").await.status, 303),
            1 => drop(old.rotate().await.refusal(401, "invalid_session")),
            2 => drop(old.post("/api-keys", &json!({ "name": "x" })).await.refusal(401, "invalid_session")),
            _ => drop(old.at(&other).session().await.refusal(401, "invalid_session")),
        }
        browser.session().await.refusal(401, "invalid_session");
        assert_eq!(app.count_events("authn_token_reuse").await, how + 1);
    }
}

async fn s13_a_retired_token_is_remembered_as_long_as_its_family_lives(app: App) {
    let mut browser = signed_up(&app).await;
    let first = browser.clone();
    let days = 6;
    for _ in 0..days * 4 {
        app.advance(6 * 3600);
        browser.session().await.success();
    }
    assert_eq!(app.tokens().await.len(), days * 4 + 1);
    first.clone().session().await.refusal(401, "invalid_session");
    browser.session().await.refusal(401, "invalid_session");
    assert_eq!(app.count_events("authn_token_reuse").await, 1);
}

async fn s13_a_replay_is_told_once(app: App) {
    let mut browser = signed_up(&app).await;
    let old = rotated_and_seen(&app, &mut browser).await;
    app.advance(11);
    for _ in 0..3 {
        old.clone().session().await.refusal(401, "invalid_session");
    }
    assert_eq!(app.end_reasons().await, ["replayed"]);
    assert_eq!(app.count_events("authn_token_reuse").await, 1);
}

/// New tokens without any time passing: the browsers with R0, R1, R2, and the one with R3.
async fn four_generations(app: &App) -> (Vec<Browser>, Browser) {
    let mut browser = signed_up(app).await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(browser.clone());
        browser.rotate().await.success();
    }
    (old, browser)
}

async fn s14_r1_after_r3_is_a_replay(app: App) {
    let (old, mut browser) = four_generations(&app).await;
    browser.session().await.success();
    old[1].clone().session().await.refusal(401, "invalid_session");
    browser.session().await.refusal(401, "invalid_session");
    assert_eq!(app.end_reasons().await, ["replayed"]);
}

async fn s14_the_grace_is_for_the_immediate_predecessor_only(app: App) {
    let (old, browser) = four_generations(&app).await;
    // R2 is the immediate one, and R3 was not seen yet.
    let answer = old[2].clone().session().await;
    answer.success();
    assert_eq!(answer.new_sid(), Some(browser.sid().as_str()));
    // R0 was replaced not a second ago; but what replaced it was used, and replaced too.
    old[0].clone().session().await.refusal(401, "invalid_session");
    for mut browser in [old[2].clone(), browser] {
        browser.session().await.refusal(401, "invalid_session");
    }
}

async fn s14_the_grace_begins_when_the_successor_is_first_seen(app: App) {
    let mut browser = signed_up(&app).await;
    app.advance(DUE);
    let old = browser.clone();
    browser.session().await.success();
    // Not seen for ten minutes: the old one is as good as ever.
    app.advance(600);
    assert_eq!(old.clone().session().await.new_sid(), Some(browser.sid().as_str()));
    browser.session().await.success();
    app.advance(5);
    // Seen a second time: that does not lengthen it.
    browser.session().await.success();
    app.advance(4);
    old.clone().session().await.success();
    app.advance(2);
    old.clone().session().await.refusal(401, "invalid_session");
    browser.session().await.refusal(401, "invalid_session");
}

async fn s14_a_request_under_way_during_a_touch_is_no_replay(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    // Two new tokens in a moment: for the touch, and for what it was for. Another tab was just asking something.
    let slow = browser.clone();
    browser.guarded_post("/api-keys", &json!({ "name": "x" }), &key).await.success();
    assert_eq!(app.tokens().await.len(), 3);
    let answer = slow.clone().session().await;
    answer.success();
    assert!(answer.new_sid().is_none(), "it is not the immediate predecessor: {answer:?}");
    slow.clone().get("/auth/sessions").await.refusal(409, "session_rotated");
    browser.session().await.success();
    app.advance(11);
    slow.clone().session().await.refusal(401, "invalid_session");
    browser.session().await.refusal(401, "invalid_session");
}

async fn s16_no_refusal_takes_a_cookie_away(app: App) {
    let mut browser = signed_up(&app).await;
    let old = rotated_and_seen(&app, &mut browser).await;
    let check = |answer: Answer, status| {
        assert_eq!(answer.status, status);
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
    };
    check(old.clone().session().await, 200);
    check(old.clone().get("/auth/sessions").await, 409);
    app.advance(11);
    // In the browser that has the successor, a straggler's refusal must not undo it.
    check(old.clone().session().await, 401);
    check(old.clone().session().await, 401);
    check(old.clone().open("/account").await, 303);
    check(old.clone().open("/").await, 200);
    check(browser.session().await, 401);
    check(browser.watch().await, 401);
}

async fn s17_a_predecessor_gets_no_sensitive_answer_but_the_successor(app: App) {
    let mut browser = signed_up(&app).await;
    app.advance(DUE);
    let old = browser.clone();
    browser.session().await.success();
    let before = app.stored().await;
    for (method, path, body) in sensitive_calls() {
        let mut tab = old.clone();
        let answer = tab.call(&method, path, body.as_ref()).await;
        answer.refusal(409, "session_rotated");
        assert_eq!(answer.new_sid(), Some(browser.sid().as_str()), "{path}");
    }
    assert_eq!(app.stored().await, before);
    // Repeated once, each is answered as it should be.
    let mut tab = old;
    tab.get("/auth/sessions").await.refusal(409, "session_rotated");
    tab.get("/auth/sessions").await.success();
    tab.get("/api-keys").await.success();
    tab.post("/api-keys", &json!({ "name": "x" })).await.refusal(403, "step_up_required");
}

async fn s17_a_sensitive_page_is_asked_for_again(app: App) {
    let mut browser = signed_up(&app).await;
    for path in ["/account/sessions", "/account/api-keys"] {
        app.advance(DUE);
        let mut old = browser.clone();
        browser.session().await.success();
        let page = old.open(path).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (303, path));
        assert_eq!(page.new_sid(), Some(browser.sid().as_str()));
        let page = old.open(path).await;
        assert_eq!(page.status, 200);
        assert!(page.new_sid().is_none());
    }
}

async fn s13_the_sign_in_page_says_what_happened(app: App) {
    let usual = notice(&app.browser().open("/").await);
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let old = rotated_and_seen(&app, &mut browser).await;
    app.advance(11);
    old.clone().session().await.refusal(401, "invalid_session");
    // To the owner, and for as long as they do not sign in.
    let told = notice(&browser.open("/").await);
    assert_ne!(told, usual);
    assert!(told.contains('.') && !told.contains('!'), "{told}");
    app.advance(86_400);
    assert_eq!(notice(&browser.open("/").await), told);
    browser.sign_in(&key).await.success();
    browser.sign_out().await.success();
    assert_eq!(notice(&browser.open("/").await), usual);
    // Nobody else is told.
    assert_eq!(notice(&app.browser().open("/").await), usual);
}
