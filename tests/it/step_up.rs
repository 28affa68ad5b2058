//! One more touch of a passkey: which options it gets, and which answers count.

use serde_json::{Value, json};

use crate::support::{App, Browser, Key, SIGN_IN, SIGN_UP, USER_VERIFIED, flip_last_bit, on_both_databases};

on_both_databases!(
    the_options_ask_for_the_accounts_own_passkeys,
    an_unknown_action_or_bad_parameters_are_refused,
    a_step_up_needs_a_session,
    a_touch_gives_five_minutes_and_says_so,
    s12_one_that_is_not_used_runs_out,
    l10_the_challenge_is_single_use_and_expires,
    l10_a_login_assertion_is_no_step_up,
    l10_a_step_up_assertion_is_no_login,
    l10_a_step_up_is_no_registration,
    s12_another_accounts_passkey_is_refused,
    s12_a_bad_assertion_is_refused,
    s12_anothers_sessions_step_up_cannot_be_finished,
    s12_a_step_up_begun_before_a_new_sign_in_is_worth_nothing,
    s12_the_challenge_differs_for_each_action_and_each_time,
    a_step_up_survives_a_rotation_in_between,
    a_passkey_that_counts_goes_on_counting,
    stepping_up_uses_the_passkey,
    each_touch_leaves_its_event,
);

/// A way to spoil a good passkey.
type Bend = fn(&mut Key);

const OPTIONS: &str = "/auth/step-up/options";
const ACTION: &str = "api_key_create";

fn params() -> Value {
    json!({ "name": "deploy" })
}

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

/// The touch did not count: nothing was granted, and the token is the one it was.
async fn expect_no_grant(app: &App, browser: &mut Browser, response: Value, codes: &[&str]) {
    // A use of the session, so that what follows changes nothing by being one.
    browser.session().await.success();
    let before = app.stored().await;
    let failures = app.count_events("authn_step_up_fail").await;
    let answer = browser.finish_step_up(response).await;
    let code = answer.code();
    assert!(codes.contains(&code.as_str()), "{code} is none of {codes:?}");
    answer.refusal(400, &code);
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
    assert_eq!(app.stored().await, before);
    let failed = app.events_of("authn_step_up_fail").await;
    assert_eq!(failed.len(), failures + 1, "{code}: not told");
    assert_eq!(failed[failures].reason.as_deref(), Some(code.as_str()));
    browser.post("/api-keys", &params()).await.refusal(403, "step_up_required");
    assert!(browser.session().await.success()["session"].get("steppedUpUntil").is_none());
}

async fn the_options_ask_for_the_accounts_own_passkeys(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    app.browser().sign_up("bob@example.test").await;
    let answer = browser.post(OPTIONS, &json!({ "action": "session_continue", "params": {} })).await;
    let options = answer.success();
    assert!(answer.set_cookie("__Host-ceremony").is_some());
    assert!(options.get("publicKey").is_none(), "no wrapper: {options}");
    let allowed = options["allowCredentials"].as_array().unwrap();
    assert_eq!(allowed.len(), 1, "{options}");
    assert_eq!(allowed[0]["id"], key.get(&options)["id"]);
    assert_eq!(allowed[0]["type"], "public-key");
    assert_eq!(options["rpId"], "localhost");
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["timeout"], 300_000);
    assert!(!answer.text().contains("null"), "what parse…FromJSON would refuse: {options}");
}

async fn an_unknown_action_or_bad_parameters_are_refused(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let id = browser.session().await.success()["session"]["id"].clone();
    let ceremonies = app.count_ceremonies().await;
    let mut taken = Vec::new();
    for body in [
        json!({}),
        json!({ "params": {} }),
        json!({ "action": "fly", "params": {} }),
        json!({ "action": "", "params": {} }),
        json!({ "action": 7, "params": {} }),
        json!({ "action": "Session_Continue", "params": {} }),
        json!({ "action": "session_continue", "params": [] }),
        json!({ "action": "session_continue", "params": "{}" }),
        json!({ "action": "api_key_create", "params": {} }),
        json!({ "action": "api_key_create", "params": { "name": 7 } }),
        json!({ "action": "api_key_create", "params": { "name": ["x"] } }),
        json!({ "action": "api_key_revoke", "params": {} }),
        json!({ "action": "api_key_revoke", "params": { "id": 7 } }),
        json!({ "action": "session_revoke", "params": {} }),
        json!({ "action": "session_revoke", "params": { "others": false } }),
        json!({ "action": "session_revoke", "params": { "others": "true" } }),
        json!({ "action": "session_revoke", "params": { "id": id, "others": true } }),
    ] {
        let answer = browser.post(OPTIONS, &body).await;
        if (answer.status.as_u16(), answer.code().as_str()) != (400, "invalid_request") {
            taken.push(format!("{body}: {}", answer.text()));
        }
    }
    assert_eq!(taken, Vec::<String>::new());
    assert_eq!(app.count_ceremonies().await, ceremonies);
}

async fn a_step_up_needs_a_session(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let asked = json!({ "action": ACTION, "params": params() });
    app.browser().post(OPTIONS, &asked).await.refusal(401, "no_session");
    let response = key.get(&browser.begin_step_up(ACTION, params()).await);
    let mut signed_out = browser.clone();
    signed_out.cookies.remove("__Host-sid");
    signed_out.finish_step_up(response.clone()).await.refusal(401, "no_session");
    let ended = browser.clone();
    browser.sign_out().await.success();
    ended.clone().post(OPTIONS, &asked).await.refusal(401, "invalid_session");
    ended.clone().finish_step_up(response).await.refusal(401, "invalid_session");
    assert_eq!(app.count_events("authn_step_up_success").await, 0);
}

async fn a_touch_gives_five_minutes_and_says_so(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    assert!(browser.session().await.success()["session"].get("steppedUpUntil").is_none());
    let before = browser.sid();
    let answer = browser.step_up(ACTION, params(), &key).await;
    assert_eq!(answer.success(), json!({ "ok": true, "validUntil": "2026-11-22T19:39:56Z" }));
    assert!(answer.new_sid().is_some_and(|next| next != before), "S03");
    let cookie = answer.set_cookie("__Host-step-up").expect("what makes it this browser's");
    for attribute in ["HttpOnly", "Secure", "Path=/", "SameSite=Lax", "Max-Age=300"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let session = browser.session().await.success()["session"].clone();
    assert_eq!(session["steppedUpUntil"], "2026-11-22T19:39:56Z");
    browser.post("/api-keys", &params()).await.success();
    assert!(browser.session().await.success()["session"].get("steppedUpUntil").is_none(), "it is spent");
}

async fn s12_one_that_is_not_used_runs_out(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for (wait, lasts) in [(299, true), (301, false)] {
        browser.step_up(ACTION, params(), &key).await.success();
        app.advance(wait);
        let shown = browser.session().await.success()["session"].get("steppedUpUntil").is_some();
        assert_eq!(shown, lasts, "after {wait} seconds");
        let status = browser.post("/api-keys", &params()).await.status.as_u16();
        assert_eq!(status, if lasts { 200 } else { 403 }, "after {wait} seconds");
    }
}

async fn l10_the_challenge_is_single_use_and_expires(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let response = key.get(&browser.begin_step_up("session_continue", json!({})).await);
    browser.finish_step_up(response.clone()).await.success();
    app.advance(301);
    expect_no_grant(&app, &mut browser, response, &["challenge_used"]).await;
    let response = key.get(&browser.begin_step_up(ACTION, params()).await);
    app.advance(301);
    expect_no_grant(&app, &mut browser, response, &["challenge_expired"]).await;
    let never = key.get(&json!({ "challenge": "A".repeat(43) }));
    expect_no_grant(&app, &mut browser, never, &["challenge_unknown"]).await;
}

async fn l10_a_login_assertion_is_no_step_up(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let response = key.get(&browser.begin_sign_in().await);
    expect_no_grant(&app, &mut browser, response, &["ceremony_mismatch"]).await;
}

async fn l10_a_step_up_assertion_is_no_login(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let before = app.stored().await;
    for signed_in in [true, false] {
        let response = key.get(&browser.begin_step_up(ACTION, params()).await);
        let mut browser = browser.clone();
        if !signed_in {
            browser.cookies.remove("__Host-sid");
        }
        let answer = browser.post(SIGN_IN, &json!({ "response": response })).await;
        answer.refusal(400, "ceremony_mismatch");
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(app.stored().await, before);
}

/// A registration over the challenge of request options.
fn created_over(options: &Value) -> Value {
    Key::new().create(&json!({ "challenge": options["challenge"], "user": { "id": "AAAA" } }))
}

async fn l10_a_step_up_is_no_registration(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let before = app.stored().await;
    // A registration, where an assertion belongs, over the challenge of the step-up and of a registration.
    let options = browser.begin_step_up(ACTION, params()).await;
    let created = created_over(&options);
    let codes = ["response_malformed", "ceremony_mismatch"];
    expect_no_grant(&app, &mut browser, created, &codes).await;
    let mut stranger = app.browser();
    let options = stranger.begin_sign_up("eve@example.test").await;
    browser.cookies.insert("__Host-ceremony".into(), stranger.cookies["__Host-ceremony"].clone());
    let created = browser.new_key().create(&options);
    expect_no_grant(&app, &mut browser, created, &codes).await;
    // And the other way round.
    let options = browser.begin_step_up("passkey_add", json!({})).await;
    let created = created_over(&options);
    for signed_in in [true, false] {
        let mut browser = browser.clone();
        if !signed_in {
            browser.cookies.remove("__Host-sid");
        }
        let answer = browser.post(SIGN_UP, &json!({ "response": created })).await;
        assert!((400..=403).contains(&answer.status.as_u16()), "{answer:?}");
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(app.stored().await, before);
}

async fn s12_another_accounts_passkey_is_refused(app: App) {
    let (mut browser, ada) = signed_up(&app).await;
    let bob = app.browser().sign_up("bob@example.test").await;
    let codes = ["passkey_unknown", "user_handle_mismatch"];
    let options = browser.begin_step_up(ACTION, params()).await;
    expect_no_grant(&app, &mut browser, bob.get(&options), &codes).await;
    // Nor with Ada's user handle, and nor with no handle at all (an allow list makes it optional).
    for user_handle in [ada.user_handle.clone(), None] {
        let options = browser.begin_step_up(ACTION, params()).await;
        let thief = Key { user_handle, ..bob.clone() };
        expect_no_grant(&app, &mut browser, thief.get(&options), &codes).await;
    }
    let options = browser.begin_step_up(ACTION, params()).await;
    let unregistered = Key { user_handle: ada.user_handle, ..browser.new_key() };
    expect_no_grant(&app, &mut browser, unregistered.get(&options), &["passkey_unknown"]).await;
}

async fn s12_a_bad_assertion_is_refused(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let bent: [(&str, Bend); 4] = [
        ("user_not_verified", |key| key.flags &= !USER_VERIFIED),
        ("origin_mismatch", |key| key.origin = "https://evil.example".into()),
        ("rp_id_mismatch", |key| key.rp_id = "evil.example".into()),
        ("signature_invalid", |key| key.signing = Key::new().signing),
    ];
    for (code, bend) in bent {
        let mut key = key.clone();
        bend(&mut key);
        let response = key.get(&browser.begin_step_up(ACTION, params()).await);
        expect_no_grant(&app, &mut browser, response, &[code]).await;
    }
    let good = key.get(&browser.begin_step_up(ACTION, params()).await);
    expect_no_grant(&app, &mut browser, flip_last_bit(&good, "signature"), &["signature_invalid"]).await;
    // A failed try spends the challenge.
    expect_no_grant(&app, &mut browser, good, &["challenge_used"]).await;
}

async fn s12_anothers_sessions_step_up_cannot_be_finished(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    // Her own second browser, and one that shares even the ceremony cookie with the first.
    let mut second = app.browser();
    second.sign_in(&key).await.success();
    let mut sharing = second.clone();
    let response = key.get(&ada.begin_step_up(ACTION, params()).await);
    sharing.cookies.insert("__Host-ceremony".into(), ada.cookies["__Host-ceremony"].clone());
    let codes = ["challenge_unknown", "ceremony_mismatch"];
    expect_no_grant(&app, &mut second, response.clone(), &codes).await;
    expect_no_grant(&app, &mut sharing, response, &codes).await;
}

async fn s12_a_step_up_begun_before_a_new_sign_in_is_worth_nothing(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let response = key.get(&browser.begin_step_up(ACTION, params()).await);
    browser.sign_in(&key).await.success();
    expect_no_grant(&app, &mut browser, response, &["challenge_unknown", "ceremony_mismatch"]).await;
}

async fn s12_the_challenge_differs_for_each_action_and_each_time(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    let mut seen = std::collections::HashSet::new();
    for (action, params) in [
        ("session_continue", json!({})),
        ("passkey_add", json!({})),
        ("passkey_add", json!({})),
        ("api_key_create", json!({ "name": "a" })),
        ("api_key_create", json!({ "name": "b" })),
        ("payout_update", json!({ "accountHolder": "Ada", "iban": "NO9386011117947" })),
        ("payout_update", json!({ "accountHolder": "Ada", "iban": "GB29NWBK60161331926819" })),
        ("session_revoke", json!({ "others": true })),
    ] {
        let options = browser.begin_step_up(action, params).await;
        let challenge = options["challenge"].as_str().unwrap().to_owned();
        assert_eq!(challenge.len(), 43, "32 bytes: {challenge}");
        assert!(seen.insert(challenge));
    }
}

async fn a_step_up_survives_a_rotation_in_between(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    app.advance(14 * 60);
    let response = key.get(&browser.begin_step_up(ACTION, params()).await);
    app.advance(60);
    // Another tab takes the token on while the person looks for their key.
    assert!(browser.session().await.new_sid().is_some());
    browser.finish_step_up(response).await.success();
    browser.post("/api-keys", &params()).await.success();
}

async fn a_passkey_that_counts_goes_on_counting(app: App) {
    let mut browser = app.browser();
    let mut key = browser.sign_up_with(Key { counter: 5, ..Key::single_device() }, "ada@example.test").await;
    for counter in [5, 4] {
        key.counter = counter;
        let response = key.get(&browser.begin_step_up(ACTION, params()).await);
        expect_no_grant(&app, &mut browser, response, &["counter_regressed"]).await;
    }
    key.counter = 6;
    browser.step_up(ACTION, params(), &key).await.success();
    assert_eq!(app.stored().await.credentials[0].sign_count, 6);
}

async fn stepping_up_uses_the_passkey(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    app.advance(7);
    browser.step_up("session_continue", json!({}), &key).await.success();
    assert_eq!(app.stored().await.credentials[0].last_used_at, Some(app.now()));
}

async fn each_touch_leaves_its_event(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let asked = browser.post("/api-keys", &params()).await.refusal(403, "step_up_required");
    let touched = browser.step_up(ACTION, params(), &key).await;
    let stored = app.stored().await;
    let required = app.events_of("authn_step_up_required").await;
    assert_eq!(required.len(), 1);
    assert_eq!(required[0].reason.as_deref(), Some(ACTION));
    assert_eq!(json!(required[0].request_id), asked["requestId"]);
    let done = app.events_of("authn_step_up_success").await;
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].request_id, touched.header("x-request-id"));
    assert_eq!(done[0].credential_id, Some(stored.credentials[0].id));
    for event in required.iter().chain(&done) {
        assert_eq!((event.user_id, event.session_id), (Some(stored.users[0].id), Some(stored.sessions[0].id)));
    }
}
