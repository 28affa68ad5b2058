//! Coarse binding: what a session's requests look like, compared with what a touch vouched for.
//!
//! The article's points: device changed 40, network changed 25, sensitive route 20; from 60 on a touch is asked for.

use std::net::IpAddr;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::agents::{
    CHROME_LINUX, CHROME_PHONE, CHROME_TABLET, CHROME_WINDOWS, CHROME_WINDOWS_UPDATED, EDGE_WINDOWS,
    FIREFOX_LINUX, FIREFOX_MAC, SAFARI_MAC, SAFARI_PHONE,
};
use crate::support::{Answer, App, Browser, Key, on_both_databases, signals};

on_both_databases!(
    nothing_changed_is_no_risk,
    d01_a_browser_update_is_no_new_device,
    d01_another_browser_system_class_or_language_is,
    a_step_within_the_network_is_no_new_network,
    another_network_is,
    d02_an_ipv4_address_in_ipv6_clothes_is_the_same,
    d03_a_forged_forwarding_header_changes_nothing,
    s18_each_sum_of_points_decides_as_the_article_says,
    s18_network_and_device_ask_for_a_touch_everywhere,
    s18_a_page_asks_for_it_in_place,
    s18_a_touch_lets_the_interrupted_call_go_on,
    s18_a_touch_for_an_action_clears_it_too,
    s18_a_thiefs_own_passkey_does_not_clear_it,
    s18_a_refused_look_is_no_use_of_the_session,
    the_last_five_are_remembered,
    what_is_vouched_for_is_the_sessions_own,
    some_calls_are_never_gated,
    r11_nothing_to_go_by_breaks_nothing,
);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Signed up on a real browser at a known place.
async fn at_home(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    CHROME_WINDOWS.clone_into(&mut browser.user_agent);
    "de-DE,de;q=0.9,en;q=0.8".clone_into(&mut browser.languages);
    browser.address = Some(ip("203.0.113.77"));
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

/// The same cookies elsewhere.
fn moved(browser: &Browser, address: &str) -> Browser {
    let mut moved = browser.clone();
    moved.address = Some(ip(address));
    moved
}

/// The same cookies in another browser.
fn disguised(browser: &Browser, user_agent: &str) -> Browser {
    let mut disguised = browser.clone();
    user_agent.clone_into(&mut disguised.user_agent);
    disguised
}

fn thief(browser: &Browser) -> Browser {
    disguised(&moved(browser, "198.51.100.9"), FIREFOX_LINUX)
}

/// The signals of an ordinary request.
async fn seen(browser: &Browser) -> Vec<(String, u64)> {
    let risk = browser.clone().session().await.success()["risk"].clone();
    let signals = signals(&risk["signals"]);
    assert_eq!(risk["score"], signals.iter().map(|(_, points)| points).sum::<u64>());
    assert_eq!((&risk["threshold"], &risk["decision"]), (&json!(60), &json!("allow")));
    signals
}

fn named(signals: &[(&str, u64)]) -> Vec<(String, u64)> {
    signals.iter().map(|(name, points)| ((*name).to_owned(), *points)).collect()
}

const NOTHING: [(String, u64); 0] = [];
const NETWORK: (&str, u64) = ("network_changed", 25);
const DEVICE: (&str, u64) = ("device_changed", 40);
const SENSITIVE: (&str, u64) = ("sensitive_route", 20);

/// It asks for a touch for this sum, and says why in sentences.
#[track_caller]
fn expect_ask(answer: &Answer, expected: &[(&str, u64)]) -> Value {
    let refusal = answer.refusal(403, "step_up_required");
    assert_eq!(refusal["action"], "PASSKEY_ASSERTION");
    assert_eq!(refusal["stepUp"], json!({ "action": "session_continue", "params": {} }));
    let mut reasons = signals(&refusal["reasons"]);
    reasons.sort();
    let mut expected = named(expected);
    expected.sort();
    assert_eq!(reasons, expected);
    for reason in refusal["reasons"].as_array().unwrap() {
        let why = reason["why"].as_str().unwrap();
        assert!(why.ends_with('.') && why.contains(' '), "{why}");
    }
    assert!(answer.new_sid().is_none(), "{answer:?}");
    refusal
}

async fn nothing_changed_is_no_risk(app: App) {
    let (browser, _) = at_home(&app).await;
    assert_eq!(seen(&browser).await, NOTHING);
    let risk = browser.clone().session().await.success()["risk"].clone();
    assert_eq!(risk, json!({ "score": 0, "threshold": 60, "decision": "allow", "signals": [] }));
}

async fn d01_a_browser_update_is_no_new_device(app: App) {
    let (browser, _) = at_home(&app).await;
    assert_eq!(seen(&disguised(&browser, CHROME_WINDOWS_UPDATED)).await, NOTHING);
    let mut reordered = browser.clone();
    "de-DE,fr;q=0.5".clone_into(&mut reordered.languages);
    assert_eq!(seen(&reordered).await, NOTHING, "the first language is what counts");
}

async fn d01_another_browser_system_class_or_language_is(app: App) {
    let (browser, _) = at_home(&app).await;
    for agent in [
        EDGE_WINDOWS,
        CHROME_LINUX,
        CHROME_PHONE,
        CHROME_TABLET,
        FIREFOX_LINUX,
        FIREFOX_MAC,
        SAFARI_MAC,
        SAFARI_PHONE,
        "curl/8.9.1",
        "",
    ] {
        assert_eq!(seen(&disguised(&browser, agent)).await, named(&[DEVICE]), "{agent}");
    }
    let mut other = browser.clone();
    for languages in ["fr-FR,de;q=0.9", "en"] {
        languages.clone_into(&mut other.languages);
        assert_eq!(seen(&other).await, named(&[DEVICE]), "{languages:?}");
    }
    other.languages.clear();
    assert_eq!(seen(&other).await, NOTHING, "none named is no other one");
}

async fn a_step_within_the_network_is_no_new_network(app: App) {
    let (browser, _) = at_home(&app).await;
    for address in ["203.0.113.78", "203.0.1.1", "203.0.255.255"] {
        assert_eq!(seen(&moved(&browser, address)).await, NOTHING, "{address}");
    }
    let mut six = app.browser();
    six.address = Some(ip("2001:db8:7:1::1"));
    six.sign_up("six@example.test").await;
    for address in ["2001:db8:7:ffff::2", "2001:db8:7::"] {
        assert_eq!(seen(&moved(&six, address)).await, NOTHING, "{address}");
    }
    for address in ["2001:db8:8::1", "2001:db9:7:1::1", "203.0.113.77"] {
        assert_eq!(seen(&moved(&six, address)).await, named(&[NETWORK]), "{address}");
    }
}

async fn another_network_is(app: App) {
    let (browser, _) = at_home(&app).await;
    for address in ["203.1.113.77", "198.51.100.9", "127.0.0.1", "2001:db8::1", "::1"] {
        assert_eq!(seen(&moved(&browser, address)).await, named(&[NETWORK]), "{address}");
    }
}

async fn d02_an_ipv4_address_in_ipv6_clothes_is_the_same(app: App) {
    let (browser, _) = at_home(&app).await;
    assert_eq!(seen(&moved(&browser, "::ffff:203.0.113.77")).await, NOTHING);
    // And two of them are not the same because they share those clothes (CVE-2026-30827).
    assert_eq!(seen(&moved(&browser, "::ffff:198.51.100.9")).await, named(&[NETWORK]));
}

async fn d03_a_forged_forwarding_header_changes_nothing(app: App) {
    let (browser, _) = at_home(&app).await;
    let mut away = thief(&browser);
    for value in ["203.0.113.77", "203.0.113.77, 198.51.100.9"] {
        let forged = [("x-forwarded-for", value), ("forwarded", "for=203.0.113.77"), ("x-real-ip", value)];
        let answer = away.send(Method::GET, "/auth/session", &forged, "".into()).await;
        expect_ask(&answer, &[NETWORK, DEVICE]);
    }
}

async fn s18_each_sum_of_points_decides_as_the_article_says(app: App) {
    let (browser, _) = at_home(&app).await;
    let (network, device) = (moved(&browser, "198.51.100.9"), disguised(&browser, FIREFOX_LINUX));
    for path in ["/auth/sessions", "/api-keys", "/billing/payout"] {
        browser.clone().get(path).await.success();
        network.clone().get(path).await.success();
        expect_ask(&device.clone().get(path).await, &[DEVICE, SENSITIVE]);
        expect_ask(&thief(&browser).get(path).await, &[NETWORK, DEVICE, SENSITIVE]);
    }
    for path in ["/auth/session", "/auth/passkeys"] {
        network.clone().get(path).await.success();
        device.clone().get(path).await.success();
        expect_ask(&thief(&browser).get(path).await, &[NETWORK, DEVICE]);
    }
}

async fn s18_network_and_device_ask_for_a_touch_everywhere(app: App) {
    let (browser, _) = at_home(&app).await;
    let before = (app.stored().await, app.tokens().await.len());
    let mut away = thief(&browser);
    for path in ["/auth/session", "/auth/passkeys", "/auth/sessions", "/api-keys", "/auth/session?watch=1"] {
        away.get(path).await.refusal(403, "step_up_required");
    }
    for (path, body) in [
        ("/api-keys", json!({ "name": "x" })),
        ("/auth/sessions/revoke", json!({ "others": true })),
        ("/auth/passkey/register/options", json!({})),
    ] {
        away.post(path, &body).await.refusal(403, "step_up_required");
    }
    for path in ["/account/sessions/panel", "/account/api-keys/panel", "/account/billing/panel"] {
        away.get(path).await.refusal(403, "step_up_required");
    }
    assert_eq!((app.stored().await, app.tokens().await.len()), before);
    // At home everything is as it was.
    browser.clone().get("/auth/sessions").await.success();
    let told = app.events_of("authn_step_up_required").await;
    assert!(told.iter().any(|event| event.reason.as_deref() == Some("session_continue")), "{told:?}");
    assert!(told.iter().any(|event| event.risk_score == 65), "{told:?}");
}

async fn s18_a_page_asks_for_it_in_place(app: App) {
    let (browser, key) = at_home(&app).await;
    let mut away = thief(&browser);
    for path in ["/account", "/account/sessions", "/account/api-keys", "/account/billing"] {
        let page = away.open(path).await;
        assert!(page.shows_island("StepUp"), "{path}: {}", page.text());
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(!page.text().contains("ada@example.test"), "{path} tells whose it is");
        assert!(page.new_sid().is_none());
    }
    away.step_up("session_continue", json!({}), &key).await.success();
    let page = away.open("/account").await;
    assert!(page.status == 200 && !page.shows_island("StepUp"));
    assert!(page.text().contains("ada@example.test"));
}

async fn s18_a_touch_lets_the_interrupted_call_go_on(app: App) {
    let (browser, key) = at_home(&app).await;
    let mut away = thief(&browser);
    let refusal = expect_ask(&away.get("/api-keys").await, &[NETWORK, DEVICE, SENSITIVE]);
    let asked = &refusal["stepUp"];
    away.step_up(asked["action"].as_str().unwrap(), asked["params"].clone(), &key).await.success();
    away.get("/api-keys").await.success();
    assert_eq!(seen(&away).await, NOTHING);
    // Where the session came from is still known.
    let mut home = browser;
    home.cookies.clone_from(&away.cookies);
    assert_eq!(seen(&home).await, NOTHING);
    // Each was vouched for by itself: the pair need not be.
    assert_eq!(seen(&disguised(&home, FIREFOX_LINUX)).await, NOTHING);
    assert_eq!(seen(&moved(&home, "192.0.2.1")).await, named(&[NETWORK]));
}

async fn s18_a_touch_for_an_action_clears_it_too(app: App) {
    let (browser, key) = at_home(&app).await;
    let mut away = thief(&browser);
    let name = json!({ "name": "deploy" });
    away.step_up("api_key_create", name.clone(), &key).await.success();
    away.post("/api-keys", &name).await.success();
    // Who has just touched the passkey for something that matters is not asked a second time for less.
    away.session().await.success();
    away.get("/api-keys").await.success();
}

async fn s18_a_thiefs_own_passkey_does_not_clear_it(app: App) {
    let (browser, _) = at_home(&app).await;
    let bobs = app.browser().sign_up("bob@example.test").await;
    let mut away = thief(&browser);
    let answer = away.step_up("session_continue", json!({}), &bobs).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    expect_ask(&away.session().await, &[NETWORK, DEVICE]);
}

async fn s18_a_refused_look_is_no_use_of_the_session(app: App) {
    let (browser, _) = at_home(&app).await;
    let last_seen = app.stored().await.sessions[0].last_seen_at;
    for _ in 0..23 {
        app.advance(3600);
        let mut away = thief(&browser);
        away.session().await.refusal(403, "step_up_required");
        assert!(away.open("/account").await.shows_island("StepUp"));
    }
    assert_eq!(app.stored().await.sessions[0].last_seen_at, last_seen);
    assert_eq!(app.tokens().await.len(), 1, "nor is the token changed for him");
    app.advance(3600);
    browser.clone().session().await.refusal(401, "invalid_session");
}

async fn the_last_five_are_remembered(app: App) {
    let (mut browser, key) = at_home(&app).await;
    let networks = ["198.51.0.1", "192.0.2.1", "192.88.99.1", "2001:db8:1::1", "2001:db8:2::1"];
    for address in &networks[..4] {
        browser.address = Some(ip(address));
        browser.step_up("session_continue", json!({}), &key).await.success();
    }
    // Home, and four more.
    for address in networks[..4].iter().chain(&["203.0.113.77"]) {
        assert_eq!(seen(&moved(&browser, address)).await, NOTHING, "{address}");
    }
    browser.address = Some(ip(networks[4]));
    browser.step_up("session_continue", json!({}), &key).await.success();
    for address in networks {
        assert_eq!(seen(&moved(&browser, address)).await, NOTHING, "{address}");
    }
    assert_eq!(seen(&moved(&browser, "203.0.113.77")).await, named(&[NETWORK]), "the sixth pushed it out");

    let devices = [CHROME_LINUX, CHROME_PHONE, FIREFOX_LINUX, SAFARI_MAC, SAFARI_PHONE];
    for agent in devices {
        agent.clone_into(&mut browser.user_agent);
        browser.step_up("session_continue", json!({}), &key).await.success();
    }
    for agent in devices {
        assert_eq!(seen(&disguised(&browser, agent)).await, NOTHING, "{agent}");
    }
    assert_eq!(seen(&disguised(&browser, CHROME_WINDOWS)).await, named(&[DEVICE]));
}

async fn what_is_vouched_for_is_the_sessions_own(app: App) {
    let (browser, key) = at_home(&app).await;
    let mut away = app.browser();
    away.address = Some(ip("198.51.100.9"));
    FIREFOX_LINUX.clone_into(&mut away.user_agent);
    away.sign_in(&key).await.success();
    assert_eq!(seen(&away).await, NOTHING);
    // A sign-in elsewhere says nothing about the cookie that was stolen here.
    expect_ask(&thief(&browser).session().await, &[NETWORK, DEVICE]);
}

async fn some_calls_are_never_gated(app: App) {
    let (browser, key) = at_home(&app).await;
    let away = thief(&browser);
    away.clone().post("/auth/passkey/login/options", &json!({})).await.success();
    away.clone().begin_step_up("session_continue", json!({})).await;
    away.clone().rotate().await.success();
    for path in ["/", "/signup"] {
        assert!(!away.clone().open(path).await.status.is_server_error(), "{path}");
    }
    for path in ["/healthz", "/favicon.svg"] {
        assert_eq!(away.clone().get(path).await.status, 200, "{path}");
    }
    let mut signs_in = away.clone();
    signs_in.sign_in(&key).await.success();
    assert_eq!(seen(&signs_in).await, NOTHING);
    let (fresh, _) = at_home(&app).await;
    thief(&fresh).sign_out().await.success();
    fresh.clone().session().await.refusal(401, "invalid_session");
}

async fn r11_nothing_to_go_by_breaks_nothing(app: App) {
    for (name, agent, languages, address) in [
        ("a", "", "", None),
        ("b", "", "", Some("203.0.113.77")),
        ("c", CHROME_WINDOWS, "de", None),
        ("d", "\u{fffd}\u{fffd}", ";;;,,,q=", Some("::")),
        ("e", &"A".repeat(9000), &"x".repeat(9000), Some("0.0.0.0")),
    ] {
        let mut browser = app.browser();
        agent.clone_into(&mut browser.user_agent);
        languages.clone_into(&mut browser.languages);
        browser.address = address.map(ip);
        browser.sign_up(&format!("{name}@example.test")).await;
        assert_eq!(seen(&browser).await, NOTHING, "{name}: the same as at sign-up");
        browser.get("/auth/sessions").await.success();
        assert_eq!(browser.open("/account").await.status, 200);
    }
    // Known before, unsaid now: a thief does not pass for the owner by saying nothing.
    let (browser, _) = at_home(&app).await;
    let mut silent = disguised(&moved(&browser, "198.51.100.9"), "");
    silent.languages.clear();
    expect_ask(&silent.session().await, &[NETWORK, DEVICE]);
    let mut nowhere = browser.clone();
    nowhere.address = None;
    assert_eq!(nowhere.session().await.status, 200);
}
