//! A key of the browser's own, shown in the ceremony that opens the session.

use serde_json::{Value, json};

use crate::support::{
    App, DeviceKey, Jwt, Key, SIGN_IN, SIGN_UP, ath, encode, expect_ceremony_refused, expect_challenge,
    on_both_databases, sensitive_calls,
};

on_both_databases!(
    a_session_says_which_key_it_is_bound_to,
    a_session_without_one_is_bound_to_its_cookie,
    what_browsers_add_to_a_jwk_is_ignored,
    each_bad_key_is_refused_at_sign_up,
    each_bad_key_is_refused_at_sign_in,
    each_bad_proof_is_refused_at_sign_up,
    each_bad_proof_is_refused_at_sign_in,
    a_member_of_another_shape_is_refused,
    a_key_of_another_session_is_refused,
    a_proof_for_another_ceremony_is_refused,
    answers_carry_nonce_and_ath_for_a_bound_session_only,
    a_cookie_alone_reads_what_it_may_and_nothing_else,
    a_cookie_alone_reads_no_panel,
    a_cookie_alone_finishes_no_passkey,
    signing_out_needs_no_proof,
    signing_in_needs_no_proof,
);

/// A way to spoil a good `deviceKey` member.
type Bend = fn(&DeviceKey, &mut Value);

async fn a_session_says_which_key_it_is_bound_to(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    for _ in 0..2 {
        let session = browser.session().await.success()["session"].clone();
        assert_eq!(session["binding"], "device_key");
        assert_eq!(session["deviceKey"], browser.device_key.as_ref().unwrap().thumbprint());
        assert_eq!(session["rotationDueAt"], "2026-11-22T19:49:56Z");
        browser.sign_in_bound(&key).await.success();
    }
}

async fn a_session_without_one_is_bound_to_its_cookie(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    // Signing in again without a key leaves nothing of the old one.
    browser.device_key = None;
    browser.sign_in(&key).await.success();
    let answer = browser.session().await;
    let session = answer.success()["session"].clone();
    assert_eq!(session["binding"], "cookie");
    assert!(session.get("deviceKey").is_none(), "{session}");
    let mut without = app.browser();
    let body = json!({ "response": key.get(&without.begin_sign_in().await), "deviceKey": null });
    without.post(SIGN_IN, &body).await.success();
    assert_eq!(without.session().await.success()["session"]["binding"], "cookie");
}

async fn what_browsers_add_to_a_jwk_is_ignored(app: App) {
    let mut browser = app.browser();
    let (mut key, device) = (browser.new_key(), DeviceKey::new());
    let options = browser.begin_sign_up("ada@example.test").await;
    let mut jwk = device.jwk();
    // As crypto.subtle.exportKey writes it.
    jwk["ext"] = json!(true);
    jwk["key_ops"] = json!(["verify"]);
    let proof = device
        .proof("POST", &browser.url(SIGN_UP))
        .with_header("jwk", jwk.clone())
        .with("iat", 1_795_376_096)
        .with("nonce", options["challenge"].clone());
    let body = json!({ "response": key.create(&options), "deviceKey": { "jwk": jwk, "proof": proof.encode() } });
    browser.post(SIGN_UP, &body).await.success();
    assert_eq!(browser.session().await.success()["session"]["deviceKey"], device.thumbprint());
}

/// Keys that are none.
const BAD_KEYS: [(&str, Bend); 12] = [
    ("with its private half", |device, offer| offer["jwk"] = device.private_jwk()),
    ("another than the proof's", |_, offer| offer["jwk"] = DeviceKey::new().jwk()),
    ("nothing", |_, offer| offer["jwk"] = json!({})),
    ("no x", |_, offer| drop(offer["jwk"].as_object_mut().unwrap().remove("x"))),
    ("no y", |_, offer| drop(offer["jwk"].as_object_mut().unwrap().remove("y"))),
    ("a short x", |_, offer| offer["jwk"]["x"] = json!(encode(&[7; 31]))),
    ("a long x", |_, offer| offer["jwk"]["x"] = json!(encode(&[7; 33]))),
    ("x with padding", |_, offer| {
        let padded = format!("{}=", offer["jwk"]["x"].as_str().unwrap());
        offer["jwk"]["x"] = json!(padded);
    }),
    ("another curve", |_, offer| offer["jwk"]["crv"] = json!("P-384")),
    ("another type", |_, offer| offer["jwk"]["kty"] = json!("RSA")),
    ("a symmetric one", |_, offer| offer["jwk"] = json!({ "kty": "oct", "k": "AAAA" })),
    ("a text", |_, offer| offer["jwk"] = json!("AAAA")),
];

/// Proofs that prove nothing.
const BAD_PROOFS: [(&str, Bend); 19] = [
    ("none", |_, offer| offer["proof"] = json!("")),
    ("garbage", |_, offer| offer["proof"] = json!("a.b.c")),
    ("two parts", |_, offer| {
        let proof = offer["proof"].as_str().unwrap().rsplit_once('.').unwrap().0.to_owned();
        offer["proof"] = json!(proof);
    }),
    ("four parts", |_, offer| offer["proof"] = json!(format!("{}.AAAA", offer["proof"].as_str().unwrap()))),
    ("8 kB", |_, offer| offer["proof"] = json!("A".repeat(8192))),
    ("not of type dpop+jwt", |d, offer| bend(d, offer, |p| p.with_header("typ", "jwt").encode())),
    ("without a type", |d, offer| bend(d, offer, |p| p.without_header("typ").encode())),
    ("alg none", |d, offer| bend(d, offer, |p| p.with_header("alg", "none").encode_with_signature(&[]))),
    ("HS256 with the public key", |d, offer| bend(d, offer, Jwt::encode_as_hs256)),
    ("called ES384", |d, offer| bend(d, offer, |p| p.with_header("alg", "ES384").encode())),
    ("without jwk", |d, offer| bend(d, offer, |p| p.without_header("jwk").encode())),
    ("signed by another", |d, offer| bend(d, offer, |p| p.signed_by(&DeviceKey::new()).encode())),
    ("signed in DER", |d, offer| bend(d, offer, |p| p.encode_with_der())),
    ("for GET", |d, offer| bend(d, offer, |p| p.with("htm", "GET").encode())),
    ("for another path", |d, offer| {
        bend(d, offer, |p| p.with("htu", "http://localhost:3000/auth/passkey/login/options").encode());
    }),
    ("for another origin", |d, offer| {
        bend(d, offer, |p| p.with("htu", "https://evil.example/auth/passkey/login/verify").encode());
    }),
    ("of another challenge", |d, offer| bend(d, offer, |p| p.with("nonce", "A".repeat(43)).encode())),
    ("of no challenge", |d, offer| bend(d, offer, |p| p.without("nonce").encode())),
    ("without jti", |d, offer| bend(d, offer, |p| p.without("jti").encode())),
];

/// Make the proof again, differently. What it spoke about is read from the good one.
fn bend(device: &DeviceKey, offer: &mut Value, how: impl FnOnce(Jwt) -> String) {
    let good = offer["proof"].as_str().unwrap();
    offer["proof"] = json!(how(Jwt::read(good, device)));
}

/// Each of these at sign-up: refused, and nothing is made.
async fn refused_at_sign_up(app: &App, bad: &[(&str, Bend)]) {
    for (what, bend) in bad {
        let mut browser = app.browser();
        let options = browser.begin_sign_up("eve@example.test").await;
        let device = DeviceKey::new();
        let mut offer = browser.offer(&device, &options, SIGN_UP);
        bend(&device, &mut offer);
        let body = json!({ "response": browser.new_key().create(&options), "deviceKey": offer });
        let answer = browser.clone().post(SIGN_UP, &body).await;
        assert_eq!(answer.code(), "device_key_invalid", "{what}: {answer:?}");
        answer.refusal(400, "device_key_invalid");
        assert!(answer.set_cookies().is_empty());
    }
    let stored = app.stored().await;
    assert!(stored.users.is_empty() && stored.credentials.is_empty() && stored.sessions.is_empty(), "{stored:?}");
}

/// Each of these at sign-in: refused, and nothing is changed.
async fn refused_at_sign_in(app: &App, bad: &[(&str, Bend)]) {
    let key = app.browser().sign_up("ada@example.test").await;
    let before = app.stored().await;
    for (what, bend) in bad {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        let device = DeviceKey::new();
        let mut offer = browser.offer(&device, &options, SIGN_IN);
        bend(&device, &mut offer);
        let body = json!({ "response": key.get(&options), "deviceKey": offer });
        let answer = browser.clone().post(SIGN_IN, &body).await;
        assert_eq!(answer.code(), "device_key_invalid", "{what}: {answer:?}");
        answer.refusal(400, "device_key_invalid");
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(app.stored().await, before);
}

async fn each_bad_key_is_refused_at_sign_up(app: App) {
    refused_at_sign_up(&app, &BAD_KEYS).await;
}

async fn each_bad_key_is_refused_at_sign_in(app: App) {
    refused_at_sign_in(&app, &BAD_KEYS).await;
}

async fn each_bad_proof_is_refused_at_sign_up(app: App) {
    refused_at_sign_up(&app, &BAD_PROOFS).await;
}

async fn each_bad_proof_is_refused_at_sign_in(app: App) {
    refused_at_sign_in(&app, &BAD_PROOFS).await;
}

async fn a_member_of_another_shape_is_refused(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let before = app.stored().await;
    for offer in [json!(7), json!("x"), json!([]), json!({}), json!({ "jwk": {} }), json!({ "proof": "x" })] {
        let mut browser = app.browser();
        let body = json!({ "response": key.get(&browser.begin_sign_in().await), "deviceKey": offer });
        let answer = browser.post(SIGN_IN, &body).await;
        let code = answer.code();
        assert!(["invalid_request", "device_key_invalid"].contains(&code.as_str()), "{offer}: {answer:?}");
        answer.refusal(400, &code);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(app.stored().await, before);
}

async fn a_key_of_another_session_is_refused(app: App) {
    let mut ada = app.browser();
    let key = ada.sign_up_bound("ada@example.test").await;
    let device = ada.device_key.clone().unwrap();
    // Her own in another browser, and that of a thief who got at the key and has an account himself.
    let bobs = app.browser().sign_up("bob@example.test").await;
    for key in [&key, &bobs] {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        let offer = browser.offer(&device, &options, SIGN_IN);
        let body = json!({ "response": key.get(&options), "deviceKey": offer });
        expect_ceremony_refused(&app, &mut browser, SIGN_IN, &body, "device_key_invalid").await;
    }
    ada.get("/auth/sessions").await.success();
}

async fn a_proof_for_another_ceremony_is_refused(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let (first, second) = (browser.begin_sign_in().await, browser.begin_sign_in().await);
    let offer = browser.offer(&DeviceKey::new(), &first, SIGN_IN);
    let body = json!({ "response": key.get(&second), "deviceKey": offer });
    expect_ceremony_refused(&app, &mut browser, SIGN_IN, &body, "device_key_invalid").await;
}

async fn answers_carry_nonce_and_ath_for_a_bound_session_only(app: App) {
    let mut browser = app.browser();
    let key: Key = browser.sign_up_bound("ada@example.test").await;
    let mut bare = browser.cookies_only();
    let present = ath(&browser.sid());
    for (path, status) in
        [("/auth/session", 200), ("/auth/passkeys", 200), ("/auth/session?watch=1", 200), ("/api-keys", 401)]
    {
        let answer = bare.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.header("dpop-nonce").len() >= 16, "{path}: {answer:?}");
        assert_eq!(answer.header("dpop-ath"), present, "{path}");
    }
    browser.session().await.success();
    let asked = browser.post("/api-keys", &json!({ "name": "x" })).await;
    asked.refusal(403, "step_up_required");
    assert_eq!(asked.header("dpop-ath"), present);
    assert!(!asked.header("dpop-nonce").is_empty());
    // Not the token that was sent, but the one that the browser has from now on.
    let rotated = browser.rotate().await;
    rotated.success();
    assert_eq!(rotated.header("dpop-ath"), ath(&browser.sid()));

    let mut unbound = app.browser();
    for answer in [unbound.session().await, unbound.sign_in(&key).await, unbound.session().await] {
        assert_eq!((answer.header("dpop-nonce"), answer.header("dpop-ath")), ("", ""), "{answer:?}");
    }
}

async fn a_cookie_alone_reads_what_it_may_and_nothing_else(app: App) {
    let mut browser = app.browser();
    browser.sign_up_bound("ada@example.test").await;
    let mut bare = browser.cookies_only();
    for path in ["/auth/session", "/auth/passkeys"] {
        bare.get(path).await.success();
    }
    for path in ["/account", "/account/sessions", "/account/api-keys", "/account/billing"] {
        assert_eq!(bare.open(path).await.status, 200, "{path}");
    }
    let before = app.stored().await;
    let rotate = (axum::http::Method::POST, "/auth/session/rotate", Some(json!({})));
    for (method, path, body) in sensitive_calls().into_iter().chain([rotate]) {
        let answer = bare.call(&method, path, body.as_ref()).await;
        assert_eq!(answer.code(), "dpop_proof_required", "{path}");
        answer.refusal(401, "dpop_proof_required");
        expect_challenge(&answer);
        assert!(answer.set_cookies().is_empty(), "{path}: {answer:?}");
    }
    assert_eq!(app.stored().await, before);
    // With the key each of them is heard.
    browser.session().await.success();
    for (method, path, body) in sensitive_calls() {
        let answer = browser.call(&method, path, body.as_ref()).await;
        assert!([200, 403].contains(&answer.status.as_u16()), "{path}: {answer:?}");
    }
}

async fn a_cookie_alone_reads_no_panel(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    browser.guarded_post("/api-keys", &json!({ "name": "very-own-name" }), &key).await.success();
    let mut bare = browser.cookies_only();
    let frame = bare.open("/account/api-keys").await;
    assert!(frame.status == 200 && !frame.text().contains("very-own-name"), "the frame is empty");
    for path in ["/account/sessions/panel", "/account/api-keys/panel"] {
        bare.get(path).await.refusal(401, "dpop_proof_required");
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    let panel = browser.get("/account/api-keys/panel").await;
    assert!(panel.text().contains("very-own-name"), "{}", panel.text());
    assert!(panel.header("content-type").starts_with("text/html"));
}

async fn a_cookie_alone_finishes_no_passkey(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    let options = browser.guarded_post("/auth/passkey/register/options", &json!({}), &key).await.success();
    let (mut bare, mut new) = (browser.cookies_only(), browser.new_key());
    let body = json!({ "response": new.create(&options) });
    bare.post(SIGN_UP, &body).await.refusal(401, "dpop_proof_required");
    assert_eq!(app.stored().await.credentials.len(), 1);
    browser.post(SIGN_UP, &body).await.success();
}

async fn signing_out_needs_no_proof(app: App) {
    let mut browser = app.browser();
    browser.sign_up_bound("ada@example.test").await;
    let mut bare = browser.cookies_only();
    app.advance(18 * 60);
    bare.sign_out().await.success();
    browser.session().await.refusal(401, "invalid_session");
    assert_eq!(app.end_reasons().await, ["sign_out"]);
}

async fn signing_in_needs_no_proof(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    app.advance(18 * 60);
    // The key is lost, the cookie is not.
    let mut bare = browser.cookies_only();
    bare.sign_in_bound(&key).await.success();
    assert_eq!(bare.session().await.success()["session"]["binding"], "device_key");
    bare.get("/auth/sessions").await.success();
}
