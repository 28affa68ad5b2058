//! Many at once.

use std::collections::BTreeMap;

use crate::support::{App, Key, on_both_databases};

on_both_databases!(
    l10_of_fifty_concurrent_sign_ins_with_one_challenge_one_wins,
    l10_of_fifty_concurrent_sign_ups_with_one_challenge_one_wins,
    l10_a_challenge_is_single_use_over_two_processes,
    the_same_passkey_registered_by_many_at_once_makes_one_account,
    r16_of_two_answers_with_one_counter_at_once_one_is_a_copy,
    fifty_people_sign_up_at_once,
    at_most_eight_stay_open_however_many_are_begun_at_once,
    a_session_replaced_by_two_tabs_at_once_ends_once,
);

async fn l10_of_fifty_concurrent_sign_ins_with_one_challenge_one_wins(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let response = key.get(&options);
    let tries = (0..50).map(|_| {
        let (mut browser, response) = (browser.clone(), response.clone());
        tokio::spawn(async move { browser.finish_sign_in(response).await })
    });
    let mut outcomes = BTreeMap::new();
    for answer in futures::future::join_all(tries).await {
        let answer = answer.unwrap();
        let outcome = answer.json()["code"].as_str().unwrap_or("ok").to_owned();
        assert_eq!(answer.set_cookie("__Host-sid").is_some(), outcome == "ok");
        *outcomes.entry((answer.status.as_u16(), outcome)).or_insert(0) += 1;
    }
    assert_eq!(outcomes, [((200, "ok".into()), 1), ((400, "challenge_used".into()), 49)].into());
    assert_eq!(app.stored().await.sessions.len(), 2, "the one from signing up, and one more");
    assert_eq!(app.count_events("authn_login_success").await, 1);
    assert_eq!(app.count_events("authn_login_fail").await, 49);
}

async fn l10_of_fifty_concurrent_sign_ups_with_one_challenge_one_wins(app: App) {
    let mut browser = app.browser();
    let options = browser.begin_sign_up("ada@example.test").await;
    let tries = (0..50).map(|_| {
        let (mut browser, response) = (browser.clone(), Key::new().create(&options));
        tokio::spawn(async move { browser.finish_sign_up(response).await })
    });
    let mut accepted = 0;
    for answer in futures::future::join_all(tries).await {
        let answer = answer.unwrap();
        if answer.status.is_success() {
            accepted += 1;
        } else {
            answer.refusal(400, "challenge_used");
        }
    }
    assert_eq!(accepted, 1);
    let stored = app.stored().await;
    assert_eq!((stored.users.len(), stored.credentials.len(), stored.sessions.len()), (1, 1, 1));
}

async fn l10_a_challenge_is_single_use_over_two_processes(app: App) {
    let other = app.beside(&[]).await;
    let key = app.browser().sign_up("ada@example.test").await;
    for _ in 0..10 {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        let response = key.get(&options);
        let mut elsewhere = browser.at(&other);
        let (here, there) =
            tokio::join!(browser.finish_sign_in(response.clone()), elsewhere.finish_sign_in(response));
        assert_ne!(here.status.is_success(), there.status.is_success(), "{here:?} {there:?}");
        let loser = if here.status.is_success() { there } else { here };
        loser.refusal(400, "challenge_used");
    }
}

async fn the_same_passkey_registered_by_many_at_once_makes_one_account(app: App) {
    let key = Key::new();
    let mut tries = Vec::new();
    for _ in 0..12 {
        let (mut browser, mut key) = (app.browser(), key.clone());
        let options = browser.begin_sign_up("ada@example.test").await;
        let response = key.create(&options);
        tries.push(tokio::spawn(async move { browser.finish_sign_up(response).await }));
    }
    let mut accepted = 0;
    for answer in futures::future::join_all(tries).await {
        let answer = answer.unwrap();
        if answer.status.is_success() {
            accepted += 1;
        } else {
            answer.refusal(400, "passkey_exists");
        }
    }
    assert_eq!(accepted, 1);
    let stored = app.stored().await;
    assert_eq!((stored.users.len(), stored.credentials.len(), stored.sessions.len()), (1, 1, 1));
}

async fn r16_of_two_answers_with_one_counter_at_once_one_is_a_copy(app: App) {
    let mut key = app.browser().sign_up_with(Key::single_device(), "ada@example.test").await;
    for counter in 2..12 {
        key.counter = counter;
        let (mut here, mut there) = (app.browser(), app.browser());
        let (first, second) = (key.get(&here.begin_sign_in().await), key.get(&there.begin_sign_in().await));
        let (first, second) = tokio::join!(
            tokio::spawn(async move { here.finish_sign_in(first).await }),
            tokio::spawn(async move { there.finish_sign_in(second).await }),
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_ne!(first.status.is_success(), second.status.is_success(), "{first:?} {second:?}");
        let loser = if first.status.is_success() { second } else { first };
        loser.refusal(400, "counter_regressed");
    }
}

async fn fifty_people_sign_up_at_once(app: App) {
    let people = (0..50).map(|number| {
        let mut browser = app.browser();
        tokio::spawn(async move {
            let key = browser.sign_up(&format!("person{number}@example.test")).await;
            browser.sign_in(&key).await.success();
            browser.session().await.success()["user"]["id"].as_str().unwrap().to_owned()
        })
    });
    let ids: std::collections::BTreeSet<String> =
        futures::future::join_all(people).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids.len(), 50);
    assert_eq!(app.stored().await.credentials.len(), 50);
}

async fn at_most_eight_stay_open_however_many_are_begun_at_once(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    browser.begin_sign_in().await;
    let begun = (0..30).map(|_| {
        let mut tab = browser.clone();
        tokio::spawn(async move { tab.begin_sign_in().await })
    });
    let mut still_open = 0;
    for options in futures::future::join_all(begun).await {
        let answer = browser.finish_sign_in(key.get(&options.unwrap())).await;
        still_open += usize::from(answer.status.is_success());
    }
    assert!(still_open <= 8, "{still_open} were open");
}

async fn a_session_replaced_by_two_tabs_at_once_ends_once(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let mut tabs = Vec::new();
    for _ in 0..4 {
        let response = key.get(&browser.begin_sign_in().await);
        let mut tab = browser.clone();
        tabs.push(tokio::spawn(async move { tab.finish_sign_in(response).await.success() }));
    }
    for tab in tabs {
        tab.await.unwrap();
    }
    assert_eq!(app.count_events("session_revoked").await, 1);
    assert_eq!(app.stored().await.sessions.iter().filter(|session| session.ended_at.is_some()).count(), 1);
}
