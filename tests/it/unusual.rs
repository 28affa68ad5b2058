//! What people are told by mail without having asked: sign-ins that are not like them, new passkeys, sessions that were stolen.

use serde_json::json;

use crate::support::agents::FIREFOX_LINUX;
use crate::support::habits::{DAY, NEW_YORK, OSLO};
use crate::support::mails::{ADA, Letter};
use crate::support::{App, Browser, Key, flip_last_bit, on_both_databases};

on_both_databases!(
    a02_a_sign_in_from_a_new_browser_is_told_with_where_and_when,
    a02_a_sign_in_as_always_is_not_told,
    a02_a_sign_in_after_three_refused_tries_is_told_and_after_two_is_not,
    a02_a_sign_in_after_more_than_ninety_days_is_told,
    a02_a_sign_in_above_the_threshold_is_told_with_all_reasons_in_one_mail,
    who_has_confirmed_no_address_is_told_nothing_and_no_link_is_made,
    every_confirmed_address_is_told_and_no_other,
    l07_nobody_is_flooded_and_kinds_are_counted_apart,
    c13_a_new_passkey_and_a_new_api_key_are_told,
    a_session_that_was_copied_is_told,
    neither_the_sign_in_nor_its_mail_is_there_without_the_other,
);

const WORK: &str = "ada@work.example";

/// Somebody signs in with the person's passkey, in a browser of their own.
pub async fn stranger(app: &App, key: &Key) -> Browser {
    let mut browser = app.browser().disguised(FIREFOX_LINUX).moved("198.51.100.7");
    browser.sign_in(key).await.success();
    browser
}

fn why(letter: &Letter) -> &str {
    letter.text.lines().find_map(|line| line.strip_prefix("Why we write: ")).expect("a reason")
}

async fn fail(app: &App, key: &Key, times: usize) {
    for _ in 0..times {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        let refused = browser.finish_sign_in(flip_last_bit(&key.get(&options), "signature")).await;
        refused.refusal(400, "signature_invalid");
    }
}

async fn a02_a_sign_in_from_a_new_browser_is_told_with_where_and_when(app: App) {
    let (_, key) = app.confirmed().await;
    stranger(&app, &key).await;
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    let letter = App::letter_to(&letters, ADA);
    assert!(letter.subject.contains("New sign-in to your Holdfast account"), "{letter:?}");
    for said in [
        "When: 22 November 2026, 19:34 UTC\n",
        "With: Firefox on Linux\n",
        "Network: 198.51.100.0/24\n",
        "If that was you, there is nothing to do.",
        "opening it changes nothing",
        "The link works for 7 days.",
    ] {
        assert!(letter.text.contains(said), "{said} is not in {}", letter.text);
    }
    assert_eq!(why(&letter), "it came from a browser that you have not signed in with before.");
    assert!(letter.link().starts_with("http://localhost:3000/not-me?t="));
    assert_eq!(letter.html.matches("http").count(), 1, "one link, and nothing is loaded: {}", letter.html);
}

async fn a02_a_sign_in_as_always_is_not_told(app: App) {
    let (mut browser, key) = app.confirmed().await;
    for _ in 0..3 {
        app.advance(DAY);
        browser.sign_in(&key).await.success();
    }
    // On the way, too.
    browser.moved("198.51.100.7").sign_in(&key).await.success();
    assert!(app.letters().await.is_empty());
    assert_eq!(app.count("mail_links").await, 0);
    // Nor is the second sign-in in a browser that was told of.
    let mut phone = stranger(&app, &key).await;
    assert_eq!(app.letters().await.len(), 1);
    phone.sign_in(&key).await.success();
    assert!(app.letters().await.is_empty());
}

async fn a02_a_sign_in_after_three_refused_tries_is_told_and_after_two_is_not(app: App) {
    let (mut browser, key) = app.confirmed().await;
    app.advance(60);
    fail(&app, &key, 2).await;
    app.advance(60);
    browser.sign_in(&key).await.success();
    assert!(app.letters().await.is_empty());
    app.advance(60);
    fail(&app, &key, 3).await;
    app.advance(60);
    browser.sign_in(&key).await.success();
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(why(&letters[0]), "somebody tried several times before and was refused.");
    // It has been told.
    app.advance(60);
    browser.sign_in(&key).await.success();
    assert!(app.letters().await.is_empty());
    // And what is a day old is no news.
    fail(&app, &key, 3).await;
    app.advance(DAY + 60);
    browser.sign_in(&key).await.success();
    assert!(app.letters().await.is_empty());
}

async fn a02_a_sign_in_after_more_than_ninety_days_is_told(app: App) {
    let (mut browser, key) = app.confirmed().await;
    app.advance(90 * DAY);
    browser.sign_in(&key).await.success();
    assert!(app.letters().await.is_empty());
    app.advance(90 * DAY + 1);
    browser.sign_in(&key).await.success();
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(why(&letters[0]), "nobody had used your account for more than 90 days.");
}

async fn a02_a_sign_in_above_the_threshold_is_told_with_all_reasons_in_one_mail(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    browser.confirm(&app, ADA, &key).await;
    app.advance(60);
    let mut far = app.browser_at(NEW_YORK).disguised(FIREFOX_LINUX);
    far.sign_in(&key).await.success();
    let decision = app.decisions().await.pop().unwrap();
    assert_eq!((decision.what(), decision.score >= decision.threshold), (("sign_in", "allow"), true));
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    let why = why(&letters[0]);
    for said in ["a browser that you have not signed in with", "It came from a country", "It was unlike"] {
        assert!(why.contains(said), "{said} is not in {why}");
    }
    assert!(letters[0].text.contains("Country: United States"), "{}", letters[0].text);
}

async fn who_has_confirmed_no_address_is_told_nothing_and_no_link_is_made(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up(ADA).await;
    stranger(&app, &key).await;
    assert!(app.letters().await.is_empty());
    assert_eq!((app.count("mail_links").await, app.count("outbox").await), (0, 0));
}

async fn every_confirmed_address_is_told_and_no_other(app: App) {
    let (mut browser, key) = app.confirmed().await;
    let id = browser.ask_for_code(WORK, &key).await.success()["id"].clone();
    let code = app.code_to(WORK).await;
    stranger(&app, &key).await;
    let letters = app.letters().await;
    assert_eq!(letters.iter().map(|letter| letter.to.as_str()).collect::<Vec<_>>(), [ADA]);
    browser.verify(&id, &code).await.success();
    app.letters().await;
    stranger(&app, &key).await;
    let letters = app.letters().await;
    let mut to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [ADA, WORK]);
    assert_eq!(letters[0].link(), letters[1].link(), "one link for one sign-in");
}

async fn l07_nobody_is_flooded_and_kinds_are_counted_apart(app: App) {
    let (mut browser, key) = app.confirmed().await;
    for _ in 0..12 {
        stranger(&app, &key).await;
    }
    assert_eq!(app.letters().await.len(), 5);
    browser.sign_in(&key).await.success();
    let mut new = browser.new_key();
    let options = browser.guarded_post("/auth/passkey/register/options", &json!({}), &key).await.success();
    browser.finish_sign_up(new.create(&options)).await.success();
    assert_eq!(app.letters().await.len(), 1, "of another kind");
    app.advance(DAY);
    stranger(&app, &key).await;
    assert_eq!(app.letters().await.len(), 1);
}

async fn c13_a_new_passkey_and_a_new_api_key_are_told(app: App) {
    let (mut browser, key) = app.confirmed().await;
    let mut new = browser.new_key();
    let options = browser.guarded_post("/auth/passkey/register/options", &json!({}), &key).await.success();
    let body = json!({ "response": new.create(&options), "label": "http://evil.example" });
    browser.post("/auth/passkey/register/verify", &body).await.success();
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].subject.contains("A passkey was added"), "{letters:?}");
    assert!(letters[0].text.contains("With: Chrome on Windows"), "{letters:?}");
    assert!(!letters[0].text.contains("evil"), "nothing that somebody typed: {letters:?}");

    browser.guarded_post("/api-keys", &json!({ "name": "http://evil.example" }), &key).await.success();
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].subject.contains("An API key was made") && !letters[0].text.contains("evil"),
        "{letters:?}"
    );
    let page = app.browser().follow(&letters[0].link()).await;
    assert!(page.text().contains("The key itself stays."), "{}", page.text());
}

async fn a_session_that_was_copied_is_told(app: App) {
    let (mut browser, _) = app.confirmed().await;
    let mut thief = browser.clone().disguised(FIREFOX_LINUX);
    app.advance(15 * 60);
    browser.session().await.success();
    browser.session().await.success();
    app.advance(11);
    thief.session().await.refusal(401, "invalid_session");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].subject.contains("We ended a session"), "{letters:?}");
    assert!(letters[0].text.contains("Somebody used an old copy of a session of yours."), "{letters:?}");
    assert!(letters[0].link().ends_with("/account/activity"));
    thief.session().await.refusal(401, "invalid_session");
    assert!(app.letters().await.is_empty(), "once");
}

async fn neither_the_sign_in_nor_its_mail_is_there_without_the_other(app: App) {
    let (_, key) = app.confirmed().await;
    let before = (app.stored().await, app.count("mail_links").await);
    app.sql("ALTER TABLE outbox RENAME TO elsewhere").await;
    let mut browser = app.browser();
    let failed = browser.sign_in(&key).await;
    assert_eq!(failed.status, 500);
    assert!(failed.new_sid().is_none());
    app.sql("ALTER TABLE elsewhere RENAME TO outbox").await;
    assert_eq!((app.stored().await, app.count("mail_links").await), before);
    browser.sign_in(&key).await.success();
    assert_eq!(app.letters().await.len(), 1);
}
