//! One session in two places: by a thief with the cookie, or by one person who moves.

use serde_json::json;

use crate::support::agents::FIREFOX_LINUX;
use crate::support::habits::{BERGEN, HOUR, Looked, MINUTE, NETWORK, OPERATOR, OSLO};
use crate::support::{App, Browser, notice, on_both_databases};

on_both_databases!(
    s18_a_session_that_moves_at_once_is_asked,
    s18_a_session_in_use_in_two_places_ends,
    s18_a_young_accounts_session_does_not_end,
    s18_parallel_use_of_a_new_operator_is_within_five_minutes,
    s18_the_same_person_who_has_moved_is_no_parallel_use,
);

const PARALLEL: (&str, u64) = ("parallel_use", 25);

/// The same cookies on another machine elsewhere.
fn thief(browser: &Browser) -> Browser {
    browser.moved(BERGEN).disguised(FIREFOX_LINUX)
}

async fn s18_a_session_that_moves_at_once_is_asked(app: App) {
    let app = app.located(&[]).await;
    let (browser, key) = app.person_at(OSLO).await;
    app.advance(5 * MINUTE);
    let mut moved = thief(&browser);
    let looked = moved.look().await;
    assert!(looked.is_asked && looked.points("session_split") == 60, "{looked:?}");
    let sentence = "Your session has moved to another browser on another network at once.".to_owned();
    assert!(looked.why.contains(&sentence), "{looked:?}");
    // One of the two is no split: her phone's network, or her other browser.
    for half in [browser.moved(BERGEN), browser.disguised(FIREFOX_LINUX)] {
        assert!(!half.look().await.has("session_split"));
    }
    moved.go_on(&key).await;
    assert_eq!(moved.look().await.score, 0);
    let mut home = browser;
    home.cookies.clone_from(&moved.cookies);
    home.session().await.success();
    moved.session().await.success();
    assert_eq!(app.count_events("session_split").await, 0);
}

async fn s18_a_session_in_use_in_two_places_ends(app: App) {
    let app = app.located(&[]).await;
    for path in ["/auth/session", "/auth/session?watch=1", "/account", "/auth/passkeys"] {
        let (mut owner, key) = app.person_at(OSLO).await;
        app.advance(HOUR);
        owner.session().await.success();
        app.advance(5 * MINUTE - 1);
        let (mut stolen, before, told) =
            (thief(&owner), app.decisions().await, app.count_events("session_split").await);
        let answer = stolen.get(path).await;
        assert!(answer.status == 401 || answer.status.is_redirection(), "{path}: {answer:?}");
        assert!(!answer.text().contains("ada@example.test"));

        let events = app.events_of("session_split").await;
        let event = events.last().unwrap();
        assert_eq!((events.len(), event.outcome.as_str()), (told + 1, "refused"), "{path}");
        assert_eq!(event.request_id, answer.header("x-request-id"));
        assert_eq!(app.end_reasons().await.last().map(String::as_str), Some("split"));
        let decided = app.decisions_since(&before).await;
        assert_eq!((decided.len(), decided[0].what()), (1, ("session_use", "step_up")));
        assert_eq!(decided[0].session_id, event.session_id);
        assert_eq!(i64::from(event.risk_score), decided[0].score);
        assert!(decided[0].names().contains(&"session_split".to_owned()));

        // It is over for both, and he does not touch for it either: not even options are to be had.
        owner.clone().session().await.refusal(401, "invalid_session");
        stolen.session().await.refusal(401, "invalid_session");
        let asked = json!({ "action": "session_continue", "params": {} });
        stolen.post("/auth/step-up/options", &asked).await.refusal(401, "invalid_session");
        stolen.moved(OSLO).session().await.refusal(401, "invalid_session");
        let told = notice(&owner.clone().open("/").await);
        assert!(told.contains("two browsers on two networks at once"), "{told}");
        owner.sign_in(&key).await.success();
        owner.session().await.success();
        assert_eq!(app.count_events("session_split").await, events.len(), "told once");
    }
}

async fn s18_a_young_accounts_session_does_not_end(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    browser.sign_up("ada@example.test").await;
    let looked = thief(&browser).look().await;
    assert_eq!((looked.is_asked, looked.score, looked.reasons.len()), (true, 65, 2));
    thief(&browser).session().await.refusal(403, "step_up_required");
    browser.session().await.success();
    assert_eq!(app.count_events("session_split").await, 0);
}

async fn s18_parallel_use_of_a_new_operator_is_within_five_minutes(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, key) = app.person_at(OSLO).await;
    app.advance(HOUR);
    browser.session().await.success();
    app.advance(5 * MINUTE - 1);
    let looked = browser.moved(BERGEN).look().await;
    looked.expect(&[NETWORK, OPERATOR, PARALLEL]);
    assert!(looked.is_asked);
    assert!(looked.why.contains(&"Your session was used on another network only minutes ago.".to_owned()));
    app.advance(1);
    browser.moved(BERGEN).look().await.expect(&[NETWORK, OPERATOR]);
    // Through an operator that she signs in through it is none: a phone that leaves its wifi.
    app.browser_at(BERGEN).sign_in(&key).await.success();
    browser.session().await.success();
    app.advance(MINUTE);
    browser.moved(BERGEN).look().await.expect(&[NETWORK]);
}

async fn s18_the_same_person_who_has_moved_is_no_parallel_use(app: App) {
    let app = app.located(&[]).await;
    let (browser, _) = app.person_at(OSLO).await;
    app.advance(HOUR);
    let (mut home, mut moved) = (browser.clone(), browser.moved(BERGEN));
    for _ in 0..5 {
        let looked = Looked::at(&moved.session().await);
        looked.expect(&[NETWORK, OPERATOR]);
        app.advance(MINUTE);
    }
    // Nor does use there hide that it is used at home too.
    moved.session().await.success();
    app.advance(MINUTE - 1);
    home.cookies.clone_from(&moved.cookies);
    home.session().await.success();
    moved.look().await.expect(&[NETWORK, OPERATOR, PARALLEL]);
}
