//! A passkey that a recovery has suspended comes back, or goes.

use serde_json::json;
use uuid::Uuid;

use crate::support::mails::ADA;
use crate::support::passkeys::REMOVE;
use crate::support::recovery::{DAY, complete, letter, recovered, restore_token, saved, show, status};
use crate::support::{App, Key, on_both_databases};

on_both_databases!(
    a_suspended_passkey_comes_back_with_itself_and_a_code,
    a_suspended_passkey_comes_back_only_with_a_confirmed_address,
    the_hold_begins_anew_when_a_passkey_comes_back,
    a_suspended_passkey_goes_after_thirty_days
);

async fn a_suspended_passkey_comes_back_with_itself_and_a_code(app: App) {
    let (mut own, key, codes) = saved(&app).await;
    // Of one that is not suspended there is nothing to bring back.
    restore_token(&mut own, &key).await.refusal(409, "recovery_over");
    let mut thief = app.browser();
    let stolen = recovered(&app, &mut thief, &codes[0]).await;
    thief.session().await.success();

    let mut browser = app.browser();
    let token = restore_token(&mut browser, &key).await.success()["token"].as_str().unwrap().to_owned();
    let code = letter(&app, ADA, "Your code to bring a passkey back").await.code();
    assert_eq!(status(&mut browser, &token).await["restores"], true);
    // The passkey alone does not do it, nor does a saved code.
    app.browser().sign_in(&key).await.refusal(400, "passkey_suspended");
    show(&mut browser, &token, "saved_code", &codes[1]).await.refusal(409, "recovery_shown");
    complete(&mut browser, &token).await.1.refusal(409, "recovery_too_soon");
    show(&mut browser, &token, "mail", "00000000").await.refusal(400, "code_wrong");
    let done = show(&mut browser, &token, "mail", &code).await.success();
    assert_eq!(done["stage"], "completed");

    thief.session().await.refusal(401, "invalid_session");
    browser.sign_in(&key).await.success();
    let letters = app.letters().await;
    assert!(letters.iter().any(|letter| letter.to == ADA && letter.subject.contains("is back")), "{letters:?}");
    // Whoever had recovered it still has their passkey, and the hold is on for them as well.
    thief.sign_in(&stolen).await.success();
    thief.guarded_post("/api-keys", &json!({ "name": "x" }), &stolen).await.refusal(409, "on_hold");
    // They cannot take it away again; the owner can take theirs.
    let (owned, foreign) = (id_of(&app, &key).await, id_of(&app, &stolen).await);
    thief.post(REMOVE, &json!({ "id": owned })).await.refusal(409, "on_hold");
    browser.remove_passkey(&json!(foreign), &key).await.success();
    thief.session().await.refusal(401, "invalid_session");
    app.browser().sign_in(&stolen).await.refusal(400, "passkey_unknown");
}

async fn a_suspended_passkey_comes_back_only_with_a_confirmed_address(app: App) {
    let (_, key, codes) = saved(&app).await;
    recovered(&app, &mut app.browser(), &codes[0]).await;
    app.letters().await;
    app.sql("UPDATE users SET email_verified_at = NULL").await;
    let mut browser = app.browser();
    restore_token(&mut browser, &key).await.refusal(409, "email_not_verified");
    assert!(app.letters().await.is_empty(), "a claim is nobody's address");
}

async fn the_hold_begins_anew_when_a_passkey_comes_back(app: App) {
    let (_, key, codes) = saved(&app).await;
    recovered(&app, &mut app.browser(), &codes[0]).await;
    app.advance(3 * DAY - 60);
    let mut browser = app.browser();
    let token = restore_token(&mut browser, &key).await.success()["token"].as_str().unwrap().to_owned();
    let code = letter(&app, ADA, "Your code to bring a passkey back").await.code();
    show(&mut browser, &token, "mail", &code).await.success();
    let make = json!({ "name": "x" });
    for wait in [60, 3 * DAY - 61] {
        app.advance(wait);
        browser.sign_in(&key).await.success();
        browser.guarded_post("/api-keys", &make, &key).await.refusal(409, "on_hold");
    }
    app.advance(1);
    browser.guarded_post("/api-keys", &make, &key).await.success();
}

/// Which row it is.
async fn id_of(app: &App, key: &Key) -> Uuid {
    let rows = app.stored().await.credentials;
    rows.into_iter().find(|row| row.credential_id == key.id).expect("a passkey").id
}

async fn a_suspended_passkey_goes_after_thirty_days(app: App) {
    let (_, key, codes) = saved(&app).await;
    let mut browser = app.browser();
    let new = recovered(&app, &mut browser, &codes[0]).await;
    app.advance(30 * DAY - 1);
    app.tell(1).await;
    // Until then nobody takes it away, hold or no hold.
    let suspended = id_of(&app, &key).await;
    browser.sign_in(&new).await.success();
    browser.post(REMOVE, &json!({ "id": suspended })).await.refusal(409, "passkey_is_suspended");
    let mut other = app.browser();
    restore_token(&mut other, &key).await.success();
    app.advance(1);
    restore_token(&mut other, &key).await.refusal(409, "recovery_over");
    app.tell(2).await;
    assert_eq!(app.count("credentials").await, 1);
    app.browser().sign_in(&key).await.refusal(400, "passkey_unknown");
    app.browser().sign_in(&new).await.success();
    assert_eq!(app.count_events("credential_deleted").await, 1);
}
