//! A second passkey for an account: signed in, after a touch of the first.

use serde_json::{Value, json};

use crate::support::{App, Browser, Key, SIGN_UP, on_both_databases};

on_both_databases!(
    s10_a_second_passkey_is_added_and_opens_the_same_account,
    s12_one_touch_adds_one_passkey,
    the_options_exclude_what_is_there,
    u06_a_refused_answer_does_not_spend_the_touch,
    nobody_finishes_what_another_session_began,
    nobody_finishes_it_signed_out,
    it_cannot_be_begun_before_the_touch_and_finished_after,
    a_passkey_of_another_account_is_refused,
    of_two_added_with_one_touch_at_once_one_is,
    the_twenty_first_is_refused,
    s10_a_step_up_with_the_new_one_counts,
);

const OPTIONS: &str = "/auth/passkey/register/options";

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

/// Creation options for one more passkey, after the touch.
async fn begin(browser: &mut Browser, key: &Key) -> Value {
    browser.guarded_post(OPTIONS, &json!({}), key).await.success()
}

async fn add(browser: &mut Browser, key: &Key) -> Key {
    let mut new = browser.new_key();
    let response = new.create(&begin(browser, key).await);
    browser.finish_sign_up(response).await.success();
    new
}

async fn passkeys(browser: &mut Browser) -> usize {
    browser.get("/auth/passkeys").await.success()["passkeys"].as_array().unwrap().len()
}

async fn s10_a_second_passkey_is_added_and_opens_the_same_account(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let user = browser.session().await.success()["user"].clone();
    let refusal = browser.post(OPTIONS, &json!({})).await.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "passkey_add", "params": {} }));

    let options = begin(&mut browser, &key).await;
    assert_eq!(options["user"]["name"], "ada@example.test");
    assert_eq!(options["user"]["id"].as_str(), key.user_handle.as_deref());
    let (mut new, before) = (browser.new_key(), browser.sid());
    let body = json!({ "response": new.create(&options), "label": "Phone" });
    let answer = browser.post(SIGN_UP, &body).await;
    let made = answer.success();
    assert_eq!((&made["ok"], &made["user"], &made["passkey"]["label"]), (&json!(true), &user, &json!("Phone")));
    assert!(answer.new_sid().is_some_and(|next| next != before));

    let stored = app.stored().await;
    assert_eq!((stored.users.len(), stored.sessions.len(), stored.credentials.len()), (1, 1, 2));
    let told = app.events_of("credential_created").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].session_id, Some(stored.sessions[0].id));
    let new_row = stored.credentials.iter().find(|row| row.credential_id == new.id).unwrap();
    assert_eq!(told[0].credential_id, Some(new_row.id));
    assert_eq!(passkeys(&mut browser).await, 2);
    assert_eq!(app.browser().sign_in(&new).await.success()["user"], user);
    assert_eq!(app.browser().sign_in(&key).await.success()["user"], user);
}

async fn s12_one_touch_adds_one_passkey(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let first = begin(&mut browser, &key).await;
    // Options may be asked for again, as after a cancelled prompt; the touch is spent by what is made of them.
    let second = browser.post(OPTIONS, &json!({})).await.success();
    browser.finish_sign_up(browser.new_key().create(&second)).await.success();
    browser.post(OPTIONS, &json!({})).await.refusal(403, "step_up_required");
    let answer = browser.finish_sign_up(browser.new_key().create(&first)).await;
    answer.refusal(403, "step_up_required");
    assert_eq!(passkeys(&mut browser).await, 2);
}

async fn the_options_exclude_what_is_there(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    app.browser().sign_up("bob@example.test").await;
    let new = add(&mut browser, &key).await;
    let options = begin(&mut browser, &new).await;
    let id = |key: &Key| key.get(&json!({ "challenge": "" }))["id"].clone();
    let excluded = options["excludeCredentials"].as_array().unwrap();
    let mut ids: Vec<_> = excluded.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    let (first, second) = (id(&key), id(&new));
    let mut expected = [first.as_str().unwrap(), second.as_str().unwrap()];
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert!(excluded.iter().all(|entry| entry["type"] == "public-key"));
}

async fn u06_a_refused_answer_does_not_spend_the_touch(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let options = begin(&mut browser, &key).await;
    let mut bent = Key { origin: "https://evil.example".into(), ..browser.new_key() };
    browser.finish_sign_up(bent.create(&options)).await.refusal(400, "origin_mismatch");
    let options = browser.post(OPTIONS, &json!({})).await.success();
    let mut same = key.clone();
    browser.finish_sign_up(same.create(&options)).await.refusal(400, "passkey_exists");
    assert_eq!(passkeys(&mut browser).await, 1);
    let options = browser.post(OPTIONS, &json!({})).await.success();
    browser.finish_sign_up(browser.new_key().create(&options)).await.success();
}

async fn nobody_finishes_what_another_session_began(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    let mut again = app.browser();
    again.sign_in(&key).await.success();
    let options = begin(&mut ada, &key).await;
    let before = app.stored().await.credentials.len();
    for (mut other, own) in [(bob, &bobs), (again, &key)] {
        other.step_up("passkey_add", json!({}), own).await.success();
        other.cookies.insert("__Host-ceremony".into(), ada.cookies["__Host-ceremony"].clone());
        let answer = other.finish_sign_up(other.new_key().create(&options)).await;
        assert!((400..=403).contains(&answer.status.as_u16()), "{answer:?}");
        assert_eq!(app.stored().await.credentials.len(), before);
    }
}

async fn nobody_finishes_it_signed_out(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let options = begin(&mut browser, &key).await;
    let before = app.stored().await;
    let mut without = browser.clone();
    without.cookies.remove("__Host-sid");
    let answer = without.finish_sign_up(without.new_key().create(&options)).await;
    assert!((400..=403).contains(&answer.status.as_u16()), "{answer:?}");
    assert!(answer.set_cookies().is_empty());
    assert_eq!(app.stored().await, before, "neither a passkey nor an account of its own");
}

async fn it_cannot_be_begun_before_the_touch_and_finished_after(app: App) {
    // Begun signed out, for a new account: signing in and touching does not turn it into one more passkey.
    let (mut browser, key) = signed_up(&app).await;
    let user = browser.session().await.success()["user"]["id"].clone();
    browser.sign_out().await.success();
    let options = browser.begin_sign_up("eve@example.test").await;
    browser.sign_in(&key).await.success();
    browser.step_up("passkey_add", json!({}), &key).await.success();
    let made = browser.finish_sign_up(browser.new_key().create(&options)).await.success();
    assert_eq!(made["user"]["email"], "eve@example.test");
    assert_ne!(made["user"]["id"], user);
    let stored = app.stored().await;
    let adas = stored.credentials.iter().filter(|row| json!(row.user_id) == user).count();
    assert_eq!((adas, stored.credentials.len()), (1, 2));
}

async fn a_passkey_of_another_account_is_refused(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut bobs = app.browser().sign_up("bob@example.test").await;
    let options = begin(&mut browser, &key).await;
    browser.finish_sign_up(bobs.create(&options)).await.refusal(400, "passkey_exists");
    assert_eq!(passkeys(&mut browser).await, 1);
}

async fn of_two_added_with_one_touch_at_once_one_is(app: App) {
    let other = app.beside(&[]).await;
    for round in 2..6 {
        let mut browser = app.browser();
        let key = browser.sign_up("ada@example.test").await;
        let first = begin(&mut browser, &key).await;
        let second = browser.post(OPTIONS, &json!({})).await.success();
        let (mut here, mut there) = (browser.clone(), browser.at(&other));
        let (first, second) = (browser.new_key().create(&first), browser.new_key().create(&second));
        let (first, second) = tokio::join!(
            tokio::spawn(async move { here.finish_sign_up(first).await }),
            tokio::spawn(async move { there.finish_sign_up(second).await }),
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_ne!(first.status.is_success(), second.status.is_success(), "{first:?} {second:?}");
        let loser = if first.status.is_success() { second } else { first };
        let code = loser.code();
        assert!(["session_rotated", "step_up_required"].contains(&code.as_str()), "{loser:?}");
        assert_eq!(app.stored().await.credentials.len(), (round - 1) * 2);
    }
}

async fn the_twenty_first_is_refused(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let mut second = app.browser();
    second.sign_in(&key).await.success();
    while passkeys(&mut browser).await < 19 {
        add(&mut browser, &key).await;
    }
    // Two are on their way to the last place.
    let (first, late) = (begin(&mut browser, &key).await, begin(&mut second, &key).await);
    browser.finish_sign_up(browser.new_key().create(&first)).await.success();
    second.finish_sign_up(second.new_key().create(&late)).await.refusal(409, "passkeys_full");
    second.post(OPTIONS, &json!({})).await.refusal(409, "passkeys_full");
    assert_eq!(passkeys(&mut browser).await, 20);
}

async fn s10_a_step_up_with_the_new_one_counts(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let new = add(&mut browser, &key).await;
    let options = browser.begin_step_up("session_continue", json!({})).await;
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 2);
    browser.finish_step_up(new.get(&options)).await.success();
}
