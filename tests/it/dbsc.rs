//! Device Bound Session Credentials: the offer, the registration, and how a binding ends
//! (reference/browser.md §2 says what Chromium makes of each answer).

use serde_json::{Value, json};

use crate::support::dbsc::{BOUND, Dbsc, https, send, sign_up};
use crate::support::{Answer, App, Browser, DeviceKey, Jwt, Key, SIGN_IN, assert_nowhere, on_both_databases};

on_both_databases!(
    s19_it_is_offered_where_a_session_opens_and_nowhere_else,
    s19_it_is_not_offered_over_http,
    s19_a_registration_binds_the_session,
    s19_the_config_is_what_chromium_takes,
    s19_a_registration_needs_no_cookie_and_no_body,
    s19_each_bad_registration_is_refused,
    s19_a_registration_counts_once,
    s19_an_offer_of_an_ended_session_is_worth_nothing,
    s19_a_second_sign_in_ends_the_first_binding,
    s19_sign_out_ends_it,
    s19_revocation_ends_it,
    s19_a_session_that_never_registers_works_like_any_other,
    s19_its_session_token_changes_on_step_up_and_not_on_schedule,
    s19_beside_a_device_key_both_are_kept,
    s01_bound_cookies_and_challenges_are_stored_as_hashes,
    its_paths_answer_posts_only_and_nothing_over_http_breaks,
);

/// What a browser might state at registration.
type Statement = fn(&Dbsc) -> String;

const OFFER: &str = "secure-session-registration";

async fn offered(browser: &mut Browser, email: &str) -> (Dbsc, Key) {
    let mut key = browser.new_key();
    let response = key.create(&browser.begin_sign_up(email).await);
    let made = browser.finish_sign_up(response).await;
    made.success();
    (Dbsc::offered(&made), key)
}

async fn binding(browser: &Browser) -> Value {
    browser.clone().session().await.success()["session"]["binding"].clone()
}

/// The registration was refused, and binds nothing.
#[track_caller]
fn expect_refused(answer: &Answer, what: &str) {
    assert!((400..=403).contains(&answer.status.as_u16()), "{what}: {answer:?}");
    assert!(answer.set_cookies().is_empty(), "{what}: {answer:?}");
    assert_eq!(answer.header("secure-session-challenge"), "", "{what}");
    assert!(!answer.code().is_empty(), "{what}: {answer:?}");
}

async fn s19_it_is_offered_where_a_session_opens_and_nowhere_else(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let mut key = browser.new_key();
    let begun = browser.post("/auth/passkey/register/options", &json!({ "email": "ada@example.test" })).await;
    assert_eq!(begun.header(OFFER), "");
    let made = browser.finish_sign_up(key.create(&begun.success())).await;
    let mut dbsc = Dbsc::offered(&made);
    assert_eq!(dbsc.offer.path, "/auth/dbsc/register");
    for secret in [&dbsc.offer.challenge, &dbsc.offer.authorization] {
        assert!(secret.len() >= 22, "16 bytes at least: {secret}");
        assert!(secret.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{secret}");
    }
    for path in ["/auth/session", "/auth/passkeys", "/account", "/"] {
        assert_eq!(browser.open(path).await.header(OFFER), "", "{path}");
    }
    dbsc.register(&mut browser).await.success();
    let stepped = browser.step_up("session_continue", json!({}), &key).await;
    stepped.success();
    assert_eq!(stepped.header(OFFER), "");
    let refused = browser.finish_sign_in(key.get(&json!({ "challenge": "A".repeat(43) }))).await;
    assert_eq!((refused.status.as_u16(), refused.header(OFFER)), (400, ""));
    let again = browser.sign_in(&key).await;
    again.success();
    let other = Dbsc::offered(&again);
    assert_ne!(other.offer.challenge, dbsc.offer.challenge);
    assert_ne!(other.offer.authorization, dbsc.offer.authorization);
    // One more passkey opens no session.
    let options = browser.guarded_post("/auth/passkey/register/options", &json!({}), &key).await.success();
    let added = browser.finish_sign_up(browser.new_key().create(&options)).await;
    added.success();
    assert_eq!(added.header(OFFER), "");
}

async fn s19_it_is_not_offered_over_http(app: App) {
    let mut browser = app.browser();
    let mut key = browser.new_key();
    let response = key.create(&browser.begin_sign_up("ada@example.test").await);
    assert_eq!(browser.finish_sign_up(response).await.header(OFFER), "");
    assert_eq!(browser.sign_in(&key).await.header(OFFER), "");
}

async fn s19_a_registration_binds_the_session(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, _) = offered(&mut browser, "ada@example.test").await;
    assert_eq!(binding(&browser).await, "cookie");
    let answer = dbsc.register(&mut browser).await;
    answer.success();
    let cookie = answer.set_cookie(BOUND).expect("the bound cookie");
    let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]);
    assert_eq!(browser.cookies[BOUND].len(), 43, "32 bytes");
    assert!(dbsc.challenge.is_some(), "the next challenge is sent ahead");
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["binding"], "dbsc");
    assert!(session.get("rotationDueAt").is_none(), "{session}");
    let told = app.events_of("session_bound").await;
    assert_eq!(told.len(), 1);
    assert_eq!(json!(told[0].session_id), session["id"]);
}

async fn s19_the_config_is_what_chromium_takes(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, _) = offered(&mut browser, "ada@example.test").await;
    let answer = dbsc.register(&mut browser).await;
    let config = answer.success();
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!dbsc.id.is_empty() && dbsc.id.len() <= 128);
    assert_ne!(dbsc.id, browser.cookies["__Host-sid"], "the identifier is no secret, so it may not be one");
    assert_ne!(dbsc.id, browser.cookies[BOUND]);
    assert_eq!(config["refresh_url"], "/auth/dbsc/refresh");
    assert_eq!(
        config["credentials"],
        json!([{
            "type": "cookie",
            "name": BOUND,
            // Max-Age here, and Chromium throws the whole registration away.
            "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax",
        }])
    );
    assert_eq!(config["allowed_refresh_initiators"], json!(["*"]), "links into the product refresh too");
    assert!(config.get("continue").is_none(), "{config}");
    let scope = config["scope"].as_object().unwrap();
    assert_eq!(scope["include_site"], false);
    assert!(!scope.contains_key("origin"), "{config}");
    let rules = scope["scope_specification"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["type"] == "exclude" && rule["path"] == "/pkg"), "{config}");
    for rule in rules {
        assert_eq!(rule["type"], "exclude", "what is not excluded is included: {rule}");
        let path = rule["path"].as_str().unwrap();
        for guarded in ["/account", "/auth/session", "/api-keys"] {
            assert!(!guarded.starts_with(path), "{rule} leaves {guarded} out");
        }
        assert!(rule["domain"].is_string(), "{rule}");
    }
}

async fn s19_a_registration_needs_no_cookie_and_no_body(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, _) = offered(&mut browser, "ada@example.test").await;
    let mut bare = app.browser();
    dbsc.register(&mut bare).await.success();
    browser.cookies.insert(BOUND.into(), bare.cookies[BOUND].clone());
    assert_eq!(binding(&browser).await, "dbsc");
    // Quoted, as the draft writes it, is accepted as well.
    let mut browser = app.browser();
    let (dbsc, _) = offered(&mut browser, "bob@example.test").await;
    let quoted = format!("\"{}\"", dbsc.registration().encode());
    dbsc.register_with(&mut browser, &quoted).await.success();
    assert_eq!(binding(&browser).await, "dbsc");
    // An audience is looked at where there is one.
    let mut browser = app.browser();
    let (dbsc, _) = offered(&mut browser, "eve@example.test").await;
    let for_us = dbsc.registration().with("aud", browser.url("/auth/dbsc/register"));
    let for_them = dbsc.registration().with("aud", "https://evil.example/auth/dbsc/register");
    expect_refused(&dbsc.register_with(&mut browser, &for_them.encode()).await, "for another audience");
    dbsc.register_with(&mut browser, &for_us.encode()).await.success();
}

async fn s19_each_bad_registration_is_refused(app: App) {
    let app = https(&app).await;
    let bad: [(&str, Statement); 21] = [
        ("garbage", |_| "garbage".into()),
        ("a.b.c", |_| "a.b.c".into()),
        ("8 kB", |_| "A".repeat(8192)),
        ("64 kB", |_| "A".repeat(65_536)),
        ("8 kB of claims", |dbsc| dbsc.registration().with("more", "x".repeat(8192)).encode()),
        ("alg none", |dbsc| dbsc.registration().with_header("alg", "none").encode_with_signature(&[])),
        ("alg RS256", |dbsc| dbsc.registration().with_header("alg", "RS256").encode()),
        ("alg HS256", |dbsc| dbsc.registration().encode_as_hs256()),
        ("type of DPoP", |dbsc| dbsc.registration().with_header("typ", "dpop+jwt").encode()),
        ("no type", |dbsc| dbsc.registration().without_header("typ").encode()),
        ("no key", |dbsc| dbsc.registration().without_header("jwk").encode()),
        ("a private key", |dbsc| dbsc.registration().with_header("jwk", dbsc.key.private_jwk()).encode()),
        ("another key in it", |dbsc| dbsc.registration().with_header("jwk", DeviceKey::new().jwk()).encode()),
        ("signed by another", |dbsc| dbsc.registration().signed_by(&DeviceKey::new()).encode()),
        ("signed in DER", |dbsc| dbsc.registration().encode_with_der()),
        ("another challenge", |dbsc| dbsc.registration().with("jti", "A".repeat(43)).encode()),
        ("no challenge", |dbsc| dbsc.registration().without("jti").encode()),
        ("another authorization", |dbsc| dbsc.registration().with("authorization", "A".repeat(43)).encode()),
        ("no authorization", |dbsc| dbsc.registration().without("authorization").encode()),
        ("numbers", |dbsc| dbsc.registration().with("jti", 7).with("authorization", 7).encode()),
        ("the refresh's form", |dbsc| dbsc.response(&dbsc.offer.challenge).encode()),
    ];
    for (what, statement) in bad {
        let mut browser = app.browser();
        let (dbsc, _) = offered(&mut browser, "ada@example.test").await;
        expect_refused(&dbsc.register_with(&mut browser, &statement(&dbsc)).await, what);
        assert_eq!(binding(&browser).await, "cookie", "{what}");
    }
    let mut browser = app.browser();
    let (dbsc, _) = offered(&mut browser, "ada@example.test").await;
    expect_refused(&send(&mut browser, &dbsc.offer.path, &[]).await, "nothing at all");
    // Of two statements neither counts: one of them is not the browser's.
    let good = dbsc.registration().encode();
    let two = [("secure-session-response", good.as_str()), ("secure-session-response", good.as_str())];
    expect_refused(&send(&mut browser, &dbsc.offer.path, &two).await, "two");
    assert_eq!(app.count_events("session_bound").await, 0);
    // Another's challenge with one's own authorization.
    let mut other = app.browser();
    let (theirs, _) = offered(&mut other, "bob@example.test").await;
    let mixed = dbsc.registration().with("jti", theirs.offer.challenge.as_str()).encode();
    expect_refused(&dbsc.register_with(&mut browser, &mixed).await, "another's challenge");
}

async fn s19_a_registration_counts_once(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, _) = offered(&mut browser, "ada@example.test").await;
    let statement = dbsc.registration().encode();
    dbsc.register(&mut browser).await.success();
    expect_refused(&dbsc.register_with(&mut browser, &statement).await, "the same again");
    // Nor with another key, by whoever saw the offer.
    let thief = Dbsc { key: DeviceKey::new(), ..dbsc.clone() };
    expect_refused(&thief.register_with(&mut app.browser(), &thief.registration().encode()).await, "a thief");
    browser.cookies.remove(BOUND);
    dbsc.refresh(&mut browser).await.ok();
    assert_eq!(binding(&browser).await, "dbsc");
    assert_eq!(app.count_events("session_bound").await, 1);
}

async fn s19_an_offer_of_an_ended_session_is_worth_nothing(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (dbsc, _) = offered(&mut browser, "ada@example.test").await;
    browser.sign_out().await.success();
    let statement = dbsc.registration().encode();
    let answer = dbsc.register_with(&mut browser, &statement).await;
    assert!((400..=404).contains(&answer.status.as_u16()) && answer.set_cookies().is_empty(), "{answer:?}");
    assert_eq!(app.count_events("session_bound").await, 0);
}

async fn s19_a_second_sign_in_ends_the_first_binding(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut first, key) = sign_up(&mut browser, "ada@example.test").await;
    let entered = browser.sign_in(&key).await;
    entered.success();
    let mut second = Dbsc::offered(&entered);
    second.register(&mut browser).await.success();
    assert_ne!(first.id, second.id);
    let bound = browser.cookies[BOUND].clone();
    // Both would refresh the same cookie in turn: the old one is told that it is over.
    let answer = first.refresh(&mut browser.clone()).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(browser.cookies[BOUND], bound);
    assert_eq!(binding(&browser).await, "dbsc");
    second.refresh(&mut browser).await.ok();
    // Also where the browser never lets go of the first cookie before the second has registered.
    let options = browser.begin_sign_in().await;
    let third = browser.post(SIGN_IN, &json!({ "response": key.get(&options) })).await;
    third.success();
    assert_eq!(second.refresh(&mut browser.clone()).await.status, 401);
    browser.session().await.success();
}

async fn s19_sign_out_ends_it(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, _) = sign_up(&mut browser, "ada@example.test").await;
    let mut kept = browser.clone();
    let answer = browser.sign_out().await;
    assert_eq!(answer.header("clear-site-data"), "\"storage\"", "which makes Chromium forget the binding too");
    let cookie = answer.set_cookie(BOUND).expect("the bound cookie is taken back");
    assert!(cookie.contains("Max-Age=0") && cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["__Host-device"]);
    for _ in 0..2 {
        let answer = dbsc.refresh(&mut kept).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.set_cookies().is_empty());
    }
    kept.session().await.refusal(401, "invalid_session");
}

async fn s19_revocation_ends_it(app: App) {
    let app = https(&app).await;
    let mut victim = app.browser();
    let (mut dbsc, key) = sign_up(&mut victim, "ada@example.test").await;
    let mut owner = app.browser();
    owner.sign_in(&key).await.success();
    owner.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    assert_eq!(dbsc.refresh(&mut victim).await.status, 401);
    // As does the end of its time.
    let (mut dbsc, _) = sign_up(&mut victim, "bob@example.test").await;
    app.advance(86_401);
    assert_eq!(dbsc.refresh(&mut victim).await.status, 401);
}

async fn s19_a_session_that_never_registers_works_like_any_other(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (_, key) = offered(&mut browser, "ada@example.test").await;
    app.advance(15 * 60);
    let answer = browser.session().await;
    assert_eq!(answer.success()["session"]["binding"], "cookie");
    assert!(answer.new_sid().is_some());
    browser.guarded_post("/api-keys", &json!({ "name": "x" }), &key).await.success();
    browser.sign_out().await.success();
}

async fn s19_its_session_token_changes_on_step_up_and_not_on_schedule(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, key) = sign_up(&mut browser, "ada@example.test").await;
    let before = browser.sid();
    for _ in 0..6 {
        app.advance(9 * 60);
        dbsc.refresh(&mut browser).await.ok();
        assert!(browser.session().await.new_sid().is_none());
        assert!(browser.open("/account").await.new_sid().is_none());
    }
    assert_eq!((browser.sid(), app.tokens().await.len()), (before.clone(), 1));
    browser.guarded_post("/api-keys", &json!({ "name": "x" }), &key).await.success();
    assert_ne!(browser.sid(), before);
    assert_eq!(app.tokens().await.len(), 3, "one for the touch, one for the change");
    assert_eq!(binding(&browser).await, "dbsc");
}

async fn s19_beside_a_device_key_both_are_kept(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let entered = browser.sign_in_bound(&key).await;
    entered.success();
    let mut dbsc = Dbsc::offered(&entered);
    dbsc.register(&mut browser).await.success();
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["binding"], "dbsc");
    assert_eq!(session["deviceKey"], browser.device_key.as_ref().unwrap().thumbprint());
    // A sensitive call still takes the proof; nothing is overdue for want of it.
    browser.cookies_only().get("/auth/sessions").await.refusal(401, "dpop_proof_required");
    browser.get("/auth/sessions").await.success();
    for _ in 0..4 {
        app.advance(9 * 60);
        dbsc.refresh(&mut browser).await.ok();
        browser.cookies_only().session().await.success();
    }
}

async fn s01_bound_cookies_and_challenges_are_stored_as_hashes(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let (mut dbsc, _) = sign_up(&mut browser, "ada@example.test").await;
    // Its authorization is an identifier and a secret.
    let (_, secret) = dbsc.offer.authorization.split_once('.').unwrap();
    let mut secrets = vec![dbsc.offer.challenge.clone(), secret.to_owned()];
    for _ in 0..3 {
        secrets.extend([browser.cookies[BOUND].clone(), dbsc.challenge.clone().unwrap()]);
        dbsc.refresh(&mut browser).await.ok();
    }
    let values = app.every_value().await;
    assert_nowhere(&secrets, &values);
    let id = dbsc.id.as_bytes();
    assert!(values.iter().any(|(_, value)| value == id), "the search itself would miss it");
}

async fn its_paths_answer_posts_only_and_nothing_over_http_breaks(app: App) {
    let secure = https(&app).await;
    let mut browser = secure.browser();
    for path in ["/auth/dbsc/register", "/auth/dbsc/refresh"] {
        let answer = browser.get(path).await;
        answer.refusal(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "POST");
        // A body that a browser would not send is not read, and does no harm.
        for body in ["{", "[]", &"x".repeat(70_000)] {
            let answer = browser.send(axum::http::Method::POST, path, &[], body.to_owned().into()).await;
            assert!((400..=413).contains(&answer.status.as_u16()), "{path}: {answer:?}");
        }
        // Another site cannot make a browser say anything here.
        let forged = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
        browser.send(axum::http::Method::POST, path, &forged, "".into()).await.refusal(403, "cross_site");
        let statement: Jwt = DeviceKey::new().states("dbsc+jwt");
        let headers = [("sec-secure-session-id", "x"), ("secure-session-response", &statement.encode())];
        let answer = send(&mut app.browser(), path, &headers).await;
        assert!((400..=404).contains(&answer.status.as_u16()), "{path} over http: {answer:?}");
    }
}
