//! What is left in the database: what must be there, and what must not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use holdfast::server;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{App, Key, assert_nowhere, contains, flip_last_bit, on_both_databases};

on_both_databases!(
    s01_tokens_are_stored_only_as_their_hash,
    u03_events_hold_no_token_challenge_or_key,
    u06_a_sign_up_whose_event_cannot_be_written_does_not_happen,
    u06_a_sign_in_whose_event_cannot_be_written_does_not_happen,
    u13_a_broken_database_is_a_500_that_tells_nothing,
    migrations_can_run_again,
    events_of_any_month_find_a_place,
);

async fn s01_tokens_are_stored_only_as_their_hash(app: App) {
    let mut browser = app.browser();
    let mut secrets = Vec::new();
    let key = browser.sign_up("ada@example.test").await;
    secrets.extend(browser.cookies.values().cloned());
    browser.sign_in(&key).await.success();
    secrets.push(browser.cookies["__Host-sid"].clone());
    browser.begin_sign_in().await;
    secrets.push(browser.cookies["__Host-ceremony"].clone());

    let values = app.every_value().await;
    let columns: std::collections::BTreeSet<&str> = values.iter().map(|(column, _)| column.as_str()).collect();
    for column in ["users.email", "credentials.passkey", "session_tokens.hash", "ceremonies.browser"] {
        assert!(columns.contains(column), "the search itself misses {column}: {columns:?}");
    }
    assert_nowhere(&secrets, &values);
    for secret in &secrets {
        assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
        let hash = Sha256::digest(URL_SAFE_NO_PAD.decode(secret).unwrap());
        assert!(values.iter().any(|(_, value)| **value == *hash), "its hash is what is stored");
    }
}

async fn u03_events_hold_no_token_challenge_or_key(app: App) {
    let mut browser = app.browser();
    let mut secrets: Vec<String> = Vec::new();
    let mut key = Key::new();
    let options = browser.begin_sign_up("canary@example.test").await;
    secrets.push(options["challenge"].as_str().unwrap().to_owned());
    let made = key.create(&options);
    secrets.push(made["rawId"].as_str().unwrap().to_owned());
    browser.finish_sign_up(made).await.success();
    secrets.extend(browser.cookies.values().cloned());
    for _ in 0..2 {
        let options = browser.begin_sign_in().await;
        secrets.push(options["challenge"].as_str().unwrap().to_owned());
        let good = key.get(&options);
        let bad = flip_last_bit(&good, "signature");
        secrets.push(good["response"]["signature"].as_str().unwrap().to_owned());
        browser.finish_sign_in(bad).await.refusal(400, "signature_invalid");
        browser.finish_sign_in(good).await.refusal(400, "challenge_used");
        browser.sign_in(&key).await.success();
        secrets.extend(browser.cookies.values().cloned());
    }
    browser.sign_out().await.success();

    let values = app.every_value().await;
    let of_events = values.iter().filter(|(column, _)| column.starts_with("auth_events"));
    let of_events: Vec<_> = of_events.collect();
    assert!(of_events.len() > 30, "{}", of_events.len());
    assert_nowhere(&secrets, of_events.iter().copied());
    let found = of_events.iter().find(|(_, value)| contains(value, b"canary"));
    assert!(found.is_none(), "an address lies in {}", found.unwrap().0);
}

async fn u06_a_sign_up_whose_event_cannot_be_written_does_not_happen(app: App) {
    let mut browser = app.browser();
    let options = browser.begin_sign_up("ada@example.test").await;
    app.drop_table("auth_events").await;
    let answer = browser.finish_sign_up(Key::new().create(&options)).await;
    answer.refusal(500, "internal");
    assert!(answer.set_cookies().is_empty());
    let stored = app.stored().await;
    assert!(stored.users.is_empty() && stored.credentials.is_empty() && stored.sessions.is_empty(), "{stored:?}");
}

async fn u06_a_sign_in_whose_event_cannot_be_written_does_not_happen(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    app.drop_table("auth_events").await;
    let before = app.stored().await;
    let answer = browser.finish_sign_in(key.get(&options)).await;
    answer.refusal(500, "internal");
    assert!(answer.set_cookies().is_empty());
    assert_eq!(app.stored().await, before);
}

async fn u13_a_broken_database_is_a_500_that_tells_nothing(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    app.drop_table("sessions").await;
    for path in ["/auth/session", "/auth/passkeys"] {
        let answer = browser.get(path).await;
        let json = answer.refusal(500, "internal");
        assert_eq!(json.as_object().unwrap().len(), 3, "{json}");
        assert!(!answer.text().to_lowercase().contains("sessions"), "{json}");
    }
    let answer = browser.post("/auth/logout", &json!({})).await;
    answer.refusal(500, "internal");
    let page = browser.open("/account").await;
    assert_eq!(page.status, 500);
    assert!(page.text().contains(page.header("x-request-id")));
    assert!(!page.text().contains("no such table") && !page.text().contains("relation"));
}

async fn migrations_can_run_again(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let before = app.stored().await;
    server::migrate(&app.state.config).await.unwrap();
    let again = app.beside(&[]).await;
    assert_eq!(again.stored().await, before);
    again.browser().get("/readyz").await.success();
    again.browser().sign_in(&key).await.success();
}

async fn events_of_any_month_find_a_place(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    // Longer than the months that were prepared when the process started.
    for _ in 0..4 {
        app.advance(31 * 86_400);
        app.browser().sign_in(&key).await.success();
    }
    assert_eq!(app.events().await.len(), 5);
}
