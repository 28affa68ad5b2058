//! What a person gets when they ask for all that is kept of them.

use axum::http::Method;
use holdfast::audit::{Event, EventType, Origin};
use serde_json::{Value, json};

use crate::support::{App, on_both_databases};

on_both_databases!(
    the_export_has_all_of_ones_own_and_nothing_of_others,
    a_long_history_is_whole,
    it_needs_a_touch_for_exactly_that,
);

const PATH: &str = "/account/export";

async fn the_export_has_all_of_ones_own_and_nothing_of_others(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.rich_history().await;
    let mut other = app.browser();
    other.sign_up("bob@example.test").await;
    let named = json!({ "accountHolder": "Ada Lovelace", "iban": "NO9386011117947" });
    browser.guarded_post("/billing/payout", &named, &key).await.success();
    let made = browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), &key).await.success();
    let answer = browser.guarded_post(PATH, &json!({}), &key).await;
    let export = answer.json();
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"holdfast-export.json\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.new_sid().is_some(), "what matters renews the session");

    let stored = app.stored().await;
    let me = stored.users.iter().find(|user| user.email == "ada@example.test").unwrap();
    assert_eq!(export["account"]["id"], json!(me.id));
    assert_eq!(export["account"]["email"], "ada@example.test");
    assert_eq!(export["payout"]["iban"], "NO9386011117947", "to its owner it is no secret");
    assert_eq!(export["apiKeys"].as_array().unwrap().last().unwrap()["id"], made["apiKey"]["id"]);
    let count = |part: &str| export[part].as_array().unwrap_or_else(|| panic!("{part}: {export:#}")).len();
    let mine = stored.credentials.iter().filter(|row| row.user_id == me.id).count();
    assert_eq!(count("passkeys"), mine);
    assert_eq!(count("sessions"), stored.sessions.iter().filter(|row| row.user_id == me.id).count());
    assert_eq!(count("decisions"), app.decisions().await.iter().filter(|row| row.user_id == me.id).count());
    let events = app.events().await;
    assert_eq!(count("events"), events.iter().filter(|row| row.user_id == Some(me.id)).count());
    assert_eq!(export["events"][0]["kind"], "sensitive_read", "it tells of itself");
    assert!(export["addresses"].is_array());
    assert!(count("signIns") > 0 && count("browsers") > 0);

    // Nothing of anybody else, and nothing that opens anything.
    let text = answer.text();
    let them = stored.users.iter().find(|user| user.email == "bob@example.test").unwrap();
    for secret in [them.id.to_string(), browser.sid(), made["secret"].as_str().unwrap().to_owned()] {
        assert!(!text.contains(&secret), "{secret}");
    }
    for name in ["hash", "seed", "thumbprint", "passkey\":\"{", "proofSeed"] {
        assert!(!text.to_lowercase().contains(&name.to_lowercase()), "{name}");
    }
}

async fn a_long_history_is_whole(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let user = app.stored().await.users[0].id;
    let tx = app.state.trail.begin().await.unwrap();
    for _ in 0..410 {
        tx.record(Origin::of_ours().unwrap(), Event::success(EventType::SessionRenewed).user(user));
    }
    tx.commit().await.unwrap();
    let export = browser.guarded_post(PATH, &json!({}), &key).await.success();
    let events = export["events"].as_array().unwrap();
    assert_eq!(events.len(), app.events().await.len());
    let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event["requestId"].to_string()).collect();
    assert!(ids.len() >= 410, "each once: {}", ids.len());
}

async fn it_needs_a_touch_for_exactly_that(app: App) {
    app.browser().post(PATH, &json!({})).await.refusal(401, "no_session");
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    for method in [Method::GET, Method::POST] {
        let body = (method == Method::POST).then(|| json!({}));
        let refusal = browser.call(&method, PATH, body.as_ref()).await.refusal(403, "step_up_required");
        assert_eq!(refusal["stepUp"], json!({ "action": "account_export", "params": {} }));
    }
    browser.step_up("passkey_add", json!({}), &key).await.success();
    browser.get(PATH).await.refusal(403, "step_up_required");
    browser.step_up("account_export", json!({}), &key).await.success();
    let export: Value = browser.get(PATH).await.success();
    assert_eq!(export["account"]["email"], "ada@example.test");
    browser.get(PATH).await.refusal(403, "step_up_required");
    assert_eq!(app.count_events("sensitive_read").await, 1);
    browser
        .send(Method::POST, PATH, &[("content-type", "text/plain")], "{}".to_owned().into())
        .await
        .refusal(415, "unsupported_media_type");
}
