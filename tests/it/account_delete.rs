//! The end of an account: asked for with a touch, told to every address, kept with one press, and done to the second.

use axum::body::Body;
use axum::http::Method;
use holdfast::audit::verify;
use holdfast::jobs::lease::Holder;
use holdfast::jobs::{self, JOBS, Job};
use serde_json::{Value, json};

use super::unusual::stranger;
use crate::support::mails::ADA;
use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    it_needs_a_touch_for_exactly_that,
    every_confirmed_address_hears_of_it_and_nobody_else,
    others_are_signed_out_and_the_page_says_when,
    the_link_keeps_the_account_signed_out,
    looking_at_the_link_keeps_nothing,
    a_wrong_link_keeps_nothing,
    a_link_is_about_what_was_asked_for_then,
    one_press_keeps_the_account_without_a_touch,
    a_cookie_alone_keeps_nothing,
    after_seven_days_to_the_second_it_is_gone,
    of_two_processes_one_erases,
    keeping_it_at_the_last_moment_keeps_all_of_it_or_nothing,
    how_long_it_can_be_kept_is_a_setting,
    what_waits_for_somebody_else_at_that_address_still_comes,
);

const DELETE: &str = "/account/delete";
const UNDO: &str = "/account/delete/undo";
const WORK: &str = "ada@work.example";
const WEEK: u64 = 7 * 24 * 60 * 60;
/// A week after every test began.
const WHEN: &str = "29 November 2026, 19:34 UTC";

/// A person with a confirmed address who has asked for the end of their account, and the link in the mail about that.
async fn leaving(app: &App) -> (Browser, Key, String) {
    let (mut browser, key) = app.confirmed().await;
    let asked = browser.guarded_post(DELETE, &json!({}), &key).await.success();
    assert_eq!(asked, json!({ "ok": true, "deletesAt": "2026-11-29T19:34:56Z" }));
    let link = App::letter_to(&app.letters().await, ADA).link();
    (browser, key, link)
}

fn job() -> &'static Job {
    JOBS.iter().find(|job| job.name == "erase").unwrap()
}

/// What the job does, whoever has its lease.
async fn erase(app: &App) {
    (job().work)(&app.state.jobs()).await.unwrap();
}

async fn panel(browser: &mut Browser, query: &str) -> Answer {
    let panel = browser.get(&format!("/account/delete/panel{query}")).await;
    panel.ok();
    panel
}

async fn it_needs_a_touch_for_exactly_that(app: App) {
    app.browser().post(DELETE, &json!({})).await.refusal(401, "no_session");
    app.browser().post(UNDO, &json!({})).await.refusal(401, "no_session");
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    let asked = browser.post(DELETE, &json!({})).await.refusal(403, "step_up_required");
    assert_eq!(asked["stepUp"], json!({ "action": "account_delete", "params": {} }));
    for other in ["account_export", "passkey_add"] {
        browser.step_up(other, json!({}), &key).await.success();
        browser.post(DELETE, &json!({})).await.refusal(403, "step_up_required");
    }
    assert_eq!(app.count("account_deletions").await, 0);
    browser.step_up("account_delete", json!({}), &key).await.success();
    let answer = browser.post(DELETE, &json!({})).await;
    answer.success();
    assert!(answer.new_sid().is_some(), "like after any change, the token is a new one");
    // One touch, one deletion; and nobody is asked to touch for what has been done.
    browser.post(DELETE, &json!({})).await.refusal(409, "deletion_pending");
    let body = Body::from("{}");
    let plain = browser.send(Method::POST, DELETE, &[("content-type", "text/plain")], body).await;
    plain.refusal(415, "unsupported_media_type");
    assert_eq!((app.count("account_deletions").await, app.count_events("user_deletion_requested").await), (1, 1));
}

async fn every_confirmed_address_hears_of_it_and_nobody_else(app: App) {
    let (mut browser, key) = app.confirmed().await;
    browser.confirm(&app, WORK, &key).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    app.letters().await;
    // Of an address that nobody has confirmed nobody knows whose it is.
    bob.guarded_post(DELETE, &json!({}), &bobs).await.success();
    assert!(app.letters().await.is_empty());
    browser.guarded_post(DELETE, &json!({}), &key).await.success();
    let letters = app.letters().await;
    assert_eq!(letters.len(), 2, "{letters:?}");
    for to in [ADA, WORK] {
        let letter = App::letter_to(&letters, to);
        assert_eq!(letter.subject, "Your Holdfast account will be deleted");
        for said in [WHEN, "if it was not you", "without signing in", "Keep my account"] {
            assert!(letter.text.replace('\n', " ").contains(said), "{said} is not in {}", letter.text);
        }
        assert!(letter.link().starts_with("http://localhost:3000/not-me?t="), "{}", letter.link());
    }
}

async fn others_are_signed_out_and_the_page_says_when(app: App) {
    let (mut browser, key) = app.confirmed().await;
    let mut other = stranger(&app, &key).await;
    let before = browser.open("/account").await;
    assert!(!before.text().contains("/account/delete/panel"), "nothing is fetched while there is nothing to say");
    assert!(before.text().contains("href=\"/account/delete\""));
    let offer = panel(&mut browser, "").await;
    for said in ["You have 7 days to change your mind.", "Delete my account", "data-call=\"/account/delete\""] {
        assert!(offer.text().contains(said), "{said} is not on {}", offer.text());
    }
    browser.guarded_post(DELETE, &json!({}), &key).await.success();
    other.session().await.refusal(401, "invalid_session");
    assert_eq!(app.end_reasons().await, ["revoked"]);

    browser.session().await.success();
    let account = browser.open("/account").await;
    assert!(account.text().contains("data-about=\"/account/delete/panel?banner\""), "{}", account.text());
    for query in ["", "?banner"] {
        let told = panel(&mut browser, query).await;
        for said in ["Your account will be deleted on", WHEN, "Keep my account"] {
            assert!(told.text().contains(said), "{said} is not on {}", told.text());
        }
        assert!(!told.text().contains("data-call=\"/account/delete\""), "{}", told.text());
    }
    // Who comes back can keep it.
    other.sign_in(&key).await.success();
    assert!(panel(&mut other, "?banner").await.text().contains("Keep my account"));
    let kept = browser.guarded_post("/account/export", &json!({}), &key).await.success();
    assert_eq!(
        kept["deletion"],
        json!({ "askedAt": "2026-11-22T19:34:56Z", "dueAt": "2026-11-29T19:34:56Z" }),
        "what is kept of a person is theirs to know"
    );
    let events: Value = browser.get("/auth/events").await.success();
    assert!(events["events"].as_array().unwrap().iter().any(|row| row["kind"] == "user_deletion_requested"));
}

async fn the_link_keeps_the_account_signed_out(app: App) {
    let (mut browser, key, link) = leaving(&app).await;
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    for said in [
        "<title>Keep your account?",
        &format!("Your account will be deleted on {WHEN}"),
        "Chrome on Windows",
        "The session that asked for it ends",
        "Keep my account",
    ] {
        assert!(page.text().contains(said), "{said} is not on {}", page.text());
    }
    let done = mailer.press(&page).await;
    assert!(
        done.text().contains("Your account stays") && !done.text().contains("name=\"token\""),
        "{}",
        done.text()
    );
    assert!(mailer.cookies.keys().all(|name| name == "__Host-link"), "it signs nobody in");
    // Whoever had asked may have been somebody else.
    browser.session().await.refusal(401, "invalid_session");
    assert_eq!(app.end_reasons().await, ["revoked"]);
    let letters = app.letters().await;
    assert_eq!(App::letter_to(&letters, ADA).subject, "Your Holdfast account stays");
    // Pressed again it does nothing more.
    mailer.post_form("/not-me", &format!("token={}", link.split_once("t=").unwrap().1)).await;
    let events = app.events_of("user_deletion_cancelled").await;
    assert_eq!(events.iter().map(|event| event.reason.as_deref()).collect::<Vec<_>>(), [Some("mail_link")]);
    app.advance(WEEK);
    erase(&app).await;
    browser.sign_in(&key).await.success();
}

async fn looking_at_the_link_keeps_nothing(app: App) {
    let (mut browser, _, link) = leaving(&app).await;
    let before = (app.stored().await, app.events().await.len());
    app.browser().follow(&link).await;
    let token = link.split_once("t=").unwrap().1;
    let path = format!("/not-me?t={token}");
    let sent_on = app.browser().open(&path).await;
    assert_eq!(
        (sent_on.status.as_u16(), sent_on.header("location")),
        (303, "/not-me"),
        "the token leaves at once"
    );
    let theirs = [("origin", "https://evil.example")];
    let refused = app.browser().send(Method::POST, "/not-me", &theirs, format!("token={token}").into()).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "cross_site"));
    assert_eq!((app.stored().await, app.events().await.len()), before);
    assert_eq!(app.count("account_deletions").await, 1);
    browser.session().await.success();
    for (column, value) in app.every_value().await {
        assert!(!String::from_utf8_lossy(&value).contains(token), "{column}");
    }
}

async fn a_wrong_link_keeps_nothing(app: App) {
    let (_, _, link) = leaving(&app).await;
    let token = link.split_once("t=").unwrap().1;
    let other = if token.starts_with('A') { "B" } else { "A" };
    for wrong in [format!("{other}{}", &token[1..]), "A".repeat(43), token[1..].to_owned(), String::new()] {
        let mut mailer = app.browser();
        let page = mailer.follow(&format!("http://localhost:3000/not-me?t={wrong}")).await;
        assert!(page.text().contains("This link does not work any more"), "{wrong}");
        mailer.post_form("/not-me", &format!("token={wrong}")).await;
    }
    assert_eq!((app.count("account_deletions").await, app.count_events("user_deletion_cancelled").await), (1, 0));
}

async fn a_link_is_about_what_was_asked_for_then(app: App) {
    let (mut browser, key, first) = leaving(&app).await;
    browser.post(UNDO, &json!({})).await.success();
    app.letters().await;
    app.advance(60);
    browser.guarded_post(DELETE, &json!({}), &key).await.success();
    let second = App::letter_to(&app.letters().await, ADA).link();
    let mut mailer = app.browser();
    let page = mailer.follow(&first).await;
    assert!(page.text().contains("Your account stays"), "that one was kept: {}", page.text());
    mailer.post_form("/not-me", &format!("token={}", first.split_once("t=").unwrap().1)).await;
    assert_eq!(app.count("account_deletions").await, 1);
    let page = mailer.follow(&second).await;
    mailer.press(&page).await;
    assert_eq!(app.count("account_deletions").await, 0);
}

async fn one_press_keeps_the_account_without_a_touch(app: App) {
    let (mut browser, key, link) = leaving(&app).await;
    browser.post(UNDO, &json!({})).await.success();
    assert_eq!(app.count("account_deletions").await, 0);
    assert!(panel(&mut browser, "?banner").await.text().contains("Nothing was deleted, and nothing will be."));
    assert!(panel(&mut browser, "").await.text().contains("Delete my account"));
    assert!(!browser.open("/account").await.text().contains("/account/delete/panel"));
    assert_eq!(App::letter_to(&app.letters().await, ADA).subject, "Your Holdfast account stays");
    // Two tabs, two presses.
    browser.post(UNDO, &json!({})).await.success();
    assert!(app.letters().await.is_empty());
    let events = app.events_of("user_deletion_cancelled").await;
    assert_eq!(events.iter().map(|event| event.reason.as_deref()).collect::<Vec<_>>(), [Some("session")]);
    assert!(app.browser().follow(&link).await.text().contains("Your account stays"));
    app.advance(WEEK);
    erase(&app).await;
    browser.sign_in(&key).await.success();
}

async fn a_cookie_alone_keeps_nothing(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound(ADA).await;
    browser.session().await.success();
    browser.guarded_post(DELETE, &json!({}), &key).await.success();
    let mut bare = browser.cookies_only();
    bare.post(UNDO, &json!({})).await.refusal(401, "dpop_proof_required");
    bare.get("/account/delete/panel").await.refusal(401, "dpop_proof_required");
    assert_eq!(app.count("account_deletions").await, 1);
    browser.session().await.success();
    browser.post(UNDO, &json!({})).await.success();
    assert_eq!(app.count("account_deletions").await, 0);
}

async fn after_seven_days_to_the_second_it_is_gone(app: App) {
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    let (browser, key, link) = leaving(&app).await;
    let id = app.stored().await.users.iter().find(|row| row.email == ADA).unwrap().id;
    app.advance(WEEK - 1);
    // The process that was asked is gone by now.
    let app = app.beside(&[]).await;
    let mut browser = browser.at(&app);
    erase(&app).await;
    browser.sign_in(&key).await.success();
    assert!(app.browser().follow(&link).await.text().contains("Keep my account"), "to the last second");

    app.advance(1);
    erase(&app).await;
    browser.session().await.refusal(401, "invalid_session");
    browser.sign_in(&key).await.refusal(400, "passkey_unknown");
    let mut mailer = app.browser();
    assert!(mailer.follow(&link).await.text().contains("This link does not work any more"));
    mailer.post_form("/not-me", &format!("token={}", link.split_once("t=").unwrap().1)).await;
    for table in ["account_deletions", "mail_links", "addresses"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    for (column, value) in app.every_value().await {
        assert!(value != id.as_bytes() && !String::from_utf8_lossy(&value).contains(ADA), "{column}");
    }
    let events = app.events_of("user_deleted").await;
    assert_eq!(events.iter().map(|event| event.reason.as_deref()).collect::<Vec<_>>(), [Some("requested")]);
    assert!(verify(&app.state.trail, &[]).await.unwrap().faults.is_empty());
    bob.at(&app).sign_in(&bobs).await.success();
    // The address is anybody's again.
    app.browser().sign_up(ADA).await;
}

async fn of_two_processes_one_erases(app: App) {
    leaving(&app).await;
    app.advance(WEEK);
    let (one, other) = (app.beside(&[]).await.state.jobs(), app.beside(&[]).await.state.jobs());
    let (first, second) = (Holder::new(&one).unwrap(), Holder::new(&other).unwrap());
    let (a, b) = tokio::join!(jobs::once(job(), &one, &first), jobs::once(job(), &other, &second));
    assert!(a.unwrap().0 > app.now() && b.unwrap().0 > app.now());
    assert_eq!((app.stored().await.users.len(), app.count_events("user_deleted").await), (0, 1));
    // Even where two come to do it at once: a lease may be lost in the middle.
    let mut carol = app.browser();
    let key = carol.sign_up("carol@example.test").await;
    carol.guarded_post(DELETE, &json!({}), &key).await.success();
    app.advance(WEEK);
    let (a, b) = tokio::join!((job().work)(&one), (job().work)(&other));
    a.unwrap();
    b.unwrap();
    assert_eq!((app.stored().await.users.len(), app.count_events("user_deleted").await), (0, 2));
}

async fn keeping_it_at_the_last_moment_keeps_all_of_it_or_nothing(app: App) {
    let (mut browser, key, _) = leaving(&app).await;
    app.advance(WEEK);
    browser.sign_in(&key).await.success();
    let context = app.beside(&[]).await.state.jobs();
    let body = json!({});
    let (kept, erased) = tokio::join!(browser.post(UNDO, &body), (job().work)(&context));
    erased.unwrap();
    let counts = (
        app.stored().await.users.len(),
        app.count_events("user_deletion_cancelled").await,
        app.count_events("user_deleted").await,
    );
    if kept.status == 200 {
        assert_eq!(counts, (1, 1, 0));
        browser.session().await.success();
    } else {
        kept.refusal(401, "invalid_session");
        assert_eq!(counts, (0, 0, 1));
    }
    assert_eq!(app.count("account_deletions").await, 0);
}

async fn how_long_it_can_be_kept_is_a_setting(app: App) {
    let app = app.beside(&[("HOLDFAST_ACCOUNT_DELETION_DELAY", "1h")]).await;
    let (mut browser, key) = app.confirmed().await;
    assert!(panel(&mut browser, "").await.text().contains("You have 1 hour to change your mind."));
    let asked = browser.guarded_post(DELETE, &json!({}), &key).await.success();
    assert_eq!(asked["deletesAt"], "2026-11-22T20:34:56Z");
    let link = App::letter_to(&app.letters().await, ADA).link();
    app.advance(60 * 60 - 1);
    erase(&app).await;
    browser.session().await.success();
    assert!(app.browser().follow(&link).await.text().contains("Keep my account"));
    app.advance(1);
    erase(&app).await;
    browser.session().await.refusal(401, "invalid_session");
}

async fn what_waits_for_somebody_else_at_that_address_still_comes(app: App) {
    leaving(&app).await;
    app.advance(WEEK);
    // Anybody may claim an address, and asks for a code at the last moment.
    let mut other = app.browser();
    let key = other.sign_up(ADA).await;
    app.letters().await;
    other.ask_for_code(ADA, &key).await.success();
    erase(&app).await;
    App::letter_to(&app.letters().await, ADA);
    other.session().await.success();
}
