//! The bound cookie: how it is refreshed, for how long it is good, and what a request without it is worth.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::dbsc::{BOUND, Dbsc, https, send, sign_up};
use crate::support::{Answer, App, Browser, DeviceKey, Jwt, Key, notice, on_both_databases, signals};

on_both_databases!(
    s19_a_refresh_is_a_challenge_and_an_answer,
    s19_the_challenge_sent_ahead_saves_a_round_trip,
    s19_cookie_and_challenge_both_change_each_time,
    s19_a_used_challenge_is_answered_with_a_new_one,
    s19_a_challenge_never_given_is_answered_with_a_new_one,
    s19_a_wrong_key_ends_the_family,
    s19_an_unknown_id_is_told_that_it_is_over,
    s19_each_bad_refresh_is_refused,
    s19_parallel_refreshes_disturb_nobody,
    s19_a_refresh_works_from_another_network_and_without_cookies,
    s19_a_refresh_is_good_at_every_process,
    s19_before_it_is_first_seen_the_cookie_is_not_demanded,
    s19_from_then_on_it_is,
    s19_a_cookie_is_good_for_ten_minutes,
    s19_the_one_before_is_good_for_ten_seconds,
    s19_a_refresh_revives_no_cookie_that_had_run_out,
    s19_a_forged_or_foreign_cookie_is_none,
    s19_skipped_excuses_nothing,
    s19_without_it_nothing_is_read_or_changed,
    s19_a_touch_drops_a_broken_binding,
    s19_a_thiefs_touch_drops_none,
);

/// Bound, and the bound cookie seen.
async fn bound(app: &App) -> (Browser, Dbsc, Key) {
    let mut browser = app.browser();
    let (dbsc, key) = sign_up(&mut browser, "ada@example.test").await;
    browser.session().await.success();
    (browser, dbsc, key)
}

/// A way to spoil a good statement.
type Bend = fn(Jwt) -> String;

/// Without the bound cookie it is a step-up: never allowed, and never an end.
#[track_caller]
fn expect_missing(answer: &Answer) {
    let refusal = answer.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "session_continue", "params": {} }));
    let reasons = signals(&refusal["reasons"]);
    assert!(reasons.contains(&("bound_cookie_missing".to_owned(), 60)), "{refusal}");
    assert!(answer.new_sid().is_none());
}

/// A 403 that a browser answers by signing again.
#[track_caller]
fn expect_new_challenge(dbsc: &Dbsc, answer: &Answer) -> String {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
    dbsc.challenge_in(answer).expect("a new challenge")
}

async fn s19_a_refresh_is_a_challenge_and_an_answer(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, _) = bound(&app).await;
    let before = browser.cookies[BOUND].clone();
    let challenge = expect_new_challenge(&dbsc, &dbsc.ask(&mut browser).await);
    let answer = dbsc.refresh_with(&mut browser, &dbsc.response(&challenge).encode()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.set_cookie(BOUND).unwrap();
    let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]);
    assert_ne!(browser.cookies[BOUND], before);
    dbsc.challenge = dbsc.challenge_in(&answer);
    assert!(dbsc.challenge.is_some());
    browser.session().await.success();
    assert_eq!(app.tokens().await.len(), 1, "the session's own token stays");
}

async fn s19_the_challenge_sent_ahead_saves_a_round_trip(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, _) = bound(&app).await;
    for _ in 0..4 {
        app.advance(500);
        let challenge = dbsc.challenge.take().expect("one sent ahead");
        let answer = dbsc.refresh_with(&mut browser, &dbsc.response(&challenge).encode()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        dbsc.challenge = dbsc.challenge_in(&answer);
        browser.session().await.success();
    }
}

async fn s19_cookie_and_challenge_both_change_each_time(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, _) = bound(&app).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5 {
        assert!(seen.insert(browser.cookies[BOUND].clone()));
        assert!(seen.insert(dbsc.challenge.clone().unwrap()));
        dbsc.refresh(&mut browser).await.ok();
    }
}

async fn s19_a_used_challenge_is_answered_with_a_new_one(app: App) {
    let app = https(&app).await;
    let (mut browser, dbsc, _) = bound(&app).await;
    // Without a new challenge Chromium sends its last statement again, byte for byte.
    let statement = dbsc.response(dbsc.challenge.as_ref().unwrap()).encode();
    assert_eq!(dbsc.refresh_with(&mut browser, &statement).await.status, 200);
    let present = browser.cookies[BOUND].clone();
    for _ in 0..2 {
        let challenge = expect_new_challenge(&dbsc, &dbsc.refresh_with(&mut browser, &statement).await);
        assert_eq!(browser.cookies[BOUND], present);
        let answer = dbsc.response(&challenge).encode();
        assert_eq!(dbsc.refresh_with(&mut browser.clone(), &answer).await.status, 200);
    }
    assert_eq!(app.count_events("session_binding_violated").await, 0);
}

async fn s19_a_challenge_never_given_is_answered_with_a_new_one(app: App) {
    let app = https(&app).await;
    let (mut browser, dbsc, _) = bound(&app).await;
    let (_, other, _) = bound(&app).await;
    for challenge in ["A".repeat(43), "x".into(), other.challenge.unwrap(), dbsc.offer.challenge.clone()] {
        let statement = dbsc.response(&challenge).encode();
        expect_new_challenge(&dbsc, &dbsc.refresh_with(&mut browser, &statement).await);
    }
    app.advance(3 * 3600);
    let stale = dbsc.response(dbsc.challenge.as_ref().unwrap()).encode();
    expect_new_challenge(&dbsc, &dbsc.refresh_with(&mut browser, &stale).await);
    assert_eq!(app.count_events("session_binding_violated").await, 0);
}

async fn s19_a_wrong_key_ends_the_family(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, key) = bound(&app).await;
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&key).await.success();
    let id = browser.session().await.success()["session"]["id"].clone();
    let thief = Dbsc { key: DeviceKey::new(), ..dbsc.clone() };
    let challenge = expect_new_challenge(&thief, &thief.ask(&mut app.browser()).await);
    let answer = thief.refresh_with(&mut app.browser(), &thief.response(&challenge).encode()).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.set_cookies().is_empty());

    browser.session().await.refusal(401, "invalid_session");
    elsewhere.session().await.success();
    assert_eq!(dbsc.refresh(&mut browser).await.status, 401, "for the owner too");
    let told = app.events_of("session_binding_violated").await;
    assert_eq!(told.len(), 1);
    assert_eq!(json!(told[0].session_id), id);
    assert_eq!(told[0].request_id, answer.header("x-request-id"));
    assert_eq!(app.end_reasons().await, ["binding_violated"]);
    assert_ne!(notice(&browser.open("/").await), notice(&app.browser().open("/").await));
}

async fn s19_an_unknown_id_is_told_that_it_is_over(app: App) {
    let app = https(&app).await;
    let (mut browser, dbsc, _) = bound(&app).await;
    for id in ["x".to_owned(), "A".repeat(43), "A".repeat(10_000), browser.sid(), format!("{}x", dbsc.id)] {
        let other = Dbsc { id, ..dbsc.clone() };
        let answer = other.ask(&mut browser).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.set_cookies().is_empty());
        let statement = other.response(dbsc.challenge.as_ref().unwrap()).encode();
        assert_eq!(other.refresh_with(&mut browser, &statement).await.status, 401);
    }
    let nameless = send(&mut browser, "/auth/dbsc/refresh", &[]).await;
    assert!((400..=403).contains(&nameless.status.as_u16()), "{nameless:?}");
    browser.session().await.success();
}

async fn s19_each_bad_refresh_is_refused(app: App) {
    let app = https(&app).await;
    // What no browser says tells nothing. The identifier is no secret, so noise may not end the session.
    let bad: [(&str, Bend); 9] = [
        ("garbage", |_| "garbage".to_owned()),
        ("8 kB", |_| "A".repeat(8192)),
        ("64 kB", |_| "A".repeat(65_536)),
        ("alg none", |good| good.with_header("alg", "none").encode_with_signature(&[])),
        ("alg RS256", |good| good.with_header("alg", "RS256").encode()),
        ("alg HS256", Jwt::encode_as_hs256),
        ("type of DPoP", |good| good.with_header("typ", "dpop+jwt").encode()),
        ("no challenge", |good| good.without("jti").encode()),
        ("a number for it", |good| good.with("jti", 7).encode()),
    ];
    let (mut browser, dbsc, _) = bound(&app).await;
    let good = dbsc.response(dbsc.challenge.as_ref().unwrap());
    for (what, statement) in bad {
        let answer = dbsc.refresh_with(&mut browser, &statement(good.clone())).await;
        assert!((400..=403).contains(&answer.status.as_u16()), "{what}: {answer:?}");
        assert!(answer.set_cookies().is_empty(), "{what}: {answer:?}");
        assert_eq!(browser.session().await.success()["session"]["binding"], "dbsc", "{what}");
    }
    assert_eq!(app.end_reasons().await, Vec::<String>::new());
    // A key that it brings along is not asked: it is a wrong one.
    let thief = DeviceKey::new();
    let brought = good.with_header("jwk", thief.jwk()).signed_by(&thief).encode();
    let answer = dbsc.refresh_with(&mut app.browser(), &brought).await;
    assert!(answer.status == 401 && answer.set_cookies().is_empty(), "{answer:?}");
    assert_eq!(app.end_reasons().await, ["binding_violated"]);
}

async fn s19_parallel_refreshes_disturb_nobody(app: App) {
    let app = https(&app).await;
    let (mut browser, dbsc, _) = bound(&app).await;
    for _ in 0..4 {
        app.advance(590);
        let tries = (0..8).map(|_| {
            let (mut tab, mut dbsc) = (browser.clone(), dbsc.clone());
            tokio::spawn(async move {
                let answer = dbsc.refresh(&mut tab).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                tab
            })
        });
        let tabs = futures::future::join_all(tries.collect::<Vec<_>>()).await;
        // Whichever answer came last is what the browser keeps. One that another overtook is refreshed again.
        browser = tabs.into_iter().next_back().unwrap().unwrap();
        if browser.session().await.status != 200 {
            dbsc.clone().refresh(&mut browser).await.ok();
            browser.session().await.success();
        }
    }
    assert_eq!(app.count_events("session_binding_violated").await, 0);
    assert_eq!(app.count_events("session_revoked").await, 0);
}

async fn s19_a_refresh_works_from_another_network_and_without_cookies(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, _) = bound(&app).await;
    // Chromium leaves Lax cookies out when another site's link started it.
    let mut bare = app.browser();
    bare.address = Some("198.51.100.9".parse().unwrap());
    bare.user_agent.clear();
    dbsc.refresh(&mut bare).await.ok();
    assert!(!bare.cookies.contains_key("__Host-sid"));
    browser.cookies.insert(BOUND.into(), bare.cookies[BOUND].clone());
    browser.session().await.success();
}

async fn s19_a_refresh_is_good_at_every_process(app: App) {
    let (here, there) = (https(&app).await, https(&app).await);
    let (browser, mut dbsc, _) = bound(&here).await;
    let mut elsewhere = browser.at(&there);
    dbsc.refresh(&mut elsewhere).await.ok();
    let mut browser = elsewhere.at(&here);
    browser.session().await.success();
    dbsc.refresh(&mut browser).await.ok();
    browser.at(&there).session().await.success();
}

async fn s19_before_it_is_first_seen_the_cookie_is_not_demanded(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    sign_up(&mut browser, "ada@example.test").await;
    let mut early = browser.clone();
    early.cookies.remove(BOUND);
    // Requests that were under way while the browser registered.
    for path in ["/auth/session", "/account", "/auth/sessions"] {
        assert_eq!(early.open(path).await.status, 200, "{path}");
    }
    browser.session().await.success();
    expect_missing(&early.session().await);
}

async fn s19_from_then_on_it_is(app: App) {
    let app = https(&app).await;
    let (browser, _, _) = bound(&app).await;
    let mut stolen = browser.clone();
    stolen.cookies.remove(BOUND);
    expect_missing(&stolen.session().await);
    browser.clone().session().await.success();
    let told = app.events_of("authn_step_up_required").await;
    assert_eq!(told.last().unwrap().reason.as_deref(), Some("session_continue"));
}

async fn s19_a_cookie_is_good_for_ten_minutes(app: App) {
    let app = https(&app).await;
    let (browser, mut dbsc, _) = bound(&app).await;
    app.advance(599);
    browser.clone().session().await.success();
    // A browser would not send it any more; whoever copied it does. Half a minute is for requests under way.
    app.advance(32);
    expect_missing(&browser.clone().session().await);
    let mut owner = browser;
    owner.cookies.remove(BOUND);
    dbsc.refresh(&mut owner).await.ok();
    owner.session().await.success();
}

async fn s19_the_one_before_is_good_for_ten_seconds(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, _) = bound(&app).await;
    app.advance(300);
    let before = browser.clone();
    dbsc.refresh(&mut browser).await.ok();
    app.advance(9);
    before.clone().session().await.success();
    browser.session().await.success();
    app.advance(2);
    expect_missing(&before.clone().session().await);
    browser.session().await.success();
    // And only the one before: not the one before that.
    for _ in 0..2 {
        dbsc.refresh(&mut browser).await.ok();
    }
    expect_missing(&before.clone().session().await);
}

async fn s19_a_refresh_revives_no_cookie_that_had_run_out(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, _) = bound(&app).await;
    let copy = browser.clone();
    app.advance(8 * 3600);
    expect_missing(&copy.clone().session().await);
    // The owner comes back from lunch. What the thief kept since the morning is the one before.
    dbsc.refresh(&mut browser).await.ok();
    expect_missing(&copy.clone().session().await);
    browser.session().await.success();
}

async fn s19_a_forged_or_foreign_cookie_is_none(app: App) {
    let app = https(&app).await;
    let (browser, _, _) = bound(&app).await;
    let (other, _, _) = bound(&app).await;
    let foreign = other.cookies[BOUND].clone();
    for value in ["x", &"A".repeat(43), "", &foreign, &browser.sid()] {
        let mut forged = browser.clone();
        forged.cookies.insert(BOUND.into(), value.to_owned());
        expect_missing(&forged.session().await);
    }
}

async fn s19_skipped_excuses_nothing(app: App) {
    let app = https(&app).await;
    let (mut browser, dbsc, _) = bound(&app).await;
    browser.cookies.remove(BOUND);
    for why in ["unreachable", "server_error", "quota_exceeded"] {
        let skipped = format!("{why};session_identifier=\"{}\"", dbsc.id);
        let headers = [("secure-session-skipped", skipped.as_str())];
        expect_missing(&browser.send(Method::GET, "/auth/session", &headers, Body::empty()).await);
    }
}

async fn s19_without_it_nothing_is_read_or_changed(app: App) {
    let app = https(&app).await;
    let (mut browser, _, _) = bound(&app).await;
    browser.cookies.remove(BOUND);
    let before = app.stored().await;
    for path in ["/auth/passkeys", "/auth/sessions", "/api-keys", "/account/sessions/panel"] {
        expect_missing(&browser.get(path).await);
    }
    for (path, body) in [
        ("/api-keys", json!({ "name": "x" })),
        ("/auth/sessions/revoke", json!({ "others": true })),
        ("/auth/passkey/register/options", json!({})),
    ] {
        browser.post(path, &body).await.refusal(403, "step_up_required");
    }
    for path in ["/account", "/account/sessions", "/account/api-keys"] {
        let page = browser.open(path).await;
        assert!(page.shows_island("StepUp"), "{path}: {}", page.text());
        assert!(!page.text().contains("ada@example.test"), "{path} tells whose it is");
    }
    assert_eq!(app.stored().await, before);
}

async fn s19_a_touch_drops_a_broken_binding(app: App) {
    let app = https(&app).await;
    let (mut browser, mut dbsc, key) = bound(&app).await;
    // The browser lost its key: it cannot refresh, and does not send the cookie.
    browser.cookies.remove(BOUND);
    expect_missing(&browser.session().await);
    browser.step_up("session_continue", json!({}), &key).await.success();
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["binding"], "cookie");
    assert!(session.get("rotationDueAt").is_some(), "from now on its token changes on schedule");
    assert_eq!(dbsc.refresh(&mut browser).await.status, 401);
    browser.session().await.success();
    app.advance(15 * 60);
    assert!(browser.session().await.new_sid().is_some());
    // A touch while nothing is missing drops nothing.
    let (mut browser, _, key) = bound(&app).await;
    browser.step_up("session_continue", json!({}), &key).await.success();
    assert_eq!(browser.session().await.success()["session"]["binding"], "dbsc");
}

async fn s19_a_thiefs_touch_drops_none(app: App) {
    let app = https(&app).await;
    let (browser, _, _) = bound(&app).await;
    let bobs = app.browser().sign_up("bob@example.test").await;
    let mut thief = browser.clone();
    thief.cookies.remove(BOUND);
    assert_eq!(thief.step_up("session_continue", json!({}), &bobs).await.status, 400);
    expect_missing(&thief.session().await);
    assert_eq!(browser.clone().session().await.success()["session"]["binding"], "dbsc");
}
