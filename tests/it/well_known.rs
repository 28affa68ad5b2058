//! `/.well-known/`: what it says, and that ceremonies are verified by what it says.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    where_nothing_is_configured_there_is_nothing,
    the_list_of_related_origins_is_what_ceremonies_are_verified_by,
    a_related_origin_has_calls_of_its_own_and_none_of_ours,
    password_managers_find_the_way,
    whoever_has_found_a_hole_finds_whom_to_tell,
    no_options_ask_for_more_than_a_passkey,
);

const RELATED: &str = "https://example.de";
const OTHER: &str = "https://example.fr";

async fn where_nothing_is_configured_there_is_nothing(app: App) {
    let mut browser = app.browser();
    for path in ["/.well-known/webauthn", "/.well-known/security.txt", "/.well-known/nothing"] {
        browser.get(path).await.refusal(404, "not_found");
    }
    // And no other origin's ceremony is accepted.
    sign_up_from(&mut browser, RELATED).await.0.refusal(400, "origin_mismatch");
}

/// Make an account with a passkey made on a page of this origin, for our relying party id.
async fn sign_up_from(browser: &mut Browser, origin: &str) -> (Answer, Key) {
    let mut key = Key { origin: origin.to_owned(), ..browser.new_key() };
    let options = browser.begin_sign_up("ada@example.test").await;
    let answer = browser.finish_sign_up(key.create(&options)).await;
    (answer, key)
}

async fn the_list_of_related_origins_is_what_ceremonies_are_verified_by(app: App) {
    let app = app.beside(&[("HOLDFAST_RELATED_ORIGINS", "https://example.de, https://example.fr/")]).await;
    let answer = app.browser().get("/.well-known/webauthn").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let listed = answer.success();
    assert_eq!(listed, json!({ "origins": [RELATED, OTHER] }));
    for origin in listed["origins"].as_array().unwrap().iter().map(|origin| origin.as_str().unwrap()) {
        let mut browser = app.browser();
        let (made, key) = sign_up_from(&mut browser, origin).await;
        made.success();
        browser.sign_in(&key).await.success();
        let touched = browser.step_up("passkey_add", json!({}), &key).await;
        touched.success();
    }
    let mut browser = app.browser();
    let key = browser.sign_up("bob@example.test").await;
    for origin in [
        "https://example.de:8443",
        "http://example.de",
        "https://www.example.de",
        "https://example.de.evil.test",
        "https://example.com",
    ] {
        sign_up_from(&mut app.browser(), origin).await.0.refusal(400, "origin_mismatch");
        let there = Key { origin: origin.to_owned(), ..key.clone() };
        app.browser().sign_in(&there).await.refusal(400, "origin_mismatch");
    }
    // In a frame on a related origin it is as cross-origin as anywhere.
    let framed = Key { origin: RELATED.to_owned(), cross_origin: true, ..key };
    app.browser().sign_in(&framed).await.refusal(400, "origin_mismatch");
}

async fn a_related_origin_has_calls_of_its_own_and_none_of_ours(app: App) {
    let app = app.beside(&[("HOLDFAST_RELATED_ORIGINS", RELATED)]).await;
    let key = app.browser().sign_up("ada@example.test").await;
    let json = ("content-type", "application/json");
    let path = "/auth/passkey/login/options";
    // Its own host passes the call on: to the browser that is one origin.
    for headers in [
        &[json, ("origin", RELATED), ("host", "example.de")][..],
        &[json, ("origin", RELATED), ("host", "example.de"), ("sec-fetch-site", "same-origin")],
    ] {
        let mut there = app.browser();
        let options = there.send(Method::POST, path, headers, Body::from("{}")).await.success();
        let key = Key { origin: RELATED.to_owned(), ..key.clone() };
        let body = json!({ "response": key.get(&options) }).to_string();
        there.send(Method::POST, "/auth/passkey/login/verify", headers, body.into()).await.success();
        assert!(there.cookies.contains_key("__Host-sid"));
    }
    // A call from its page to our own host is from another site, whatever the list says.
    for headers in [
        &[json, ("origin", RELATED)][..],
        &[json, ("origin", RELATED), ("sec-fetch-site", "cross-site")],
        &[json, ("origin", RELATED), ("sec-fetch-site", "same-site")],
    ] {
        let refused = app.browser().send(Method::POST, path, headers, Body::from("{}")).await;
        refused.refusal(403, "cross_site");
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }
}

async fn password_managers_find_the_way(app: App) {
    let mut browser = app.browser();
    let page = "http://localhost:3000/account/passkeys";
    let endpoints: Value = browser.get("/.well-known/passkey-endpoints").await.success();
    assert_eq!(endpoints, json!({ "enroll": page, "manage": page }));
    let sent_on = browser.open("/.well-known/change-password").await;
    assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (303, "/account/passkeys"));
    // Browsers believe that only where an address that cannot be there is not there.
    let path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(browser.open(path).await.status, 404);
}

async fn whoever_has_found_a_hole_finds_whom_to_tell(app: App) {
    let contact = ("HOLDFAST_SECURITY_CONTACT", "security@example.com");
    let secure = app.beside(&[contact, ("HOLDFAST_ORIGIN", "https://login.example.com")]).await;
    let answer = secure.browser().get("/.well-known/security.txt").await;
    answer.ok();
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        answer.text(),
        "Contact: mailto:security@example.com\nExpires: 2027-05-21T19:34:56Z\nPreferred-Languages: en\n\
         Canonical: https://login.example.com/.well-known/security.txt\n"
    );
    // On the developer's machine nothing in it may be an http address.
    let plain = app.beside(&[("HOLDFAST_SECURITY_CONTACT", "https://example.com/report")]).await;
    let answer = plain.browser().get("/.well-known/security.txt").await;
    assert!(answer.text().starts_with("Contact: https://example.com/report\n"), "{}", answer.text());
    assert!(!answer.text().contains("http:"), "{}", answer.text());
    app.advance(24 * 60 * 60);
    let later = plain.browser().get("/.well-known/security.txt").await;
    assert!(later.text().contains("Expires: 2027-05-22T19:34:56Z"), "{}", later.text());
}

async fn no_options_ask_for_more_than_a_passkey(app: App) {
    let mut browser = app.browser();
    let mut key = browser.new_key();
    let sign_up = browser.begin_sign_up("ada@example.test").await;
    browser.finish_sign_up(key.create(&sign_up)).await.success();
    let sign_in = app.browser().begin_sign_in().await;
    let step_up = browser.begin_step_up("passkey_add", json!({})).await;
    browser.finish_step_up(key.get(&step_up)).await.success();
    let another = browser.post("/auth/passkey/register/options", &json!({})).await.success();
    let here = json!(["client-device"]);
    for (name, options, hints) in [
        ("up", &sign_up, &here),
        ("in", &sign_in, &Value::Null),
        ("touch", &step_up, &Value::Null),
        ("another", &another, &Value::Null),
    ] {
        assert!(options["challenge"].is_string(), "{name}: {options}");
        // Secrets for others to encrypt with are no business of a login's.
        for extension in ["prf", "hmacCreateSecret", "largeBlob", "credBlob", "appid"] {
            assert!(options["extensions"].get(extension).is_none(), "{name}: {options}");
        }
        // Which kind of passkey to use is the person's choice, wherever there is one.
        assert_eq!(&options["hints"], hints, "{name}: {options}");
        assert!(options.get("mediation").is_none(), "{name}: {options}");
    }
}
