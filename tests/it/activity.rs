//! What a person sees of what happened on their account.

use holdfast::audit::{Event, EventType, Origin};
use serde_json::{Value, json};

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX};
use crate::support::{App, Browser, Key, SIGN_UP, flip_last_bit, on_both_databases};

on_both_databases!(
    an_event_has_the_full_shape,
    only_ones_own_are_listed_newest_first,
    parts_meet_without_gap_or_double,
    a_part_is_as_long_as_asked_and_no_longer_than_fifty,
    a_cursor_that_is_none_is_refused,
    somebody_elses_cursor_leads_to_ones_own_events,
    a_decision_is_told_as_the_refusal_told_it,
    a_failed_sign_in_with_ones_passkey_is_told,
    t07_places_are_named_and_whoever_knows_them,
    t07_without_data_there_is_neither_place_nor_credit,
    the_page_needs_a_script_and_says_so,
    the_page_shows_names_as_text,
    the_page_shows_the_oldest_without_a_way_on,
);

const EVENTS: &str = "/auth/events";
const PANEL: &str = "/account/activity/panel";
/// The table at the top of scripts/make-geo-fixture.mjs.
const NORWAY: &str = "84.208.20.7";
const GERMANY: &str = "88.198.10.7";

async fn events(browser: &mut Browser) -> Vec<Value> {
    browser.get(EVENTS).await.success()["events"].as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    CHROME_WINDOWS.clone_into(&mut browser.user_agent);
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

/// A process that knows places.
async fn with_places(app: &App) -> App {
    let file = |name| format!("{}/tests/corpus/geo/{name}.mmdb", env!("CARGO_MANIFEST_DIR"));
    app.beside(&[("HOLDFAST_GEO_DB", &file("city")), ("HOLDFAST_GEO_ASN_DB", &file("asn"))]).await
}

/// More events of this kind on the only account.
async fn more_events(app: &App, count: usize) {
    let user = app.stored().await.users[0].id;
    for number in 0..count {
        let tx = app.state.trail.begin().await.unwrap();
        let origin = Origin { request_id: format!("made-{number}"), ..Origin::default() };
        tx.record(origin, Event::success(EventType::AuthnTokenCreated).user(user));
        tx.commit().await.unwrap();
    }
}

async fn an_event_has_the_full_shape(app: App) {
    let mut browser = app.browser();
    CHROME_WINDOWS.clone_into(&mut browser.user_agent);
    let mut key = browser.new_key();
    let response = key.create(&browser.begin_sign_up("ada@example.test").await);
    let made = browser.post(SIGN_UP, &json!({ "response": response, "label": "Blue key" })).await;
    let session = browser.session().await.success()["session"]["id"].clone();
    app.advance(60);
    let answer = browser.get(EVENTS).await;
    let list = answer.success();
    let id = list["events"][0]["id"].clone();
    assert!(id.is_string(), "{list}");
    assert_eq!(
        list,
        json!({
            "events": [{
                "id": id,
                "at": "2026-11-22T19:34:56Z",
                "kind": "user_created",
                "outcome": "success",
                "reason": null,
                "session": { "id": session, "current": true, "live": true },
                "passkey": "Blue key",
                "device": { "browser": "Chrome", "os": "Windows", "class": "desktop" },
                "network": "203.0.113.0/24",
                "place": null,
                "requestId": made.header("x-request-id"),
                "risk": null,
                "disowned": false,
            }],
            "next": null,
            "credits": [],
        })
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    app.browser().get(EVENTS).await.refusal(401, "no_session");
}

async fn only_ones_own_are_listed_newest_first(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    app.advance(10);
    let mut phone = app.browser();
    phone.sign_in(&key).await.success();
    app.browser().sign_in(&bobs).await.success();
    app.advance(10);
    phone.sign_out().await.success();
    let list = events(&mut ada).await;
    assert_eq!(kinds(&list), ["session_revoked", "authn_login_success", "user_created"]);
    let sessions: Vec<_> =
        list.iter().map(|event| (&event["session"]["current"], &event["session"]["live"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(sessions, [(no, no), (no, no), (yes, yes)]);
    assert_eq!(kinds(&events(&mut bob).await), ["authn_login_success", "user_created"]);
}

async fn parts_meet_without_gap_or_double(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    // All in one millisecond, and then a few later.
    more_events(&app, 7).await;
    app.advance(1);
    for name in ["a", "b"] {
        browser.post("/api-keys", &json!({ "name": name })).await.refusal(403, "step_up_required");
    }
    let all: Vec<Value> = events(&mut browser).await.into_iter().map(|event| event["id"].clone()).collect();
    assert_eq!(all.len(), 10);
    let (mut seen, mut path) = (Vec::new(), format!("{EVENTS}?limit=3"));
    for expected in [3, 3, 3, 1] {
        let part = browser.get(&path).await.success();
        let ids: Vec<Value> = part["events"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
        assert_eq!(ids.len(), expected);
        seen.extend(ids);
        // What happens meanwhile is newer than all that is still to come.
        browser.post("/api-keys", &json!({ "name": "c" })).await.refusal(403, "step_up_required");
        assert_eq!(part["next"].is_null(), expected == 1, "{part}");
        path = format!("{EVENTS}?limit=3&cursor={}", part["next"].as_str().unwrap_or_default());
    }
    assert_eq!(seen, all);
}

async fn a_part_is_as_long_as_asked_and_no_longer_than_fifty(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    more_events(&app, 59).await;
    for (limit, length) in [("1", 1), ("49", 49), ("50", 50), ("51", 50), ("18446744073709551615", 50)] {
        let part = browser.get(&format!("{EVENTS}?limit={limit}")).await.success();
        assert_eq!(part["events"].as_array().unwrap().len(), length, "{limit}");
    }
    assert_eq!(events(&mut browser).await.len(), 50, "unless it is said otherwise");
    for limit in ["0", "-1", "", "ten", "1.5", "18446744073709551616", "1&limit=2"] {
        browser.get(&format!("{EVENTS}?limit={limit}")).await.refusal(400, "invalid_request");
    }
    browser.get(&format!("{EVENTS}?limit=1&more=1")).await.success();
}

async fn a_cursor_that_is_none_is_refused(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let before = app.events().await;
    for cursor in
        ["", "x", "1", "1-", "-1", "1-2-3", "'%20OR%201=1--", "99999999999999999999-1", "%00", "1-1&cursor=1-1"]
    {
        browser.get(&format!("{EVENTS}?cursor={cursor}")).await.refusal(400, "invalid_request");
        browser.get(&format!("{PANEL}?cursor={cursor}")).await.refusal(400, "invalid_request");
        assert_eq!(browser.open(&format!("/account/activity?cursor={cursor}")).await.status, 400, "{cursor}");
    }
    assert_eq!(app.events().await, before);
}

async fn somebody_elses_cursor_leads_to_ones_own_events(app: App) {
    let (mut ada, _) = signed_up(&app).await;
    app.advance(5);
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let bobs = events(&mut bob).await[0]["id"].as_str().unwrap().to_owned();
    for (cursor, expected) in [(bobs.as_str(), 1), ("9223372036854775807-9223372036854775807", 1), ("0-0", 0)] {
        let part = ada.get(&format!("{EVENTS}?cursor={cursor}")).await.success();
        assert_eq!(part["events"].as_array().unwrap().len(), expected, "{cursor}");
        assert!(part["next"].is_null());
        assert!(part["events"].as_array().unwrap().iter().all(|event| event["id"] != bobs.as_str()));
    }
}

async fn a_decision_is_told_as_the_refusal_told_it(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.address = Some("198.51.100.9".parse().unwrap());
    app.advance(1);
    let asked = browser.post("/api-keys", &json!({ "name": "deploy" })).await.refusal(403, "step_up_required");
    let event = events(&mut browser).await[0].clone();
    assert_eq!((&event["kind"], &event["outcome"]), (&json!("authn_step_up_required"), &json!("refused")));
    assert_eq!((&event["reason"], &event["requestId"]), (&json!("api_key_create"), &asked["requestId"]));
    let reasons = asked["reasons"].as_array().unwrap();
    let score: u64 = reasons.iter().map(|reason| reason["points"].as_u64().unwrap()).sum();
    assert!(reasons.len() > 1 && score > 40, "{asked}");
    let risk = json!({ "score": score, "threshold": 60, "decision": "step_up", "signals": reasons });
    assert_eq!(event["risk"], risk);
    // The page says it in the same sentences.
    let panel = browser.get(PANEL).await;
    let html = panel.text();
    assert!(html.contains("Why was I asked?") && html.contains("You were asked for one more touch"), "{html}");
    for reason in reasons {
        let (why, points) = (reason["why"].as_str().unwrap(), &reason["points"]);
        assert!(html.contains(why) && html.contains(&format!("{points} points")), "{why} {html}");
    }
    assert!(html.contains(&format!("{score} points in all. From 60 on")), "{html}");
    assert!(html.contains(asked["requestId"].as_str().unwrap()), "{html}");
    // What came of the touch is told, too.
    browser.step_up("api_key_create", json!({ "name": "deploy" }), &key).await.success();
    browser.post("/api-keys", &json!({ "name": "deploy" })).await.success();
    let list = events(&mut browser).await;
    assert_eq!(kinds(&list)[..2], ["authn_token_created", "authn_step_up_success"]);
    assert!(list[..2].iter().all(|event| event["risk"]["decision"] == "allow"), "{list:?}");
}

async fn a_failed_sign_in_with_ones_passkey_is_told(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut other = app.browser();
    let bad = flip_last_bit(&key.get(&other.begin_sign_in().await), "signature");
    let refusal = other.finish_sign_in(bad).await.refusal(400, "signature_invalid");
    let event = events(&mut browser).await[0].clone();
    assert_eq!((&event["kind"], &event["reason"]), (&json!("authn_login_fail"), &json!("signature_invalid")));
    assert_eq!((&event["session"], &event["requestId"]), (&json!(null), &refusal["requestId"]));
    let panel = browser.get(PANEL).await;
    let html = panel.text();
    assert!(html.contains("Somebody tried to sign in with your passkey and was refused"), "{html}");
    assert!(html.contains("Nobody got in.") && !html.contains("This wasn’t me"), "{html}");
}

async fn t07_places_are_named_and_whoever_knows_them(app: App) {
    let app = with_places(&app).await;
    let mut browser = app.browser();
    browser.address = Some(NORWAY.parse().unwrap());
    let key = browser.sign_up("ada@example.test").await;
    for (address, place) in
        [(GERMANY, json!("Germany")), ("203.0.113.77", json!(null)), ("2001:db8:2::1", json!("Norway"))]
    {
        let mut other = app.browser();
        other.address = Some(address.parse().unwrap());
        other.sign_in(&key).await.success();
        assert_eq!(events(&mut browser).await[0]["place"], place, "{address}");
    }
    let credits = browser.get(EVENTS).await.success()["credits"].clone();
    assert_eq!(
        credits,
        json!([
            { "text": "IP Geolocation by DB-IP", "link": "https://db-ip.com" },
            { "text": "Routes by RouteViews", "link": "https://www.routeviews.org" },
            { "text": "Registrations by the NRO", "link": "https://www.nro.net" },
        ])
    );
    let panel = browser.get(PANEL).await;
    let html = panel.text();
    assert!(html.contains("Norway") && html.contains("Germany"), "{html}");
    for credit in credits.as_array().unwrap() {
        let (text, link) = (credit["text"].as_str().unwrap(), credit["link"].as_str().unwrap());
        assert!(html.contains(&format!("href=\"{link}\"")) && html.contains(text), "{html}");
    }
    // Where no place is shown there is nobody to name.
    let mut nowhere = app.browser();
    nowhere.sign_up("bob@example.test").await;
    assert_eq!(nowhere.get(EVENTS).await.success()["credits"], json!([]));
    assert!(!nowhere.get(PANEL).await.text().contains("DB-IP"));
}

async fn t07_without_data_there_is_neither_place_nor_credit(app: App) {
    let mut browser = app.browser();
    browser.address = Some(NORWAY.parse().unwrap());
    browser.sign_up("ada@example.test").await;
    let list = browser.get(EVENTS).await.success();
    assert_eq!((&list["events"][0]["place"], &list["credits"]), (&json!(null), &json!([])));
    let panel = browser.get(PANEL).await;
    assert!(
        panel.text().contains("network 84.208.20.0/24") && !panel.text().contains("DB-IP"),
        "{}",
        panel.text()
    );
}

async fn the_page_needs_a_script_and_says_so(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let frame = browser.open("/account/activity").await;
    assert!(frame.status == 200 && frame.shows_island("Panel"), "{}", frame.text());
    let html = frame.text();
    assert!(html.contains("This page needs JavaScript to show your activity."), "{html}");
    assert!(html.contains(&format!("data-about=\"{PANEL}\"")) && !html.contains("data-live"), "{html}");
    assert!(!html.contains("203.0.113.0/24"), "nothing of it is in the frame");
    assert_eq!(app.browser().open("/account/activity").await.status, 303);
    assert!(browser.open("/account").await.text().contains("href=\"/account/activity\""));
}

async fn the_page_shows_names_as_text(app: App) {
    let mut browser = app.browser();
    "<img src=x onerror=alert(1)>".clone_into(&mut browser.user_agent);
    let mut key = browser.new_key();
    let response = key.create(&browser.begin_sign_up("ada@example.test").await);
    let label = "<b onclick=alert(2)>مفتاح</b> 🔑 &lt;";
    browser.post(SIGN_UP, &json!({ "response": response, "label": label })).await.success();
    assert_eq!(events(&mut browser).await[0]["passkey"], label);
    let mut other = app.browser();
    FIREFOX_LINUX.clone_into(&mut other.user_agent);
    other.sign_in(&key).await.success();
    let panel = browser.get(PANEL).await;
    let html = panel.text();
    assert!(panel.header("content-type").starts_with("text/html"));
    assert!(html.contains("&lt;b onclick=alert(2)&gt;مفتاح&lt;/b&gt; 🔑 &amp;lt;"), "{html}");
    assert!(!html.contains("<b ") && !html.contains("<img"), "{html}");
    assert!(html.contains("Unknown browser on unknown system") && html.contains("Firefox on Linux"), "{html}");
}

async fn the_page_shows_the_oldest_without_a_way_on(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let panel = browser.get(PANEL).await;
    assert!(!panel.text().contains("Older") && !panel.text().contains(">Newest</a>"), "{}", panel.text());
    more_events(&app, 50).await;
    let first = browser.get(PANEL).await;
    let next = browser.get(EVENTS).await.success()["next"].as_str().unwrap().to_owned();
    let older = format!("/account/activity?cursor={next}");
    assert!(first.text().contains(&format!("href=\"{older}\"")), "{}", first.text());
    assert!(browser.open(&older).await.text().contains(&format!("data-about=\"{PANEL}?cursor={next}\"")));
    let last = browser.get(&format!("{PANEL}?cursor={next}")).await;
    assert!(
        last.text().contains("You created this account") && last.text().contains(">Newest</a>"),
        "{}",
        last.text()
    );
    assert!(!last.text().contains("cursor="), "{}", last.text());
    let beyond = browser.get(&format!("{PANEL}?cursor=0-0")).await;
    assert!(beyond.text().contains("Nothing more has happened here."), "{}", beyond.text());
}
