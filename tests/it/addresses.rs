//! Mail addresses: the one given at sign-up is confirmed with a code, and a second one is added with a touch.

use serde_json::json;

use crate::support::mails::{ADA, EMAIL, VERIFY};
use crate::support::{App, flip_last_bit, on_both_databases};

on_both_databases!(
    c03_the_address_of_the_sign_up_is_confirmed_with_a_code_and_no_touch,
    s10_a_second_address_needs_a_touch_for_exactly_that_address,
    an_account_has_two_addresses_and_no_third,
    what_is_no_address_is_refused_before_anything_is_asked,
    the_first_that_is_confirmed_is_the_main_one,
    a_predecessor_and_a_cookie_alone_change_nothing,
    nobody_sees_or_changes_somebody_elses,
    c15_no_code_and_no_mail_signs_anybody_in,
    the_code_is_in_the_mail_and_nowhere_else,
    signing_up_waits_for_no_mail,
);

const WORK: &str = "ada@work.example";

async fn c03_the_address_of_the_sign_up_is_confirmed_with_a_code_and_no_touch(app: App) {
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    let before = browser.addresses().await;
    assert_eq!(before.len(), 1);
    assert_eq!((&before[0]["address"], &before[0]["verified"]), (&json!(ADA), &json!(false)));
    assert_eq!((&before[0]["primary"], &before[0]["codeUntil"]), (&json!(true), &json!(null)));
    let session = browser.session().await.success();
    assert_eq!(session["user"]["emailVerified"], false);

    let asked = browser.post(EMAIL, &json!({ "address": " Ada@Example.test " })).await.success();
    assert_eq!((&asked["ok"], &asked["id"]), (&json!(true), &before[0]["id"]));
    let letter = App::letter_to(&app.letters().await, ADA);
    let code = letter.code();
    assert!(code.len() == 8 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
    assert!(letter.subject.contains("Your code for Holdfast") && !letter.text.contains("http"), "{letter:?}");
    assert!(letter.html.contains(&format!("{} {}", &code[..4], &code[4..])) && !letter.html.contains("<a "));
    assert_eq!(browser.addresses().await[0]["codeUntil"], asked["expiresAt"]);

    // As it is pasted from the mail.
    let pasted = format!(" {} {}\n", &code[..4], &code[4..]);
    let done = browser.verify(&asked["id"], &pasted).await.success();
    assert_eq!((&done["user"]["email"], &done["user"]["emailVerified"]), (&json!(ADA), &json!(true)));
    assert_eq!(browser.session().await.success()["user"]["emailVerified"], true);
    let after = browser.addresses().await;
    assert_eq!((&after[0]["verified"], &after[0]["codeUntil"]), (&json!(true), &json!(null)));
    assert!(app.letters().await.is_empty(), "nobody else was there to be told");
    let kinds: Vec<_> = app.events().await.into_iter().map(|event| event.event_type).collect();
    assert_eq!(kinds, ["user_created", "email_code_sent", "email_verified"]);
    browser.verify(&asked["id"], &code).await.refusal(404, "code_not_found");
    browser.post(EMAIL, &json!({ "address": ADA })).await.refusal(409, "email_known");
}

async fn s10_a_second_address_needs_a_touch_for_exactly_that_address(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let refused = browser.post(EMAIL, &json!({ "address": WORK })).await.refusal(403, "step_up_required");
    assert_eq!(refused["stepUp"], json!({ "action": "email_add", "params": { "address": WORK } }));
    browser.step_up("email_add", json!({ "address": "eve@evil.example" }), &key).await.success();
    browser.post(EMAIL, &json!({ "address": WORK })).await.refusal(403, "step_up_required");
    let options = browser.begin_step_up("email_add", json!({ "address": WORK })).await;
    assert_eq!(browser.finish_step_up(flip_last_bit(&key.get(&options), "signature")).await.status, 400);
    browser.post(EMAIL, &json!({ "address": WORK })).await.refusal(403, "step_up_required");
    assert!(app.letters().await.is_empty(), "nobody is bothered before the touch");
    assert_eq!((app.count("addresses").await, app.count("address_codes").await), (0, 0));

    let before = browser.sid();
    let id = browser.ask_for_code(WORK, &key).await.success()["id"].clone();
    assert_ne!(browser.sid(), before, "its token is a new one");
    // One more code for the same address needs none.
    app.letters().await;
    browser.post(EMAIL, &json!({ "address": WORK })).await.success();
    let code = app.code_to(WORK).await;
    browser.verify(&id, &code).await.success();
}

async fn an_account_has_two_addresses_and_no_third(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    browser.confirm(&app, ADA, &key).await;
    browser.ask_for_code(WORK, &key).await.success();
    browser.post(EMAIL, &json!({ "address": "third@example.test" })).await.refusal(409, "emails_full");
    assert_eq!(browser.addresses().await.len(), 2);
    // Two at once for the one place that is left.
    let mut bob = app.browser();
    let key = bob.sign_up("bob@example.test").await;
    for address in ["one@example.test", "two@example.test"] {
        bob.step_up("email_add", json!({ "address": address }), &key).await.success();
    }
    bob.session().await.success();
    let (mut one, mut two) = (bob.clone(), bob.clone());
    let body = |address| json!({ "address": address });
    let (bodies, path) = ((body("one@example.test"), body("two@example.test")), EMAIL);
    let (first, second) = tokio::join!(one.post(path, &bodies.0), two.post(path, &bodies.1));
    let codes = [first.code(), second.code()];
    assert_eq!(codes.iter().filter(|code| code.is_empty()).count(), 1, "{codes:?}");
    let mine = if codes[0].is_empty() { &mut one } else { &mut two };
    assert_eq!(mine.addresses().await.len(), 2);
}

async fn what_is_no_address_is_refused_before_anything_is_asked(app: App) {
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    for text in ["", "ada", "a b@example.test", "ada@example.test\r\nBcc: eve@evil.example", "<b>@example.test"] {
        browser.post(EMAIL, &json!({ "address": text })).await.refusal(400, "email_invalid");
    }
    browser.post(EMAIL, &json!({ "email": WORK })).await.refusal(400, "invalid_request");
    browser.post(VERIFY, &json!({ "id": "seven", "code": "1" })).await.refusal(400, "invalid_request");
    assert!(app.letters().await.is_empty());
}

async fn the_first_that_is_confirmed_is_the_main_one(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("typo@exmaple.test").await;
    let id = browser.confirm(&app, WORK, &key).await;
    let list = browser.addresses().await;
    assert_eq!((&list[0]["id"], &list[0]["primary"], &list[0]["verified"]), (&id, &json!(true), &json!(true)));
    assert_eq!((&list[1]["address"], &list[1]["verified"]), (&json!("typo@exmaple.test"), &json!(false)));
    let user = browser.session().await.success()["user"].clone();
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!(WORK), &json!(true)));
    // Nobody has shown that the other is theirs, so nobody was written to there.
    assert!(app.letters().await.is_empty());
}

async fn a_predecessor_and_a_cookie_alone_change_nothing(app: App) {
    let mut browser = app.browser();
    browser.sign_up_bound(ADA).await;
    browser.session().await.success();
    let id = browser.post(EMAIL, &json!({ "address": ADA })).await.success()["id"].clone();
    let code = app.code_to(ADA).await;
    let mut thief = browser.cookies_only();
    thief.get(EMAIL).await.refusal(401, "dpop_proof_required");
    thief.post(EMAIL, &json!({ "address": ADA })).await.refusal(401, "dpop_proof_required");
    thief.verify(&id, &code).await.refusal(401, "dpop_proof_required");
    let mut stale = browser.clone();
    app.advance(5);
    browser.rotate().await.success();
    browser.session().await.success();
    stale.verify(&id, &code).await.refusal(409, "session_rotated");
    browser.verify(&id, &code).await.success();
    app.browser().get(EMAIL).await.refusal(401, "no_session");
    app.browser().verify(&id, &code).await.refusal(401, "no_session");
}

async fn nobody_sees_or_changes_somebody_elses(app: App) {
    let (mut ada, mut bob) = (app.browser(), app.browser());
    let (ada_key, bob_key) = (ada.sign_up(ADA).await, bob.sign_up("bob@example.test").await);
    ada.confirm(&app, ADA, &ada_key).await;
    let second = ada.ask_for_code(WORK, &ada_key).await.success()["id"].clone();
    let code = app.code_to(WORK).await;
    bob.verify(&second, &code).await.refusal(404, "code_not_found");
    for path in ["/account/email/primary", "/account/email/remove"] {
        bob.guarded_post(path, &json!({ "id": second }), &bob_key).await.refusal(404, "email_not_found");
    }
    assert_eq!(bob.addresses().await.len(), 1);
    ada.verify(&second, &code).await.success();
}

async fn c15_no_code_and_no_mail_signs_anybody_in(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let asked = browser.post(EMAIL, &json!({ "address": ADA })).await.success();
    let code = app.code_to(ADA).await;
    let mut stranger = app.browser();
    let body = json!({ "id": asked["id"], "code": code, "email": ADA, "token": code, "response": code });
    // Whatever takes a body, and whatever opens a session.
    for path in [VERIFY, "/auth/passkey/login/verify", "/auth/passkey/register/verify", "/auth/step-up/verify"] {
        let answer = stranger.post(path, &body).await;
        assert!(answer.status.is_client_error() && answer.new_sid().is_none(), "{path}: {answer:?}");
    }
    // And a code is no touch.
    browser.post("/auth/step-up/verify", &body).await;
    browser.verify(&asked["id"], &code).await.success();
    browser.post("/api-keys", &json!({ "name": "x" })).await.refusal(403, "step_up_required");
    browser.guarded_post("/api-keys", &json!({ "name": "x" }), &key).await.success();
}

async fn the_code_is_in_the_mail_and_nowhere_else(app: App) {
    let mut browser = app.browser();
    browser.sign_up(ADA).await;
    let asked = browser.post(EMAIL, &json!({ "address": ADA })).await;
    let queued = app.every_value().await;
    let code = app.code_to(ADA).await;
    browser.verify(&asked.json()["id"], &code).await.success();
    let spaced = format!("{} {}", &code[..4], &code[4..]);
    assert!(!asked.text().contains(&code));
    for (column, value) in queued.iter().chain(&app.every_value().await) {
        let text = String::from_utf8_lossy(value);
        assert!(!text.contains(&code) && !text.contains(&spaced), "{column}");
    }
    assert!(app.outbox_rows().await.iter().all(|row| row.payload.is_none()), "sent, and erased");
}

async fn signing_up_waits_for_no_mail(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    assert_eq!(app.outbox_rows().await.len(), 0, "nothing is mailed unasked");
    let page = browser.open("/account").await;
    assert!(page.text().contains("/account/recovery"), "{}", page.text());
    browser.guarded_post("/api-keys", &json!({ "name": "x" }), &key).await.success();
}
