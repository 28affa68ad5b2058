//! `X-Auth-Token`, as an app checks it: with the published keys and nothing of ours.

use axum::body::Body;
use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::support::mails::ADA;
use crate::support::{Answer, App, Browser, on_both_databases};

on_both_databases!(
    a_token_says_who_it_is_for_one_app_and_a_minute,
    whoever_is_not_named_gets_no_token,
    nothing_is_signed_where_nobody_wants_it,
    every_process_signs_and_publishes_the_same,
);

const KEYS: &str = "/.well-known/jwks.json";

async fn signing(app: &App) -> App {
    app.beside(&[("HOLDFAST_TRUSTED_PROXIES", "203.0.113.77"), ("HOLDFAST_FORWARD_TOKEN", "true")]).await
}

/// What the proxy asks when the browser goes to this app.
async fn ask(browser: &mut Browser, headers: &[(&str, &str)]) -> Answer {
    let about = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/app/")];
    browser.send(Method::GET, "/auth/forward", &[&about, headers].concat(), Body::empty()).await
}

const HOST: [(&str, &str); 2] = [("x-forwarded-proto", "https"), ("x-forwarded-host", "localhost:3000")];

/// As RFC 7519 §7.2 has it checked.
fn checked(token: &str, keys: &Value) -> Value {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let head: Value = serde_json::from_slice(&decode(header)).unwrap();
    assert_eq!((&head["alg"], &head["typ"]), (&json!("ES256"), &json!("JWT")));
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == head["kid"]).expect("its key");
    assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("EC"), &json!("P-256"), &json!("sig")));
    let coordinate = |name: &str| decode(key[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let signed = format!("{header}.{claims}");
    let signature = Signature::from_slice(&decode(signature)).unwrap();
    VerifyingKey::from_sec1_bytes(&point).unwrap().verify(signed.as_bytes(), &signature).unwrap();
    serde_json::from_slice(&decode(claims)).unwrap()
}

async fn a_token_says_who_it_is_for_one_app_and_a_minute(app: App) {
    let app = signing(&app).await;
    let (mut browser, _) = app.confirmed().await;
    let own = browser.session().await.success();
    let published = app.browser().get(KEYS).await;
    assert_eq!(published.header("content-type"), "application/jwk-set+json");
    assert_eq!(published.header("cache-control"), "public, max-age=300");
    let keys = published.success();
    let answer = ask(&mut browser, &HOST).await;
    let claims = checked(answer.header("x-auth-token"), &keys);
    let now = app.now() / 1000;
    let expected = json!({
        "iss": "http://localhost:3000",
        "aud": "https://localhost:3000",
        "sub": own["user"]["id"],
        "sid": own["session"]["id"],
        "iat": now,
        "exp": now + 60,
        "jti": claims["jti"],
        "email": ADA,
        "email_verified": true,
    });
    assert_eq!(claims, expected);
    assert_eq!(claims["sub"], answer.header("x-auth-user"));
    let again = ask(&mut browser, &HOST).await;
    assert_ne!(checked(again.header("x-auth-token"), &keys)["jti"], claims["jti"]);

    // An address that is only claimed is in no token.
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    let claims = checked(ask(&mut bob, &HOST).await.header("x-auth-token"), &keys);
    assert!(claims.get("email").is_none() && claims.get("email_verified").is_none(), "{claims}");
}

async fn whoever_is_not_named_gets_no_token(app: App) {
    let app = signing(&app).await;
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    // Without the app's origin it would be for every app.
    for missing in [&HOST[..1], &HOST[1..], &[("x-forwarded-proto", "https"), ("x-forwarded-host", "a,b")][..]] {
        let answer = ask(&mut browser, missing).await;
        assert!(answer.header("x-auth-token").is_empty(), "{answer:?}");
    }
    browser.sign_out().await.success();
    let refused = ask(&mut browser, &HOST).await;
    refused.refusal(401, "no_session");
    assert!(refused.header("x-auth-token").is_empty());
}

async fn nothing_is_signed_where_nobody_wants_it(app: App) {
    let app = app.beside(&[("HOLDFAST_TRUSTED_PROXIES", "203.0.113.77")]).await;
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    let answer = ask(&mut browser, &HOST).await;
    answer.success();
    assert!(answer.header("x-auth-token").is_empty(), "{answer:?}");
    app.browser().get(KEYS).await.refusal(404, "not_found");
}

async fn every_process_signs_and_publishes_the_same(app: App) {
    let (one, two) = (signing(&app).await, signing(&app).await);
    let mut browser = one.browser();
    browser.sign_up(ADA).await;
    let keys = two.browser().get(KEYS).await.success();
    assert_eq!(keys, one.browser().get(KEYS).await.success());
    checked(ask(&mut browser, &HOST).await.header("x-auth-token"), &keys);
}
