//! A person's sessions: what they see of them, and how they end those that are not theirs any more.

use serde_json::{Value, json};

use crate::support::agents::{
    CHROME_PHONE, CHROME_TABLET, CHROME_WINDOWS, EDGE_WINDOWS, FIREFOX_LINUX, FIREFOX_MAC, SAFARI_MAC,
    SAFARI_PHONE,
};
use crate::support::{App, Browser, Key, dbsc, on_both_databases};

on_both_databases!(
    s11_the_list_has_the_full_shape,
    s11_devices_are_named_for_people,
    s11_networks_are_prefixes_or_nothing,
    s11_the_most_recently_used_comes_first,
    s11_only_live_sessions_of_ones_own_are_listed,
    s11_each_binding_is_named,
    s11_another_is_ended_after_a_touch,
    s11_all_others_are_ended_after_a_touch,
    s11_ones_own_is_signed_out_without_a_touch,
    s11_anothers_session_cannot_be_ended,
    s11_an_id_that_is_none_is_refused,
    s12_a_touch_for_one_session_ends_no_other,
    s07_the_victim_is_out_at_every_process,
    s23_the_one_who_was_ended_is_told,
    a_session_that_ended_meanwhile_does_not_spend_the_touch,
    the_page_shows_them_escaped,
);

const LIST: &str = "/auth/sessions";
const REVOKE: &str = "/auth/sessions/revoke";

async fn list(browser: &mut Browser) -> Vec<Value> {
    browser.get(LIST).await.success()["sessions"].as_array().unwrap().clone()
}

async fn id(browser: &mut Browser) -> Value {
    browser.session().await.success()["session"]["id"].clone()
}

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

async fn elsewhere(app: &App, key: &Key) -> Browser {
    let mut browser = app.browser();
    browser.sign_in(key).await.success();
    browser
}

async fn s11_the_list_has_the_full_shape(app: App) {
    let mut browser = app.browser();
    CHROME_WINDOWS.clone_into(&mut browser.user_agent);
    browser.sign_up("ada@example.test").await;
    app.advance(120);
    let id = id(&mut browser).await;
    let answer = browser.get(LIST).await;
    assert_eq!(
        answer.success(),
        json!({ "sessions": [{
            "id": id,
            "current": true,
            "device": { "browser": "Chrome", "os": "Windows", "class": "desktop" },
            "network": "203.0.113.0/24",
            "binding": "cookie",
            "createdAt": "2026-11-22T19:34:56Z",
            "lastSeenAt": "2026-11-22T19:36:56Z",
            "expiresAt": "2026-11-29T19:34:56Z",
        }] })
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    app.browser().get(LIST).await.refusal(401, "no_session");
}

async fn s11_devices_are_named_for_people(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for (agent, name, os, class) in [
        (CHROME_WINDOWS, "Chrome", "Windows", "desktop"),
        (EDGE_WINDOWS, "Edge", "Windows", "desktop"),
        (FIREFOX_LINUX, "Firefox", "Linux", "desktop"),
        (FIREFOX_MAC, "Firefox", "macOS", "desktop"),
        (SAFARI_MAC, "Safari", "macOS", "desktop"),
        (SAFARI_PHONE, "Safari", "iOS", "phone"),
        (CHROME_PHONE, "Chrome", "Android", "phone"),
        (CHROME_TABLET, "Chrome", "Android", "tablet"),
        ("", "Unknown browser", "unknown system", "other"),
        ("<script>alert(1)</script>", "Unknown browser", "unknown system", "other"),
    ] {
        let mut other = app.browser();
        agent.clone_into(&mut other.user_agent);
        other.sign_in(&key).await.success();
        let id = id(&mut other).await;
        let entry = list(&mut browser).await.into_iter().find(|entry| entry["id"] == id).unwrap();
        assert_eq!(entry["device"], json!({ "browser": name, "os": os, "class": class }), "{agent}");
        other.sign_out().await.success();
    }
}

async fn s11_networks_are_prefixes_or_nothing(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for (address, network) in [
        (Some("198.51.100.9"), json!("198.51.100.0/24")),
        (Some("::ffff:198.51.100.9"), json!("198.51.100.0/24")),
        (Some("2001:db8:7:1::1"), json!("2001:db8:7::/48")),
        (None, json!(null)),
    ] {
        let mut other = app.browser();
        other.address = address.map(|address| address.parse().unwrap());
        other.sign_in(&key).await.success();
        let id = id(&mut other).await;
        let entry = list(&mut browser).await.into_iter().find(|entry| entry["id"] == id).unwrap();
        assert_eq!(entry["network"], network);
    }
    // It is where a session was last used, not where it was opened.
    let mut other = elsewhere(&app, &key).await;
    other.address = Some("192.0.2.1".parse().unwrap());
    app.advance(61);
    let id = id(&mut other).await;
    let entry = list(&mut browser).await.into_iter().find(|entry| entry["id"] == id).unwrap();
    assert_eq!(entry["network"], "192.0.2.0/24");
}

async fn s11_the_most_recently_used_comes_first(app: App) {
    let (mut first, key) = signed_up(&app).await;
    app.advance(61);
    let mut second = elsewhere(&app, &key).await;
    app.advance(61);
    let mut third = elsewhere(&app, &key).await;
    app.advance(61);
    let ids = [id(&mut first).await, id(&mut second).await, id(&mut third).await];
    let order = |entries: &[Value]| -> Vec<usize> {
        entries.iter().map(|entry| ids.iter().position(|id| *id == entry["id"]).unwrap()).collect()
    };
    for (used, its_number) in [(&mut second, 1), (&mut third, 2)] {
        app.advance(61);
        let entries = list(used).await;
        assert_eq!(order(&entries)[0], its_number);
        let current: Vec<bool> = entries.iter().map(|entry| entry["current"] == true).collect();
        assert_eq!(current, [true, false, false]);
    }
    app.advance(61);
    assert_eq!(order(&list(&mut first).await), [0, 2, 1]);
}

async fn s11_only_live_sessions_of_ones_own_are_listed(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    app.browser().sign_up("bob@example.test").await;
    elsewhere(&app, &key).await.sign_out().await.success();
    let mut idle = elsewhere(&app, &key).await;
    assert_eq!(list(&mut browser).await.len(), 2);
    for _ in 0..3 {
        app.advance(8 * 3600);
        browser.session().await.success();
    }
    idle.session().await.refusal(401, "invalid_session");
    let entries = list(&mut browser).await;
    assert_eq!((entries.len(), &entries[0]["current"]), (1, &json!(true)));
}

async fn s11_each_binding_is_named(app: App) {
    let app = dbsc::https(&app).await;
    let mut bound = app.browser();
    let (_, key) = dbsc::sign_up(&mut bound, "ada@example.test").await;
    elsewhere(&app, &key).await;
    app.browser().sign_in_bound(&key).await.success();
    let mut bindings: Vec<_> = list(&mut bound).await.iter().map(|entry| entry["binding"].to_string()).collect();
    bindings.sort();
    assert_eq!(bindings, ["\"cookie\"", "\"dbsc\"", "\"device_key\""]);
}

async fn s11_another_is_ended_after_a_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let (mut victim, mut third) = (elsewhere(&app, &key).await, elsewhere(&app, &key).await);
    let body = json!({ "id": id(&mut victim).await });
    let refusal = browser.post(REVOKE, &body).await.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "session_revoke", "params": body }));
    victim.session().await.success();
    let before = browser.sid();
    let done = browser.guarded_post(REVOKE, &body, &key).await;
    assert_eq!(done.success(), json!({ "ok": true, "revoked": 1 }));
    assert_ne!(browser.sid(), before);
    victim.session().await.refusal(401, "invalid_session");
    third.session().await.success();
    browser.session().await.success();
    assert_eq!(list(&mut browser).await.len(), 2);
    browser.post(REVOKE, &body).await.refusal(404, "session_not_found");
}

async fn s11_all_others_are_ended_after_a_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let mut victims = Vec::new();
    for _ in 0..3 {
        victims.push(elsewhere(&app, &key).await);
    }
    let done = browser.guarded_post(REVOKE, &json!({ "others": true }), &key).await;
    assert_eq!(done.success(), json!({ "ok": true, "revoked": 3 }));
    for victim in &mut victims {
        victim.session().await.refusal(401, "invalid_session");
    }
    browser.session().await.success();
    bob.session().await.success();
    assert_eq!(app.end_reasons().await, ["revoked"; 3]);
    assert_eq!(list(&mut browser).await.len(), 1);
}

async fn s11_ones_own_is_signed_out_without_a_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut other = elsewhere(&app, &key).await;
    let tab = browser.clone();
    let body = json!({ "id": id(&mut browser).await });
    assert_eq!(browser.post(REVOKE, &body).await.success(), json!({ "ok": true, "revoked": 1 }));
    tab.clone().session().await.refusal(401, "invalid_session");
    assert!(!browser.cookies.contains_key("__Host-sid"));
    other.session().await.success();
    assert_eq!(app.end_reasons().await, ["sign_out"]);
}

async fn s11_anothers_session_cannot_be_ended(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    let body = json!({ "id": id(&mut bob).await });
    ada.post(REVOKE, &body).await.refusal(404, "session_not_found");
    // Not after a touch either, nor with the owner's own.
    for key in [&key, &bobs] {
        let asked = json!({ "action": "session_revoke", "params": body });
        let options = ada.post("/auth/step-up/options", &asked).await;
        if options.status == 200 {
            let _ = ada.finish_step_up(key.get(&options.json())).await;
        }
        ada.post(REVOKE, &body).await.refusal(404, "session_not_found");
    }
    bob.session().await.success();
    assert_eq!(app.end_reasons().await, Vec::<String>::new());
}

async fn s11_an_id_that_is_none_is_refused(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    for id in [json!("x"), json!(""), json!("' OR 1=1 --"), json!("A".repeat(10_000)), json!("\u{0}")] {
        let answer = browser.post(REVOKE, &json!({ "id": id })).await;
        let code = answer.code();
        assert!(["session_not_found", "invalid_request"].contains(&code.as_str()), "{id}: {answer:?}");
    }
    let own = id(&mut browser).await;
    for body in [
        json!({}),
        json!({ "id": null }),
        json!({ "id": 7 }),
        json!({ "id": [own] }),
        json!({ "others": false }),
        json!({ "others": "yes" }),
        json!({ "id": own, "others": true }),
    ] {
        let answer = browser.post(REVOKE, &body).await;
        assert_eq!(answer.code(), "invalid_request", "{body}: {answer:?}");
        answer.refusal(400, "invalid_request");
    }
    browser.session().await.success();
}

async fn s12_a_touch_for_one_session_ends_no_other(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let (mut first, mut second) = (elsewhere(&app, &key).await, elsewhere(&app, &key).await);
    let (one, other) = (json!({ "id": id(&mut first).await }), json!({ "id": id(&mut second).await }));
    browser.step_up("session_revoke", one.clone(), &key).await.success();
    browser.post(REVOKE, &other).await.refusal(403, "step_up_required");
    browser.post(REVOKE, &json!({ "others": true })).await.refusal(403, "step_up_required");
    browser.post(REVOKE, &one).await.success();
    second.session().await.success();
}

async fn s07_the_victim_is_out_at_every_process(app: App) {
    let other = app.beside(&[]).await;
    let (mut browser, key) = signed_up(&app).await;
    for _ in 0..3 {
        let victim = elsewhere(&app, &key).await;
        let (mut here, mut there) = (victim.clone(), victim.at(&other));
        here.session().await.success();
        there.session().await.success();
        let body = json!({ "id": id(&mut here).await });
        browser.guarded_post(REVOKE, &body, &key).await.success();
        there.session().await.refusal(401, "invalid_session");
        here.session().await.refusal(401, "invalid_session");
    }
}

async fn s23_the_one_who_was_ended_is_told(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut victim = elsewhere(&app, &key).await;
    let victims = id(&mut victim).await;
    let done = browser.guarded_post(REVOKE, &json!({ "id": victims }), &key).await;
    let told = app.events_of("session_revoked").await;
    assert_eq!(told.len(), 1);
    assert_eq!((json!(told[0].session_id), told[0].reason.as_deref()), (victims, Some("revoked")));
    assert_eq!(told[0].request_id, done.header("x-request-id"), "S11: it joins the act to its effect");
    let usual = crate::support::notice(&app.browser().open("/").await);
    assert_ne!(crate::support::notice(&victim.open("/").await), usual);
}

async fn a_session_that_ended_meanwhile_does_not_spend_the_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut victim = elsewhere(&app, &key).await;
    let body = json!({ "id": id(&mut victim).await });
    browser.step_up("session_revoke", body.clone(), &key).await.success();
    victim.sign_out().await.success();
    browser.post(REVOKE, &body).await.refusal(404, "session_not_found");
    assert!(browser.session().await.success()["session"].get("steppedUpUntil").is_some());
    assert_eq!(app.end_reasons().await, ["sign_out"]);
}

async fn the_page_shows_them_escaped(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut other = app.browser();
    FIREFOX_LINUX.clone_into(&mut other.user_agent);
    other.sign_in(&key).await.success();
    let mut odd = app.browser();
    "<img src=x onerror=alert(1)>".clone_into(&mut odd.user_agent);
    odd.sign_in(&key).await.success();
    let frame = browser.open("/account/sessions").await;
    assert!(frame.status == 200 && frame.shows_island("Panel"), "{}", frame.text());
    let panel = browser.get("/account/sessions/panel").await;
    assert_eq!(panel.status, 200);
    assert!(panel.header("content-type").starts_with("text/html"));
    let html = panel.text();
    assert!(html.contains("Firefox") && html.contains("203.0.113.0/24"), "{html}");
    assert!(!html.contains("<img") && !html.contains("onerror=alert(1)>"), "{html}");
    assert!(html.contains(other.session().await.success()["session"]["id"].as_str().unwrap()));
    assert!(html.contains("data-call=\"/auth/sessions/revoke\""), "{html}");
}
