//! Every way in which a ceremony can be wrong: 400 and a code that says which, one event that says why, and
//! otherwise nothing: no row, no cookie.

use serde_json::{Value, json};

use crate::support::{
    App, BACKED_UP, BACKUP_ELIGIBLE, Browser, Key, SIGN_IN, SIGN_UP, USER_PRESENT, USER_VERIFIED, edit_bytes,
    expect_ceremony_refused, flip_last_bit, on_both_databases,
};

on_both_databases!(
    l10_expired_sign_up,
    l10_expired_sign_in,
    l10_a_challenge_lives_until_its_last_second,
    l10_replayed_sign_up,
    l10_replayed_sign_in,
    l10_a_failed_try_spends_the_challenge,
    l10_sign_in_challenge_answered_by_a_registration,
    l10_sign_up_challenge_answered_by_an_assertion,
    l10_response_of_the_other_ceremony_at_the_wrong_path,
    foreign_origin_at_sign_up,
    foreign_origin_at_sign_in,
    lookalike_origins,
    cross_origin_frame_at_sign_up,
    cross_origin_frame_at_sign_in,
    foreign_rp_id_at_sign_up,
    foreign_rp_id_at_sign_in,
    tampered_signature,
    signature_of_another_key,
    tampered_client_data_at_sign_in,
    tampered_authenticator_data_at_sign_in,
    unverified_user_at_sign_up,
    unverified_user_at_sign_in,
    absent_user_at_sign_in,
    unknown_credential,
    someone_elses_user_handle,
    missing_user_handle,
    null_user_handle,
    truncated_fields_at_sign_up,
    truncated_fields_at_sign_in,
    oversized_credential_id_at_sign_up,
    oversized_credential_id_at_sign_in,
    the_largest_credential_id_allowed_is_accepted,
    unsupported_algorithm,
    l10_begun_in_another_browser,
    l10_begun_by_the_server_never,
    r16_counter_regress_of_a_single_device_passkey,
    r16_a_counter_that_stands_still_is_a_regress,
    r16_a_copy_that_calls_itself_synced_is_still_a_copy,
    r16_backup_eligibility_may_not_fall,
    backed_up_but_not_eligible,
    same_passkey_registered_twice,
    bad_label,
);

/// Post a bad response, and see that nothing came of it.
async fn expect_refusal(app: &App, browser: &mut Browser, path: &str, response: &Value, code: &str) {
    expect_ceremony_refused(app, browser, path, &json!({ "response": response }), code).await;
}

/// A refused sign-up with a key that someone bent.
async fn sign_up_refused(app: &App, bend: impl FnOnce(&mut Key), code: &str) {
    let mut browser = app.browser();
    let options = browser.begin_sign_up("eve@example.test").await;
    let mut key = Key::new();
    bend(&mut key);
    let response = key.create(&options);
    expect_refusal(app, &mut browser, SIGN_UP, &response, code).await;
}

/// A refused sign-in with a registered key that someone bent afterwards.
async fn sign_in_refused(app: &App, bend: impl FnOnce(&mut Key), code: &str) {
    let mut key = app.browser().sign_up("ada@example.test").await;
    bend(&mut key);
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    expect_refusal(app, &mut browser, SIGN_IN, &key.get(&options), code).await;
}

/// A refused sign-in whose honest response someone edited.
async fn edited_sign_in_refused(app: &App, edit: impl FnOnce(&Value) -> Value, code: &str) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    expect_refusal(app, &mut browser, SIGN_IN, &edit(&key.get(&options)), code).await;
}

async fn l10_expired_sign_up(app: App) {
    let mut browser = app.browser();
    let options = browser.begin_sign_up("ada@example.test").await;
    app.advance(301);
    expect_refusal(&app, &mut browser, SIGN_UP, &Key::new().create(&options), "challenge_expired").await;
}

async fn l10_expired_sign_in(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    for seconds in [300, 301, 100_000] {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        app.advance(seconds);
        expect_refusal(&app, &mut browser, SIGN_IN, &key.get(&options), "challenge_expired").await;
    }
}

async fn l10_a_challenge_lives_until_its_last_second(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    app.advance(299);
    browser.finish_sign_in(key.get(&options)).await.success();
}

async fn l10_replayed_sign_up(app: App) {
    let mut browser = app.browser();
    let options = browser.begin_sign_up("ada@example.test").await;
    let response = Key::new().create(&options);
    browser.finish_sign_up(response.clone()).await.success();
    expect_refusal(&app, &mut browser, SIGN_UP, &response, "challenge_used").await;
    // Another passkey does not make the challenge new.
    expect_refusal(&app, &mut browser, SIGN_UP, &Key::new().create(&options), "challenge_used").await;
}

async fn l10_replayed_sign_in(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let response = key.get(&options);
    browser.finish_sign_in(response.clone()).await.success();
    expect_refusal(&app, &mut browser, SIGN_IN, &response, "challenge_used").await;
    app.advance(301);
    expect_refusal(&app, &mut browser, SIGN_IN, &response, "challenge_used").await;
}

async fn l10_a_failed_try_spends_the_challenge(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let good = key.get(&options);
    let bad = flip_last_bit(&good, "signature");
    expect_refusal(&app, &mut browser, SIGN_IN, &bad, "signature_invalid").await;
    expect_refusal(&app, &mut browser, SIGN_IN, &good, "challenge_used").await;
}

async fn l10_sign_in_challenge_answered_by_a_registration(app: App) {
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let mut key = Key::new();
    // The options of a sign-in name no user; the key makes its own.
    let response =
        key.create(&json!({ "challenge": options["challenge"], "user": { "id": "AAAAAAAAAAAAAAAAAAAAAA" } }));
    expect_refusal(&app, &mut browser, SIGN_UP, &response, "ceremony_mismatch").await;
}

async fn l10_sign_up_challenge_answered_by_an_assertion(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_up("bob@example.test").await;
    expect_refusal(&app, &mut browser, SIGN_IN, &key.get(&options), "ceremony_mismatch").await;
    // And it is spent for what it was begun for, too.
    expect_refusal(&app, &mut browser, SIGN_UP, &Key::new().create(&options), "challenge_used").await;
}

async fn l10_response_of_the_other_ceremony_at_the_wrong_path(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    expect_refusal(&app, &mut browser, SIGN_UP, &key.get(&options), "response_malformed").await;
    let options = browser.begin_sign_up("eve@example.test").await;
    expect_refusal(&app, &mut browser, SIGN_IN, &Key::new().create(&options), "response_malformed").await;
    // Client data that was signed as the one, inside a response of the other.
    let options = browser.begin_sign_in().await;
    let created = Key::new().create(&json!({ "challenge": options["challenge"], "user": {} }));
    let mut response = key.get(&options);
    response["response"]["clientDataJSON"] = created["response"]["clientDataJSON"].clone();
    expect_refusal(&app, &mut browser, SIGN_IN, &response, "ceremony_mismatch").await;
}

async fn foreign_origin_at_sign_up(app: App) {
    sign_up_refused(&app, |key| key.origin = "https://evil.example".into(), "origin_mismatch").await;
}

async fn foreign_origin_at_sign_in(app: App) {
    sign_in_refused(&app, |key| key.origin = "https://evil.example".into(), "origin_mismatch").await;
}

async fn lookalike_origins(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    for origin in [
        "https://localhost:3000",
        "http://localhost:3001",
        "http://localhost",
        "http://evil-localhost:3000",
        "http://evil.localhost:3000",
        "http://localhost.evil.example:3000",
        "http://localhost:3000@evil.example",
        "http://127.0.0.1:3000",
    ] {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        let bent = Key { origin: origin.to_owned(), ..key.clone() };
        expect_refusal(&app, &mut browser, SIGN_IN, &bent.get(&options), "origin_mismatch").await;
        let options = browser.begin_sign_up("eve@example.test").await;
        let mut bent = Key { origin: origin.to_owned(), ..Key::new() };
        expect_refusal(&app, &mut browser, SIGN_UP, &bent.create(&options), "origin_mismatch").await;
    }
}

async fn cross_origin_frame_at_sign_up(app: App) {
    sign_up_refused(&app, |key| key.cross_origin = true, "origin_mismatch").await;
}

async fn cross_origin_frame_at_sign_in(app: App) {
    sign_in_refused(&app, |key| key.cross_origin = true, "origin_mismatch").await;
}

async fn foreign_rp_id_at_sign_up(app: App) {
    sign_up_refused(&app, |key| key.rp_id = "evil.example".into(), "rp_id_mismatch").await;
}

async fn foreign_rp_id_at_sign_in(app: App) {
    sign_in_refused(&app, |key| key.rp_id = "evil.example".into(), "rp_id_mismatch").await;
}

async fn tampered_signature(app: App) {
    edited_sign_in_refused(&app, |good| flip_last_bit(good, "signature"), "signature_invalid").await;
}

async fn signature_of_another_key(app: App) {
    let stranger = Key::new();
    let bend = |key: &mut Key| {
        *key = Key { id: key.id.clone(), user_handle: key.user_handle.clone(), ..stranger };
    };
    sign_in_refused(&app, bend, "signature_invalid").await;
}

async fn tampered_client_data_at_sign_in(app: App) {
    let edit = |good: &Value| {
        edit_bytes(good, "clientDataJSON", |json| {
            let mut data: Value = serde_json::from_slice(json).unwrap();
            data["added"] = json!("later");
            *json = data.to_string().into_bytes();
        })
    };
    edited_sign_in_refused(&app, edit, "signature_invalid").await;
}

async fn tampered_authenticator_data_at_sign_in(app: App) {
    // The counter's last byte: everything but the signature still fits.
    edited_sign_in_refused(&app, |good| flip_last_bit(good, "authenticatorData"), "signature_invalid").await;
}

async fn unverified_user_at_sign_up(app: App) {
    sign_up_refused(&app, |key| key.flags &= !USER_VERIFIED, "user_not_verified").await;
}

async fn unverified_user_at_sign_in(app: App) {
    sign_in_refused(&app, |key| key.flags &= !USER_VERIFIED, "user_not_verified").await;
}

async fn absent_user_at_sign_in(app: App) {
    sign_in_refused(&app, |key| key.flags &= !USER_PRESENT, "user_not_verified").await;
}

async fn unknown_credential(app: App) {
    sign_in_refused(&app, |key| key.id = vec![7; 32], "passkey_unknown").await;
}

async fn someone_elses_user_handle(app: App) {
    let bob = app.browser().sign_up("bob@example.test").await;
    sign_in_refused(&app, |key| key.user_handle = bob.user_handle, "user_handle_mismatch").await;
}

async fn missing_user_handle(app: App) {
    sign_in_refused(&app, |key| key.user_handle = None, "user_handle_mismatch").await;
}

async fn null_user_handle(app: App) {
    let edit = |good: &Value| {
        let mut response = good.clone();
        response["response"]["userHandle"] = json!(null);
        response
    };
    edited_sign_in_refused(&app, edit, "user_handle_mismatch").await;
}

async fn truncated_fields_at_sign_up(app: App) {
    let mut browser = app.browser();
    for member in ["clientDataJSON", "attestationObject"] {
        for keep in [0, 1, 2, 3] {
            let options = browser.begin_sign_up("eve@example.test").await;
            let cut = edit_bytes(&Key::new().create(&options), member, |b| b.truncate(b.len() * keep / 4));
            expect_refusal(&app, &mut browser, SIGN_UP, &cut, "response_malformed").await;
        }
    }
}

async fn truncated_fields_at_sign_in(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    for (member, code) in [
        ("clientDataJSON", "response_malformed"),
        ("authenticatorData", "response_malformed"),
        ("signature", "signature_invalid"),
        ("userHandle", "user_handle_mismatch"),
    ] {
        for keep in [0, 1, 2, 3] {
            let options = browser.begin_sign_in().await;
            let cut = edit_bytes(&key.get(&options), member, |b| b.truncate(b.len() * keep / 4));
            expect_refusal(&app, &mut browser, SIGN_IN, &cut, code).await;
        }
    }
}

async fn oversized_credential_id_at_sign_up(app: App) {
    sign_up_refused(&app, |key| key.id = vec![7; 1024], "response_malformed").await;
    sign_up_refused(&app, |key| key.id = vec![7; 10_000], "response_malformed").await;
}

async fn oversized_credential_id_at_sign_in(app: App) {
    sign_in_refused(&app, |key| key.id = vec![7; 1024], "response_malformed").await;
}

async fn the_largest_credential_id_allowed_is_accepted(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_with(Key { id: vec![7; 1023], ..Key::new() }, "ada@example.test").await;
    browser.sign_in(&key).await.success();
}

async fn unsupported_algorithm(app: App) {
    // EdDSA, which was not asked for; and a key of ours that claims an algorithm that was not.
    for algorithm in [-8, -47, -65_535] {
        sign_up_refused(&app, |key| key.algorithm = algorithm, "algorithm_unsupported").await;
    }
}

async fn l10_begun_in_another_browser(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let response = key.get(&options);

    let mut without_cookie = app.browser();
    expect_refusal(&app, &mut without_cookie, SIGN_IN, &response, "challenge_unknown").await;
    let mut with_another = app.browser();
    with_another.begin_sign_in().await;
    expect_refusal(&app, &mut with_another, SIGN_IN, &response, "challenge_unknown").await;
    let mut with_nonsense = app.browser();
    with_nonsense.cookies.insert("__Host-ceremony".into(), "nonsense".into());
    expect_refusal(&app, &mut with_nonsense, SIGN_IN, &response, "challenge_unknown").await;

    let sign_up = app.browser().begin_sign_up("eve@example.test").await;
    expect_refusal(&app, &mut with_another, SIGN_UP, &Key::new().create(&sign_up), "challenge_unknown").await;

    // None of that spent it for the browser that began it.
    browser.finish_sign_in(response).await.success();
}

async fn l10_begun_by_the_server_never(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    browser.begin_sign_in().await;
    for challenge in ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAA", ""] {
        let response = key.get(&json!({ "challenge": challenge }));
        expect_refusal(&app, &mut browser, SIGN_IN, &response, "challenge_unknown").await;
    }
    let response = key.get(&json!({ "challenge": "not base64!" }));
    expect_refusal(&app, &mut browser, SIGN_IN, &response, "response_malformed").await;
    let response = key.get(&json!({ "challenge": 7 }));
    expect_refusal(&app, &mut browser, SIGN_IN, &response, "response_malformed").await;
}

async fn r16_counter_regress_of_a_single_device_passkey(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key { counter: 9, ..Key::single_device() }, "ada@example.test").await;
    for counter in [8, 1, 0] {
        key.counter = counter;
        let options = browser.begin_sign_in().await;
        expect_refusal(&app, &mut browser, SIGN_IN, &key.get(&options), "counter_regressed").await;
    }
    key.counter = 10;
    browser.sign_in(&key).await.success();
}

async fn r16_a_counter_that_stands_still_is_a_regress(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_with(Key { counter: 9, ..Key::single_device() }, "ada@example.test").await;
    let options = browser.begin_sign_in().await;
    expect_refusal(&app, &mut browser, SIGN_IN, &key.get(&options), "counter_regressed").await;
    // Zero throughout means that the authenticator does not count.
    let mut browser = app.browser();
    let key = browser.sign_up_with(Key { counter: 0, ..Key::single_device() }, "bob@example.test").await;
    browser.sign_in(&key).await.success();
    browser.sign_in(&key).await.success();
}

async fn r16_a_copy_that_calls_itself_synced_is_still_a_copy(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key { counter: 9, ..Key::single_device() }, "ada@example.test").await;
    key.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    for counter in [0, 3, 9] {
        key.counter = counter;
        let options = browser.begin_sign_in().await;
        expect_refusal(&app, &mut browser, SIGN_IN, &key.get(&options), "counter_regressed").await;
    }
}

async fn r16_backup_eligibility_may_not_fall(app: App) {
    sign_in_refused(&app, |key| key.flags &= !(BACKUP_ELIGIBLE | BACKED_UP), "passkey_changed").await;
}

async fn backed_up_but_not_eligible(app: App) {
    // A combination that the specification rules out (WebAuthn Level 3 §7.1 step 16, §7.2 step 18).
    sign_up_refused(&app, |key| key.flags &= !BACKUP_ELIGIBLE, "verification_failed").await;
    sign_in_refused(&app, |key| key.flags &= !BACKUP_ELIGIBLE, "passkey_changed").await;
}

async fn same_passkey_registered_twice(app: App) {
    let mut key = app.browser().sign_up("ada@example.test").await;
    let ada = key.user_handle.clone();
    for email in ["eve@example.test", "ada@example.test"] {
        let mut browser = app.browser();
        let options = browser.begin_sign_up(email).await;
        expect_refusal(&app, &mut browser, SIGN_UP, &key.create(&options), "passkey_exists").await;
    }
    // A stranger's key under a known credential id takes nothing over either.
    let mut thief = Key { id: key.id.clone(), ..Key::new() };
    let mut browser = app.browser();
    let options = browser.begin_sign_up("eve@example.test").await;
    expect_refusal(&app, &mut browser, SIGN_UP, &thief.create(&options), "passkey_exists").await;
    key.user_handle = ada;
    app.browser().sign_in(&key).await.success();
}

async fn bad_label(app: App) {
    let mut browser = app.browser();
    for label in ["x".repeat(65), "nul\0".to_owned(), "\u{202e}drow".to_owned()] {
        let options = browser.begin_sign_up("eve@example.test").await;
        let body = json!({ "response": Key::new().create(&options), "label": label });
        expect_ceremony_refused(&app, &mut browser, SIGN_UP, &body, "label_invalid").await;
    }
}
