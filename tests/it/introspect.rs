//! What a backend learns with an API key: of its owner's sessions, of the key itself, and of nothing else.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::dbsc::{BOUND, Dbsc, https};
use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    a_session_of_the_owner_is_told,
    a_key_alone_tells_whose_it_is,
    an_unspent_touch_is_told,
    anothers_session_is_not_told,
    what_is_no_token_is_inactive,
    a_session_that_is_over_is_inactive,
    a_replaced_token_is_told_for_as_long_as_it_may_read,
    a_replay_is_inactive_and_ends_nothing,
    looking_is_no_use_of_the_session,
    a_session_with_a_key_is_inactive_when_its_proof_is_overdue,
    a_bound_session_needs_its_bound_cookie,
    who_has_no_live_key_is_refused,
    a_cookie_is_no_key,
    a_use_is_noted_at_most_once_a_minute,
    a_key_does_nothing_anywhere_else,
    programs_are_let_through_and_other_sites_are_not,
    what_is_no_request_is_refused,
);

const INTROSPECT: &str = "/auth/introspect";

/// A program with a key, somewhere else than the browser.
struct Backend {
    program: Browser,
    bearer: String,
}

impl Backend {
    async fn of(app: &App, browser: &mut Browser, key: &Key) -> Self {
        let made = browser.guarded_post("/api-keys", &json!({ "name": "backend" }), key).await.success();
        let mut program = app.browser();
        (program.user_agent, program.languages) = ("backend/1.0".into(), String::new());
        Self { program, bearer: format!("Bearer {}", made["secret"].as_str().unwrap()) }
    }

    async fn send(&mut self, headers: &[(&str, &str)], body: &str) -> Answer {
        let (bearer, json) = (self.bearer.clone(), "application/json");
        // A program says nothing of where it comes from.
        let usual = [("authorization", bearer.as_str()), ("content-type", json), ("origin", "")];
        let headers: Vec<_> = usual
            .into_iter()
            .filter(|(n, _)| headers.iter().all(|(o, _)| o != n))
            .chain(headers.iter().copied())
            .collect();
        self.program.send(Method::POST, INTROSPECT, &headers, body.to_owned().into()).await
    }

    async fn ask(&mut self, body: Value) -> Value {
        let answer = self.send(&[], &body.to_string()).await;
        assert!(answer.set_cookies().is_empty(), "{answer:?}");
        answer.success()
    }

    async fn about(&mut self, token: &str) -> Value {
        self.ask(json!({ "token": token })).await
    }

    async fn expect_inactive(&mut self, token: &str) {
        assert_eq!(self.about(token).await, json!({ "active": false }));
    }
}

async fn signed_up(app: &App) -> (Browser, Key, Backend) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let backend = Backend::of(app, &mut browser, &key).await;
    (browser, key, backend)
}

async fn a_session_of_the_owner_is_told(app: App) {
    let (mut browser, _, mut backend) = signed_up(&app).await;
    let own = browser.session().await.success();
    let told = backend.about(&browser.sid()).await;
    assert_eq!(
        told,
        json!({
            "active": true,
            "sub": own["user"]["id"],
            "exp": app.now() / 1000 + 7 * 24 * 3600,
            "user": own["user"],
            "session": {
                "id": own["session"]["id"],
                "binding": "cookie",
                "createdAt": own["session"]["createdAt"],
                "expiresAt": own["session"]["expiresAt"],
            },
        })
    );
    assert_eq!(told["user"]["email"], "ada@example.test");
}

async fn a_key_alone_tells_whose_it_is(app: App) {
    let (mut browser, _, mut backend) = signed_up(&app).await;
    let id = browser.session().await.success()["user"]["id"].clone();
    let key = browser.get("/api-keys").await.success()["apiKeys"][0]["id"].clone();
    let told = json!({
        "active": true, "sub": id, "user": { "id": id }, "apiKey": { "id": key, "name": "backend" },
    });
    for body in [json!({}), json!({ "token": null }), json!({ "unknown": 1 })] {
        assert_eq!(backend.ask(body).await, told);
    }
}

async fn an_unspent_touch_is_told(app: App) {
    let (mut browser, key, mut backend) = signed_up(&app).await;
    browser.step_up("api_key_create", json!({ "name": "x" }), &key).await.success();
    let until = |told: Value| told["session"].get("steppedUpUntil").cloned();
    assert_eq!(until(backend.about(&browser.sid()).await), Some(json!("2026-11-22T19:39:56Z")));
    app.advance(300);
    assert_eq!(until(backend.about(&browser.sid()).await), None);
}

async fn anothers_session_is_not_told(app: App) {
    let (_, _, mut backend) = signed_up(&app).await;
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    backend.expect_inactive(&bob.sid()).await;
    bob.session().await.success();
}

async fn what_is_no_token_is_inactive(app: App) {
    let (_, _, mut backend) = signed_up(&app).await;
    let key = backend.bearer.strip_prefix("Bearer ").unwrap().to_owned();
    for token in ["", "x", &"A".repeat(43), &"A".repeat(10_000), "\u{0}", &key, &key[4..]] {
        backend.expect_inactive(token).await;
    }
}

async fn a_session_that_is_over_is_inactive(app: App) {
    let (mut browser, key, mut backend) = signed_up(&app).await;
    let ended = browser.sid();
    browser.sign_out().await.success();
    backend.expect_inactive(&ended).await;
    browser.sign_in(&key).await.success();
    assert_eq!(backend.about(&browser.sid()).await["active"], true);
    app.advance(24 * 3600);
    backend.expect_inactive(&browser.sid()).await;
    // One that is ended from elsewhere, at the very next question.
    browser.sign_in(&key).await.success();
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    let others = other.sid();
    assert_eq!(backend.about(&others).await["active"], true);
    browser.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    backend.expect_inactive(&others).await;
}

async fn a_replaced_token_is_told_for_as_long_as_it_may_read(app: App) {
    let (mut browser, _, mut backend) = signed_up(&app).await;
    let first = browser.sid();
    app.advance(15 * 60);
    browser.session().await.success();
    assert_ne!(browser.sid(), first);
    // Nobody has presented the successor yet, however long that takes; being asked about it is no presenting.
    app.advance(60);
    for token in [&first, &browser.sid(), &first] {
        assert_eq!(backend.about(token).await["active"], true);
    }
    browser.session().await.success();
    app.advance(9);
    assert_eq!(backend.about(&first).await["active"], true);
    app.advance(1);
    backend.expect_inactive(&first).await;
    assert_eq!(backend.about(&browser.sid()).await["active"], true);
}

async fn a_replay_is_inactive_and_ends_nothing(app: App) {
    let (mut browser, _, mut backend) = signed_up(&app).await;
    let first = browser.sid();
    app.advance(15 * 60);
    browser.session().await.success();
    browser.session().await.success();
    app.advance(60);
    let before = app.stored().await;
    backend.expect_inactive(&first).await;
    assert_eq!(app.stored().await, before);
    assert_eq!(app.count_events("authn_token_reuse").await, 0);
    browser.session().await.success();
    // In a browser it would.
    let mut thief = app.browser();
    thief.cookies.insert("__Host-sid".into(), first);
    thief.session().await.refusal(401, "invalid_session");
    backend.expect_inactive(&browser.sid()).await;
}

async fn looking_is_no_use_of_the_session(app: App) {
    let (mut browser, _, mut backend) = signed_up(&app).await;
    backend.ask(json!({})).await;
    let (stored, tokens, events) = (app.stored().await, app.tokens().await, app.events().await);
    for minutes in 1..=20 {
        app.advance(60);
        assert_eq!(backend.about(&browser.sid()).await["active"], true, "after {minutes} minutes");
    }
    assert_eq!((app.stored().await, app.tokens().await, app.events().await), (stored, tokens, events));
    // Nor does it keep it from idling out.
    app.advance(24 * 3600 - 20 * 60 - 1);
    assert_eq!(backend.about(&browser.sid()).await["active"], true);
    app.advance(1);
    backend.expect_inactive(&browser.sid()).await;
    browser.session().await.refusal(401, "invalid_session");
}

async fn a_session_with_a_key_is_inactive_when_its_proof_is_overdue(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    let mut backend = Backend::of(&app, &mut browser, &key).await;
    assert_eq!(backend.about(&browser.sid()).await["session"]["binding"], "device_key");
    app.advance(17 * 60 - 1);
    assert_eq!(backend.about(&browser.sid()).await["active"], true);
    app.advance(1);
    backend.expect_inactive(&browser.sid()).await;
    browser.rotate().await.success();
    assert_eq!(backend.about(&browser.sid()).await["active"], true);
}

async fn a_bound_session_needs_its_bound_cookie(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let mut key = browser.new_key();
    let options = browser.begin_sign_up("ada@example.test").await;
    let opened = browser.finish_sign_up(key.create(&options)).await;
    opened.success();
    let mut backend = Backend::of(&app, &mut browser, &key).await;
    let mut dbsc = Dbsc::offered(&opened);
    dbsc.register(&mut browser).await.success();
    browser.session().await.success();
    let (sid, bound) = (browser.sid(), browser.cookies[BOUND].clone());
    backend.expect_inactive(&sid).await;
    for wrong in ["x".to_owned(), "A".repeat(43), sid.clone()] {
        assert_eq!(backend.ask(json!({ "token": sid, "boundToken": wrong })).await, json!({ "active": false }));
    }
    let told = backend.ask(json!({ "token": sid, "boundToken": bound })).await;
    assert_eq!(told["session"]["binding"], "dbsc", "{told}");
    // Without the browser's refresh it is worth nothing any more.
    app.advance(11 * 60);
    assert_eq!(backend.ask(json!({ "token": sid, "boundToken": bound })).await, json!({ "active": false }));
}

async fn who_has_no_live_key_is_refused(app: App) {
    let (mut browser, key, mut backend) = signed_up(&app).await;
    let body = json!({ "token": browser.sid() }).to_string();
    let good = backend.bearer.clone();
    let secret = good.strip_prefix("Bearer ").unwrap();
    let expect_refused = |answer: Answer| {
        answer.refusal(401, "invalid_api_key");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    };
    for wrong in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer x".to_owned(),
        format!("Bearer hfk_{}", "A".repeat(43)),
        format!("Bearer {}", &secret[4..]),
        format!("Basic {secret}"),
        format!("DPoP {secret}"),
        secret.to_owned(),
        format!("{good}A"),
        format!("Bearer {}", browser.sid()),
    ] {
        expect_refused(backend.send(&[("authorization", &wrong)], &body).await);
    }
    expect_refused(backend.send(&[("authorization", &good), ("authorization", &good)], &body).await);
    backend.send(&[("authorization", &good.replace("Bearer", "bearer"))], &body).await.success();
    let made = browser.get("/api-keys").await.success()["apiKeys"][0]["id"].clone();
    browser.guarded_post("/api-keys/revoke", &json!({ "id": made }), &key).await.success();
    expect_refused(backend.send(&[], &body).await);
}

async fn a_cookie_is_no_key(app: App) {
    let (mut browser, _, _) = signed_up(&app).await;
    let body = json!({ "token": browser.sid() });
    browser.post(INTROSPECT, &body).await.refusal(401, "invalid_api_key");
    browser.session().await.success();
}

async fn a_use_is_noted_at_most_once_a_minute(app: App) {
    let (mut browser, key, mut backend) = signed_up(&app).await;
    let noted =
        async |browser: &mut Browser| browser.get("/api-keys").await.success()["apiKeys"][0]["lastUsedAt"].clone();
    assert_eq!(noted(&mut browser).await, Value::Null);
    backend.ask(json!({})).await;
    assert_eq!(noted(&mut browser).await, "2026-11-22T19:34:56Z");
    app.advance(59);
    backend.about("x").await;
    assert_eq!(noted(&mut browser).await, "2026-11-22T19:34:56Z");
    app.advance(1);
    backend.about("x").await;
    assert_eq!(noted(&mut browser).await, "2026-11-22T19:35:56Z");
    // Another key's use is not this one's.
    let mut second = Backend::of(&app, &mut browser, &key).await;
    app.advance(120);
    second.ask(json!({})).await;
    let keys = browser.get("/api-keys").await.success()["apiKeys"].clone();
    let used: Vec<_> = keys.as_array().unwrap().iter().map(|key| key["lastUsedAt"].clone()).collect();
    assert_eq!(used, ["2026-11-22T19:37:56Z", "2026-11-22T19:35:56Z"]);
}

async fn a_key_does_nothing_anywhere_else(app: App) {
    let (mut browser, _, mut backend) = signed_up(&app).await;
    let payout = json!({ "accountHolder": "Ada", "iban": "NO9386011117947" });
    let bearer = backend.bearer.clone();
    for (method, path, body) in [
        (Method::POST, "/auth/step-up/options", json!({ "action": "payout_update", "params": payout })),
        (Method::POST, "/auth/step-up/verify", json!({ "response": {} })),
        (Method::POST, "/billing/payout", payout),
        (Method::GET, "/billing/payout", Value::Null),
        (Method::POST, "/api-keys", json!({ "name": "more" })),
        (Method::GET, "/api-keys", Value::Null),
        (Method::GET, "/auth/session", Value::Null),
        (Method::GET, "/auth/sessions", Value::Null),
    ] {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("origin", "")];
        let body = if method == Method::GET { String::new() } else { body.to_string() };
        let answer = backend.program.send(method, path, &headers, body.into()).await;
        answer.refusal(401, "no_session");
    }
    let key = browser.get("/api-keys").await.success()["apiKeys"][0].clone();
    assert_eq!(key["lastUsedAt"], Value::Null, "it was not even looked at");
    assert_eq!(app.count("payouts").await, 0);
}

async fn programs_are_let_through_and_other_sites_are_not(app: App) {
    let (browser, _, mut backend) = signed_up(&app).await;
    let body = json!({ "token": browser.sid() }).to_string();
    backend.send(&[], &body).await.success();
    backend.send(&[("origin", "https://evil.example")], &body).await.refusal(403, "cross_site");
    backend.send(&[("sec-fetch-site", "cross-site")], &body).await.refusal(403, "cross_site");
}

async fn what_is_no_request_is_refused(app: App) {
    let (_, _, mut backend) = signed_up(&app).await;
    for body in [r#"{"token":7}"#, r#"{"token":["x"]}"#, r#"{"boundToken":7}"#, "[]", "null"] {
        backend.send(&[], body).await.refusal(400, "invalid_request");
    }
    backend.send(&[], "{").await.refusal(400, "invalid_json");
    backend
        .send(&[("content-type", "application/x-www-form-urlencoded")], "token=x")
        .await
        .refusal(415, "unsupported_media_type");
    let answer = backend.program.send(Method::GET, INTROSPECT, &[], "".into()).await;
    answer.refusal(405, "method_not_allowed");
}
