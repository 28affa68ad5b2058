//! `GET /auth/forward` as a proxy in front of an app calls it, and `/continue`, where a person does what is missing.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use url::Url;

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX};
use crate::support::dbsc::{self, https};
use crate::support::mails::ADA;
use crate::support::recovery::{recovered, saved};
use crate::support::{Answer, App, Browser, Key, on_both_databases, signals};

on_both_databases!(
    a_live_session_is_named_and_nothing_else_is_told,
    nobody_goes_on_without_a_session,
    a_session_that_ends_is_refused_at_the_next_request,
    a_person_who_signs_in_goes_on_where_they_were,
    what_changes_something_comes_from_the_app_itself,
    what_a_stranger_says_of_forwarding_is_not_believed,
    what_the_proxy_does_not_say_is_sensitive,
    a_part_that_takes_a_touch_is_open_for_ten_minutes,
    a_touch_opens_that_part_in_that_browser,
    reading_what_is_sensitive_weighs_and_changing_it_takes_a_touch,
    raised_risk_is_cleared_on_the_way,
    it_rotates_nothing_and_sets_no_cookie,
    a_session_with_a_key_proves_it_on_the_way,
    a_token_that_was_replaced_reads_and_changes_nothing,
    s13_a_replayed_token_ends_the_family_here_too,
    a_bound_session_needs_its_bound_cookie,
    using_an_app_keeps_the_session_from_idling_out,
    after_a_recovery_the_parts_that_take_a_touch_wait,
    whatever_goes_wrong_nobody_goes_on,
);

const FORWARD: &str = "/auth/forward";
/// Where a person on their way to a page is sent; and where a script may send them.
const WAYS: [&str; 2] = ["x-auth-redirect", "x-auth-page"];
const PAGE: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
/// A token is due for replacement.
const DUE: u64 = 15 * 60;

/// The same server behind a proxy, which is wherever the browser calls from.
async fn behind(app: &App, settings: &[(&str, &str)]) -> App {
    let proxy = [("HOLDFAST_TRUSTED_PROXIES", "203.0.113.77")];
    app.beside(&[&proxy, settings].concat()).await
}

/// What matters in the app of these tests.
const AREAS: [(&str, &str); 2] =
    [("HOLDFAST_FORWARD_SENSITIVE", "/app/pay"), ("HOLDFAST_FORWARD_STEP_UP", "/app/admin, /app/keys")];

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser().disguised(CHROME_WINDOWS);
    let key = browser.sign_up(ADA).await;
    (browser, key)
}

/// What the proxy asks when the browser sends this to the app. `more` replaces what it says.
async fn ask(browser: &mut Browser, method: &str, uri: &str, more: &[(&str, &str)]) -> Answer {
    let host = browser.origin.split_once("://").unwrap().1.to_owned();
    let usual = [
        ("x-forwarded-method", method),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", host.as_str()),
        ("x-forwarded-uri", uri),
    ];
    let headers: Vec<_> = usual
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .chain(more.iter().copied())
        .collect();
    let answer = browser.send(Method::GET, FORWARD, &headers, Body::empty()).await;
    assert!([200, 401, 403].contains(&answer.status.as_u16()), "{answer:?}");
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
    answer
}

/// A person goes to a page of the app.
async fn visit(browser: &mut Browser, uri: &str) -> Answer {
    ask(browser, "GET", uri, &[PAGE]).await
}

/// Where an answer sends the browser, as a path of ours.
#[track_caller]
fn way_on(answer: &Answer) -> String {
    let [redirect, page] = WAYS.map(|name| answer.header(name));
    assert!(redirect.is_empty() || page.is_empty(), "{answer:?}");
    let url: Url = format!("{redirect}{page}").parse().unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    assert_eq!(url.origin().ascii_serialization(), "http://localhost:3000");
    url[url::Position::BeforePath..].to_owned()
}

#[track_caller]
fn expect_no_way_on(answer: &Answer) {
    assert!(WAYS.iter().all(|name| !answer.headers.contains_key(*name)), "{answer:?}");
}

#[track_caller]
fn expect_sent_to(answer: &Answer, path: &str) {
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, path), "{answer:?}");
}

async fn a_live_session_is_named_and_nothing_else_is_told(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let own = browser.session().await.success();
    for app in [&app, &behind(&app, &[]).await] {
        let mut browser = browser.at(app);
        let answer = visit(&mut browser, "/app/").await;
        assert_eq!(answer.success(), json!({ "ok": true }));
        assert_eq!(answer.header("x-auth-user"), own["user"]["id"]);
        assert_eq!(answer.header("x-auth-session"), own["session"]["id"]);
        assert!(!answer.headers.contains_key("x-auth-email"), "a claim is no address: {answer:?}");
    }
    browser.confirm(&app, ADA, &key).await;
    let answer = visit(&mut browser, "/app/").await;
    answer.success();
    assert_eq!(answer.header("x-auth-email"), ADA);
}

async fn nobody_goes_on_without_a_session(app: App) {
    let app = behind(&app, &[]).await;
    let mut nobody = app.browser();
    let answer = visit(&mut nobody, "/app/a?b=c&d=%2F").await;
    answer.refusal(401, "no_session");
    assert_eq!(way_on(&answer), "/continue?to=%2Fapp%2Fa%3Fb%3Dc%26d%3D%252F");
    // What runs in a page is told as well, with the page it runs in; a program is not.
    let from_page = [("referer", "http://localhost:3000/app/page")];
    let answer = ask(&mut nobody, "GET", "/app/data", &from_page).await;
    answer.refusal(401, "no_session");
    assert_eq!(way_on(&answer), "/continue?to=%2Fapp%2Fpage");
    assert!(!answer.headers.contains_key("x-auth-redirect"), "a script is not sent away: {answer:?}");
    for (name, value) in
        [("accept", "*/*"), ("referer", "http://evil.example/app/page"), ("sec-fetch-mode", "cors")]
    {
        let answer = ask(&mut nobody, "GET", "/app/data", &[(name, value)]).await;
        answer.refusal(401, "no_session");
        expect_no_way_on(&answer);
    }
    let answer = ask(&mut nobody, "GET", "/app/", &[PAGE, ("x-forwarded-host", "other.example")]).await;
    expect_no_way_on(&answer);

    // Proxies that pass the answer on as it is.
    let headers = [
        PAGE,
        ("x-forwarded-method", "GET"),
        ("x-forwarded-host", "localhost:3000"),
        ("x-forwarded-uri", "/app/"),
    ];
    let answer = nobody.send(Method::GET, "/auth/forward?mode=redirect", &headers, Body::empty()).await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), "http://localhost:3000/continue?to=%2Fapp%2F");
    let script: Vec<_> =
        headers.iter().map(|(name, value)| (*name, if *name == "accept" { "*/*" } else { *value })).collect();
    nobody
        .send(Method::GET, "/auth/forward?mode=redirect", &script, Body::empty())
        .await
        .refusal(401, "no_session");
}

async fn a_session_that_ends_is_refused_at_the_next_request(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    visit(&mut browser, "/app/").await.success();
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    other.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    visit(&mut browser, "/app/").await.refusal(401, "invalid_session");
    visit(&mut other, "/app/").await.success();
    other.sign_out().await.success();
    visit(&mut other, "/app/").await.refusal(401, "no_session");
    let mut forger = app.browser();
    forger.cookies.insert("__Host-sid".into(), "A".repeat(43));
    visit(&mut forger, "/app/").await.refusal(401, "invalid_session");
}

async fn a_person_who_signs_in_goes_on_where_they_were(app: App) {
    let app = behind(&app, &[]).await;
    let (mut browser, key) = signed_up(&app).await;
    browser.sign_out().await.success();
    let way = way_on(&visit(&mut browser, "/app/a?b=c&d").await);
    let sign_in = browser.open(&way).await;
    expect_sent_to(&sign_in, "/?to=%2Fapp%2Fa%3Fb%3Dc%26d");
    let page = browser.open(sign_in.header("location")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("you go on where you were"), "{}", page.text());
    assert!(page.text().contains("href=\"/signup?to=%2Fapp%2Fa%3Fb%3Dc%26d\""), "{}", page.text());
    browser.sign_in(&key).await.success();
    // The page loads itself again.
    expect_sent_to(&browser.open(sign_in.header("location")).await, "/app/a?b=c&d");
    expect_sent_to(&browser.open("/signup?to=%2Fapp%2Fa").await, "/app/a");
    expect_sent_to(&browser.open(&way).await, "/app/a?b=c&d");
    for to in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/",
        "",
        "javascript:x",
        "%0d%0aset-cookie:x",
    ] {
        let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        for page in ["/", "/signup", "/continue"] {
            let answer = browser.open(&format!("{page}?to={to}")).await;
            let location = answer.header("location");
            assert!(location == "/account" || location.starts_with("/%0d%0a"), "{page} {to}: {answer:?}");
        }
    }
}

async fn what_changes_something_comes_from_the_app_itself(app: App) {
    let app = behind(&app, &[]).await;
    let (mut browser, _) = signed_up(&app).await;
    for (headers, is_own) in [
        (&[("sec-fetch-site", "same-origin")][..], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:3000")], false),
        (&[("origin", "http://localhost:3000")], true),
        (&[("origin", "http://localhost:3001")], false),
        (&[("origin", "null")], false),
        (&[], false),
        // Two of them can be read in two ways.
        (&[("origin", "http://localhost:3000"), ("origin", "http://evil.example")], false),
    ] {
        for method in ["POST", "PUT", "DELETE", "ANYTHING"] {
            let answer = ask(&mut browser, method, "/app/orders", headers).await;
            if is_own {
                answer.success();
            } else {
                answer.refusal(403, "cross_site");
                expect_no_way_on(&answer);
            }
        }
        ask(&mut browser, "GET", "/app/orders", headers).await.success();
    }
    let socket = [("sec-websocket-key", "x"), ("origin", "http://evil.example")];
    ask(&mut browser, "GET", "/app/socket", &socket).await.refusal(403, "cross_site");
}

async fn what_a_stranger_says_of_forwarding_is_not_believed(app: App) {
    let app = app.beside(&AREAS).await;
    let (mut browser, _) = signed_up(&app).await;
    // Nobody is a proxy here: which path it is for is not known, and some take a touch.
    visit(&mut browser, "/app/").await.refusal(403, "forwarded_uri_missing");
    ask(&mut browser, "POST", "/app/", &[("sec-fetch-site", "cross-site")]).await.refusal(403, "cross_site");
}

async fn what_the_proxy_does_not_say_is_sensitive(app: App) {
    let app = behind(&app, &[("HOLDFAST_FORWARD_SENSITIVE", "/app/pay")]).await;
    let (browser, _) = signed_up(&app).await;
    let mut changed = browser.disguised(FIREFOX_LINUX);
    // 40 points alone let it through.
    visit(&mut changed, "/app/").await.success();
    for missing in ["x-forwarded-method", "x-forwarded-host", "x-forwarded-uri"] {
        for value in ["", "\u{e9}"] {
            let answer = ask(&mut changed, "GET", "/app/", &[PAGE, (missing, value)]).await;
            let refusal = answer.refusal(403, "step_up_required");
            let mut why = signals(&refusal["reasons"]);
            why.sort();
            assert_eq!(why, [("device_changed".to_owned(), 40), ("sensitive_route".to_owned(), 20)]);
        }
    }
    let made_up = [PAGE, ("x-forwarded-host", "made-up.example")];
    ask(&mut changed, "GET", "/app/", &made_up).await.refusal(403, "step_up_required");
    let twice = [PAGE, ("x-forwarded-uri", "/app/"), ("x-forwarded-uri", "/app/pay")];
    ask(&mut changed, "GET", "/app/", &twice).await.refusal(403, "step_up_required");
}

async fn a_part_that_takes_a_touch_is_open_for_ten_minutes(app: App) {
    let app = behind(&app, &AREAS).await;
    let (mut browser, key) = signed_up(&app).await;
    let answer = visit(&mut browser, "/app/admin/users").await;
    let refusal = answer.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "app_open", "params": { "area": "/app/admin" } }));
    let way = way_on(&answer);
    assert_eq!(way, "/continue?to=%2Fapp%2Fadmin%2Fusers&area=%2Fapp%2Fadmin");
    let page = browser.open(&way).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("One more touch") && page.text().contains("app_open"), "{}", page.text());

    browser.step_up("app_open", json!({ "area": "/app/admin" }), &key).await.success();
    expect_sent_to(&browser.open(&way).await, "/app/admin/users");
    for _ in 0..3 {
        visit(&mut browser, "/app/admin/users").await.success();
    }
    let own = [("sec-fetch-site", "same-origin")];
    ask(&mut browser, "POST", "/app/admin/users", &own).await.success();
    app.advance(10 * 60);
    visit(&mut browser, "/app/admin").await.refusal(403, "step_up_required");
    assert!(app.count_events("authn_step_up_required").await >= 2);
}

async fn a_touch_opens_that_part_in_that_browser(app: App) {
    let app = behind(&app, &AREAS).await;
    let (mut browser, key) = signed_up(&app).await;
    let mut thief = browser.clone();
    browser.step_up("app_open", json!({ "area": "/app/admin" }), &key).await.success();
    visit(&mut browser, "/app/admin").await.success();
    visit(&mut browser, "/app/keys").await.refusal(403, "step_up_required");
    visit(&mut thief, "/app/admin").await.refusal(403, "step_up_required");
    thief.cookies.insert("__Host-sid".into(), browser.sid());
    visit(&mut thief, "/app/admin").await.refusal(403, "step_up_required");
    // What was touched for something else opens nothing, and of what is no part nothing is asked.
    browser.step_up("session_continue", json!({}), &key).await.success();
    visit(&mut browser, "/app/keys").await.refusal(403, "step_up_required");
    expect_sent_to(&browser.open("/continue?to=%2Fapp%2F&area=%2Fnothing").await, "/app/");
    // However the path is written.
    for uri in ["/app//keys", "/app/%6beys", "/app/x/../keys", "/APP/KEYS", "/app/keys;x"] {
        visit(&mut browser, uri).await.refusal(403, "step_up_required");
    }
}

async fn reading_what_is_sensitive_weighs_and_changing_it_takes_a_touch(app: App) {
    let app = behind(&app, &AREAS).await;
    let (mut browser, key) = signed_up(&app).await;
    visit(&mut browser, "/app/pay").await.success();
    let page = [("sec-fetch-site", "same-origin"), ("referer", "http://localhost:3000/app/pay?form")];
    let answer = ask(&mut browser, "POST", "/app/pay", &page).await;
    answer.refusal(403, "step_up_required");
    assert_eq!(way_on(&answer), "/continue?to=%2Fapp%2Fpay%3Fform&area=%2Fapp%2Fpay");
    assert_eq!(browser.open(&way_on(&answer)).await.status, 403);
    browser.step_up("app_open", json!({ "area": "/app/pay" }), &key).await.success();
    expect_sent_to(&browser.open(&way_on(&answer)).await, "/app/pay?form");
    ask(&mut browser, "POST", "/app/pay", &page).await.success();
}

async fn raised_risk_is_cleared_on_the_way(app: App) {
    let app = behind(&app, &AREAS).await;
    let (browser, key) = signed_up(&app).await;
    let mut changed = browser.disguised(FIREFOX_LINUX);
    visit(&mut changed, "/app/").await.success();
    // Only there it is too much; on the way it is asked for all the same, or nobody would ever arrive.
    let answer = visit(&mut changed, "/app/pay").await;
    let refusal = answer.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "session_continue", "params": {} }));
    let page = changed.open(&way_on(&answer)).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("Is this still you?"), "{}", page.text());
    changed.step_up("session_continue", json!({}), &key).await.success();
    expect_sent_to(&changed.open(&way_on(&answer)).await, "/app/pay");
    visit(&mut changed, "/app/pay").await.success();
}

async fn it_rotates_nothing_and_sets_no_cookie(app: App) {
    let app = behind(&app, &[]).await;
    let (mut browser, _) = signed_up(&app).await;
    let before = browser.sid();
    app.advance(DUE + 119);
    visit(&mut browser, "/app/").await.success();
    assert_eq!(app.tokens().await.len(), 1);
    // A person on their way to a page can renew it first; what runs in the page has an hour.
    app.advance(1);
    let answer = visit(&mut browser, "/app/").await;
    answer.refusal(401, "rotation_overdue");
    for seconds in [0, 3600 - 121] {
        app.advance(seconds);
        ask(&mut browser, "GET", "/app/data", &[]).await.success();
    }
    app.advance(1);
    ask(&mut browser, "GET", "/app/data", &[]).await.refusal(401, "rotation_overdue");
    expect_sent_to(&browser.open(&way_on(&answer)).await, "/app/");
    assert_ne!(browser.sid(), before);
    visit(&mut browser, "/app/").await.success();
}

async fn a_session_with_a_key_proves_it_on_the_way(app: App) {
    let app = behind(&app, &AREAS).await;
    let mut browser = app.browser();
    let key = browser.sign_up_bound(ADA).await;
    browser.session().await.success();
    app.advance(DUE + 119);
    visit(&mut browser, "/app/").await.success();
    app.advance(1);
    let answer = visit(&mut browser, "/app/").await;
    answer.refusal(401, "dpop_proof_required");
    // A proof that was made for the app is none for us.
    let proof = browser.proof(&Method::GET, FORWARD).encode();
    ask(&mut browser, "GET", "/app/", &[("dpop", &proof)]).await.refusal(401, "dpop_proof_required");
    let page = browser.open(&way_on(&answer)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Is this still your browser?"), "{}", page.text());
    browser.rotate().await.success();
    expect_sent_to(&browser.open(&way_on(&answer)).await, "/app/");
    visit(&mut browser, "/app/").await.success();
    // A part that takes a touch takes it with the proof, as everywhere, and is then open without one.
    let answer = visit(&mut browser, "/app/admin").await;
    answer.refusal(403, "step_up_required");
    assert_eq!(browser.open(&way_on(&answer)).await.status, 403);
    browser.step_up("app_open", json!({ "area": "/app/admin" }), &key).await.success();
    visit(&mut browser, "/app/admin").await.success();
}

async fn a_token_that_was_replaced_reads_and_changes_nothing(app: App) {
    let app = behind(&app, &[]).await;
    let (mut browser, _) = signed_up(&app).await;
    let mut late = browser.clone();
    browser.rotate().await.success();
    let own = [("sec-fetch-site", "same-origin")];
    for is_seen in [false, true] {
        if is_seen {
            browser.session().await.success();
        }
        visit(&mut late, "/app/").await.success();
        ask(&mut late, "POST", "/app/", &own).await.refusal(401, "session_rotated");
    }
    ask(&mut browser, "POST", "/app/", &own).await.success();
}

async fn s13_a_replayed_token_ends_the_family_here_too(app: App) {
    let app = behind(&app, &[]).await;
    let (mut browser, _) = signed_up(&app).await;
    let mut thief = browser.clone();
    browser.rotate().await.success();
    visit(&mut browser, "/app/").await.success();
    app.advance(11);
    visit(&mut thief, "/app/").await.refusal(401, "invalid_session");
    visit(&mut browser, "/app/").await.refusal(401, "invalid_session");
    assert_eq!(app.count_events("authn_token_reuse").await, 1);
}

async fn a_bound_session_needs_its_bound_cookie(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    dbsc::sign_up(&mut browser, ADA).await;
    browser.session().await.success();
    visit(&mut browser, "/app/").await.success();
    let mut thief = browser.clone();
    thief.cookies.remove(dbsc::BOUND);
    visit(&mut thief, "/app/").await.refusal(403, "step_up_required");
}

async fn using_an_app_keeps_the_session_from_idling_out(app: App) {
    let app = behind(&app, &[("HOLDFAST_SESSION_ROTATE_AFTER", "6d")]).await;
    let (mut browser, _) = signed_up(&app).await;
    for _ in 0..3 {
        app.advance(20 * 3600);
        visit(&mut browser, "/app/").await.success();
    }
    app.advance(24 * 3600);
    visit(&mut browser, "/app/").await.refusal(401, "invalid_session");
}

async fn after_a_recovery_the_parts_that_take_a_touch_wait(app: App) {
    let (_, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    recovered(&app, &mut browser, &codes[0]).await;
    let app = behind(&app, &AREAS).await;
    let mut browser = browser.at(&app);
    visit(&mut browser, "/app/").await.success();
    let answer = visit(&mut browser, "/app/admin").await;
    answer.refusal(403, "on_hold");
    // The page says it; nobody is sent round in circles.
    let page = browser.open(&format!("{}&area=%2Fapp%2Fadmin", way_on(&answer))).await;
    assert_eq!(page.status, 409, "{page:?}");
}

async fn whatever_goes_wrong_nobody_goes_on(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    visit(&mut browser, "/app/").await.success();
    browser
        .send(Method::POST, FORWARD, &[("content-type", "application/json")], "{}".into())
        .await
        .refusal(405, "method_not_allowed");
    // One request more than may be read from one address.
    let small = app.beside(&[("HOLDFAST_THROTTLE_SCALE", "1")]).await;
    let mut stranger = small.browser();
    let mut refused = None;
    for _ in 0..10_000 {
        let answer = visit(&mut stranger, "/app/").await;
        if answer.status != 401 {
            refused = Some(answer);
            break;
        }
    }
    refused.expect("a ceiling").refusal(403, "too_many_requests");
    app.close().await;
    let answer = visit(&mut browser, "/app/").await;
    answer.refusal(403, "unavailable");
    assert!(!answer.headers.contains_key("x-auth-user"), "{answer:?}");
}
