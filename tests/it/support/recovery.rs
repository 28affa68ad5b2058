//! Getting back in, as its pages do it.

use std::time::Duration;

use serde_json::{Value, json};

use super::mails::{ADA, Letter};
use super::{Answer, App, Browser, Key};

pub const HOUR: u64 = 60 * 60;
pub const DAY: u64 = 24 * HOUR;
pub const START: &str = "/auth/recovery/start";
const APPROVE: &str = "/auth/recovery/approve";
pub const CODES: &str = "/account/recovery-codes";

/// A person who has saved codes, in an ordinary browser.
pub async fn saved(app: &App) -> (Browser, Key, Vec<String>) {
    let (mut browser, key) = app.confirmed().await;
    let codes = make_codes(&mut browser, &key).await;
    app.letters().await;
    (browser, key, codes)
}

pub async fn make_codes(browser: &mut Browser, key: &Key) -> Vec<String> {
    let made = browser.guarded_post(CODES, &json!({}), key).await.success();
    let codes: Vec<String> =
        made["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().into()).collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(made["text"], codes.join("\n"));
    codes
}

/// The mail that this begins with. It is on its way when the answer is.
pub async fn letter(app: &App, to: &str, subject: &str) -> Letter {
    for _ in 0..250 {
        let found = app.letters().await.into_iter().find(|it| it.to == to && it.subject.starts_with(subject));
        if let Some(letter) = found {
            return letter;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no “{subject}” went to {to}")
}

pub async fn start(browser: &mut Browser, email: &str) -> String {
    let begun = browser.post(START, &json!({ "email": email })).await.success();
    begun["token"].as_str().unwrap().to_owned()
}

pub async fn show(browser: &mut Browser, token: &str, method: &str, code: &str) -> Answer {
    browser.post(APPROVE, &json!({ "token": token, "method": method, "code": code })).await
}

pub async fn status(browser: &mut Browser, token: &str) -> Value {
    browser.post("/auth/recovery/status", &json!({ "token": token })).await.success()
}

/// Both codes are shown: the wait is on.
pub async fn waiting(app: &App, browser: &mut Browser, code: &str) -> String {
    let token = start(browser, ADA).await;
    let mailed = letter(app, ADA, "Your recovery code").await.code();
    show(browser, &token, "mail", &mailed).await.success();
    let now = show(browser, &token, "saved_code", code).await.success();
    assert_eq!(now["stage"], "waiting");
    token
}

pub async fn complete(browser: &mut Browser, token: &str) -> (Key, Answer) {
    let options = browser.post("/auth/recovery/complete/options", &json!({ "token": token })).await;
    let mut key = browser.new_key();
    if !options.status.is_success() {
        return (key, options);
    }
    let response = key.create(&options.json());
    let body = json!({ "token": token, "response": response });
    let answer = browser.post("/auth/recovery/complete/verify", &body).await;
    (key, answer)
}

pub async fn recovered(app: &App, browser: &mut Browser, code: &str) -> Key {
    let token = waiting(app, browser, code).await;
    app.advance(DAY);
    let (key, answer) = complete(browser, &token).await;
    answer.success();
    app.letters().await;
    key
}

/// Touch a suspended passkey, so that it may come back.
pub async fn restore_token(browser: &mut Browser, key: &Key) -> Answer {
    let options = browser.post("/auth/recovery/restore/options", &json!({})).await.success();
    browser.post("/auth/recovery/restore/verify", &json!({ "response": key.get(&options) })).await
}
