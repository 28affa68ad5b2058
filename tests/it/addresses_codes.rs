//! Codes: ten minutes, one use, five tries, one session. However many try at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use holdfast::throttle::Source;
use serde_json::{Value, json};

use super::throttle::strict;
use crate::support::mails::{ADA, EMAIL};
use crate::support::{App, Browser, Key, on_both_databases};

on_both_databases!(
    l09_of_a_hundred_who_redeem_a_code_at_once_one_succeeds,
    c03_a_code_works_for_ten_minutes_and_not_a_moment_longer,
    c03_after_five_tries_no_code_is_the_right_one,
    l09_a_hundred_wrong_codes_at_once_are_five_tries,
    no_setting_makes_the_tries_more,
    l09_only_the_session_that_asked_can_use_it,
    the_newest_code_is_the_one_that_works,
    l07_mails_are_capped_for_each_mailbox_whoever_asks,
    l07_mails_are_capped_for_each_source_whatever_mailbox,
    c03_a_code_is_not_sent_after_its_time,
    l09_codes_differ_and_fill_their_digits,
    expired_codes_are_forgotten,
);

async fn asked(app: &App) -> (Browser, Key, Value, String) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let id = browser.post(EMAIL, &json!({ "address": ADA })).await.success()["id"].clone();
    let code = app.code_to(ADA).await;
    (browser, key, id, code)
}

/// Another code than this one.
fn wrong(code: &str, by: u32) -> String {
    format!("{:08}", (code.parse::<u32>().unwrap() + by) % 100_000_000)
}

async fn l09_of_a_hundred_who_redeem_a_code_at_once_one_succeeds(app: App) {
    let (browser, _, id, code) = asked(&app).await;
    let tries = (0..100).map(|_| {
        let (mut browser, id, code) = (browser.clone(), id.clone(), code.clone());
        async move { browser.verify(&id, &code).await.code() }
    });
    let codes = join_all(tries).await;
    assert_eq!(codes.iter().filter(|code| code.is_empty()).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| ["", "code_not_found"].contains(&code.as_str())), "{codes:?}");
    assert_eq!(app.count_events("email_verified").await, 1);
    assert_eq!(app.count_events("email_code_fail").await, 99);
}

async fn c03_a_code_works_for_ten_minutes_and_not_a_moment_longer(app: App) {
    let (mut browser, _, id, code) = asked(&app).await;
    app.advance(10 * 60);
    browser.verify(&id, &code).await.refusal(409, "code_expired");
    assert_eq!(browser.addresses().await[0]["codeUntil"], json!(null));
    browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    let code = app.code_to(ADA).await;
    app.advance(10 * 60 - 1);
    browser.verify(&id, &code).await.success();
}

async fn c03_after_five_tries_no_code_is_the_right_one(app: App) {
    let (mut browser, _, id, code) = asked(&app).await;
    // What cannot be a code is none, and costs nothing.
    for nothing in ["", "1234", "123456789", "abcdefgh"] {
        browser.verify(&id, nothing).await.refusal(400, "code_wrong");
    }
    for by in 1..5 {
        browser.verify(&id, &wrong(&code, by)).await.refusal(400, "code_wrong");
    }
    browser.verify(&id, &wrong(&code, 5)).await.refusal(409, "code_spent");
    browser.verify(&id, &code).await.refusal(409, "code_spent");
    assert_eq!(browser.addresses().await[0]["verified"], false);
    browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    let code = app.code_to(ADA).await;
    browser.verify(&id, &code).await.success();
    let reasons: Vec<_> =
        app.events_of("email_code_fail").await.into_iter().map(|event| event.reason.unwrap()).collect();
    assert_eq!(reasons[reasons.len() - 2..], ["code_spent", "code_spent"]);
    assert_eq!(reasons.len(), 10);
}

async fn l09_a_hundred_wrong_codes_at_once_are_five_tries(app: App) {
    let (browser, _, id, code) = asked(&app).await;
    let tries = (0..100).map(|by| {
        let (mut browser, id, code) = (browser.clone(), id.clone(), wrong(&code, by + 1));
        async move { browser.verify(&id, &code).await.code() }
    });
    let codes = join_all(tries).await;
    assert_eq!(codes.iter().filter(|code| *code == "code_wrong").count(), 4, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "code_spent").count(), 96);
    browser.clone().verify(&id, &code).await.refusal(409, "code_spent");
}

async fn no_setting_makes_the_tries_more(app: App) {
    let generous = app.beside(&[("HOLDFAST_THROTTLE_SCALE", "1000000")]).await;
    let (mut browser, _, id, code) = asked(&generous).await;
    for by in 1..5 {
        browser.verify(&id, &wrong(&code, by)).await.refusal(400, "code_wrong");
    }
    browser.verify(&id, &wrong(&code, 5)).await.refusal(409, "code_spent");
    browser.verify(&id, &code).await.refusal(409, "code_spent");
}

async fn l09_only_the_session_that_asked_can_use_it(app: App) {
    let (mut browser, key, id, code) = asked(&app).await;
    let mut phone = app.browser();
    phone.sign_in(&key).await.success();
    phone.verify(&id, &code).await.refusal(404, "code_not_found");
    // Asking there leaves the first one as it is.
    phone.post(EMAIL, &json!({ "address": ADA })).await.success();
    assert_ne!(app.code_to(ADA).await, code);
    browser.verify(&id, &code).await.success();
    assert_eq!(app.count("address_codes").await, 2);

    let (mut bob, _, id, code) = {
        let mut browser = app.browser();
        let key = browser.sign_up("bob@example.test").await;
        let id = browser.post(EMAIL, &json!({ "address": "bob@example.test" })).await.success()["id"].clone();
        (browser, key, id, app.code_to("bob@example.test").await)
    };
    bob.sign_out().await.success();
    bob.verify(&id, &code).await.refusal(401, "no_session");
}

async fn the_newest_code_is_the_one_that_works(app: App) {
    let (mut browser, _, id, first) = asked(&app).await;
    browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    let second = app.code_to(ADA).await;
    browser.verify(&id, &first).await.refusal(400, "code_wrong");
    browser.verify(&id, &second).await.success();
}

async fn l07_mails_are_capped_for_each_mailbox_whoever_asks(app: App) {
    let app = strict(&app).await;
    let mut sent = 0;
    // From as many addresses as there are people.
    for n in 0..8_u8 {
        let mut browser = app.browser();
        browser.address = Some([198, 51, 100, n].into());
        browser.sign_up(ADA).await;
        let answer = browser.post(EMAIL, &json!({ "address": ADA })).await;
        if answer.status == 200 {
            sent += 1;
        } else {
            let refused = answer.refusal(429, "too_many_requests");
            assert_eq!(refused["retryAfter"], 30 * 60);
        }
    }
    assert_eq!(sent, 5);
    assert_eq!(app.letters().await.len(), 5);
    let limits = app.events_of("excess_rate_limit_exceeded").await;
    assert_eq!(limits.len(), 1, "one for each counter and window");
    assert_eq!(limits[0].reason.as_deref(), Some("mail_target"));
    assert!(limits[0].user_id.is_some());
    app.advance(30 * 60);
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    browser.post(EMAIL, &json!({ "address": ADA })).await.refusal(429, "too_many_requests");
}

async fn l07_mails_are_capped_for_each_source_whatever_mailbox(app: App) {
    let app = strict(&app).await;
    let source = Source { address: app.browser().address, ..Source::default() };
    for n in 0..19 {
        app.state.throttle.mail(&format!("n{n}@example.test"), &source).await.unwrap();
    }
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    let mut elsewhere = browser.clone();
    elsewhere.address = Some([198, 51, 100, 7].into());
    browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    let refused = browser.post(EMAIL, &json!({ "address": ADA })).await.refusal(429, "too_many_requests");
    assert_eq!(refused["retryAfter"], 3 * 60);
    elsewhere.post(EMAIL, &json!({ "address": ADA })).await.success();
    assert_eq!(app.letters().await.len(), 2);
}

async fn c03_a_code_is_not_sent_after_its_time(app: App) {
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    app.advance(10 * 60 + 1);
    assert!(app.letters().await.is_empty());
    assert_eq!(app.outbox_states().await[0].0, "dead");
}

async fn l09_codes_differ_and_fill_their_digits(app: App) {
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    let mut codes = BTreeSet::new();
    for _ in 0..40 {
        browser.post(EMAIL, &json!({ "address": ADA })).await.success();
        codes.insert(app.code_to(ADA).await);
    }
    // Of 10⁸ forty alike pair up once in 128 000 runs.
    assert_eq!(codes.len(), 40);
    let firsts: BTreeSet<_> = codes.iter().map(|code| &code[..1]).collect();
    let lasts: BTreeSet<_> = codes.iter().map(|code| &code[7..]).collect();
    assert!(firsts.len() > 5 && lasts.len() > 5, "{codes:?}");
}

async fn expired_codes_are_forgotten(app: App) {
    asked(&app).await;
    app.advance(25 * 60);
    app.tidy(1).await;
    assert_eq!(app.count("address_codes").await, 0);
    assert_eq!(app.count("addresses").await, 1);
}
