//! An address that belongs to another account: nothing tells so but the mail, which its owner alone reads.

use serde_json::json;

use crate::support::mails::{ADA, EMAIL};
use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    l06_an_address_of_another_account_is_answered_like_any_other,
    l06_asking_for_it_costs_the_same_statements,
    its_owner_is_told_and_no_code_is_the_right_one,
    who_claims_it_at_sign_up_cannot_confirm_it_either,
    of_two_who_hold_a_code_for_one_address_one_gets_it,
    an_address_that_was_removed_lately_is_still_its_owners,
);

const FREE: &str = "free@example.test";

/// An account that has shown that this address is its own.
async fn owner(app: &App) -> (Browser, Key) {
    let mut ada = app.browser();
    let key = ada.sign_up(ADA).await;
    ada.confirm(app, ADA, &key).await;
    app.letters().await;
    (ada, key)
}

/// Somebody else, with a touch for adding this address.
async fn stranger(app: &App, name: &str, address: &str) -> Browser {
    let mut browser = app.browser();
    let key = browser.sign_up(&format!("{name}@example.test")).await;
    browser.session().await.success();
    browser.step_up("email_add", json!({ "address": address }), &key).await.success();
    browser.session().await.success();
    browser
}

/// What an answer shows, less what differs each time.
fn shape(answer: &Answer, email: &str) -> (u16, Vec<String>, Vec<String>, usize) {
    let json = answer.json();
    let members = json.as_object().unwrap().keys().cloned().collect();
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    assert!(!answer.text().contains(email), "the address comes back");
    (answer.status.as_u16(), members, headers, answer.text().len())
}

async fn l06_an_address_of_another_account_is_answered_like_any_other(app: App) {
    owner(&app).await;
    let mut shapes = Vec::new();
    for (name, address) in [("eve", ADA), ("bob", FREE)] {
        let mut browser = stranger(&app, name, address).await;
        let asked = browser.post(EMAIL, &json!({ "address": address })).await;
        let id = asked.json()["id"].clone();
        let mut seen = vec![shape(&asked, address)];
        for code in ["00000000", "11111111", "22222222", "33333333", "44444444", "55555555"] {
            let answer = browser.verify(&id, code).await;
            seen.push(shape(&answer, address));
            assert!(["code_wrong", "code_spent"].contains(&answer.code().as_str()));
        }
        let again = browser.post(EMAIL, &json!({ "address": address })).await;
        seen.push(shape(&again, address));
        let mut list = browser.addresses().await;
        for row in &mut list {
            row.as_object_mut().unwrap().retain(|name, _| !["id", "address"].contains(&name.as_str()));
        }
        shapes.push((seen, list));
    }
    assert_eq!(shapes[0], shapes[1]);
}

async fn l06_asking_for_it_costs_the_same_statements(app: App) {
    owner(&app).await;
    let mut costs = Vec::new();
    for (name, address) in [("eve", ADA), ("bob", FREE), ("joe", ADA), ("zoe", "other@example.test")] {
        let mut browser = stranger(&app, name, address).await;
        for _ in 0..2 {
            app.state.throttle.flush().await.unwrap();
            let before = app.state.store.statements();
            browser.post(EMAIL, &json!({ "address": address })).await.success();
            costs.push(app.state.store.statements() - before);
        }
        browser.session().await.success();
    }
    assert_eq!(costs[..2], costs[2..4], "{costs:?}");
    assert_eq!(costs[4..6], costs[6..], "{costs:?}");
    assert_eq!(costs[..4], costs[4..], "{costs:?}");
    assert!(costs[0] > 10 && costs[1] > 8, "{costs:?}");
}

async fn its_owner_is_told_and_no_code_is_the_right_one(app: App) {
    let (mut ada, _) = owner(&app).await;
    let mut eve = stranger(&app, "eve", ADA).await;
    let id = eve.post(EMAIL, &json!({ "address": ADA })).await.success()["id"].clone();
    let letters = app.letters().await;
    let told = App::letter_to(&letters, ADA);
    assert!(told.text.contains("It belongs to another account already, so nothing has changed."), "{told:?}");
    assert!(told.text.contains("If it was not you, there is nothing to do."), "{told:?}");
    assert!(!told.text.lines().any(|line| line.starts_with("    ")), "no code: {told:?}");
    assert!(!told.text.contains("eve@"), "nothing of whoever tried: {told:?}");
    eve.verify(&id, "12345678").await.refusal(400, "code_wrong");
    assert_eq!(ada.session().await.success()["user"]["emailVerified"], true);
    assert_eq!(ada.addresses().await.len(), 1);
}

async fn who_claims_it_at_sign_up_cannot_confirm_it_either(app: App) {
    // Before the owner comes: a claim hinders nobody, and is worth nothing afterwards.
    let mut eve = app.browser();
    let eve_key = eve.sign_up(ADA).await;
    let (mut ada, _) = owner(&app).await;
    let asked = eve.post(EMAIL, &json!({ "address": ADA })).await.success();
    let told = App::letter_to(&app.letters().await, ADA);
    assert!(told.text.contains("belongs to another account"), "{told:?}");
    eve.verify(&asked["id"], "12345678").await.refusal(400, "code_wrong");
    let user = eve.session().await.success()["user"].clone();
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!(ADA), &json!(false)));
    assert_eq!(ada.session().await.success()["user"]["emailVerified"], true);
    // She goes on with an address of her own.
    eve.confirm(&app, "eve@example.test", &eve_key).await;
    assert_eq!(eve.session().await.success()["user"]["email"], "eve@example.test");
}

async fn of_two_who_hold_a_code_for_one_address_one_gets_it(app: App) {
    let (mut one, mut two) = (app.browser(), app.browser());
    one.sign_up(FREE).await;
    two.sign_up(FREE).await;
    let first = one.post(EMAIL, &json!({ "address": FREE })).await.success()["id"].clone();
    let first_code = app.code_to(FREE).await;
    let second = two.post(EMAIL, &json!({ "address": FREE })).await.success()["id"].clone();
    let second_code = app.code_to(FREE).await;
    let (a, b) = tokio::join!(one.verify(&first, &first_code), two.verify(&second, &second_code));
    let mut codes = [a.code(), b.code()];
    codes.sort();
    assert_eq!(codes, ["", "code_wrong"]);
    let verified = app.query("SELECT id FROM users WHERE email_verified_at IS NOT NULL").await;
    assert_eq!(verified.len(), 1);
}

async fn an_address_that_was_removed_lately_is_still_its_owners(app: App) {
    let (mut ada, key) = owner(&app).await;
    let second = ada.confirm(&app, FREE, &key).await;
    ada.guarded_post("/account/email/remove", &json!({ "id": second }), &key).await.success();
    app.letters().await;
    ada.post(EMAIL, &json!({ "address": FREE })).await.refusal(409, "email_removed_lately");
    let mut eve = stranger(&app, "eve", FREE).await;
    eve.post(EMAIL, &json!({ "address": FREE })).await.success();
    let told = App::letter_to(&app.letters().await, FREE);
    assert!(told.text.contains("belongs to another account"), "{told:?}");
    for _ in 0..73 {
        app.advance(60 * 60);
        eve.session().await.success();
    }
    app.tidy(1).await;
    eve.post(EMAIL, &json!({ "address": FREE })).await.success();
    let id = eve.addresses().await[1]["id"].clone();
    let code = app.code_to(FREE).await;
    eve.verify(&id, &code).await.success();
}
