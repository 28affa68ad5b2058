//! What is told from a person's habits: countries, operators, and journeys. An account is judged
//! by them once it is no longer young.

use serde_json::json;

use crate::support::agents::{CHROME_WINDOWS_UPDATED, FIREFOX_LINUX};
use crate::support::habits::{
    BERGEN, DAY, DEVICE, HOUR, MINUTE, NETWORK, NEW_YORK, OPERATOR, OSLO, OSLO_IPV6, OSLO_TOO, PARIS, RENTED,
    SAN_FRANCISCO,
};
use crate::support::{App, Browser, on_both_databases};

on_both_databases!(
    a_new_country_operator_and_network_ask_for_a_touch_where_it_matters,
    the_touch_lets_the_interrupted_read_go_on,
    a_touch_there_teaches_the_country_too,
    signing_in_there_teaches_the_country,
    a_country_is_forgotten_after_180_days,
    what_the_person_always_does_adds_nothing,
    t01_new_york_half_an_hour_after_oslo_is_impossible,
    t01_ten_hours_later_it_is_not,
    t03_a_rented_computer_is_no_place_to_have_been,
    t03_signing_in_through_one_is_none_either,
    t04_two_addresses_of_one_operator_are_one_place,
    t01_a_sign_in_with_ones_own_browser_counts_half,
    only_sign_ins_and_the_sessions_own_place_are_reckoned_from,
    t02_inside_a_country_nobody_travels_where_only_countries_are_known,
    t06_without_geo_data_nothing_is_said_of_places,
);

const COUNTRY: (&str, u64) = ("new_country", 10);
const TRAVEL: (&str, u64) = ("impossible_travel", 40);

fn abroad(browser: &Browser) -> Browser {
    browser.moved(PARIS)
}

async fn a_new_country_operator_and_network_ask_for_a_touch_where_it_matters(app: App) {
    let app = app.located(&[]).await;
    let (browser, _) = app.person_at(OSLO).await;
    app.advance(20 * HOUR);
    let looked = abroad(&browser).look().await;
    looked.expect(&[NETWORK, COUNTRY, OPERATOR]);
    assert_eq!((looked.score, looked.is_asked), (45, false), "a trip abroad is no crime");
    for sentence in [
        "You are on a new network.",
        "You are in a country you have not signed in from.",
        "You are with a network provider you have not used here before.",
    ] {
        assert!(looked.why.contains(&sentence.to_owned()), "{looked:?}");
    }
    assert!(abroad(&browser).open("/account/api-keys").await.shows_island("StepUp"));
    assert_eq!(browser.look().await.score, 0, "at home all is as it was");
}

async fn the_touch_lets_the_interrupted_read_go_on(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(20 * HOUR);
    let mut away = abroad(&browser);
    let refusal = away.get("/api-keys").await.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "session_continue", "params": {} }));
    away.go_on(&key).await;
    away.get("/api-keys").await.success();
    for _ in 0..3 {
        app.advance(5 * HOUR);
        assert_eq!(away.look().await.score, 0);
        away.get("/api-keys").await.success();
    }
    assert_eq!(away.moved(OSLO).look().await.score, 0, "nor at home");
}

async fn a_touch_there_teaches_the_country_too(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    let mut second = app.browser_at(OSLO);
    second.sign_in(&key).await.success();
    app.advance(20 * HOUR);
    assert!(abroad(&second).look().await.has("new_country"));
    let mut away = abroad(&browser);
    away.go_on(&key).await;
    assert!(!away.look().await.is_asked);
    // Her other session has not been there, and the network is new to it; the country is not new to her.
    let looked = abroad(&second).look().await;
    assert!(!looked.is_asked && looked.has("network_changed") && !looked.has("new_country"), "{looked:?}");
}

async fn signing_in_there_teaches_the_country(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(20 * HOUR);
    assert!(abroad(&browser).look().await.has("new_country"));
    let before = app.decisions().await;
    abroad(&app.browser_at(OSLO)).sign_in(&key).await.success();
    let decided = app.decisions_since(&before).await;
    let decision = decided.iter().find(|row| row.moment == "sign_in").unwrap();
    assert!(decision.names().contains(&"new_country".to_owned()) && decision.decision == "allow", "{decision:?}");
    // The first session is still a session of Oslo's; what is known of the person has changed.
    abroad(&browser).look().await.expect(&[NETWORK]);
    assert!(!abroad(&browser).look().await.is_asked);
    let mut next = app.browser_at(OSLO);
    next.sign_in(&key).await.success();
    assert!(!abroad(&next).look().await.has("new_country"));
    assert!(next.moved(NEW_YORK).look().await.has("new_country"), "that one only");
}

async fn a_country_is_forgotten_after_180_days(app: App) {
    let app = app.located(&[]).await;
    let (_, key) = app.person_at(OSLO).await;
    abroad(&app.browser_at(OSLO)).sign_in(&key).await.success();
    let mut browser = app.browser_at(OSLO);
    for (days, is_new) in [(180, false), (181, true)] {
        let wait = if is_new { 1 } else { days };
        app.advance(wait * DAY);
        browser.cookies.remove("__Host-sid");
        browser.sign_in(&key).await.success();
        assert_eq!(abroad(&browser).look().await.has("new_country"), is_new, "after {days} days");
    }
}

async fn what_the_person_always_does_adds_nothing(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    // At work and at home by turns.
    for _ in 0..5 {
        for address in [BERGEN, OSLO] {
            app.advance(DAY);
            browser.moved(address).sign_in(&key).await.success();
        }
    }
    browser.sign_in(&key).await.success();
    let looked = browser.moved(BERGEN).disguised(CHROME_WINDOWS_UPDATED).look().await;
    assert_eq!(looked.reasons, [("network_changed".to_owned(), 25)]);
    browser.moved(BERGEN).get("/api-keys").await.success();
}

async fn t01_new_york_half_an_hour_after_oslo_is_impossible(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    app.advance(3 * HOUR);
    browser.session().await.success();
    app.advance(30 * MINUTE);
    let looked = browser.moved(NEW_YORK).look().await;
    looked.expect(&[NETWORK, COUNTRY, OPERATOR, TRAVEL]);
    assert!(looked.is_asked);
    let sentence = "This is about 5900 km from where you were 30 minutes before.".to_owned();
    assert!(looked.why.contains(&sentence), "{looked:?}");
    // A touch there, and that is where the next journey begins.
    let mut away = browser.moved(NEW_YORK);
    away.go_on(&key).await;
    app.advance(30 * MINUTE);
    let on = away.moved(SAN_FRANCISCO).look().await;
    let sentence = "This is about 4100 km from where you were 30 minutes before.".to_owned();
    assert!(on.why.contains(&sentence), "{on:?}");
    // Nor is a change made there a journey once more.
    let change = away.look_at_change().await;
    assert!(!change.has("new_country") && !change.has("impossible_travel"), "{change:?}");
}

async fn t01_ten_hours_later_it_is_not(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, _) = app.person_at(OSLO).await;
    app.advance(3 * HOUR);
    browser.session().await.success();
    app.advance(10 * HOUR);
    let looked = browser.moved(NEW_YORK).look().await;
    looked.expect(&[NETWORK, COUNTRY, OPERATOR]);
}

async fn t03_a_rented_computer_is_no_place_to_have_been(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    app.advance(11 * MINUTE);
    let mut rented = browser.moved(RENTED);
    let looked = rented.look().await;
    looked.expect(&[NETWORK, COUNTRY, OPERATOR]);
    let sentence = "You come through a VPN or data centre that you have not used here before.".to_owned();
    assert!(looked.why.contains(&sentence), "{looked:?}");
    rented.go_on(&key).await;
    app.advance(5 * MINUTE);
    rented.session().await.success();
    // Frankfurt to Oslo in a minute would be one: another network there, so that it is looked at.
    app.advance(MINUTE);
    browser.cookies.clone_from(&rented.cookies);
    let home = browser.moved(OSLO_TOO).look().await;
    home.expect(&[NETWORK]);
    let away = browser.moved(NEW_YORK).look().await;
    let sentence = "This is about 5900 km from where you were 17 minutes before.".to_owned();
    assert!(away.why.contains(&sentence), "from Oslo, and since then: {away:?}");
}

async fn t03_signing_in_through_one_is_none_either(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    let before = app.decisions().await;
    app.browser_at(RENTED).sign_in(&key).await.success();
    let decided = app.decisions_since(&before).await;
    assert!(decided.iter().all(|row| !row.names().contains(&"impossible_travel".to_owned())), "{decided:?}");
    app.advance(MINUTE);
    browser.moved(OSLO_TOO).look().await.expect(&[NETWORK]);
    assert!(browser.moved(NEW_YORK).look().await.why.iter().any(|why| why.contains("21 minutes")));
}

async fn t04_two_addresses_of_one_operator_are_one_place(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, _) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    browser.session().await.success();
    // The map puts the operator's IPv4 where New York is.
    let moved = "UPDATE sessions SET anchor = REPLACE(REPLACE(anchor, '599127', '407128'), '107461', '-740060')";
    app.sql(moved).await;
    app.advance(MINUTE);
    let six = browser.moved(OSLO_IPV6);
    six.look().await.expect(&[NETWORK]);
    // Not without the cookie of her browser, and not with another operator.
    let mut unknown = six.clone();
    unknown.cookies.remove("__Host-device");
    unknown.look().await.expect(&[NETWORK, TRAVEL]);
    assert!(browser.moved(BERGEN).look().await.has("impossible_travel"));
}

async fn t01_a_sign_in_with_ones_own_browser_counts_half(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(30 * MINUTE);
    for (browser, points) in [(browser.moved(NEW_YORK), 20), (app.browser_at(NEW_YORK), 40)] {
        // Each as if the other had not been.
        app.sql("DELETE FROM risk_decisions").await;
        let mut browser = browser;
        browser.sign_in(&key).await.success();
        let decisions = app.decisions().await;
        assert_eq!((decisions.len(), decisions[0].what()), (1, ("sign_in", "allow")));
        let signals: Vec<serde_json::Value> = serde_json::from_str(&decisions[0].signals).unwrap();
        let travel = signals.iter().find(|signal| signal["name"] == "impossible_travel").unwrap();
        assert_eq!(travel["points"], points);
        app.sql(&format!("DELETE FROM sign_ins WHERE at = {}", app.now())).await;
    }
}

async fn only_sign_ins_and_the_sessions_own_place_are_reckoned_from(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    for _ in 0..10 {
        app.advance(HOUR);
        browser.session().await.success();
    }
    // Her other browser signs in elsewhere five minutes after this one was used: where that is is not asked.
    app.advance(5 * MINUTE);
    let before = app.decisions().await;
    let mut other = app.browser_at(NEW_YORK);
    other.sign_in(&key).await.success();
    let decided = app.decisions_since(&before).await;
    assert_eq!(decided.len(), 1);
    assert!(!decided[0].names().contains(&"impossible_travel".to_owned()), "{decided:?}");
    // But this session, if it moves now, has been in New York.
    app.advance(5 * MINUTE);
    let looked = browser.moved(OSLO_TOO).look().await;
    looked.expect(&[NETWORK, TRAVEL]);
    assert!(looked.why.iter().any(|why| why.contains("5 minutes before")), "{looked:?}");
    assert_eq!(browser.look().await.score, 0, "where a touch vouched for it nothing is looked up");
}

async fn t02_inside_a_country_nobody_travels_where_only_countries_are_known(app: App) {
    for (file, travels) in [("city.mmdb", true), ("country.mmdb", false)] {
        let app = app.located_by(file, &[]).await;
        let (browser, _) = app.person_at(NEW_YORK).await;
        app.advance(30 * MINUTE);
        let across = browser.moved(SAN_FRANCISCO).look().await;
        assert_eq!(across.has("impossible_travel"), travels, "{file}: {across:?}");
        // From one country to another far away it is one, however little is known.
        let away = browser.moved(OSLO).look().await;
        assert!(away.has("impossible_travel"), "{file}: {away:?}");
    }
}

async fn t06_without_geo_data_nothing_is_said_of_places(app: App) {
    // In no geo data at all, so that it does not matter if this machine has some.
    let (browser, key) = app.person_at("192.0.2.7").await;
    app.advance(MINUTE);
    let moved = browser.moved("198.51.100.9");
    let looked = moved.look().await;
    looked.expect(&[NETWORK]);
    let both = moved.disguised(FIREFOX_LINUX);
    both.look().await.expect(&[DEVICE, NETWORK]);
    assert!(both.look().await.is_asked);
    let mut both = both;
    both.go_on(&key).await;
    both.get("/api-keys").await.success();
    // Nor does a session end where its operator cannot be told.
    assert_eq!(app.end_reasons().await, Vec::<String>::new());
    let mut elsewhere = app.browser_at("203.0.113.9");
    elsewhere.sign_in(&key).await.success();
    elsewhere.get("/auth/sessions").await.success();
}
