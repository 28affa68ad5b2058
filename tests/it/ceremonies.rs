//! The two ceremonies when nothing is wrong.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{
    Answer, App, BACKED_UP, BACKUP_ELIGIBLE, Key, START, USER_PRESENT, USER_VERIFIED, Wallet, on_both_databases,
};

on_both_databases!(
    sign_up_sign_out_sign_in_with_passkey_rs,
    one_wallet_with_two_accounts_signs_in_to_the_one_picked,
    s02_session_and_ceremony_cookies_are_host_bound_and_out_of_scripts_reach,
    session_answers_the_full_shape,
    passkeys_are_listed_as_they_were_made,
    transports_are_kept_as_far_as_they_are_known,
    a_label_is_kept_and_a_known_provider_is_named,
    s21_sign_out_expires_both_cookies_and_clears_storage,
    sign_out_without_a_session_is_no_mistake,
    creation_options_are_what_parse_from_json_takes,
    request_options_are_what_parse_from_json_takes,
    l10_challenges_and_user_handles_are_random,
    l06_options_do_not_depend_on_the_address,
    unknown_members_are_ignored,
    a_counter_that_rises_is_stored,
    r16_counter_regress_of_a_synced_passkey_is_accepted_and_recorded,
    r16_backup_eligibility_may_rise_and_is_recorded,
    backup_state_may_change_and_is_stored,
    u01_each_success_leaves_its_event,
);

async fn sign_up_sign_out_sign_in_with_passkey_rs(app: App) {
    for counts in [false, true] {
        let wallet = Wallet { counts, ..Wallet::default() };
        let mut browser = app.browser();
        let body = json!({ "email": "Ada@Example.test", "displayName": "Ada Lovelace" });
        let options = browser.post("/auth/passkey/register/options", &body).await.success();
        let made = browser.finish_sign_up(wallet.create(&options).await).await.success();
        assert_eq!(made["ok"], true);
        assert_eq!(made["user"]["email"], "ada@example.test");
        assert_eq!(made["user"]["emailVerified"], false);
        assert_eq!(made["user"]["displayName"], "Ada Lovelace");
        assert_eq!(browser.session().await.success()["user"], made["user"]);

        let old = browser.clone();
        browser.sign_out().await.success();
        browser.session().await.refusal(401, "no_session");
        old.clone().session().await.refusal(401, "invalid_session");

        for _ in 0..2 {
            let options = browser.begin_sign_in().await;
            let entered = browser.finish_sign_in(wallet.get(&options).await).await.success();
            assert_eq!(entered, json!({ "ok": true, "user": made["user"] }));
            assert_eq!(browser.session().await.success()["user"], made["user"]);
        }
    }
}

async fn one_wallet_with_two_accounts_signs_in_to_the_one_picked(app: App) {
    let wallet = Wallet::default();
    for email in ["ada@example.test", "bob@example.test"] {
        let mut browser = app.browser();
        let options = browser.begin_sign_up(email).await;
        browser.finish_sign_up(wallet.create(&options).await).await.success();
    }
    for email in ["ada@example.test", "bob@example.test"] {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        let wallet = Wallet { picked: Some(email.to_owned()), ..wallet.clone() };
        let entered = browser.finish_sign_in(wallet.get(&options).await).await.success();
        assert_eq!(entered["user"]["email"], email);
    }
}

async fn s02_session_and_ceremony_cookies_are_host_bound_and_out_of_scripts_reach(app: App) {
    let mut browser = app.browser();
    let mut key = Key::new();
    let begun = browser.post("/auth/passkey/register/options", &json!({ "email": "a@b.test" })).await;
    check_cookies(&begun, &[("__Host-ceremony", 300)]);
    let made = browser.finish_sign_up(key.create(&begun.success())).await;
    check_cookies(&made, &[("__Host-device", 400 * 86_400), ("__Host-sid", 7 * 86_400)]);
    let begun = browser.post("/auth/passkey/login/options", &json!({})).await;
    check_cookies(&begun, &[("__Host-ceremony", 300)]);
    let entered = browser.finish_sign_in(key.get(&begun.success())).await;
    check_cookies(&entered, &[("__Host-sid", 7 * 86_400)]);
}

/// These and no others came, with these lifetimes in seconds.
fn check_cookies(answer: &Answer, expected: &[(&str, u32)]) {
    let mut names: Vec<_> = answer.set_cookies().iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, seconds) in expected {
        check_cookie(answer, name, *seconds);
    }
}

fn check_cookie(answer: &Answer, name: &str, seconds: u32) {
    let cookie = answer.set_cookie(name).unwrap();
    let mut attributes: Vec<&str> = cookie.split("; ").collect();
    let value = attributes.remove(0).split_once('=').unwrap().1;
    assert_eq!(URL_SAFE_NO_PAD.decode(value).unwrap().len(), 32);
    attributes.sort_unstable();
    let max_age = format!("Max-Age={seconds}");
    assert_eq!(attributes, ["HttpOnly", &max_age, "Path=/", "SameSite=Lax", "Secure"]);
}

async fn session_answers_the_full_shape(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let stored = app.stored().await;
    let answer = browser.session().await;
    assert_eq!(
        answer.success(),
        json!({
            "user": {
                "id": stored.users[0].id,
                "email": "ada@example.test",
                "emailVerified": false,
                "displayName": null,
            },
            "session": {
                "id": stored.sessions[0].id,
                "binding": "cookie",
                "createdAt": "2026-11-22T19:34:56Z",
                "expiresAt": "2026-11-29T19:34:56Z",
                "idleExpiresAt": "2026-11-23T19:34:56Z",
                "rotationDueAt": "2026-11-22T19:49:56Z",
            },
            "risk": { "score": 0, "threshold": 60, "decision": "allow", "signals": [] },
        })
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.set_cookies().is_empty());
}

async fn passkeys_are_listed_as_they_were_made(app: App) {
    let mut browser = app.browser();
    browser.get("/auth/passkeys").await.refusal(401, "no_session");
    let key = browser.sign_up("ada@example.test").await;
    let list = browser.get("/auth/passkeys").await.success();
    let row = &app.stored().await.credentials[0];
    assert_eq!(
        list,
        json!({ "passkeys": [{
            "id": row.id,
            "label": "Passkey",
            "provider": null,
            "aaguid": "00000000-0000-0000-0000-000000000000",
            "transports": ["internal", "hybrid"],
            "backupEligible": true,
            "backupState": true,
            "createdAt": "2026-11-22T19:34:56Z",
            "lastUsedAt": null,
        }] })
    );
    app.advance(5);
    browser.sign_in(&key).await.success();
    let list = browser.get("/auth/passkeys").await.success();
    assert_eq!(list["passkeys"][0]["lastUsedAt"], "2026-11-22T19:35:01Z");

    let mut other = app.browser();
    other.sign_up("bob@example.test").await;
    let list = other.get("/auth/passkeys").await.success();
    assert_eq!(list["passkeys"].as_array().unwrap().len(), 1, "only one's own");
}

async fn transports_are_kept_as_far_as_they_are_known(app: App) {
    for (said, kept) in [
        (json!(["usb", "usb", "teleport", "hybrid", "nfc"]), json!(["usb", "hybrid", "nfc"])),
        (json!([]), json!([])),
        (json!(null), json!([])),
        (json!(vec!["internal"; 5000]), json!(["internal"])),
    ] {
        let mut browser = app.browser();
        let options = browser.begin_sign_up("ada@example.test").await;
        let mut response = Key::new().create(&options);
        response["response"]["transports"] = said;
        let made = browser.finish_sign_up(response).await.success();
        assert_eq!(made["passkey"]["transports"], kept);
    }
}

async fn a_label_is_kept_and_a_known_provider_is_named(app: App) {
    let mut browser = app.browser();
    let icloud = [0xfb, 0xfc, 0x30, 0x07, 0x15, 0x4e, 0x4e, 0xcc, 0x8c, 0x0b, 0x6e, 0x02, 0x05, 0x57, 0xd7, 0xbd];
    let mut key = Key { aaguid: icloud, ..Key::new() };
    let options = browser.begin_sign_up("ada@example.test").await;
    let body = json!({ "response": key.create(&options), "label": "  Work laptop " });
    let made = browser.post("/auth/passkey/register/verify", &body).await.success();
    assert_eq!(made["passkey"]["label"], "Work laptop");
    assert_eq!(made["passkey"]["aaguid"], "fbfc3007-154e-4ecc-8c0b-6e020557d7bd");
    let provider = made["passkey"]["provider"].as_str().unwrap_or_default().to_owned();
    assert!(!provider.is_empty(), "{made}");

    let mut browser = app.browser();
    let mut key = Key { aaguid: icloud, ..Key::new() };
    let options = browser.begin_sign_up("bob@example.test").await;
    let made = browser.finish_sign_up(key.create(&options)).await.success();
    assert_eq!(made["passkey"]["label"], provider, "unnamed, it is called after its provider");
}

async fn s21_sign_out_expires_both_cookies_and_clears_storage(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let answer = browser.sign_out().await;
    assert_eq!(answer.success(), json!({ "ok": true }));
    assert_eq!(answer.header("clear-site-data"), "\"storage\"");
    for name in ["__Host-sid", "__Host-ceremony"] {
        let cookie = answer.set_cookie(name).unwrap();
        assert!(cookie.starts_with(&format!("{name}=; ")) && cookie.contains("Max-Age=0"), "{cookie}");
        // A browser only takes a `__Host-` cookie back in the form in which it gave it.
        for attribute in ["HttpOnly", "Secure", "Path=/", "SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["__Host-device"], "which is no way in");
    assert_eq!(app.stored().await.sessions[0].ended_at, Some(START.0));
}

async fn sign_out_without_a_session_is_no_mistake(app: App) {
    app.browser().sign_out().await.success();
    let mut browser = app.browser();
    browser.cookies.insert("__Host-sid".into(), "nonsense".into());
    browser.sign_out().await.success();
    assert!(browser.cookies.is_empty());
    assert!(app.events().await.is_empty(), "nothing happened");
}

async fn creation_options_are_what_parse_from_json_takes(app: App) {
    let body = json!({ "email": "Ada@Example.test", "displayName": "Ada" });
    let answer = app.browser().post("/auth/passkey/register/options", &body).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let options = answer.success();
    assert!(options.get("publicKey").is_none(), "no wrapper: {options}");
    assert_eq!(options["rp"], json!({ "id": "localhost", "name": "Holdfast" }));
    assert_eq!(options["user"]["name"], "ada@example.test");
    assert_eq!(options["user"]["displayName"], "Ada");
    assert_eq!(bytes(&options["user"]["id"]).len(), 16);
    assert!(bytes(&options["challenge"]).len() >= 16);
    let algorithms: Vec<_> = options["pubKeyCredParams"].as_array().unwrap().iter().map(|p| &p["alg"]).collect();
    assert_eq!(algorithms, [-7, -35, -257]);
    for parameter in options["pubKeyCredParams"].as_array().unwrap() {
        assert_eq!(parameter["type"], "public-key");
    }
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["excludeCredentials"], json!([]));
    let selection = &options["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["requireResidentKey"], true);
    assert_eq!(selection["userVerification"], "required");
    // Null is not absence: the browser would refuse it as no AuthenticatorAttachment.
    assert!(selection.get("authenticatorAttachment").is_none(), "{selection}");
    assert!(no_null(&options), "{options}");
}

async fn request_options_are_what_parse_from_json_takes(app: App) {
    let options = app.browser().begin_sign_in().await;
    assert!(options.get("publicKey").is_none() && options.get("mediation").is_none(), "{options}");
    assert_eq!(options["rpId"], "localhost");
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"], json!([]));
    assert_eq!(options["timeout"], 300_000);
    assert!(bytes(&options["challenge"]).len() >= 16);
    assert!(no_null(&options), "{options}");
}

async fn l10_challenges_and_user_handles_are_random(app: App) {
    let mut browser = app.browser();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..4 {
        let options = browser.begin_sign_up("ada@example.test").await;
        assert!(seen.insert(bytes(&options["challenge"])));
        let handle = bytes(&options["user"]["id"]);
        let digest = Sha256::digest("ada@example.test");
        assert!(!digest.starts_with(&handle[..8]), "derived from the address");
        assert!(seen.insert(handle));
        assert!(seen.insert(bytes(&browser.begin_sign_in().await["challenge"])));
    }
}

async fn l06_options_do_not_depend_on_the_address(app: App) {
    app.browser().sign_up("known@example.test").await;
    let known = json!({ "email": "known@example.test" });
    let unknown = json!({ "email": "nobody@example.test" });

    let mut answers = Vec::new();
    for body in [&known, &unknown, &json!({}), &json!({ "email": null }), &json!({ "email": 7 })] {
        let answer = app.browser().post("/auth/passkey/login/options", body).await;
        let mut options = answer.success();
        options["challenge"] = json!("");
        answers.push((options, header_names(&answer), answer.body.len()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");

    let mut answers = Vec::new();
    for body in [&known, &unknown] {
        let answer = app.browser().post("/auth/passkey/register/options", body).await;
        let mut options = answer.success();
        options["challenge"] = json!("");
        options["user"]["id"] = json!("");
        assert_eq!(options["user"]["name"], body["email"]);
        options["user"]["name"] = json!("");
        options["user"]["displayName"] = json!("");
        answers.push((options, header_names(&answer)));
    }
    assert_eq!(answers[0], answers[1]);
}

fn header_names(answer: &Answer) -> Vec<String> {
    answer.headers.keys().map(ToString::to_string).collect()
}

async fn unknown_members_are_ignored(app: App) {
    let mut browser = app.browser();
    let mut key = Key::new();
    let body = json!({ "email": "ada@example.test", "favouriteColour": "kelp", "x": { "deep": [1, 2] } });
    let options = browser.post("/auth/passkey/register/options", &body).await.success();
    let mut response = key.create(&options);
    response["extra"] = json!(true);
    response["response"]["publicKeyAlgorithm"] = json!(-7);
    let body = json!({ "response": response, "extra": [] });
    browser.post("/auth/passkey/register/verify", &body).await.success();
    let options = browser.post("/auth/passkey/login/options", &json!({ "extra": 1 })).await.success();
    let mut response = key.get(&options);
    response["response"]["extra"] = json!(null);
    let body = json!({ "response": response, "extra": "x" });
    browser.post("/auth/passkey/login/verify", &body).await.success();
    browser.post("/auth/logout", &json!({ "why": "tired" })).await.success();
}

async fn a_counter_that_rises_is_stored(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key::single_device(), "ada@example.test").await;
    assert_eq!(app.stored().await.credentials[0].sign_count, 1);
    for counter in [2, 3, 40] {
        key.counter = counter;
        browser.sign_in(&key).await.success();
        assert_eq!(app.stored().await.credentials[0].sign_count, i64::from(counter));
    }
    assert_eq!(app.count_events("credential_counter_regressed").await, 0);
}

async fn r16_counter_regress_of_a_synced_passkey_is_accepted_and_recorded(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key { counter: 9, ..Key::new() }, "ada@example.test").await;
    key.counter = 3;
    browser.sign_in(&key).await.success();
    assert_eq!(app.stored().await.credentials[0].sign_count, 9, "the larger one stays");
    assert_eq!(app.count_events("credential_counter_regressed").await, 1);
    let event = app.events().await.into_iter().find(|e| e.event_type == "credential_counter_regressed").unwrap();
    let stored = app.stored().await;
    assert_eq!(event.credential_id, Some(stored.credentials[0].id));
    assert_eq!(event.user_id, Some(stored.users[0].id));
}

async fn r16_backup_eligibility_may_rise_and_is_recorded(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key::single_device(), "ada@example.test").await;
    key.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    key.counter = 2;
    browser.sign_in(&key).await.success();
    let row = &app.stored().await.credentials[0];
    assert!(row.backup_eligible && row.backup_state);
    assert_eq!(app.count_events("credential_backup_eligibility_changed").await, 1);
    key.counter = 3;
    browser.sign_in(&key).await.success();
    assert_eq!(app.count_events("credential_backup_eligibility_changed").await, 1, "it changed once");
}

async fn backup_state_may_change_and_is_stored(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up("ada@example.test").await;
    for flags in [0, BACKED_UP] {
        key.flags = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | flags;
        browser.sign_in(&key).await.success();
        assert_eq!(app.stored().await.credentials[0].backup_state, flags != 0);
    }
}

async fn u01_each_success_leaves_its_event(app: App) {
    let mut browser = app.browser();
    let mut key = Key::new();
    let options = browser.begin_sign_up("ada@example.test").await;
    let made = browser.finish_sign_up(key.create(&options)).await;
    let first = app.stored().await.sessions[0].id;
    browser.sign_out().await.success();
    app.advance(3);
    let agent = [("user-agent", "Firefox/9"), ("content-type", "application/json")];
    let options = browser.begin_sign_in().await;
    let body = json!({ "response": key.get(&options) }).to_string();
    let entered = browser.send(Method::POST, "/auth/passkey/login/verify", &agent, body.into()).await;
    let events = app.events().await;
    let told: Vec<_> =
        events.iter().map(|e| (e.event_type.as_str(), e.outcome.as_str(), e.reason.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("user_created", "success", None),
            ("session_revoked", "success", Some("sign_out")),
            ("authn_login_success", "success", None)
        ]
    );
    let stored = app.stored().await;
    let second = stored.sessions.iter().map(|s| s.id).find(|id| *id != first);
    assert_eq!(events[0].request_id, made.header("x-request-id"));
    assert_eq!(
        (events[0].session_id, events[1].session_id, events[2].session_id),
        (Some(first), Some(first), second)
    );
    for event in &events {
        assert_eq!(event.user_id, Some(stored.users[0].id));
        assert_eq!(event.network.as_deref(), Some("203.0.113.0/24"));
    }
    for event in [&events[0], &events[2]] {
        assert_eq!(event.credential_id, Some(stored.credentials[0].id));
    }
    assert_eq!(events[2].created_at, START.0 + 3000);
    assert_eq!(events[2].request_id, entered.header("x-request-id"));
    // What can be told from "Firefox/9", and not its text: a user agent is as good as a fingerprint.
    let device = events[2].details.device.clone().unwrap();
    assert_eq!(
        (&device["browser"], &device["os"], &device["language"]),
        (&"firefox".into(), &"unknown".into(), &"en".into())
    );
}

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

fn no_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(no_null),
        Value::Object(members) => members.values().all(no_null),
        _ => true,
    }
}
