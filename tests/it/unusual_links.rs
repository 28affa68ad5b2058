//! The link in a mail: it works signed out, does one thing, does it once, and changes nothing by being looked at.

use axum::body::Body;
use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

use super::unusual::stranger;
use crate::support::mails::ADA;
use crate::support::{Answer, App, Browser, Key, on_both_databases};

on_both_databases!(
    a02_this_wasnt_me_ends_the_session_signed_out,
    looking_at_a_link_changes_nothing,
    the_token_leaves_the_address_at_once,
    pressed_a_hundred_times_at_once_it_is_one_end,
    what_has_ended_already_is_said,
    a_wrong_link_and_an_old_one_are_the_same_page,
    only_our_own_page_can_press_the_button,
    a_link_is_for_one_session_and_opens_nothing,
    the_present_browser_may_be_the_persons_own,
    an_address_that_was_taken_off_comes_back,
    another_main_address_goes_back_even_when_the_first_was_removed,
    an_address_that_was_added_goes_even_when_it_is_the_main_one,
    a_change_can_be_taken_back_for_seventy_two_hours,
    the_token_lies_in_no_table,
);

const WORK: &str = "ada@work.example";
const HOUR: u64 = 60 * 60;

/// A person, somebody who has signed in to their account, and the link in the mail about that.
async fn told(app: &App) -> (Browser, Key, Browser, String) {
    let (browser, key) = app.confirmed().await;
    let thief = stranger(app, &key).await;
    let link = App::letter_to(&app.letters().await, ADA).link();
    (browser, key, thief, link)
}

async fn a02_this_wasnt_me_ends_the_session_signed_out(app: App) {
    let (mut browser, _, mut thief, link) = told(&app).await;
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (2, 2));
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    for said in
        ["Was this you?", "Firefox on Linux", "198.51.100.0/24", "22 November 2026, 19:34 UTC", "This wasn’t me"]
    {
        assert!(page.text().contains(said), "{said} is not on {}", page.text());
    }
    thief.session().await.success();
    let done = mailer.press(&page).await;
    assert!(done.text().contains("That session has ended."), "{}", done.text());
    assert!(done.text().contains("/account/sessions") && !done.text().contains("name=\"token\""));

    thief.session().await.refusal(401, "invalid_session");
    browser.session().await.success();
    assert_eq!((app.count("sign_ins").await, app.count("known_devices").await), (1, 1));
    assert_eq!(app.end_reasons().await, ["disowned"]);
    let events = app.events_of("session_disowned").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].reason.as_deref(), Some("mail_link"));
    // What to do now is on the person's own pages as well.
    let panel = browser.get("/account/activity/panel").await;
    assert!(panel.text().contains("Here is what to do now"), "{}", panel.text());
    // Reloading and pressing again say the same.
    assert!(mailer.open("/not-me").await.text().contains("That session has ended."));
    let token = link.split_once("t=").unwrap().1;
    mailer.post_form("/not-me", &format!("token={token}")).await;
    assert_eq!(app.count_events("session_disowned").await, 1);
}

async fn looking_at_a_link_changes_nothing(app: App) {
    let (_, _, mut thief, link) = told(&app).await;
    let before = (app.stored().await, app.events().await, app.count("mail_links WHERE used_at IS NULL").await);
    for _ in 0..3 {
        // As mail programs do, which look at links by themselves.
        let mut scanner = app.browser();
        scanner.follow(&link).await;
        let path = link.strip_prefix("http://localhost:3000").unwrap();
        scanner.send(Method::HEAD, path, &[], Body::empty()).await;
        scanner.get(path).await;
    }
    let after = (app.stored().await, app.events().await, app.count("mail_links WHERE used_at IS NULL").await);
    assert_eq!(before, after);
    thief.session().await.success();
}

async fn the_token_leaves_the_address_at_once(app: App) {
    let (_, _, _, link) = told(&app).await;
    let token = link.split_once("t=").unwrap().1;
    assert_eq!(token.len(), 43, "256 bits");
    let mut mailer = app.browser();
    let sent_on = mailer.open(link.strip_prefix("http://localhost:3000").unwrap()).await;
    assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (303, "/not-me"));
    assert_eq!((sent_on.header("referrer-policy"), sent_on.header("cache-control")), ("no-referrer", "no-store"));
    let cookie = sent_on.set_cookie("__Host-link").expect("a cookie");
    for part in ["HttpOnly", "Secure", "Path=/", "SameSite=Lax", "Max-Age=900"] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    let page = mailer.open("/not-me").await;
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    assert!(page.text().contains("method=\"post\"") && !page.text().contains("not-me?"), "{}", page.text());
}

async fn pressed_a_hundred_times_at_once_it_is_one_end(app: App) {
    let (_, _, _, link) = told(&app).await;
    let body = format!("token={}", link.split_once("t=").unwrap().1);
    let presses = (0..100).map(|_| {
        let (mut browser, body) = (app.browser(), body.clone());
        async move { browser.post_form("/not-me", &body).await.status.as_u16() }
    });
    assert!(join_all(presses).await.iter().all(|status| *status == 303));
    assert_eq!(app.count_events("session_disowned").await, 1);
    assert_eq!(app.count_events("session_revoked").await, 1);
}

async fn what_has_ended_already_is_said(app: App) {
    let (_, _, mut thief, link) = told(&app).await;
    thief.sign_out().await.success();
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    assert!(page.text().contains("The session that did it has ended already."), "{}", page.text());
    // Its browser is forgotten all the same.
    mailer.press(&page).await;
    assert_eq!((app.count("known_devices").await, app.end_reasons().await), (1, vec!["sign_out".to_owned()]));
}

/// A page, less what differs each time.
fn same(page: &Answer) -> String {
    let (_, after) = page.text().split_once("<script nonce=\"").unwrap();
    let nonce = after.split('"').next().unwrap();
    page.text().replace(nonce, "")
}

async fn a_wrong_link_and_an_old_one_are_the_same_page(app: App) {
    let (_, _, mut thief, link) = told(&app).await;
    let none = same(&app.browser().open("/not-me").await);
    assert!(none.contains("This link does not work any more"), "{none}");
    for query in ["t=", "t=x", &format!("t={}", "A".repeat(43)), "u=1", "t=%00", &"t=".repeat(500)] {
        let mut mailer = app.browser();
        let page = mailer.follow(&format!("http://localhost:3000/not-me?{query}")).await;
        assert_eq!((page.status.as_u16(), same(&page)), (200, none.clone()), "{query}");
    }
    for body in ["", "token=", "token=x", &format!("token={}", "A".repeat(43)), "\u{0}", "a=b&c"] {
        let mut mailer = app.browser();
        assert_eq!(mailer.post_form("/not-me", body).await.status, 303, "{body}");
        assert_eq!(same(&mailer.open("/not-me").await), none, "{body}");
    }
    assert_eq!(app.browser().post_form("/not-me", &"x".repeat(2000)).await.status, 413);
    app.advance(7 * 24 * HOUR - 1);
    assert_ne!(same(&app.browser().follow(&link).await), none);
    app.advance(1);
    let mut mailer = app.browser();
    assert_eq!(same(&mailer.follow(&link).await), none);
    mailer.post_form("/not-me", &format!("token={}", link.split_once("t=").unwrap().1)).await;
    assert_eq!(app.count_events("session_disowned").await, 0);
    thief.session().await.refusal(401, "invalid_session");
}

async fn only_our_own_page_can_press_the_button(app: App) {
    let (_, _, mut thief, link) = told(&app).await;
    let body = format!("token={}", link.split_once("t=").unwrap().1);
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://other.localhost:3000")],
    ] {
        let answer = app.browser().send(Method::POST, "/not-me", headers, body.clone().into()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "cross_site"), "{headers:?}");
    }
    thief.session().await.success();
}

async fn a_link_is_for_one_session_and_opens_nothing(app: App) {
    let (mut browser, key, mut first, link) = told(&app).await;
    let mut second = stranger(&app, &key).await;
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    let done = mailer.press(&page).await;
    assert!(mailer.cookies.keys().all(|name| name == "__Host-link"), "{:?}", mailer.cookies.keys());
    assert!(done.new_sid().is_none());
    mailer.session().await.refusal(401, "no_session");
    first.session().await.refusal(401, "invalid_session");
    second.session().await.success();
    browser.session().await.success();
}

async fn the_present_browser_may_be_the_persons_own(app: App) {
    // Pressed by mistake, in the browser that the mail is about: it is signed out, and can sign in again.
    let (_, key, mut own, link) = told(&app).await;
    let page = own.follow(&link).await;
    let done = own.press(&page).await;
    assert!(done.text().contains("That session has ended."), "{}", done.text());
    own.session().await.refusal(401, "invalid_session");
    own.sign_in(&key).await.success();
}

/// A person with two confirmed addresses, and the ids of both.
async fn two(app: &App) -> (Browser, Key, Value, Value) {
    let (mut browser, key) = app.confirmed().await;
    let first = browser.addresses().await[0]["id"].clone();
    let second = browser.confirm(app, WORK, &key).await;
    app.letters().await;
    (browser, key, first, second)
}

/// The person changes something, and this address hears of it.
async fn changed(app: &App, browser: &mut Browser, key: &Key, path: &str, id: &Value, to: &str) -> String {
    browser.guarded_post(&format!("/account/email/{path}"), &json!({ "id": id }), key).await.success();
    App::letter_to(&app.letters().await, to).link()
}

async fn confirmed_ones(browser: &mut Browser) -> Vec<String> {
    let list = browser.addresses().await;
    list.iter().filter(|row| row["verified"] == true).map(|row| row["address"].as_str().unwrap().into()).collect()
}

async fn an_address_that_was_taken_off_comes_back(app: App) {
    let (mut browser, key, _, second) = two(&app).await;
    let link = changed(&app, &mut browser, &key, "remove", &second, WORK).await;
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    assert!(page.text().contains("An email address was taken off your account"), "{}", page.text());
    let done = mailer.press(&page).await;
    assert!(done.text().contains("The address that was taken off is back."), "{}", done.text());
    browser.session().await.refusal(401, "invalid_session");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 2, "both are told: {letters:?}");
    assert!(letters.iter().all(|letter| letter.subject.contains("was taken back")), "{letters:?}");
    browser.sign_in(&key).await.success();
    assert_eq!(confirmed_ones(&mut browser).await, [ADA, WORK]);
    let events = app.events_of("email_changed").await;
    assert_eq!(events[0].reason.as_deref(), Some("mail_link"));
}

async fn another_main_address_goes_back_even_when_the_first_was_removed(app: App) {
    let (mut browser, key, first, second) = two(&app).await;
    let link = changed(&app, &mut browser, &key, "primary", &second, ADA).await;
    changed(&app, &mut browser, &key, "remove", &first, ADA).await;
    assert_eq!(browser.session().await.success()["user"]["email"], WORK);
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    mailer.press(&page).await;
    browser.sign_in(&key).await.success();
    let user = browser.session().await.success()["user"].clone();
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!(ADA), &json!(true)));
    assert_eq!(confirmed_ones(&mut browser).await, [ADA, WORK]);
}

async fn an_address_that_was_added_goes_even_when_it_is_the_main_one(app: App) {
    let (mut browser, key) = app.confirmed().await;
    let first = browser.addresses().await[0]["id"].clone();
    let evil = browser.confirm(&app, "eve@evil.example", &key).await;
    let link = App::letter_to(&app.letters().await, ADA).link();
    changed(&app, &mut browser, &key, "primary", &evil, ADA).await;
    changed(&app, &mut browser, &key, "remove", &first, ADA).await;
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    let done = mailer.press(&page).await;
    assert!(done.text().contains("no longer on your account"), "{}", done.text());
    browser.sign_in(&key).await.success();
    assert_eq!(browser.session().await.success()["user"]["email"], ADA);
    assert_eq!(confirmed_ones(&mut browser).await, [ADA]);
    // It is anybody's again.
    app.letters().await;
    let mut eve = app.browser();
    let eve_key = eve.sign_up("eve@evil.example").await;
    eve.confirm(&app, "eve@evil.example", &eve_key).await;
}

async fn a_change_can_be_taken_back_for_seventy_two_hours(app: App) {
    let (mut browser, key, _, second) = two(&app).await;
    let link = changed(&app, &mut browser, &key, "remove", &second, ADA).await;
    for _ in 0..71 {
        app.advance(HOUR);
        browser.session().await.success();
    }
    assert!(app.browser().follow(&link).await.text().contains("This wasn’t me"));
    app.advance(HOUR);
    assert!(app.browser().follow(&link).await.text().contains("This link does not work any more"));
}

async fn the_token_lies_in_no_table(app: App) {
    let (_, key) = app.confirmed().await;
    stranger(&app, &key).await;
    let queued = app.every_value().await;
    let link = App::letter_to(&app.letters().await, ADA).link();
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    mailer.press(&page).await;
    let token = link.split_once("t=").unwrap().1;
    for (column, value) in queued.iter().chain(&app.every_value().await) {
        assert!(!String::from_utf8_lossy(value).contains(token), "{column}");
        // Nor where the person was told to be.
        assert!(
            ["sessions.last_network", "credentials.last_used_network"].contains(&column.as_str())
                || !String::from_utf8_lossy(value).contains("198.51.100.0"),
            "{column}"
        );
    }
}
