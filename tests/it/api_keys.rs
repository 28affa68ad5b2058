//! Keys for programs: made and ended by a person with a touch, shown once, stored as their hash.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{App, Browser, Key, contains, on_both_databases};

on_both_databases!(
    a_key_is_made_listed_and_ended,
    the_secret_is_shown_once_and_stored_as_its_hash,
    keys_are_listed_newest_first_and_only_ones_own,
    a_name_is_checked,
    a_name_is_kept_as_typed_and_shown_escaped,
    anothers_key_cannot_be_ended,
    an_id_that_is_none_is_refused,
    a_key_ends_once,
    the_fifty_first_is_refused,
    s20_a_key_never_satisfies_a_step_up,
    s20_a_key_is_no_session,
    each_act_leaves_its_event,
    nobody_makes_one_signed_out,
);

const KEYS: &str = "/api-keys";
const REVOKE: &str = "/api-keys/revoke";

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

async fn make(browser: &mut Browser, key: &Key, name: &str) -> Value {
    browser.guarded_post(KEYS, &json!({ "name": name }), key).await.success()
}

async fn list(browser: &mut Browser) -> Vec<Value> {
    browser.get(KEYS).await.success()["apiKeys"].as_array().unwrap().clone()
}

async fn a_key_is_made_listed_and_ended(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    assert_eq!(browser.get(KEYS).await.success(), json!({ "apiKeys": [] }));
    let made = make(&mut browser, &key, "deploy").await;
    assert_eq!(made["ok"], true);
    assert_eq!(made.as_object().unwrap().len(), 3, "{made}");
    let shown = &made["apiKey"];
    assert_eq!(
        *shown,
        json!({
            "id": shown["id"],
            "name": "deploy",
            "hint": shown["hint"],
            "createdAt": "2026-11-22T19:34:56Z",
            "lastUsedAt": null,
        })
    );
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("hfk_") && secret.len() >= 4 + 43, "{secret}");
    let hint = shown["hint"].as_str().unwrap().trim_end_matches('…');
    assert!(secret.starts_with(hint) && (6..=12).contains(&hint.len()), "{hint}");
    assert_eq!(list(&mut browser).await, std::slice::from_ref(shown));
    let ended = browser.guarded_post(REVOKE, &json!({ "id": shown["id"] }), &key).await;
    assert_eq!(ended.success(), json!({ "ok": true }));
    assert!(list(&mut browser).await.is_empty());
}

async fn the_secret_is_shown_once_and_stored_as_its_hash(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let secret = make(&mut browser, &key, "deploy").await["secret"].as_str().unwrap().to_owned();
    let again = make(&mut browser, &key, "deploy").await["secret"].as_str().unwrap().to_owned();
    assert_ne!(secret, again);
    for answer in [browser.get(KEYS).await, browser.get("/account/api-keys/panel").await] {
        assert!(!answer.text().contains(&secret[4..]), "{}", answer.text());
    }
    let values = app.every_value().await;
    let body = secret.strip_prefix("hfk_").unwrap();
    crate::support::assert_nowhere(&[body.to_owned()], &values);
    let raw = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, body).unwrap();
    let hashes = [Sha256::digest(&secret), Sha256::digest(body), Sha256::digest(&raw)];
    assert!(
        values.iter().any(|(_, value)| hashes.iter().any(|hash| contains(value, hash))),
        "the search itself would miss it"
    );
}

async fn keys_are_listed_newest_first_and_only_ones_own(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    for name in ["first", "second", "third"] {
        make(&mut ada, &key, name).await;
        app.advance(1);
    }
    make(&mut bob, &bobs, "bob's").await;
    let names: Vec<_> = list(&mut ada).await.iter().map(|key| key["name"].clone()).collect();
    assert_eq!(names, ["third", "second", "first"]);
    assert_eq!(list(&mut bob).await.len(), 1);
}

async fn a_name_is_checked(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for name in ["", "   ", &"x".repeat(65), "nul\0", "\u{202e}drow", "two\nlines"] {
        browser.post(KEYS, &json!({ "name": name })).await.refusal(400, "api_key_name_invalid");
    }
    for body in [json!({}), json!({ "name": null }), json!({ "name": 7 }), json!({ "name": ["x"] })] {
        browser.post(KEYS, &body).await.refusal(400, "invalid_request");
    }
    // Characters, not bytes.
    for name in ["x", &"x".repeat(64), &"é".repeat(64)] {
        assert_eq!(make(&mut browser, &key, name).await["apiKey"]["name"], name);
    }
}

async fn a_name_is_kept_as_typed_and_shown_escaped(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for name in ["<script>alert(1)</script>", "\" onclick=\"alert(1)", "'); DROP TABLE api_keys; --", "&lt;b&gt;"]
    {
        assert_eq!(make(&mut browser, &key, name).await["apiKey"]["name"], name);
        let panel = browser.get("/account/api-keys/panel").await;
        let html = panel.text();
        assert!(!html.contains("<script>alert"), "{html}");
        let tags = html.match_indices('<').map(|(at, _)| html[at..].split('>').next().unwrap());
        assert!(tags.into_iter().all(|tag| !tag.contains("\" onclick")), "{html}");
        assert!(html.contains("data-call=\"/api-keys/revoke\""), "{html}");
    }
    assert_eq!(list(&mut browser).await.len(), 4);
}

async fn anothers_key_cannot_be_ended(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    let target = json!({ "id": make(&mut bob, &bobs, "bob's").await["apiKey"]["id"] });
    ada.post(REVOKE, &target).await.refusal(404, "api_key_not_found");
    let asked = json!({ "action": "api_key_revoke", "params": target });
    let options = ada.post("/auth/step-up/options", &asked).await;
    if options.status == 200 {
        let _ = ada.finish_step_up(key.get(&options.json())).await;
    }
    ada.post(REVOKE, &target).await.refusal(404, "api_key_not_found");
    assert_eq!(list(&mut bob).await.len(), 1);
}

async fn an_id_that_is_none_is_refused(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    browser
        .post(REVOKE, &json!({ "id": "00000000-0000-4000-8000-000000000000" }))
        .await
        .refusal(404, "api_key_not_found");
    for id in [json!("x"), json!(""), json!("A".repeat(10_000)), json!("\u{0}")] {
        let answer = browser.post(REVOKE, &json!({ "id": id })).await;
        let code = answer.code();
        assert!(["api_key_not_found", "invalid_request"].contains(&code.as_str()), "{id}: {answer:?}");
    }
    for body in [json!({}), json!({ "id": null }), json!({ "id": 7 })] {
        browser.post(REVOKE, &body).await.refusal(400, "invalid_request");
    }
}

async fn a_key_ends_once(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let target = json!({ "id": make(&mut browser, &key, "deploy").await["apiKey"]["id"] });
    browser.guarded_post(REVOKE, &target, &key).await.success();
    browser.post(REVOKE, &target).await.refusal(404, "api_key_not_found");
    assert_eq!(app.count_events("authn_token_revoked").await, 1);
}

async fn the_fifty_first_is_refused(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for number in 0..49 {
        make(&mut browser, &key, &format!("key {number}")).await;
    }
    // Two are on their way to the last place.
    for name in ["late", "last"] {
        browser.step_up("api_key_create", json!({ "name": name }), &key).await.success();
    }
    browser.post(KEYS, &json!({ "name": "last" })).await.success();
    browser.post(KEYS, &json!({ "name": "late" })).await.refusal(409, "api_keys_full");
    assert_eq!(list(&mut browser).await.len(), 50);
    let target = json!({ "id": list(&mut browser).await[0]["id"] });
    browser.guarded_post(REVOKE, &target, &key).await.success();
    // Ended ones do not count, and the refusal did not spend the touch.
    browser.post(KEYS, &json!({ "name": "late" })).await.success();
}

/// Send a call with this API key instead of, or beside, the cookie.
async fn with_bearer(browser: &mut Browser, method: Method, path: &str, secret: &str, body: &Value) -> u16 {
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if method == Method::GET { Body::empty() } else { body.to_string().into() };
    browser.send(method, path, &headers, body).await.status.as_u16()
}

async fn s20_a_key_never_satisfies_a_step_up(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let secret = make(&mut browser, &key, "agent").await["secret"].as_str().unwrap().to_owned();
    let before = app.stored().await;
    for (path, body) in [
        (KEYS, json!({ "name": "more" })),
        (REVOKE, json!({ "id": list(&mut browser).await[0]["id"] })),
        ("/auth/passkey/register/options", json!({})),
    ] {
        // Beside the cookie it adds nothing; by itself it is nobody.
        assert_eq!(with_bearer(&mut browser, Method::POST, path, &secret, &body).await, 403, "{path}");
    }
    let response = json!({ "response": { "secret": secret } });
    let verify = "/auth/step-up/verify";
    assert_eq!(with_bearer(&mut browser, Method::POST, verify, &secret, &response).await, 400);
    let options = browser.begin_step_up("session_continue", json!({})).await;
    let touched = json!({ "response": key.get(&options) });
    let mut agent = browser.clone();
    agent.cookies.remove("__Host-sid");
    assert_eq!(with_bearer(&mut agent, Method::POST, verify, &secret, &touched).await, 401);
    assert_eq!(app.stored().await, before);
    assert_eq!(list(&mut browser).await.len(), 1);
    assert_eq!(app.count_events("authn_step_up_success").await, 1, "the one for making it");
}

async fn s20_a_key_is_no_session(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let secret = make(&mut browser, &key, "agent").await["secret"].as_str().unwrap().to_owned();
    let asked = json!({ "action": "session_continue", "params": {} });
    for (method, path, body) in [
        (Method::GET, "/auth/session", json!(null)),
        (Method::GET, "/auth/passkeys", json!(null)),
        (Method::GET, "/auth/sessions", json!(null)),
        (Method::GET, KEYS, json!(null)),
        (Method::GET, "/account/api-keys/panel", json!(null)),
        (Method::POST, KEYS, json!({ "name": "x" })),
        (Method::POST, "/auth/sessions/revoke", json!({ "others": true })),
        (Method::POST, "/auth/session/rotate", json!({})),
        (Method::POST, "/auth/step-up/options", asked),
    ] {
        let status = with_bearer(&mut app.browser(), method, path, &secret, &body).await;
        assert_eq!(status, 401, "{path}");
    }
    // Nor put where the session's token belongs.
    let mut posing = app.browser();
    posing.cookies.insert("__Host-sid".into(), secret.strip_prefix("hfk_").unwrap().to_owned());
    posing.session().await.refusal(401, "invalid_session");
    posing.cookies.insert("__Host-sid".into(), secret);
    posing.session().await.refusal(401, "invalid_session");
}

async fn each_act_leaves_its_event(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let made = make(&mut browser, &key, "deploy").await;
    browser.guarded_post(REVOKE, &json!({ "id": made["apiKey"]["id"] }), &key).await.success();
    let stored = app.stored().await;
    for event_type in ["authn_token_created", "authn_token_revoked"] {
        let told = app.events_of(event_type).await;
        assert_eq!(told.len(), 1, "{event_type}");
        assert_eq!(told[0].outcome, "success");
        assert_eq!(told[0].user_id, Some(stored.users[0].id));
        assert_eq!(told[0].session_id, Some(stored.sessions[0].id));
    }
}

async fn nobody_makes_one_signed_out(app: App) {
    let mut browser = app.browser();
    browser.get(KEYS).await.refusal(401, "no_session");
    browser.post(KEYS, &json!({ "name": "x" })).await.refusal(401, "no_session");
    let nobodys = json!({ "id": "00000000-0000-4000-8000-000000000000" });
    browser.post(REVOKE, &nobodys).await.refusal(401, "no_session");
    assert_eq!(app.count("api_keys").await, 0);
}
