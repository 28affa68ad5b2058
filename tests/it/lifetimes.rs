//! How many sessions there may be, how long they live, and why they end.

use serde_json::json;

use sea_orm::ConnectionTrait as _;

use crate::support::{App, BACKED_UP, BACKUP_ELIGIBLE, Browser, Key, notice, on_both_databases};

on_both_databases!(
    s04_s05_profile_aal2_is_a_day_and_an_hour,
    s06_profile_high_is_twelve_hours_and_fifteen_minutes,
    s06_profile_high_takes_no_passkey_that_can_leave_its_device,
    s04_watching_keeps_no_session_alive,
    s24_the_twenty_first_session_ends_the_oldest,
    s24_the_limit_is_a_setting_and_counts_live_sessions_only,
    s24_many_who_sign_in_at_once_do_not_exceed_it,
    s08_deleting_the_user_ends_everything,
    s23_every_end_says_why,
    s07_an_end_is_felt_by_every_process_at_once,
    s21_sign_out_takes_back_every_cookie_but_the_devices,
    the_device_cookie_is_given_once_and_known_again,
    an_upgrade_keeps_everybody_signed_in,
);

async fn s04_s05_profile_aal2_is_a_day_and_an_hour(app: App) {
    let strict = app.beside(&[("HOLDFAST_SESSION_PROFILE", "aal2")]).await;
    let mut browser = strict.browser();
    let key = browser.sign_up("ada@example.test").await;
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["expiresAt"], "2026-11-23T19:34:56Z");
    assert_eq!(session["idleExpiresAt"], "2026-11-22T20:34:56Z");
    app.advance(3600);
    browser.session().await.refusal(401, "invalid_session");

    browser.sign_in(&key).await.success();
    for _ in 0..24 * 2 - 1 {
        app.advance(30 * 60);
        browser.session().await.success();
    }
    app.advance(30 * 60);
    browser.session().await.refusal(401, "invalid_session");
}

/// A browser with a passkey that lives on one device.
async fn device_bound(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up_with(Key::single_device(), "ada@example.test").await;
    (browser, key)
}

async fn s06_profile_high_is_twelve_hours_and_fifteen_minutes(app: App) {
    let high = app.beside(&[("HOLDFAST_SESSION_PROFILE", "high")]).await;
    let (mut browser, mut key) = device_bound(&high).await;
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["expiresAt"], "2026-11-23T07:34:56Z");
    assert_eq!(session["idleExpiresAt"], "2026-11-22T19:49:56Z");
    app.advance(15 * 60);
    browser.session().await.refusal(401, "invalid_session");

    key.counter += 1;
    browser.sign_in(&key).await.success();
    for _ in 0..12 * 6 - 1 {
        app.advance(10 * 60);
        browser.session().await.success();
    }
    app.advance(10 * 60);
    browser.session().await.refusal(401, "invalid_session");
}

async fn s06_profile_high_takes_no_passkey_that_can_leave_its_device(app: App) {
    let high = app.beside(&[("HOLDFAST_SESSION_PROFILE", "high")]).await;
    let synced = app.browser().sign_up("ada@example.test").await;
    let before = app.stored().await;
    for flags in [BACKUP_ELIGIBLE | BACKED_UP, BACKUP_ELIGIBLE] {
        let mut key = Key { flags: Key::single_device().flags | flags, ..Key::single_device() };
        let mut browser = high.browser();
        let response = key.create(&browser.begin_sign_up("eve@example.test").await);
        browser.finish_sign_up(response).await.refusal(400, "passkey_not_device_bound");
    }
    let mut browser = high.browser();
    browser.sign_in(&synced).await.refusal(400, "passkey_not_device_bound");
    assert!(!browser.cookies.contains_key("__Host-sid"));
    assert_eq!(app.stored().await, before);
    // What it says under another profile does not change what it is.
    app.browser().sign_in(&synced).await.success();
}

async fn s04_watching_keeps_no_session_alive(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    for _ in 0..23 {
        app.advance(3600);
        browser.watch().await.success();
    }
    app.advance(3600);
    browser.watch().await.refusal(401, "invalid_session");
    browser.session().await.refusal(401, "invalid_session");
}

async fn s24_the_twenty_first_session_ends_the_oldest(app: App) {
    let mut first = app.browser();
    let key = first.sign_up("ada@example.test").await;
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let mut others = Vec::new();
    for _ in 0..19 {
        app.advance(1);
        let mut browser = app.browser();
        browser.sign_in(&key).await.success();
        others.push(browser);
    }
    first.session().await.success();
    app.advance(1);
    // However lately it was used.
    first.session().await.success();
    let mut last = app.browser();
    last.sign_in(&key).await.success();
    first.session().await.refusal(401, "invalid_session");
    for browser in others.iter_mut().chain([&mut last, &mut bob]) {
        browser.session().await.success();
    }
    assert_eq!(app.end_reasons().await, ["limit"]);
    assert_ne!(notice(&first.open("/").await), notice(&app.browser().open("/").await));
}

async fn s24_the_limit_is_a_setting_and_counts_live_sessions_only(app: App) {
    let narrow = app.beside(&[("HOLDFAST_SESSION_MAX_PER_ACCOUNT", "2")]).await;
    let mut first = narrow.browser();
    let key = first.sign_up("ada@example.test").await;
    app.advance(1);
    let mut second = narrow.browser();
    second.sign_in(&key).await.success();
    // One signs in again, one signs out and in: still two.
    app.advance(1);
    second.sign_in(&key).await.success();
    second.sign_out().await.success();
    second.sign_in(&key).await.success();
    first.session().await.success();
    app.advance(1);
    let mut third = narrow.browser();
    third.sign_in(&key).await.success();
    first.session().await.refusal(401, "invalid_session");
    second.session().await.success();
    // Those that ran out do not count.
    app.advance(86_400);
    for _ in 0..2 {
        narrow.browser().sign_in(&key).await.success();
    }
    assert_eq!(app.end_reasons().await, ["replaced", "sign_out", "limit"]);
}

async fn s24_many_who_sign_in_at_once_do_not_exceed_it(app: App) {
    let settings = [("HOLDFAST_SESSION_MAX_PER_ACCOUNT", "3")];
    let (here, there) = (app.beside(&settings).await, app.beside(&settings).await);
    let key = here.browser().sign_up("ada@example.test").await;
    app.advance(1);
    let mut tries = Vec::new();
    for number in 0..12 {
        let mut browser = if number % 2 == 0 { here.browser() } else { there.browser() };
        let response = key.get(&browser.begin_sign_in().await);
        tries.push(tokio::spawn(async move {
            browser.finish_sign_in(response).await.success();
            browser
        }));
    }
    let mut live = 0;
    for browser in futures::future::join_all(tries).await {
        live += usize::from(browser.unwrap().session().await.status == 200);
    }
    assert_eq!(live, 3);
    assert_eq!(app.end_reasons().await, vec!["limit"; 13 - 3]);
}

async fn s08_deleting_the_user_ends_everything(app: App) {
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), &key).await.success();
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&key).await.success();
    elsewhere.step_up("passkey_add", json!({}), &key).await.success();

    app.sql("DELETE FROM users WHERE email = 'ada@example.test'").await;
    for browser in [&mut browser, &mut elsewhere] {
        browser.session().await.refusal(401, "invalid_session");
        browser.get("/api-keys").await.refusal(401, "invalid_session");
        assert_eq!(browser.open("/account").await.status, 303);
    }
    browser.sign_in(&key).await.refusal(400, "passkey_unknown");
    bob.session().await.success();
    assert_eq!((app.count("session_tokens").await, app.count("api_keys").await), (1, 0));
}

async fn s23_every_end_says_why(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    browser.sign_in(&key).await.success();
    browser.sign_out().await.success();
    browser.sign_in(&key).await.success();
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    browser.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    assert_eq!(app.end_reasons().await, ["replaced", "sign_out", "revoked"]);
    for event in app.events_of("session_revoked").await {
        assert_eq!(event.outcome, "success");
        assert!(event.user_id.is_some() && event.session_id.is_some());
    }
    // The person hears it where it matters to them: not after their own sign-out.
    let usual = notice(&app.browser().open("/").await);
    assert_ne!(notice(&other.open("/").await), usual);
    browser.sign_out().await.success();
    assert_eq!(notice(&browser.open("/").await), usual);
}

async fn s07_an_end_is_felt_by_every_process_at_once(app: App) {
    let other = app.beside(&[]).await;
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let mut victim = app.browser();
    victim.sign_in(&key).await.success();
    let (mut here, mut there) = (victim.clone(), victim.at(&other));
    here.session().await.success();
    there.session().await.success();
    browser.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    here.session().await.refusal(401, "invalid_session");
    there.session().await.refusal(401, "invalid_session");
    assert_eq!(there.open("/account").await.status, 303);
}

async fn s21_sign_out_takes_back_every_cookie_but_the_devices(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    browser.step_up("passkey_add", json!({}), &key).await.success();
    let device = browser.cookies["__Host-device"].clone();
    let answer = browser.sign_out().await;
    assert_eq!(answer.header("clear-site-data"), "\"storage\"");
    assert_eq!(browser.cookies, [("__Host-device".to_owned(), device)].into());
}

async fn the_device_cookie_is_given_once_and_known_again(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let device = browser.cookies["__Host-device"].clone();
    browser.sign_out().await.success();
    let entered = browser.sign_in(&key).await;
    assert!(entered.set_cookie("__Host-device").is_none(), "{entered:?}");
    assert_eq!(browser.cookies["__Host-device"], device);
    // One that we never gave is replaced, so that nobody can choose what a device is known by.
    for chosen in ["x".to_owned(), "A".repeat(43)] {
        let mut thief = app.browser();
        thief.cookies.insert("__Host-device".into(), chosen.clone());
        let entered = thief.sign_in(&key).await;
        entered.success();
        assert_ne!(thief.cookies["__Host-device"], chosen);
        assert_ne!(thief.cookies["__Host-device"], device);
    }
    // It is no way in.
    let mut browser = app.browser();
    browser.cookies.insert("__Host-device".into(), device);
    browser.session().await.refusal(401, "no_session");
}

/// `sessions` as it was before there were families of tokens.
const OLD_SESSIONS: &str = "CREATE TABLE sessions (
    id UUID PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id UUID REFERENCES credentials (id) ON DELETE SET NULL,
    token_hash BYTES NOT NULL UNIQUE,
    created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, ended_at BIGINT)";

async fn an_upgrade_keeps_everybody_signed_in(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let before = app.stored().await.sessions;
    // Back to the tables of the release before, with this very session in them.
    let bytes = if app.db.get_database_backend() == sea_orm::DatabaseBackend::Sqlite { "BLOB" } else { "BYTEA" };
    app.sql(&OLD_SESSIONS.replace("TABLE sessions", "TABLE old").replace("BYTES", bytes)).await;
    app.sql(
        "INSERT INTO old SELECT s.id, s.user_id, s.credential_id, t.hash, s.created_at, s.expires_at, \
         s.last_seen_at, s.ended_at FROM sessions s JOIN session_tokens t ON t.session_id = s.id",
    )
    .await;
    for table in [
        "app_codes",
        "app_sessions",
        "account_deletions",
        "recoveries",
        "recovery_codes",
        "mail_links",
        "address_codes",
        "addresses",
        "roles",
        "payouts",
        "dbsc_challenges",
        "dbsc_sessions",
        "proofs_seen",
        "step_up_grants",
        "session_tokens",
        "known_devices",
        "api_keys",
        "sign_ins",
        "sign_in_counts",
        "risk_policies",
        "risk_decisions",
        "job_leases",
        "outbox",
        "sessions",
        "auth_events",
        "chain_heads",
        "audit_keys",
        "audit_checkpoints",
        "throttles",
        "proofs_of_work",
        "alerts",
        "alert_cursors",
    ] {
        app.drop_table(table).await;
    }
    app.sql("ALTER TABLE old RENAME TO sessions").await;
    app.sql("DROP INDEX credentials_suspended").await;
    for (table, change) in [
        ("users", "DROP COLUMN sign_ins"),
        ("users", "DROP COLUMN recovered_at"),
        ("credentials", "DROP COLUMN failures"),
        ("credentials", "DROP COLUMN last_used_device"),
        ("credentials", "DROP COLUMN last_used_network"),
        ("credentials", "DROP COLUMN suspended_at"),
    ] {
        app.sql(&format!("ALTER TABLE {table} {change}")).await;
    }
    app.sql(
        "CREATE TABLE auth_events (id BIGINT, created_at BIGINT, event_type VARCHAR(64), user_id UUID, user_agent VARCHAR(256))",
    )
    .await;
    app.sql("DELETE FROM seaql_migrations WHERE version >= 'm20261122_000003'").await;

    let upgraded = app.beside(&[]).await;
    assert_eq!(upgraded.stored().await.sessions, before);
    let mut browser = browser.at(&upgraded);
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["binding"], "cookie");
    app.advance(15 * 60);
    assert!(browser.session().await.new_sid().is_some(), "its token changes like any other");
    browser.session().await.success();
}
