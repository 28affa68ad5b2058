//! What the risk engine makes of requests, sign-ins and changes: the young account's table, the signals that any account
//! has, and the policy. Habits are in `risk_habits`, failures in `risk_failures`, what is kept in `risk_decisions`.

use serde_json::json;

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX};
use crate::support::habits::{BERGEN, DAY, HOUR, Looked, NEW_YORK, OSLO, Reason};
use crate::support::{App, BACKED_UP, BACKUP_ELIGIBLE, Browser, Key, on_both_databases};

on_both_databases!(
    r09_a_young_account_keeps_the_articles_table,
    r09_an_account_is_young_until_both_have_passed,
    r09_a_young_sign_in_says_nothing_of_habits,
    a_fresh_device_is_a_reason_until_a_touch,
    a_fresh_passkey_is_a_reason_until_a_touch,
    nothing_is_fresh_where_everything_is,
    a_recovery_is_a_reason_for_three_days,
    a_touch_answers_a_recovery,
    r16_a_counter_that_regressed_is_in_the_decision,
    r16_eligibility_that_rose_is_in_the_decision,
    a_programs_own_session_is_no_surprise,
    a_program_in_a_browsers_session_is,
    a_program_on_a_young_account_is_a_reason_for_changes_only,
    an_added_route_is_sensitive,
    a_removed_route_is_not_but_its_changes_still_need_a_touch,
    points_can_be_raised,
    the_threshold_can_be_lowered,
);

const CURL: &str = "curl/8.9.1";

fn reasons(expected: &[(&str, u64)]) -> Vec<Reason> {
    expected.iter().map(|(name, points)| ((*name).to_owned(), *points)).collect()
}

/// The reasons for a touch before a change, without that it is one.
async fn of_change(browser: &Browser) -> Vec<Reason> {
    let looked = browser.look_at_change().await;
    assert!(looked.is_asked && looked.points("sensitive_route") == 20, "{looked:?}");
    looked.reasons.into_iter().filter(|(name, _)| name != "sensitive_route").collect()
}

/// What an account of this past is asked for, abroad and in another browser.
async fn expect_the_articles_table(browser: &Browser) {
    let (network, device) = (browser.moved(NEW_YORK), browser.disguised(FIREFOX_LINUX));
    let both = network.disguised(FIREFOX_LINUX);
    for (browser, path, score, is_asked) in [
        (browser, "/auth/session", 0, false),
        (&network, "/auth/session", 25, false),
        (&device, "/auth/session", 40, false),
        (&both, "/auth/session", 65, true),
        (&device, "/api-keys", 60, true),
        (&both, "/api-keys", 85, true),
    ] {
        let looked = Looked::at(&browser.clone().get(path).await);
        assert_eq!((looked.score, looked.is_asked), (score, is_asked), "{path}: {looked:?}");
    }
    // On a path that tells no score: 20 and 45.
    for browser in [browser, &network] {
        browser.clone().get("/api-keys").await.success();
    }
}

/// Make the only account this old and this much used.
async fn set_past(app: &App, sign_ins: u64, age: u64) {
    let created_at = app.now() - i64::try_from(age).unwrap() * 1000;
    app.sql(&format!("UPDATE users SET sign_ins = {sign_ins}, created_at = {created_at}")).await;
}

async fn r09_a_young_account_keeps_the_articles_table(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    browser.sign_up("ada@example.test").await;
    expect_the_articles_table(&browser).await;
}

async fn r09_an_account_is_young_until_both_have_passed(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    browser.sign_up("ada@example.test").await;
    for (sign_ins, age) in [(9, 15 * DAY), (1000, 14 * DAY - 1), (10, 13 * DAY), (9, 400 * DAY)] {
        set_past(&app, sign_ins, age).await;
        expect_the_articles_table(&browser).await;
    }
    set_past(&app, 10, 14 * DAY).await;
    let abroad = browser.moved(NEW_YORK).look().await;
    assert!(abroad.is_asked && abroad.has("new_country") && abroad.has("impossible_travel"), "{abroad:?}");
}

async fn r09_a_young_sign_in_says_nothing_of_habits(app: App) {
    let app = app.located(&[]).await;
    let key = app.browser_at(OSLO).sign_up("ada@example.test").await;
    app.browser_at(NEW_YORK).sign_in(&key).await.success();
    let decisions = app.decisions().await;
    assert_eq!((decisions.len(), decisions[0].score, decisions[0].names().len()), (1, 0, 0), "{decisions:?}");
}

async fn a_fresh_device_is_a_reason_until_a_touch(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    app.advance(DAY);
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    assert_eq!(of_change(&other).await, reasons(&[("fresh_device", 15)]));
    // Neither is the first browser one any more, nor is an ordinary request of a young account judged by it.
    browser.sign_in(&key).await.success();
    assert_eq!(of_change(&browser).await, []);
    assert_eq!(other.look().await.score, 0);
    let mut answered = other.clone();
    answered.go_on(&key).await;
    assert_eq!(of_change(&answered).await, []);
    app.advance(DAY - 1);
    // The token was replaced by the touch; the same browser signs in once more.
    other.cookies.remove("__Host-sid");
    other.sign_in(&key).await.success();
    assert_eq!(of_change(&other).await, reasons(&[("fresh_device", 15)]), "known since the first time");
    app.advance(1);
    assert_eq!(of_change(&other).await, [], "a day later it is fresh no longer");
}

async fn a_fresh_passkey_is_a_reason_until_a_touch(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    app.advance(DAY);
    browser.sign_in(&key).await.success();
    let options = browser.guarded_post("/auth/passkey/register/options", &json!({}), &key).await.success();
    let mut new = browser.new_key();
    browser.finish_sign_up(new.create(&options)).await.success();
    assert_eq!(of_change(&browser).await, [], "this session was opened with the old one");
    browser.sign_in(&new).await.success();
    let fresh = reasons(&[("fresh_passkey", 15)]);
    assert_eq!(of_change(&browser).await, fresh);
    app.advance(DAY - 1);
    browser.sign_in(&new).await.success();
    assert_eq!(of_change(&browser).await, fresh);
    let mut answered = browser.clone();
    answered.go_on(&key).await;
    assert_eq!(of_change(&answered).await, []);
    app.advance(1);
    assert_eq!(of_change(&answered).await, []);
    browser.cookies.remove("__Host-sid");
    browser.sign_in(&new).await.success();
    assert_eq!(of_change(&browser).await, []);
}

async fn nothing_is_fresh_where_everything_is(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    assert_eq!(of_change(&browser).await, []);
    app.advance(DAY - 1);
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    assert_eq!(of_change(&other).await, []);
    app.advance(1);
    assert_eq!(of_change(&other).await, reasons(&[("fresh_device", 15)]), "from here on the account is older");
}

async fn a_recovery_is_a_reason_for_three_days(app: App) {
    let (mut browser, key) = app.person_at(OSLO).await;
    assert_eq!(browser.look().await.score, 0);
    app.sql(&format!("UPDATE users SET recovered_at = {}", app.now())).await;
    for (after, is_recent) in [(1, true), (2 * DAY, true), (DAY - 2, true), (1, false)] {
        app.advance(after);
        // Signing in is no answer to it: a thief who recovered the account does that next.
        browser.cookies.remove("__Host-sid");
        browser.sign_in(&key).await.success();
        let expected = if is_recent { reasons(&[("recent_recovery", 40)]) } else { vec![] };
        assert_eq!(browser.look().await.reasons, expected, "{after}");
        assert_eq!(of_change(&browser).await, expected, "{after}");
        let reads = browser.clone().get("/api-keys").await.status;
        assert_eq!(reads.as_u16(), if is_recent { 403 } else { 200 }, "60 with what is sensitive");
    }
}

async fn a_touch_answers_a_recovery(app: App) {
    let (mut browser, key) = app.person_at(OSLO).await;
    app.sql(&format!("UPDATE users SET recovered_at = {}", app.now())).await;
    app.advance(HOUR);
    assert!(Looked::at(&browser.get("/api-keys").await).has("recent_recovery"));
    browser.go_on(&key).await;
    browser.get("/api-keys").await.success();
    assert_eq!(of_change(&browser).await, []);
    // In this session. And a recovery after it is news again.
    let mut other = app.browser_at(OSLO);
    other.sign_in(&key).await.success();
    assert!(other.look().await.has("recent_recovery"));
    app.advance(1);
    app.sql(&format!("UPDATE users SET recovered_at = {}", app.now())).await;
    assert!(browser.look().await.has("recent_recovery"));
}

async fn r16_a_counter_that_regressed_is_in_the_decision(app: App) {
    let mut browser = app.browser();
    let synced = Key { counter: 5, ..browser.new_key() };
    let mut key = browser.sign_up_with(synced, "ada@example.test").await;
    for (counter, score) in [(6, 0), (3, 40), (7, 0)] {
        key.counter = counter;
        let before = app.decisions().await;
        app.advance(1);
        browser.sign_in(&key).await.success();
        let new = app.decisions_since(&before).await;
        assert_eq!((new.len(), new[0].what(), new[0].score), (1, ("sign_in", "allow"), score), "{counter}");
        assert_eq!(new[0].names().contains(&"counter_regressed".to_owned()), score > 0);
    }
    // A touch tells it too, once the account is no longer young.
    app.advance(14 * DAY);
    app.sql("UPDATE users SET sign_ins = 10").await;
    key.counter = 8;
    browser.sign_in(&key).await.success();
    key.counter = 2;
    let before = app.decisions().await;
    app.advance(1);
    browser.go_on(&key).await;
    let new = app.decisions_since(&before).await;
    assert_eq!((new.len(), new[0].what(), new[0].score), (1, ("session_use", "allow"), 40));
    assert_eq!(new[0].names(), ["counter_regressed"]);
}

async fn r16_eligibility_that_rose_is_in_the_decision(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key::single_device(), "ada@example.test").await;
    key.counter += 1;
    key.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    browser.sign_in(&key).await.success();
    let decisions = app.decisions().await;
    assert_eq!((decisions.len(), decisions[0].score), (1, 20));
    assert_eq!(decisions[0].names(), ["backup_eligibility_changed"]);
    key.counter += 1;
    browser.sign_in(&key).await.success();
    assert_eq!(app.decisions().await.iter().map(|row| row.score).sum::<i64>(), 20, "once");
}

async fn a_programs_own_session_is_no_surprise(app: App) {
    let app = app.located(&[]).await;
    let mut curl = app.browser_at(OSLO).disguised(CURL);
    let key = curl.sign_up("ada@example.test").await;
    app.grow_old(&mut curl, &key).await;
    for browser in [curl.clone(), curl.moved(BERGEN), curl.disguised("python-requests/2.32"), curl.moved(NEW_YORK)]
    {
        assert!(!browser.look().await.has("automated_user_agent"), "{browser:?}", browser = browser.user_agent);
        assert!(!browser.look_at_change().await.has("automated_user_agent"));
    }
}

async fn a_program_in_a_browsers_session_is(app: App) {
    let (browser, key) = app.person_at(OSLO).await;
    let mut curl = browser.disguised(CURL);
    let refused = Looked::at(&curl.get("/api-keys").await);
    assert!(refused.is_asked, "{refused:?}");
    for (name, points) in [("automated_user_agent", 40), ("device_changed", 40), ("sensitive_route", 20)] {
        assert_eq!(refused.points(name), points, "{refused:?}");
    }
    assert!(refused.why.contains(&"A program, not a person, seems to use your session.".to_owned()));
    // One touch, and the same read goes through: no loop.
    curl.go_on(&key).await;
    for _ in 0..3 {
        curl.get("/api-keys").await.success();
    }
    assert_eq!(curl.look().await.score, 0);
    assert!(!curl.look_at_change().await.has("automated_user_agent"));
    // In this session.
    let mut other = app.browser_at(OSLO);
    other.sign_in(&key).await.success();
    assert!(other.disguised(CURL).look().await.has("automated_user_agent"));
}

async fn a_program_on_a_young_account_is_a_reason_for_changes_only(app: App) {
    let mut browser = app.browser().disguised(CHROME_WINDOWS);
    browser.sign_up("ada@example.test").await;
    let curl = browser.disguised(CURL);
    assert_eq!(curl.look().await.reasons, reasons(&[("device_changed", 40)]));
    assert_eq!(of_change(&curl).await, reasons(&[("device_changed", 40), ("automated_user_agent", 40)]));
}

/// The routes that are sensitive by default, without one of them.
fn routes_without(left_out: &str) -> String {
    let routes = ["/auth/sessions", "/api-keys", "/account/sessions", "/account/api-keys"];
    routes.into_iter().filter(|route| *route != left_out).collect::<Vec<_>>().join(",")
}

async fn an_added_route_is_sensitive(app: App) {
    let mut browser = app.browser().disguised(CHROME_WINDOWS);
    let key = browser.sign_up("ada@example.test").await;
    let moved = browser.disguised(FIREFOX_LINUX);
    assert!(!moved.clone().open("/account").await.shows_island("StepUp"));
    let routes = format!("{},/account", routes_without(""));
    let app = app.beside(&[("HOLDFAST_RISK_SENSITIVE_ROUTES", &routes)]).await;
    let mut moved = moved.at(&app);
    assert!(moved.open("/account").await.shows_island("StepUp"), "60");
    assert!(!browser.at(&app).open("/account").await.shows_island("StepUp"), "20");
    moved.go_on(&key).await;
    assert!(!moved.open("/account").await.shows_island("StepUp"));
}

async fn a_removed_route_is_not_but_its_changes_still_need_a_touch(app: App) {
    let mut browser = app.browser().disguised(CHROME_WINDOWS);
    let key = browser.sign_up("ada@example.test").await;
    let mut moved = browser.disguised(FIREFOX_LINUX);
    moved.get("/api-keys").await.refusal(403, "step_up_required");
    let routes = routes_without("/api-keys");
    let app = app.beside(&[("HOLDFAST_RISK_SENSITIVE_ROUTES", &routes)]).await;
    let mut moved = moved.at(&app);
    moved.get("/api-keys").await.success();
    // What else is sensitive still is.
    moved.get("/auth/sessions").await.refusal(403, "step_up_required");
    let asked = moved.look_at_change().await;
    assert!(asked.is_asked && asked.has("sensitive_route"), "{asked:?}");
    let mut home = browser.at(&app);
    home.post("/api-keys", &json!({ "name": "x" })).await.refusal(403, "step_up_required");
    moved.guarded_post("/api-keys", &json!({ "name": "x" }), &key).await.success();
}

async fn points_can_be_raised(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let moved = browser.moved(NEW_YORK);
    assert_eq!((moved.look().await.score, moved.look().await.is_asked), (25, false));
    for (points, is_asked) in [(59, false), (60, true)] {
        let setting = format!("network_changed={points}");
        let app = app.beside(&[("HOLDFAST_RISK_POINTS", &setting)]).await;
        let looked = moved.at(&app).look().await;
        assert_eq!((looked.score, looked.is_asked), (points, is_asked));
    }
}

async fn the_threshold_can_be_lowered(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let moved = browser.moved(NEW_YORK);
    for (threshold, is_asked) in [(26, false), (25, true)] {
        let app = app.beside(&[("HOLDFAST_RISK_THRESHOLD", &threshold.to_string())]).await;
        let looked = moved.at(&app).look().await;
        assert_eq!((looked.score, looked.is_asked), (25, is_asked), "{threshold}");
        let home = browser.at(&app).session().await.success()["risk"].clone();
        assert_eq!((&home["threshold"], &home["decision"]), (&json!(threshold), &json!("allow")));
    }
}
