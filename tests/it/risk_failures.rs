//! The risk engine where something goes wrong: failed assertions teach it nothing, and what cannot be found out asks for a
//! touch.

use std::path::Path;
use std::sync::Arc;

use holdfast::clock::SystemClock;
use holdfast::server;
use holdfast::server::config::Config;
use serde_json::json;

use crate::support::agents::FIREFOX_LINUX;
use crate::support::habits::{BERGEN, DAY, Looked, MINUTE, NEW_YORK, OSLO, PARIS};
use crate::support::seed::in_full;
use crate::support::{App, Browser, Key, flip_last_bit, on_both_databases};

on_both_databases!(
    r08_a_thousand_failed_sign_ins_and_fifty_failed_touches_teach_nothing,
    failed_assertions_count_from_the_fifth_on,
    failed_assertions_are_forgotten_after_ten_minutes,
    failed_touches_count_too,
    the_failures_of_others_do_not_count,
    r11_a_past_that_cannot_be_read_asks_for_a_touch,
    r11_a_past_that_is_gone_asks_for_a_touch,
    r11_a_session_that_cannot_be_read_asks_for_a_touch,
    r11_a_change_that_cannot_be_weighed_says_so_and_a_touch_allows_it,
    r11_a_sign_in_that_cannot_be_weighed_says_so,
    r11_a_decision_that_cannot_be_kept_lets_nobody_through,
    r11_without_a_database_nobody_is_let_in,
    one_connection_is_enough_for_a_change,
);

/// A failed sign-in: the passkey's own answer, its signature bent.
async fn fail_to_sign_in(browser: &mut Browser, key: &Key) {
    let options = browser.begin_sign_in().await;
    let bent = flip_last_bit(&key.get(&options), "signature");
    browser.finish_sign_in(bent).await.refusal(400, "signature_invalid");
}

/// A failed touch.
async fn fail_to_step_up(browser: &mut Browser, key: &Key) {
    let options = browser.begin_step_up("session_continue", json!({})).await;
    let bent = flip_last_bit(&key.get(&options), "signature");
    browser.finish_step_up(bent).await.refusal(400, "signature_invalid");
}

async fn r08_a_thousand_failed_sign_ins_and_fifty_failed_touches_teach_nothing(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    app.tidy(1).await;
    let away = |browser: &Browser| browser.moved(BERGEN).disguised(FIREFOX_LINUX);
    let learned = async || (app.sign_ins().await, app.sign_in_counts().await, app.stored().await.users);
    // Later than any use, so that what is said does not change because time passes.
    app.advance(20 * MINUTE);
    let (before, looked) = (learned().await, away(&browser).look().await);
    assert!(before.0.len() == 10 && before.1.len() > 20 && looked.is_asked, "{looked:?}");

    // From there, with that browser: were it learned, that would be usual soon.
    // The short form has 160 of them.
    let each = if in_full() { 250 } else { 40 };
    let attackers = (0..4).map(|_| {
        let (mut attacker, key) = (app.browser_at(BERGEN).disguised(FIREFOX_LINUX), key.clone());
        tokio::spawn(async move {
            for _ in 0..each {
                fail_to_sign_in(&mut attacker, &key).await;
            }
        })
    });
    futures::future::try_join_all(attackers).await.unwrap();
    let mut inside = away(&browser);
    for _ in 0..50 {
        fail_to_step_up(&mut inside, &key).await;
    }
    assert_eq!(app.count_events("authn_login_fail").await, 4 * each);
    assert_eq!(app.count_events("authn_step_up_fail").await, 50);

    assert_eq!(learned().await, before);
    let now = away(&browser).look().await;
    assert_eq!((now.points("failed_assertions"), now.score), (30, looked.score + 30), "{now:?}");
    app.advance(10 * MINUTE + 1);
    assert_eq!(away(&browser).look().await, looked);
    // And nobody is locked out: she signs in at once, and one touch changes what she wants changed.
    let mut attacker = app.browser_at(BERGEN);
    for _ in 0..20 {
        fail_to_sign_in(&mut attacker, &key).await;
    }
    browser.get("/api-keys").await.success();
    browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), &key).await.success();
    let mut elsewhere = app.browser_at(PARIS);
    elsewhere.sign_in(&key).await.success();
    elsewhere.session().await.success();
    assert_eq!(app.sign_ins().await.len(), 11);
}

async fn failed_assertions_count_from_the_fifth_on(app: App) {
    let (browser, key) = app.person_at(OSLO).await;
    let mut stranger = app.browser_at(PARIS);
    for failures in 1..=6 {
        fail_to_sign_in(&mut stranger, &key).await;
        let looked = browser.look_at_change().await;
        assert!(looked.is_asked, "as for any change");
        assert_eq!(looked.points("failed_assertions"), if failures < 5 { 0 } else { 30 }, "{failures}");
    }
    let looked = browser.look_at_change().await;
    assert!(looked.why.contains(&"Somebody has just failed several times to use a passkey of yours.".to_owned()));
    // An ordinary request about which nothing is odd is not disturbed by strangers.
    assert_eq!(browser.look().await.score, 0);
}

async fn failed_assertions_are_forgotten_after_ten_minutes(app: App) {
    let (browser, key) = app.person_at(OSLO).await;
    let mut stranger = app.browser_at(PARIS);
    fail_to_sign_in(&mut stranger, &key).await;
    app.advance(MINUTE);
    for _ in 0..4 {
        fail_to_sign_in(&mut stranger, &key).await;
    }
    assert!(browser.look_at_change().await.has("failed_assertions"));
    app.advance(9 * MINUTE);
    assert!(browser.look_at_change().await.has("failed_assertions"), "the first is ten minutes old");
    app.advance(1);
    assert!(!browser.look_at_change().await.has("failed_assertions"), "four are left");
}

async fn failed_touches_count_too(app: App) {
    let (browser, key) = app.person_at(OSLO).await;
    let mut thief = browser.clone();
    for failures in 1..=5 {
        fail_to_step_up(&mut thief, &key).await;
        assert_eq!(browser.look_at_change().await.has("failed_assertions"), failures >= 5, "{failures}");
    }
}

async fn the_failures_of_others_do_not_count(app: App) {
    let (browser, key) = app.person_at(OSLO).await;
    let mut stranger = app.browser_at(PARIS);
    let bob = stranger.sign_up("bob@example.test").await;
    let unknown = Key { user_handle: key.user_handle.clone(), ..stranger.new_key() };
    for _ in 0..6 {
        fail_to_sign_in(&mut stranger, &bob).await;
        let options = stranger.begin_sign_in().await;
        stranger.finish_sign_in(unknown.get(&options)).await.refusal(400, "passkey_unknown");
        // What anybody can send who knows the name of her passkey, without a challenge of ours.
        let never = key.get(&json!({ "challenge": "A".repeat(43) }));
        stranger.finish_sign_in(never).await.refusal(400, "challenge_unknown");
    }
    assert!(!browser.look_at_change().await.has("failed_assertions"));
    let failed = app.events_of("authn_login_fail").await;
    let whose = |reason: &'static str| failed.iter().filter(move |event| event.reason.as_deref() == Some(reason));
    assert_eq!((whose("passkey_unknown").count(), whose("challenge_unknown").count()), (6, 6));
    assert!(whose("passkey_unknown").chain(whose("challenge_unknown")).all(|event| event.user_id.is_none()));
    assert!(whose("signature_invalid").all(|event| event.user_id.is_some()));
}

const FAILED: &str = "engine_failed";

async fn r11_a_past_that_cannot_be_read_asks_for_a_touch(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    let mut moved = browser.moved(BERGEN);
    assert!(!moved.look().await.is_asked, "40");
    app.sql("UPDATE sign_ins SET place = 'x'").await;
    for path in ["/auth/session", "/auth/passkeys", "/auth/sessions", "/api-keys", "/auth/session?watch=1"] {
        let looked = Looked::at(&moved.clone().get(path).await);
        assert!(looked.is_asked && looked.points(FAILED) == 60, "{path}: {looked:?}");
        assert!(looked.why.contains(&"We could not check this visit as we usually do.".to_owned()));
    }
    assert!(moved.clone().open("/account").await.shows_island("StepUp"));
    // Where nothing has changed nothing is looked up.
    assert_eq!(browser.look().await.score, 0);
    moved.go_on(&key).await;
    assert_eq!(moved.look().await.score, 0);
    moved.get("/api-keys").await.success();
}

async fn r11_a_past_that_is_gone_asks_for_a_touch(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    app.drop_table("sign_in_counts").await;
    let mut moved = browser.moved(BERGEN);
    let looked = moved.look().await;
    assert!(looked.is_asked && looked.points(FAILED) == 60, "{looked:?}");
    moved.go_on(&key).await;
    moved.session().await.success();
}

async fn r11_a_session_that_cannot_be_read_asks_for_a_touch(app: App) {
    let app = app.located(&[]).await;
    for column in ["devices", "networks", "asns"] {
        let mut browser = app.browser_at(OSLO);
        let key = browser.sign_up(&format!("{column}@example.test")).await;
        app.sql(&format!("UPDATE sessions SET {column} = 'x'")).await;
        let looked = browser.look().await;
        assert!(looked.is_asked && looked.points(FAILED) == 60, "{column}: {looked:?}");
        browser.get("/api-keys").await.refusal(403, "step_up_required");
        assert!(browser.look_at_change().await.has(FAILED));
        browser.go_on(&key).await;
        assert_eq!(browser.look().await.score, 0, "{column}");
        browser.get("/api-keys").await.success();
        // What is vouched for now is what was seen at the touch.
        assert!(browser.moved(NEW_YORK).look().await.has("network_changed"), "{column}");
    }
    // Where a session was is read only once there is something to compare it with.
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    app.sql("UPDATE sessions SET anchor = 'x'").await;
    assert_eq!(browser.look().await.score, 0);
    let mut moved = browser.moved(BERGEN);
    assert!(moved.look().await.is_asked && moved.look().await.has(FAILED));
    moved.go_on(&key).await;
    assert_eq!(moved.look().await.score, 0);
}

async fn r11_a_change_that_cannot_be_weighed_says_so_and_a_touch_allows_it(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    app.sql("UPDATE sign_ins SET place = 'x'").await;
    assert!(browser.look_at_change().await.has(FAILED));
    let before = app.decisions().await;
    app.advance(1);
    browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), &key).await.success();
    let made = app.decisions_since(&before).await;
    let granted = made.iter().find(|row| row.what() == ("credential_change", "allow")).unwrap();
    assert!(granted.names().contains(&FAILED.to_owned()), "{granted:?}");
}

async fn r11_a_sign_in_that_cannot_be_weighed_says_so(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    app.sql("UPDATE sign_ins SET place = 'x'").await;
    let before = app.decisions().await;
    app.advance(DAY);
    browser.sign_in(&key).await.success();
    let new = app.decisions_since(&before).await;
    assert_eq!((new.len(), new[0].what(), new[0].score), (1, ("sign_in", "allow"), 60));
    assert_eq!(new[0].names(), [FAILED]);
}

async fn r11_a_decision_that_cannot_be_kept_lets_nobody_through(app: App) {
    let (mut browser, key) = app.person_at(OSLO).await;
    browser.step_up("api_key_create", json!({ "name": "deploy" }), &key).await.success();
    let mut moved = browser.moved(NEW_YORK).disguised(FIREFOX_LINUX);
    app.drop_table("risk_decisions").await;
    moved.session().await.refusal(500, "internal");
    browser.post("/api-keys", &json!({ "name": "deploy" })).await.refusal(500, "internal");
    assert_eq!(app.count("api_keys").await, 0);
    let (before, options) = (app.stored().await, moved.begin_sign_in().await);
    let answer = moved.finish_sign_in(key.get(&options)).await;
    answer.refusal(500, "internal");
    assert!(answer.set_cookies().is_empty());
    assert_eq!(app.stored().await, before);
}

async fn r11_without_a_database_nobody_is_let_in(app: App) {
    let (mut browser, _) = app.person_at(OSLO).await;
    app.state.store.close().await.unwrap();
    for browser in [&mut browser.moved(NEW_YORK), &mut browser] {
        let answer = browser.get("/auth/session").await;
        assert!(answer.status.is_server_error(), "{answer:?}");
        assert!(answer.set_cookies().is_empty());
    }
}

async fn one_connection_is_enough_for_a_change(app: App) {
    let (browser, key) = app.person_at(OSLO).await;
    let app = app.beside(&[("HOLDFAST_DATABASE_MAX_CONNECTIONS", "1")]).await;
    let mut browser = browser.at(&app);
    browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), &key).await.success();
    browser.sign_in(&key).await.success();
}

#[tokio::test]
async fn t06_hostile_geo_data_stop_the_start_in_one_sentence_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/holdfast.db?mode=rwc", folder.path().display());
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/geo/hostile");
    let mut files: Vec<_> = std::fs::read_dir(hostile).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 20);
    files.push(folder.path().join("missing.mmdb"));
    files.push(folder.path().to_owned());
    for file in &files {
        for setting in ["HOLDFAST_GEO_DB", "HOLDFAST_GEO_ASN_DB"] {
            let settings = [("HOLDFAST_DATABASE_URL", url.as_str()), (setting, file.to_str().unwrap())];
            let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let config = Config::parse("test", "", settings).unwrap();
            let sentence = server::open(config, Arc::new(SystemClock)).await.err().unwrap().to_string();
            assert!(sentence.contains(file.to_str().unwrap()) && sentence.contains(setting), "{sentence}");
            assert!(!sentence.contains('\n') && !sentence.ends_with('.'), "{sentence}");
        }
    }
}
