//! Addresses, and what can and cannot be done by naming one. Open ceremonies of one browser.

use serde_json::json;

use crate::support::{App, Key, encode, on_both_databases, signals};

on_both_databases!(
    two_people_may_claim_the_same_address_and_get_separate_accounts,
    nobody_attaches_a_passkey_by_naming_an_address,
    signed_in_register_options_asks_for_a_step_up,
    signed_in_register_options_for_another_address_is_refused,
    a_session_that_ended_is_no_session_to_register_options,
    bad_addresses_and_names_are_refused,
    odd_but_good_addresses_and_names_are_kept,
    the_ninth_open_ceremony_closes_the_oldest,
    finished_and_expired_ceremonies_do_not_count_as_open,
    one_browser_cannot_close_anothers_ceremonies,
    two_tabs_do_not_disturb_each_other,
);

const OPTIONS: &str = "/auth/passkey/register/options";

async fn two_people_may_claim_the_same_address_and_get_separate_accounts(app: App) {
    let (mut ada, mut eve) = (app.browser(), app.browser());
    let ada_key = ada.sign_up("ada@example.test").await;
    let eve_key = eve.sign_up("ADA@example.test").await;
    assert_ne!(ada_key.user_handle, eve_key.user_handle);
    let (first, second) = (ada.session().await.success(), eve.session().await.success());
    assert_eq!(first["user"]["email"], second["user"]["email"]);
    assert_ne!(first["user"]["id"], second["user"]["id"]);
    for browser in [&mut ada, &mut eve] {
        let list = browser.get("/auth/passkeys").await.success();
        assert_eq!(list["passkeys"].as_array().unwrap().len(), 1);
    }
    // Each passkey opens its own account.
    let mut browser = app.browser();
    for (key, session) in [(&ada_key, &first), (&eve_key, &second)] {
        assert_eq!(browser.sign_in(key).await.success()["user"], session["user"]);
    }
}

async fn nobody_attaches_a_passkey_by_naming_an_address(app: App) {
    let mut ada = app.browser();
    ada.sign_up("ada@example.test").await;
    let victim = ada.session().await.success()["user"]["id"].clone();
    let mut eve = app.browser();
    let options = eve.begin_sign_up("ada@example.test").await;
    assert_eq!(options["excludeCredentials"], json!([]), "it would tell that there is an account");
    let mut key = Key::new();
    let made = eve.finish_sign_up(key.create(&options)).await.success();
    assert_ne!(made["user"]["id"], victim);
    // Nor by claiming her user handle when signing in with one's own passkey.
    let ada_row = app.stored().await;
    let handle = ada_row.users.iter().find(|user| json!(user.id) == victim).unwrap().id;
    let thief = Key { user_handle: Some(encode(handle.as_bytes())), ..key };
    app.browser().sign_in(&thief).await.refusal(400, "user_handle_mismatch");
    assert_eq!(ada.get("/auth/passkeys").await.success()["passkeys"].as_array().unwrap().len(), 1);
}

async fn signed_in_register_options_asks_for_a_step_up(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let ceremonies = app.count_ceremonies().await;
    for body in [json!({}), json!({ "email": "ada@example.test" }), json!({ "email": " ADA@example.test " })] {
        let answer = browser.post(OPTIONS, &body).await;
        let refusal = answer.refusal(403, "step_up_required");
        assert_eq!(refusal["action"], "PASSKEY_ASSERTION");
        assert_eq!(signals(&refusal["reasons"]), [("sensitive_route".to_owned(), 20)]);
        assert_eq!(refusal["stepUp"]["action"], "passkey_add");
        assert_eq!(refusal["stepUp"]["params"], json!({}));
        assert_eq!(refusal["stepUp"].as_object().unwrap().len(), 2);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(app.count_ceremonies().await, ceremonies);
}

async fn signed_in_register_options_for_another_address_is_refused(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let refusal =
        browser.post(OPTIONS, &json!({ "email": "bob@example.test" })).await.refusal(400, "email_mismatch");
    assert!(refusal.get("stepUp").is_none() && refusal.get("action").is_none(), "{refusal}");
    browser.post(OPTIONS, &json!({ "email": "bob" })).await.refusal(400, "email_invalid");
}

async fn a_session_that_ended_is_no_session_to_register_options(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    app.advance(86_400);
    browser.post(OPTIONS, &json!({})).await.refusal(400, "email_invalid");
    browser.sign_up("ada@example.test").await;
}

async fn bad_addresses_and_names_are_refused(app: App) {
    let mut browser = app.browser();
    let long = format!("{}@example.test", "a".repeat(65));
    let longer = format!("a@{}.test", "b".repeat(250));
    for email in ["", " ", "ada", "@", "ada@", "@b.test", "a b@c.test", "<a>@b.test", "a@b\0.test", &long, &longer]
    {
        let answer = browser.post(OPTIONS, &json!({ "email": email })).await;
        answer.refusal(400, "email_invalid");
        assert!(answer.set_cookies().is_empty());
    }
    browser.post(OPTIONS, &json!({})).await.refusal(400, "email_invalid");
    browser.post(OPTIONS, &json!({ "email": null })).await.refusal(400, "email_invalid");
    browser.post(OPTIONS, &json!({ "email": 7 })).await.refusal(400, "invalid_request");
    for name in ["x".repeat(65), "a\nb".into(), "\u{202e}x".into(), "a\u{feff}".into()] {
        let body = json!({ "email": "a@b.test", "displayName": name });
        browser.post(OPTIONS, &body).await.refusal(400, "display_name_invalid");
    }
    let body = json!({ "email": "a@b.test", "displayName": ["x"] });
    browser.post(OPTIONS, &body).await.refusal(400, "invalid_request");
    assert_eq!(app.count_ceremonies().await, 0);
}

async fn odd_but_good_addresses_and_names_are_kept(app: App) {
    let expanding = format!("{}@example.test", "\u{130}".repeat(21));
    for (email, name) in [
        ("o'brien+tag@example.test", "Conan O'Brien"),
        ("zoë@bücher.example", "Zoë 👩‍💻"),
        ("用户@例子.test", "用户"),
        (expanding.as_str(), "İİİ"),
        ("x@localhost", "   "),
    ] {
        let mut browser = app.browser();
        let body = json!({ "email": email, "displayName": name });
        let options = browser.post(OPTIONS, &body).await.success();
        let made = browser.finish_sign_up(Key::new().create(&options)).await.success();
        assert_eq!(made["user"]["email"], email.to_lowercase());
        let shown = Some(name.trim()).filter(|name| !name.is_empty());
        assert_eq!(made["user"]["displayName"].as_str(), shown);
        assert_eq!(browser.session().await.success()["user"], made["user"]);
    }
}

async fn the_ninth_open_ceremony_closes_the_oldest(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let mut begun = Vec::new();
    for _ in 0..9 {
        begun.push(browser.begin_sign_in().await);
        app.advance(1);
    }
    browser.finish_sign_in(key.get(&begun[0])).await.refusal(400, "challenge_unknown");
    for options in &begun[1..] {
        browser.finish_sign_in(key.get(options)).await.success();
    }
}

async fn finished_and_expired_ceremonies_do_not_count_as_open(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    for _ in 0..8 {
        browser.begin_sign_in().await;
    }
    app.advance(301);
    let first = browser.begin_sign_in().await;
    for _ in 0..20 {
        app.advance(1);
        browser.sign_in(&key).await.success();
    }
    browser.finish_sign_in(key.get(&first)).await.success();
}

async fn one_browser_cannot_close_anothers_ceremonies(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let mut other = app.browser();
    for _ in 0..20 {
        other.begin_sign_in().await;
    }
    browser.finish_sign_in(key.get(&options)).await.success();
}

async fn two_tabs_do_not_disturb_each_other(app: App) {
    let ada = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let in_first_tab = browser.begin_sign_in().await;
    let in_second_tab = browser.begin_sign_up("bob@example.test").await;
    let in_third_tab = browser.begin_sign_in().await;
    browser.finish_sign_up(Key::new().create(&in_second_tab)).await.success();
    browser.finish_sign_in(ada.get(&in_third_tab)).await.success();
    browser.finish_sign_in(ada.get(&in_first_tab)).await.success();
}
