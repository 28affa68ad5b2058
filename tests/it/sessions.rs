//! Sessions: how they end.

use serde_json::json;

use crate::support::{App, START, on_both_databases};

on_both_databases!(
    s03_signing_in_while_signed_in_ends_the_old_session,
    s03_signing_up_while_signed_in_ends_the_old_session,
    s04_a_session_idles_out_after_a_day,
    s04_use_postpones_the_idle_end,
    s05_a_session_ends_after_seven_days_however_busy,
    s05_lifetimes_are_settings,
    s07_sign_out_is_felt_by_every_process_at_once,
    last_seen_is_written_at_most_once_a_minute,
    a_refused_sign_in_leaves_the_present_session_alone,
    a_cookie_that_is_none_of_ours_is_an_invalid_session,
    signing_in_on_a_second_device_leaves_the_first_alone,
);

async fn s03_signing_in_while_signed_in_ends_the_old_session(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let before = browser.clone();
    browser.sign_in(&key).await.success();
    assert_ne!(browser.cookies["__Host-sid"], before.cookies["__Host-sid"]);
    before.clone().session().await.refusal(401, "invalid_session");
    browser.session().await.success();
    let ended: Vec<_> =
        app.stored().await.sessions.iter().filter(|s| s.ended_at.is_some()).map(|s| s.id).collect();
    assert_eq!(ended.len(), 1);
    let revoked: Vec<_> =
        app.events().await.into_iter().filter(|event| event.event_type == "session_revoked").collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].session_id, Some(ended[0]));
}

async fn s03_signing_up_while_signed_in_ends_the_old_session(app: App) {
    // Begun signed out in one tab, signed in in another, finished in the first.
    let ada = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_up("bob@example.test").await;
    browser.sign_in(&ada).await.success();
    let before = browser.clone();
    let made = browser.finish_sign_up(crate::support::Key::new().create(&options)).await.success();
    assert_eq!(made["user"]["email"], "bob@example.test");
    before.clone().session().await.refusal(401, "invalid_session");
    assert_eq!(browser.session().await.success()["user"]["email"], "bob@example.test");
    assert_eq!(app.count_events("session_revoked").await, 1);
}

async fn s04_a_session_idles_out_after_a_day(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let other = browser.clone();
    app.advance(86_400 - 1);
    assert_eq!(app.stored().await.sessions[0].last_seen_at, START.0, "looking at rows is no use");
    app.advance(1);
    browser.session().await.refusal(401, "invalid_session");
    browser.get("/auth/passkeys").await.refusal(401, "invalid_session");
    assert_eq!(browser.open("/account").await.status, 303);
    other.clone().session().await.refusal(401, "invalid_session");
    assert_eq!(app.stored().await.sessions[0].last_seen_at, START.0, "a refused use does not revive it");
}

async fn s04_use_postpones_the_idle_end(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    for _ in 0..4 {
        app.advance(86_400 - 1);
        browser.session().await.success();
    }
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["idleExpiresAt"], "2026-11-27T19:34:52Z");
    assert_eq!(session["expiresAt"], "2026-11-29T19:34:56Z");
    app.advance(86_400);
    browser.session().await.refusal(401, "invalid_session");
}

async fn s05_a_session_ends_after_seven_days_however_busy(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    for _ in 0..(7 * 24) - 1 {
        app.advance(3600);
        browser.session().await.success();
    }
    app.advance(3599);
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["idleExpiresAt"], session["expiresAt"], "nothing reaches past the end");
    app.advance(1);
    browser.session().await.refusal(401, "invalid_session");
}

async fn s05_lifetimes_are_settings(app: App) {
    let strict = app.beside(&[("HOLDFAST_SESSION_LIFETIME", "1h"), ("HOLDFAST_SESSION_IDLE", "10m")]).await;
    let mut browser = strict.browser();
    let key = browser.sign_up("ada@example.test").await;
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["idleExpiresAt"], "2026-11-22T19:44:56Z");
    assert_eq!(session["expiresAt"], "2026-11-22T20:34:56Z");
    let entered = browser.sign_in(&key).await;
    assert!(entered.set_cookie("__Host-sid").unwrap().contains("Max-Age=3600"));
    app.advance(600);
    browser.session().await.refusal(401, "invalid_session");
}

async fn s07_sign_out_is_felt_by_every_process_at_once(app: App) {
    let other = app.beside(&[]).await;
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let mut elsewhere = browser.at(&other);
    elsewhere.session().await.success();
    browser.sign_out().await.success();
    elsewhere.session().await.refusal(401, "invalid_session");
}

async fn last_seen_is_written_at_most_once_a_minute(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let mut written = Vec::new();
    for _ in 0..13 {
        app.advance(10);
        browser.session().await.success();
        written.push((app.stored().await.sessions[0].last_seen_at - START.0) / 1000);
    }
    assert_eq!(written, [0, 0, 0, 0, 0, 60, 60, 60, 60, 60, 60, 120, 120]);
}

async fn a_refused_sign_in_leaves_the_present_session_alone(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let stranger = crate::support::Key { id: vec![9; 16], ..key };
    browser.sign_in(&stranger).await.refusal(400, "passkey_unknown");
    browser.session().await.success();
}

async fn a_cookie_that_is_none_of_ours_is_an_invalid_session(app: App) {
    app.browser().session().await.refusal(401, "no_session");
    let long = "A".repeat(4000);
    let never_issued = "A".repeat(43);
    for value in ["", "x", "\"\"", "%00", "'; DROP TABLE sessions; --", &never_issued, &long] {
        let mut browser = app.browser();
        browser.cookies.insert("__Host-sid".into(), value.to_owned());
        browser.session().await.refusal(401, "invalid_session");
        assert_eq!(browser.open("/account").await.status, 303);
        assert_eq!(browser.open("/").await.status, 200);
    }
    // A cookie of nearly the right name is no session at all.
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let token = browser.cookies["__Host-sid"].clone();
    for name in ["sid", "__host-sid", "__Host-Sid", "__Secure-sid"] {
        let mut browser = app.browser();
        browser.cookies.insert(name.to_owned(), token.clone());
        browser.session().await.refusal(401, "no_session");
    }
}

async fn signing_in_on_a_second_device_leaves_the_first_alone(app: App) {
    let mut first = app.browser();
    let key = first.sign_up("ada@example.test").await;
    let mut second = app.browser();
    second.sign_in(&key).await.success();
    let (here, there) = (first.session().await.success(), second.session().await.success());
    assert_eq!(here["user"], there["user"]);
    assert_ne!(here["session"]["id"], there["session"]["id"]);
    second.sign_out().await.success();
    first.session().await.success();
    assert_eq!(second.post("/auth/logout", &json!({})).await.success(), json!({ "ok": true }));
}
