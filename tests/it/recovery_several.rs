//! Recoveries beside each other: one must not lend another what it lacks.

use serde_json::json;

use crate::support::mails::ADA;
use crate::support::recovery::{DAY, letter, make_codes, recovered, saved, show, start, status, waiting};
use crate::support::{App, on_both_databases};

on_both_databases!(
    c06_one_that_was_begun_before_another_was_stopped_cannot_wait_either,
    c08_a_browser_of_before_is_a_new_one_to_the_next_recovery,
    c14_options_of_one_recovery_complete_no_other,
);

const BOB: &str = "bob@example.test";

async fn c06_one_that_was_begun_before_another_was_stopped_cannot_wait_either(app: App) {
    let (_, _, codes) = saved(&app).await;
    let (mut browser, mut other) = (app.browser(), app.browser());
    let stopped = waiting(&app, &mut browser, &codes[0]).await;
    app.letters().await;
    let token = start(&mut other, ADA).await;
    let mailed = letter(&app, ADA, "Your recovery code").await.code();
    show(&mut other, &token, "mail", &mailed).await.success();
    browser.post("/auth/recovery/cancel", &json!({ "token": stopped })).await.success();
    show(&mut other, &token, "saved_code", &codes[1]).await.refusal(409, "recovery_blocked");
    assert_eq!(status(&mut other, &token).await["stage"], "begun");
    assert_eq!(app.count("recovery_codes WHERE used_at IS NOT NULL").await, 1, "a refusal costs no code");
}

/// Whoever has found the lost phone must not be taken for its owner by it.
async fn c08_a_browser_of_before_is_a_new_one_to_the_next_recovery(app: App) {
    let (mut lost, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    let key = recovered(&app, &mut browser, &codes[0]).await;
    let codes = make_codes(&mut browser, &key).await;
    lost.cookies.remove("__Host-sid");
    app.letters().await;
    let token = waiting(&app, &mut lost, &codes[0]).await;
    assert_eq!(status(&mut lost, &token).await["wait"]["tier"], "new_device");
}

async fn c14_options_of_one_recovery_complete_no_other(app: App) {
    let (_, ada, codes) = saved(&app).await;
    let mut own = app.browser();
    let bob = own.sign_up(BOB).await;
    own.confirm(&app, BOB, &bob).await;
    let bobs_codes = make_codes(&mut own, &bob).await;
    app.letters().await;
    let mut browser = app.browser();
    let hers = waiting(&app, &mut browser, &codes[0]).await;
    let his = start(&mut browser, BOB).await;
    let mailed = letter(&app, BOB, "Your recovery code").await.code();
    show(&mut browser, &his, "mail", &mailed).await.success();
    show(&mut browser, &his, "saved_code", &bobs_codes[0]).await.success();
    app.advance(DAY);
    for (from, to) in [(&his, &hers), (&hers, &his)] {
        let options = browser.post("/auth/recovery/complete/options", &json!({ "token": from })).await.success();
        let response = browser.new_key().create(&options);
        let body = json!({ "token": to, "response": response });
        browser.post("/auth/recovery/complete/verify", &body).await.refusal(400, "ceremony_mismatch");
    }
    assert_eq!(app.stored().await.credentials.len(), 2);
    app.browser().sign_in(&ada).await.success();
}
