//! Care of passkeys: their names, their removal, and who is told.

use serde_json::{Value, json};

use crate::support::agents::{CHROME_WINDOWS, SAFARI_PHONE};
use crate::support::dbsc::{Dbsc, https};
use crate::support::mails::{ADA, Letter};
use crate::support::passkeys::{REGISTER, REMOVE};
use crate::support::{App, Browser, Key, encode, notice, on_both_databases};

on_both_databases!(
    c12_the_last_one_that_can_sign_in_stays,
    s10_removal_takes_a_touch_for_exactly_that,
    nobody_cares_for_passkeys_of_others,
    what_was_removed_opens_nothing,
    sessions_that_it_opened_end_and_no_others,
    the_one_that_opened_this_session_may_go,
    a_refused_removal_does_not_spend_the_touch,
    a_name_is_changed_without_a_touch,
    what_is_no_name_is_refused,
    c13_every_change_is_told_to_every_confirmed_address,
    a_new_one_is_called_after_where_it_was_made,
    the_page_says_what_each_is_and_what_would_stop,
    passkey_managers_hear_of_another_main_address,
);

/// A person with two passkeys, signed in with the first: both, and their ids.
async fn two(app: &App) -> (Browser, Key, Value, Key, Value) {
    let mut browser = app.browser();
    let first = browser.sign_up(ADA).await;
    let id = browser.passkeys().await[0]["id"].clone();
    let (second, other) = browser.add_passkey(&first).await;
    (browser, first, id, second, other)
}

async fn panel(browser: &mut Browser) -> String {
    let answer = browser.get("/account/passkeys/panel").await;
    answer.ok();
    answer.text().to_owned()
}

async fn c12_the_last_one_that_can_sign_in_stays(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let id = browser.passkeys().await[0]["id"].clone();
    let refusal = browser.post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
    assert!(refusal["error"].as_str().unwrap().contains("Add another one first."));
    assert_eq!(app.events_of("authn_step_up_required").await.len(), 0, "no touch for what cannot be");
    // Nor with a touch that was made all the same.
    browser.step_up("passkey_remove", json!({ "id": id }), &key).await.success();
    browser.post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
    assert!(panel(&mut browser).await.contains("so this one cannot be removed"));

    // One that is locked, or that the profile does not admit, is none.
    let (_, other) = browser.add_passkey(&key).await;
    let uuid = other.as_str().unwrap().replace('-', "");
    let is_it = format!("lower(replace(hex_or_text, '-', '')) = '{uuid}'");
    let column = if app.url.starts_with("sqlite") { "hex(id)" } else { "CAST(id AS text)" };
    let is_it = is_it.replace("hex_or_text", column);
    app.sql(&format!("UPDATE credentials SET failures = 100 WHERE {is_it}")).await;
    browser.post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
    app.sql("UPDATE credentials SET failures = 0").await;
    let high = app.beside(&[("HOLDFAST_SESSION_PROFILE", "high")]).await;
    browser.at(&high).post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
    assert_eq!(app.stored().await.credentials.len(), 2);

    browser.remove_passkey(&other, &key).await.success();
    browser.post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
    browser.post(REMOVE, &json!({ "id": other })).await.refusal(404, "passkey_not_found");
    app.browser().sign_in(&key).await.success();
}

async fn s10_removal_takes_a_touch_for_exactly_that(app: App) {
    let (mut browser, key, first, _, second) = two(&app).await;
    let refusal = browser.post(REMOVE, &json!({ "id": second })).await.refusal(403, "step_up_required");
    assert_eq!(refusal["stepUp"], json!({ "action": "passkey_remove", "params": { "id": second } }));
    browser.step_up("passkey_remove", json!({ "id": first }), &key).await.success();
    browser.post(REMOVE, &json!({ "id": second })).await.refusal(403, "step_up_required");
    browser.step_up("passkey_add", json!({}), &key).await.success();
    browser.post(REMOVE, &json!({ "id": second })).await.refusal(403, "step_up_required");
    assert_eq!(browser.passkeys().await.len(), 2);
    let answer = browser.remove_passkey(&second, &key).await;
    let signals = answer.success()["signals"].clone();
    let user = browser.session().await.success()["user"]["id"].clone();
    let handle = uuid::Uuid::parse_str(user.as_str().unwrap()).unwrap();
    assert_eq!(
        signals,
        json!({ "signalAllAcceptedCredentials": {
            "rpId": "localhost",
            "userId": encode(handle.as_bytes()),
            "allAcceptedCredentialIds": [encode(&key.id)],
        } })
    );
    assert!(answer.new_sid().is_some(), "what matters renews the session");
    let event = app.events_of("credential_deleted").await.pop().unwrap();
    assert_eq!((json!(event.user_id), json!(event.credential_id)), (user, second));
    assert!(event.session_id.is_some());
}

async fn nobody_cares_for_passkeys_of_others(app: App) {
    let (mut browser, key, ..) = two(&app).await;
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let id = bob.passkeys().await[0]["id"].clone();
    let before = app.stored().await.credentials;
    for id in [id, json!(uuid::Uuid::nil())] {
        browser.post(REMOVE, &json!({ "id": id })).await.refusal(404, "passkey_not_found");
        browser.step_up("passkey_remove", json!({ "id": id }), &key).await.success();
        browser.post(REMOVE, &json!({ "id": id })).await.refusal(404, "passkey_not_found");
        browser.rename_passkey(&id, "Mine").await.refusal(404, "passkey_not_found");
    }
    browser.post(REMOVE, &json!({ "id": "seven" })).await.refusal(400, "invalid_request");
    browser.rename_passkey(&json!("seven"), "Mine").await.refusal(400, "invalid_request");
    let labels = |rows: &[crate::support::CredentialRow]| -> Vec<String> {
        rows.iter().map(|row| row.label.clone()).collect()
    };
    assert_eq!(labels(&app.stored().await.credentials), labels(&before));
    app.browser().post(REMOVE, &json!({ "id": uuid::Uuid::nil() })).await.refusal(401, "no_session");
    // Where the session has a key, its cookie alone does nothing.
    let mut bound = app.browser();
    bound.sign_up_bound("cy@example.test").await;
    let id = bound.passkeys().await[0]["id"].clone();
    bound.cookies_only().rename_passkey(&id, "Stolen").await.refusal(401, "dpop_proof_required");
    bound.rename_passkey(&id, "Mine").await.success();
}

async fn what_was_removed_opens_nothing(app: App) {
    let (mut browser, key, first, second, other) = two(&app).await;
    // It was touched for something in another session, which has not happened yet.
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&key).await.success();
    elsewhere.step_up("session_revoke", json!({ "others": true }), &second).await.success();
    let asked = elsewhere.begin_step_up("session_continue", json!({})).await;
    browser.remove_passkey(&other, &key).await.success();

    elsewhere.post("/auth/sessions/revoke", &json!({ "others": true })).await.refusal(403, "step_up_required");
    elsewhere.finish_step_up(second.get(&asked)).await.refusal(400, "passkey_unknown");
    let refusal = app.browser().sign_in(&second).await.refusal(400, "passkey_unknown");
    let unknown =
        json!({ "signalUnknownCredential": { "rpId": "localhost", "credentialId": encode(&second.id) } });
    assert_eq!(refusal["signals"], unknown);
    // Of a passkey that is known nobody hears that, whatever else is wrong.
    let mut stranger = app.browser();
    let options = stranger.begin_sign_in().await;
    let bent = Key { origin: "https://evil.example".into(), ..key.clone() };
    let refusal = stranger.finish_sign_in(bent.get(&options)).await.refusal(400, "origin_mismatch");
    assert_eq!(refusal.get("signals"), None);
    // Nor of an answer to no challenge of ours.
    let refusal = stranger.finish_sign_in(second.get(&json!({ "challenge": "AAAA" }))).await;
    assert_eq!(refusal.refusal(400, "challenge_unknown").get("signals"), None);
    assert_eq!(browser.passkeys().await[0]["id"], first);
}

async fn sessions_that_it_opened_end_and_no_others(app: App) {
    let app = https(&app).await;
    let (mut browser, key, _, second, other) = two(&app).await;
    let mut phone = app.browser();
    let mut dbsc = Dbsc::offered(&phone.sign_in(&second).await);
    dbsc.register(&mut phone).await.success();
    let mut tablet = app.browser();
    tablet.sign_in(&second).await.success();
    let mut own = app.browser();
    own.sign_in(&key).await.success();
    assert!(panel(&mut browser).await.contains("2 sessions elsewhere that it opened end."));

    browser.remove_passkey(&other, &key).await.success();
    for gone in [&mut phone, &mut tablet] {
        gone.session().await.refusal(401, "invalid_session");
        let page = gone.open("/").await;
        assert!(page.text().contains("The passkey that opened this session was removed."), "{page:?}");
    }
    for live in [&mut browser, &mut own] {
        live.session().await.success();
    }
    let reasons = app.end_reasons().await;
    assert_eq!(reasons.iter().filter(|reason| *reason == "passkey_removed").count(), 2, "{reasons:?}");
    let bound = app.query("SELECT id FROM dbsc_sessions WHERE ended_at IS NULL AND public_key IS NOT NULL").await;
    assert!(bound.is_empty(), "the browser's own binding is over, too");
    assert_eq!(app.events_of("session_revoked").await.len(), 2);
}

async fn the_one_that_opened_this_session_may_go(app: App) {
    let (mut browser, _, first, second, _) = two(&app).await;
    assert!(panel(&mut browser).await.contains("You will be signed out here."));
    // With its own touch: it is a passkey of the account until then.
    let answer = browser.remove_passkey(&first, &second).await;
    answer.success();
    assert!(answer.new_sid().is_none());
    browser.session().await.refusal(401, "invalid_session");
    assert!(notice(&browser.open("/").await).contains("was removed"));
    let mut again = app.browser();
    again.sign_in(&second).await.success();
    assert_eq!(again.passkeys().await.len(), 1);
}

async fn a_refused_removal_does_not_spend_the_touch(app: App) {
    let (mut browser, key, _, _, other) = two(&app).await;
    browser.step_up("passkey_remove", json!({ "id": other }), &key).await.success();
    app.sql("ALTER TABLE outbox RENAME TO elsewhere").await;
    let failed = browser.post(REMOVE, &json!({ "id": other })).await;
    app.sql("ALTER TABLE elsewhere RENAME TO outbox").await;
    // Nobody has a confirmed address, so nothing was to be told.
    failed.success();

    let (_, third) = browser.add_passkey(&key).await;
    browser.step_up("passkey_remove", json!({ "id": third }), &key).await.success();
    app.sql("UPDATE credentials SET failures = 100").await;
    browser.post(REMOVE, &json!({ "id": third })).await.refusal(409, "passkey_is_last");
    app.sql("UPDATE credentials SET failures = 0").await;
    browser.post(REMOVE, &json!({ "id": third })).await.success();
}

async fn a_name_is_changed_without_a_touch(app: App) {
    let (mut browser, _, first, _, _) = two(&app).await;
    for name in ["Work laptop", "<script>alert(1)</script>", "משרד", "👩‍💻 “laptop” & co"] {
        let answer = browser.rename_passkey(&first, &format!("  {name} ")).await;
        let details = answer.success()["signals"]["signalCurrentUserDetails"].clone();
        assert_eq!((&details["name"], &details["displayName"]), (&json!(ADA), &json!(ADA)));
        assert_eq!(details["rpId"], "localhost");
        assert!(answer.new_sid().is_none());
        let list = browser.passkeys().await;
        assert!(list.iter().any(|passkey| passkey["id"] == first && passkey["label"] == name), "{list:?}");
        let html = panel(&mut browser).await;
        assert!(!html.contains("<script"), "{html}");
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert!(html.contains(&format!("<bdi>{escaped}</bdi>")), "{html}");
    }
    let told = app.events_of("credential_updated").await;
    assert_eq!(told.len(), 4);
    assert_eq!((json!(told[0].credential_id), told[0].session_id.is_some()), (first.clone(), true));
    assert_eq!(app.events_of("authn_step_up_required").await.len(), 1, "to add the second");
    // The same once more is no change.
    browser.rename_passkey(&first, "👩‍💻 “laptop” & co").await.success();
    assert_eq!(app.events_of("credential_updated").await.len(), 4);
}

async fn what_is_no_name_is_refused(app: App) {
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    let before = browser.passkeys().await;
    let long = "x".repeat(65);
    for name in ["", "   ", long.as_str(), "a\u{202e}b", "a\u{7}b", "\u{200b}", "a\nb"] {
        browser.rename_passkey(&before[0]["id"], name).await.refusal(400, "label_invalid");
    }
    assert_eq!(browser.passkeys().await, before);
    browser.rename_passkey(&before[0]["id"], &"é".repeat(64)).await.success();
}

fn subjects(letters: &[Letter]) -> Vec<(String, String)> {
    let mut told: Vec<_> = letters.iter().map(|letter| (letter.to.clone(), letter.subject.clone())).collect();
    told.sort();
    told
}

async fn c13_every_change_is_told_to_every_confirmed_address(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let id = browser.passkeys().await[0]["id"].clone();
    browser.rename_passkey(&id, "http://evil.example").await.success();
    assert!(app.letters().await.is_empty(), "nobody has confirmed an address");
    // The second address is known to be theirs before the main one is.
    browser.confirm(&app, "ada@work.example", &key).await;
    browser.rename_passkey(&id, "Laptop").await.success();
    let both = |subject: &str| {
        [(ADA.to_owned(), subject.to_owned()), ("ada@work.example".to_owned(), subject.to_owned())]
    };
    let renamed = both("A passkey of your Holdfast account has a new name");
    assert_eq!(subjects(&app.letters().await), [renamed[1].clone()]);
    browser.confirm(&app, ADA, &key).await;
    app.letters().await;

    browser.rename_passkey(&id, "http://evil.example").await.success();
    let letters = app.letters().await;
    assert_eq!(subjects(&letters), renamed);
    assert!(
        letters.iter().all(|letter| !letter.text.contains("evil")),
        "nothing that somebody typed: {letters:?}"
    );
    let (_, other) = browser.add_passkey(&key).await;
    assert_eq!(subjects(&app.letters().await), both("A passkey was added to your Holdfast account"));
    browser.remove_passkey(&other, &key).await.success();
    let letters = app.letters().await;
    assert_eq!(subjects(&letters), both("A passkey was removed from your Holdfast account"));
    let page = app.browser().follow(&letters[0].link()).await;
    assert!(page.text().contains("A passkey was removed from your account"), "{}", page.text());
    assert!(page.text().contains("The passkey does not come back."), "{}", page.text());
}

async fn a_new_one_is_called_after_where_it_was_made(app: App) {
    let mut browser = app.browser();
    CHROME_WINDOWS.clone_into(&mut browser.user_agent);
    let key = browser.sign_up(ADA).await;
    let mut google =
        Key { aaguid: 0xea9b_8d66_4d01_1d21_3ce4_b6b4_8cb5_75d4_u128.to_be_bytes(), ..browser.new_key() };
    let options = browser.guarded_post(REGISTER, &json!({}), &key).await.success();
    browser.finish_sign_up(google.create(&options)).await.success();
    browser.add_passkey(&key).await;
    let list = browser.passkeys().await;
    let mut labels: Vec<&str> = list.iter().map(|passkey| passkey["label"].as_str().unwrap()).collect();
    labels.sort_unstable();
    assert_eq!(
        labels,
        [
            "Google Password Manager (Chrome on Windows)",
            "Passkey (Chrome on Windows)",
            "Passkey (Chrome on Windows) 2"
        ]
    );
}

async fn the_page_says_what_each_is_and_what_would_stop(app: App) {
    let (mut browser, _, _, second, other) = two(&app).await;
    let frame = browser.open("/account/passkeys").await;
    assert!(frame.text().contains("data-about=\"/account/passkeys/panel\"") && !frame.text().contains("<bdi>"));
    let html = panel(&mut browser).await;
    assert!(html.contains("Synced across your devices") && html.contains("Not used yet"), "{html}");
    assert!(!html.contains("sessions elsewhere") && !html.contains("session elsewhere"));

    let mut phone = app.browser();
    SAFARI_PHONE.clone_into(&mut phone.user_agent);
    phone.address = Some("198.51.100.9".parse().unwrap());
    phone.sign_in(&second).await.success();
    let html = panel(&mut browser).await;
    assert!(html.contains("Safari on iOS") && html.contains("Network 198.51.100.0/24"), "{html}");
    assert!(html.contains("One session elsewhere that it opened ends."), "{html}");
    assert!(!html.contains("Not used for a year."));
    // What the cookie alone shows says nothing of places.
    assert!(!browser.get("/auth/passkeys").await.text().contains("198.51"));

    let year = 365 * 86_400_000_i64;
    app.sql(&format!("UPDATE credentials SET last_used_at = last_used_at - {year}")).await;
    assert_eq!(panel(&mut browser).await.matches("Not used for a year.").count(), 2);
    let account = browser.open("/account").await;
    assert!(account.text().contains("You can sign in with any of these 2."), "{}", account.text());
    let only = app.browser().sign_up("bob@example.test").await;
    let mut bob = app.browser();
    bob.sign_in(&only).await.success();
    assert!(bob.open("/account").await.text().contains("Add a second passkey"));
    browser.post(REMOVE, &json!({ "id": other })).await.refusal(403, "step_up_required");
}

async fn passkey_managers_hear_of_another_main_address(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    browser.confirm(&app, ADA, &key).await;
    let work = browser.confirm(&app, "ada@work.example", &key).await;
    let done = browser.guarded_post("/account/email/primary", &json!({ "id": work }), &key).await.success();
    assert_eq!(done["signals"]["signalCurrentUserDetails"]["name"], "ada@work.example");
}
