//! Changing the main address and taking one off: with a touch, and told to every address, the old one included.

use serde_json::{Value, json};

use crate::support::mails::{ADA, EMAIL};
use crate::support::{App, Browser, Key, on_both_databases};

on_both_databases!(
    s10_main_address_and_removal_need_a_touch_for_exactly_that,
    c13_every_change_is_told_to_the_addresses_that_were_there,
    the_main_address_stays_until_another_is,
    only_a_confirmed_address_can_be_the_main_one,
    what_nobody_has_confirmed_is_told_nothing,
);

const WORK: &str = "ada@work.example";
const PRIMARY: &str = "/account/email/primary";
const REMOVE: &str = "/account/email/remove";

/// A person with two confirmed addresses, and the ids of the main one and the other.
async fn two(app: &App) -> (Browser, Key, Value, Value) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let first = browser.confirm(app, ADA, &key).await;
    let second = browser.confirm(app, WORK, &key).await;
    app.letters().await;
    (browser, key, first, second)
}

fn recipients(letters: &[crate::support::mails::Letter]) -> Vec<&str> {
    let mut to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    to.sort_unstable();
    to
}

async fn s10_main_address_and_removal_need_a_touch_for_exactly_that(app: App) {
    let (mut browser, key, first, second) = two(&app).await;
    for (path, action) in [(PRIMARY, "email_primary"), (REMOVE, "email_remove")] {
        let refused = browser.post(path, &json!({ "id": second })).await.refusal(403, "step_up_required");
        assert_eq!(refused["stepUp"], json!({ "action": action, "params": { "id": second } }));
        browser.step_up(action, json!({ "id": first }), &key).await.success();
        browser.post(path, &json!({ "id": second })).await.refusal(403, "step_up_required");
    }
    assert!(app.letters().await.is_empty());
    assert_eq!(browser.addresses().await.len(), 2);
}

async fn c13_every_change_is_told_to_the_addresses_that_were_there(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let first = browser.confirm(&app, ADA, &key).await;
    let second = browser.confirm(&app, WORK, &key).await;
    let letters = app.letters().await;
    assert_eq!(recipients(&letters), [ADA]);
    assert!(letters[0].subject.contains("An address was added"), "{letters:?}");
    assert!(letters[0].text.contains(WORK), "{letters:?}");

    browser.guarded_post(PRIMARY, &json!({ "id": second }), &key).await.success();
    let letters = app.letters().await;
    assert_eq!(recipients(&letters), [ADA, WORK]);
    assert!(
        letters.iter().all(|letter| letter.text.contains("It was ada@example.test, and is ada@work.example now."))
    );
    assert_eq!(browser.session().await.success()["user"]["email"], WORK);

    browser.guarded_post(REMOVE, &json!({ "id": first }), &key).await.success();
    let letters = app.letters().await;
    assert_eq!(recipients(&letters), [ADA, WORK], "the one that was removed, too");
    assert!(letters.iter().all(|letter| letter.subject.contains("An address was taken off")), "{letters:?}");
    let list = browser.addresses().await;
    assert_eq!((list.len(), &list[0]["address"]), (1, &json!(WORK)));
    for kind in ["email_changed", "email_removed"] {
        let events = app.events_of(kind).await;
        assert_eq!(events.len(), 1, "{kind}");
        assert!(events[0].user_id.is_some() && events[0].session_id.is_some());
    }
}

async fn the_main_address_stays_until_another_is(app: App) {
    let (mut browser, key, first, second) = two(&app).await;
    browser.post(REMOVE, &json!({ "id": first })).await.refusal(409, "email_is_primary");
    browser.post(PRIMARY, &json!({ "id": first })).await.refusal(409, "email_is_primary");
    // A touch that was made before, and what it was for has changed meanwhile.
    browser.step_up("email_remove", json!({ "id": second }), &key).await.success();
    browser.guarded_post(PRIMARY, &json!({ "id": second }), &key).await.success();
    browser.post(REMOVE, &json!({ "id": second })).await.refusal(409, "email_is_primary");
    browser.guarded_post(REMOVE, &json!({ "id": first }), &key).await.success();
    browser.post(REMOVE, &json!({ "id": first })).await.refusal(404, "email_not_found");
}

async fn only_a_confirmed_address_can_be_the_main_one(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    browser.confirm(&app, ADA, &key).await;
    let id = browser.ask_for_code(WORK, &key).await.success()["id"].clone();
    browser.post(PRIMARY, &json!({ "id": id })).await.refusal(409, "email_not_verified");
}

async fn what_nobody_has_confirmed_is_told_nothing(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    browser.confirm(&app, ADA, &key).await;
    let id = browser.ask_for_code("stranger@example.test", &key).await.success()["id"].clone();
    app.letters().await;
    browser.guarded_post(REMOVE, &json!({ "id": id }), &key).await.success();
    assert!(app.letters().await.is_empty());
    assert_eq!(app.count("addresses").await, 1);
    // It was never the account's, so it can be added again at once.
    browser.ask_for_code("stranger@example.test", &key).await.success();
    browser.get(EMAIL).await.success();
}
