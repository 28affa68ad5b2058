//! "This wasn't me": what ends, what is forgotten, and what the person is told to do next.

use serde_json::{Value, json};

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX};
use crate::support::{App, Browser, Key, flip_last_bit, notice, on_both_databases};

on_both_databases!(
    it_ends_the_session_and_forgets_what_it_taught,
    it_needs_a_touch_for_exactly_that_session,
    the_present_browser_stays_known,
    ones_own_session_and_other_peoples_events_are_left_alone,
    an_id_that_is_none_is_refused,
    twice_and_after_the_end_is_fine,
    a_predecessor_disowns_nothing,
    a_cookie_alone_disowns_nothing,
    the_page_offers_it_where_it_makes_sense,
    the_safe_path_is_shown_for_a_day,
    the_safe_path_is_shown_after_a_theft_too,
);

const EVENTS: &str = "/auth/events";
const DISOWN: &str = "/auth/events/disown";
const PANEL: &str = "/account/activity/panel";
const SAFE: &str = "Here is what to do now";

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    CHROME_WINDOWS.clone_into(&mut browser.user_agent);
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

/// Somebody signs in with the person's passkey, in a browser of their own.
async fn stranger(app: &App, key: &Key) -> Browser {
    let mut browser = app.browser();
    FIREFOX_LINUX.clone_into(&mut browser.user_agent);
    browser.sign_in(key).await.success();
    browser
}

/// The newest event of this kind.
async fn event(browser: &mut Browser, kind: &str) -> Value {
    let list = browser.get(EVENTS).await.success();
    list["events"].as_array().unwrap().iter().find(|event| event["kind"] == kind).expect(kind).clone()
}

async fn its_id(browser: &mut Browser, kind: &str) -> Value {
    json!({ "id": event(browser, kind).await["id"] })
}

async fn session_id(browser: &mut Browser) -> Value {
    browser.session().await.success()["session"]["id"].clone()
}

async fn it_ends_the_session_and_forgets_what_it_taught(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut thief = stranger(&app, &key).await;
    let stolen = session_id(&mut thief).await;
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (2, 2));
    let body = its_id(&mut browser, "authn_login_success").await;
    let refusal = browser.post(DISOWN, &body).await.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "session_disown", "params": { "id": stolen } }));
    thief.session().await.success();

    let before = browser.sid();
    let done = browser.guarded_post(DISOWN, &body, &key).await;
    assert_eq!(done.success(), json!({ "ok": true }));
    assert!(done.new_sid().is_some() && browser.sid() != before, "its token is a new one");

    thief.session().await.refusal(401, "invalid_session");
    let told = notice(&thief.open("/").await);
    assert!(told.contains("This session was ended from another device."), "{told}");
    browser.session().await.success();
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (1, 1));
    assert_eq!(app.end_reasons().await, ["disowned"]);
    let events = app.events_of("session_disowned").await;
    assert_eq!(events.len(), 1);
    assert_eq!((json!(events[0].session_id), events[0].outcome.as_str()), (stolen.clone(), "success"));
    assert_eq!(events[0].request_id, done.header("x-request-id"));
    let alerts = app.state.watcher.look().await.unwrap();
    assert!(alerts.iter().any(|alert| alert.rule == "session_disowned"), "{alerts:?}");

    let signed_in = event(&mut browser, "authn_login_success").await;
    assert_eq!(signed_in["disowned"], true);
    assert_eq!(signed_in["session"], json!({ "id": stolen, "current": false, "live": false }));
    assert_eq!(event(&mut browser, "user_created").await["disowned"], false);
}

async fn it_needs_a_touch_for_exactly_that_session(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut first = stranger(&app, &key).await;
    let ones = its_id(&mut browser, "authn_login_success").await;
    let mut second = stranger(&app, &key).await;
    let others = json!({ "id": session_id(&mut second).await });
    for (action, params) in [
        ("session_disown", others.clone()),
        ("session_revoke", json!({ "id": session_id(&mut first).await })),
        ("session_continue", json!({})),
    ] {
        browser.step_up(action, params, &key).await.success();
        browser.post(DISOWN, &ones).await.refusal(403, "step_up_required");
    }
    first.session().await.success();
    let bob = app.browser().sign_up("bob@example.test").await;
    let options = browser.begin_step_up("session_disown", json!({ "id": session_id(&mut first).await })).await;
    assert_eq!(browser.finish_step_up(bob.get(&options)).await.status, 400);
    browser.post(DISOWN, &ones).await.refusal(403, "step_up_required");
    browser.guarded_post(DISOWN, &ones, &key).await.success();
    first.session().await.refusal(401, "invalid_session");
    second.session().await.success();
}

async fn the_present_browser_stays_known(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    // The same browser signs in again, and its first session is disowned by mistake.
    browser.sign_in(&key).await.success();
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (2, 1));
    let body = its_id(&mut browser, "user_created").await;
    browser.guarded_post(DISOWN, &body, &key).await.success();
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (1, 1));
}

async fn ones_own_session_and_other_peoples_events_are_left_alone(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    // Names of events are unique within an account, not over all: two chains have the same numbers at the same time.
    app.advance(1);
    bob.sign_up("bob@example.test").await;
    let bobs = its_id(&mut bob, "user_created").await;
    let own = its_id(&mut ada, "user_created").await;
    let mut stranger = app.browser();
    let bad = flip_last_bit(&key.get(&stranger.begin_sign_in().await), "signature");
    stranger.finish_sign_in(bad).await.refusal(400, "signature_invalid");
    let without_session = its_id(&mut ada, "authn_login_fail").await;
    for (body, status, code) in [
        (own, 409, "session_is_current"),
        (bobs, 404, "event_not_found"),
        (json!({ "id": "0-0" }), 404, "event_not_found"),
        (without_session, 404, "event_not_found"),
    ] {
        ada.guarded_post(DISOWN, &body, &key).await.refusal(status, code);
    }
    let id = json!({ "id": session_id(&mut bob).await });
    ada.step_up("session_disown", id, &key).await.success();
    let bobs = its_id(&mut bob, "user_created").await;
    ada.post(DISOWN, &bobs).await.refusal(404, "event_not_found");
    bob.session().await.success();
    assert_eq!(app.end_reasons().await, Vec::<String>::new());
    assert_eq!(app.count_events("session_disowned").await, 0);
}

async fn an_id_that_is_none_is_refused(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let own = its_id(&mut browser, "user_created").await["id"].clone();
    for body in [json!({}), json!({ "id": null }), json!({ "id": 7 }), json!({ "id": [own] }), json!({ "id": "" })]
    {
        browser.post(DISOWN, &body).await.refusal(400, "invalid_request");
    }
    for id in ["7", "x-y", "' OR 1=1 --", "1-2-3"] {
        browser.post(DISOWN, &json!({ "id": id })).await.refusal(400, "invalid_request");
    }
    assert_eq!(app.count_events("authn_step_up_required").await, 0);
}

async fn twice_and_after_the_end_is_fine(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    stranger(&app, &key).await.sign_out().await.success();
    let body = its_id(&mut browser, "authn_login_success").await;
    for times in 1..=2 {
        browser.guarded_post(DISOWN, &body, &key).await.success();
        assert_eq!(app.count_events("session_disowned").await, times);
    }
    assert_eq!(app.end_reasons().await, ["sign_out"], "it had ended before");
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (1, 1));
    browser.session().await.success();
}

async fn a_predecessor_disowns_nothing(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut thief = stranger(&app, &key).await;
    let body = its_id(&mut browser, "authn_login_success").await;
    let mut old = browser.clone();
    browser.rotate().await.success();
    browser.session().await.success();
    old.post(DISOWN, &body).await.refusal(409, "session_rotated");
    old.get(EVENTS).await.refusal(409, "session_rotated");
    thief.session().await.success();
}

async fn a_cookie_alone_disowns_nothing(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    let mut thief = stranger(&app, &key).await;
    let body = its_id(&mut browser, "authn_login_success").await;
    let mut bare = browser.cookies_only();
    bare.post(DISOWN, &body).await.refusal(401, "dpop_proof_required");
    bare.get(EVENTS).await.refusal(401, "dpop_proof_required");
    bare.get(PANEL).await.refusal(401, "dpop_proof_required");
    thief.session().await.success();
    browser.guarded_post(DISOWN, &body, &key).await.success();
    thief.session().await.refusal(401, "invalid_session");
}

async fn the_page_offers_it_where_it_makes_sense(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let offers = async |browser: &mut Browser| browser.get(PANEL).await.text().matches(DISOWN).count();
    assert_eq!(offers(&mut browser).await, 0, "nobody disowns the session they are using");
    let mut thief = stranger(&app, &key).await;
    assert_eq!(offers(&mut browser).await, 1);
    thief.post("/api-keys", &json!({ "name": "a" })).await.refusal(403, "step_up_required");
    assert_eq!(offers(&mut browser).await, 2);
    let body = its_id(&mut browser, "authn_login_success").await;
    browser.guarded_post(DISOWN, &body, &key).await.success();
    let panel = browser.get(PANEL).await;
    assert_eq!(panel.text().matches(DISOWN).count(), 0, "it has been said");
    assert!(panel.text().contains("Somebody signed in") && panel.text().contains("Not you"), "{}", panel.text());
}

async fn the_safe_path_is_shown_for_a_day(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let (mut phone, _) = (stranger(&app, &key).await, stranger(&app, &key).await);
    let body = its_id(&mut browser, "authn_login_success").await;
    assert!(!browser.get(PANEL).await.text().contains(SAFE));
    browser.guarded_post(DISOWN, &body, &key).await.success();
    // Here, in an older part, and on the person's other devices.
    for (who, path) in [(&mut browser, PANEL), (&mut phone, &format!("{PANEL}?cursor=0-0"))] {
        let panel = who.get(path).await;
        assert!(
            panel.text().contains(SAFE) && panel.text().contains("{&quot;others&quot;:true}"),
            "{}",
            panel.text()
        );
    }
    browser.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    let panel = browser.get(PANEL).await;
    assert!(panel.text().contains("Done: you are signed in nowhere else."), "{}", panel.text());
    for (hours, is_shown) in [(23, true), (2, false)] {
        for _ in 0..hours {
            app.advance(3600);
            browser.session().await.success();
        }
        assert_eq!(browser.get(PANEL).await.text().contains(SAFE), is_shown, "{hours}");
    }
}

async fn the_safe_path_is_shown_after_a_theft_too(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut thief = browser.clone();
    browser.rotate().await.success();
    browser.session().await.success();
    app.advance(11);
    thief.session().await.refusal(401, "invalid_session");
    browser.sign_in(&key).await.success();
    let panel = browser.get(PANEL).await;
    assert!(panel.text().contains(SAFE), "{}", panel.text());
    assert!(panel.text().contains("Somebody used an old copy of a session"), "{}", panel.text());
}
