//! Input that no honest client sends: it is refused, and is never a 5xx.

use serde_json::{Value, json};

use crate::support::{App, Browser, Key, edit_bytes, on_both_databases};

on_both_databases!(
    no_bent_sign_up_is_accepted_or_breaks_the_server,
    no_bent_sign_in_is_accepted_or_breaks_the_server,
    no_flipped_bit_of_an_assertion_is_accepted,
    deep_and_long_json_is_refused_in_order,
);

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    match value {
        Value::Object(members) => members.iter().for_each(|(name, v)| places(v, &format!("{at}/{name}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

/// What can be put in any place.
fn replacements() -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("!"),
        json!("AA"),
        json!("A"),
        json!("\u{0}"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "": {} }),
    ];
    values.push(json!("A".repeat(30_000)));
    values
}

/// Members that say nothing a server must believe, so that changing them may change nothing. (At registration the
/// credential id is the one inside the attestation object.)
fn is_decoration(kind: &str, place: &str) -> bool {
    ["/id", "/authenticatorAttachment", "/clientExtensionResults", "/type", "/response/transports"]
        .iter()
        .any(|member| place.starts_with(member))
        || (kind == "register" && place == "/rawId")
}

async fn no_bent_sign_up_is_accepted_or_breaks_the_server(app: App) {
    let mut found = Vec::new();
    let mut browser = app.browser();
    let options = browser.begin_sign_up("eve@example.test").await;
    places(&Key::new().create(&options), "", &mut found);
    assert!(found.len() > 8, "{found:?}");
    for place in &found {
        for value in replacements() {
            let mut browser = app.browser();
            let options = browser.begin_sign_up("eve@example.test").await;
            let mut response = Key::new().create(&options);
            *response.pointer_mut(place).unwrap() = value.clone();
            check(&app, &mut browser, "register", response, place, &value).await;
        }
    }
}

async fn no_bent_sign_in_is_accepted_or_breaks_the_server(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut found = Vec::new();
    places(&key.get(&json!({ "challenge": "" })), "", &mut found);
    for place in &found {
        for value in replacements() {
            let mut browser = app.browser();
            let options = browser.begin_sign_in().await;
            let mut response = key.get(&options);
            *response.pointer_mut(place).unwrap() = value.clone();
            check(&app, &mut browser, "login", response, place, &value).await;
        }
    }
}

async fn check(app: &App, browser: &mut Browser, kind: &str, response: Value, place: &str, value: &Value) {
    let before = app.stored().await.sessions.len();
    let answer = browser.post(&format!("/auth/passkey/{kind}/verify"), &json!({ "response": response })).await;
    let accepted = answer.status == 200;
    assert!(accepted || answer.status == 400, "{place} = {value}: {} {}", answer.status, answer.text());
    assert!(!accepted || is_decoration(kind, place), "{place} = {value} was accepted");
    assert_eq!(app.stored().await.sessions.len(), before + usize::from(accepted));
}

async fn no_flipped_bit_of_an_assertion_is_accepted(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let before = app.stored().await;
    for (member, step) in [("authenticatorData", 1), ("clientDataJSON", 5), ("signature", 3), ("userHandle", 5)] {
        let honest = key.get(&json!({ "challenge": "A".repeat(43) }));
        let length = honest["response"][member].as_str().unwrap().len() * 3 / 4;
        for (number, at) in (0..length.min(100)).step_by(step).enumerate() {
            let mut browser = app.browser();
            let options = browser.begin_sign_in().await;
            let bent = edit_bytes(&key.get(&options), member, |bytes| {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << (number % 8);
                } else {
                    bytes.push(0);
                }
            });
            let answer = browser.finish_sign_in(bent).await;
            assert_eq!(answer.status, 400, "{member} byte {at}: {}", answer.text());
        }
    }
    assert_eq!(app.stored().await, before);
}

async fn deep_and_long_json_is_refused_in_order(app: App) {
    let mut browser = app.browser();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let json = [("content-type", "application/json")];
    for depth in [100, 1000, 30_000] {
        for path in ["register/options", "register/verify", "login/options", "login/verify"] {
            for member in ["response", "email", "extra"] {
                let body = format!("{{\"{member}\":{}}}", nested(depth));
                let path = format!("/auth/passkey/{path}");
                let answer = browser.send(axum::http::Method::POST, &path, &json, body.into()).await;
                assert!(!answer.status.is_server_error(), "{path} {member} {depth}: {}", answer.text());
            }
        }
    }
    // The same inside what the browser says it signed, and inside what the authenticator made.
    let key = app.browser().sign_up("ada@example.test").await;
    let options = browser.begin_sign_in().await;
    let deep = edit_bytes(&key.get(&options), "clientDataJSON", |bytes| {
        bytes.pop();
        bytes.extend_from_slice(format!(",\"x\":{}}}", nested(5000)).as_bytes());
    });
    assert_eq!(browser.finish_sign_in(deep).await.status, 400);
    for attestation in
        [vec![0x81; 20_000], vec![0x9f; 20_000], vec![0x5b, 255, 255, 255, 255, 255, 255, 255, 255], vec![0xbb; 9]]
    {
        let options = browser.begin_sign_up("eve@example.test").await;
        let bent = edit_bytes(&Key::new().create(&options), "attestationObject", |bytes| *bytes = attestation);
        browser.finish_sign_up(bent).await.refusal(400, "response_malformed");
    }
}
