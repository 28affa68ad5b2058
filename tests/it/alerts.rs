//! Alerts: raised by what really happens, once, also through a restart and with two processes.

use holdfast::alerts::{Alert, Watcher};
use holdfast::audit::{Event, EventType, Origin};
use holdfast::clock::Timestamp;
use uuid::Uuid;

use crate::support::{App, Key, flip_last_bit, on_both_databases};

on_both_databases!(
    a01_failures_of_one_person_raise_an_alert_and_nine_do_not,
    a01_a_replayed_token_raises_one,
    a01_unknown_passkeys_from_one_network_raise_one,
    a03_a_storm_raises_one_alert_a_window,
    a04_a_restart_neither_loses_an_alert_nor_tells_it_twice,
    a04_two_that_look_at_once_tell_it_once,
    a06_a_rule_that_is_switched_off_says_nothing,
);

fn watcher(app: &App) -> Watcher {
    Watcher::new(app.state.trail.clone(), app.state.outbox.clone(), "https://login.example.com", &[])
}

fn names(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.rule.as_str()).collect()
}

/// Somebody has the passkey's answer and not its signature.
async fn fail(app: &App, key: &mut Key) {
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    let bad = flip_last_bit(&key.get(&options), "signature");
    browser.finish_sign_in(bad).await.refusal(400, "signature_invalid");
}

/// Events as they could be written by anything.
async fn told(app: &App, kind: EventType, person: Uuid, count: usize) {
    for number in 0..count {
        let tx = app.state.trail.begin().await.unwrap();
        let origin = Origin { request_id: format!("r{number}"), ..Origin::default() };
        tx.record(origin, Event::refused(kind, "signature_invalid").user(person));
        tx.commit().await.unwrap();
    }
}

async fn a01_failures_of_one_person_raise_an_alert_and_nine_do_not(app: App) {
    let watcher = watcher(&app);
    let mut key = app.browser().sign_up("ada@example.test").await;
    for _ in 0..9 {
        fail(&app, &mut key).await;
    }
    assert_eq!(names(&watcher.look().await.unwrap()), Vec::<&str>::new());
    fail(&app, &mut key).await;
    let raised = watcher.look().await.unwrap();
    assert_eq!(names(&raised), ["failures_of_one_person"]);
    let alert = &raised[0];
    let user = app.stored().await.users[0].id;
    assert_eq!(alert.about.person, Some(user));
    assert_eq!(alert.about.subject, format!("person {user}"));
    assert_eq!(alert.opened_at.0, app.now());
    // It is told: in the log here, and by mail and webhook where somebody said where they go.
    assert_eq!(app.count("outbox").await, 1);
    // Its evidence is the events themselves.
    let failed = app.events_of("authn_login_fail").await;
    let requests: Vec<&str> = failed.iter().map(|event| event.request_id.as_str()).collect();
    assert_eq!(alert.about.requests, requests);
    assert_eq!(alert.about.evidence.len(), 10);

    // Whoever gets in now may be who tried.
    app.browser().sign_in(&key).await.success();
    assert_eq!(names(&watcher.look().await.unwrap()), ["success_after_attack"]);
}

async fn a01_a_replayed_token_raises_one(app: App) {
    let watcher = watcher(&app);
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let stolen = browser.cookies.clone();
    app.advance(16 * 60);
    browser.session().await.success();
    browser.session().await.success();
    app.advance(60);
    let mut thief = app.browser();
    thief.cookies = stolen;
    assert_eq!(thief.session().await.status, 401);
    assert_eq!(names(&watcher.look().await.unwrap()), ["token_reuse"]);
}

async fn a01_unknown_passkeys_from_one_network_raise_one(app: App) {
    let watcher = watcher(&app);
    for number in 0..20 {
        let mut browser = app.browser();
        let options = browser.begin_sign_in().await;
        browser.finish_sign_in(Key::new().get(&options)).await.refusal(400, "passkey_unknown");
        let raised = watcher.look().await.unwrap();
        let expected: &[&str] = if number == 19 { &["unknown_name_probing"] } else { &[] };
        assert_eq!(names(&raised), expected, "after {number}");
    }
    let alerts = watcher.page(Timestamp(i64::MAX), 10).await.unwrap();
    assert_eq!(alerts[0].about.subject, "network 203.0.113.0/24");
}

async fn a03_a_storm_raises_one_alert_a_window(app: App) {
    let watcher = watcher(&app);
    app.browser().sign_up("ada@example.test").await;
    let user = app.stored().await.users[0].id;
    for _ in 0..6 {
        told(&app, EventType::AuthnLoginFail, user, 50).await;
        watcher.look().await.unwrap();
        app.advance(5 * 60);
    }
    let alerts = watcher.page(Timestamp(i64::MAX), 10).await.unwrap();
    assert_eq!(names(&alerts), ["failures_of_one_person"]);
    assert!(alerts[0].count > 200, "every further one is counted: {}", alerts[0].count);
    // After the window it is told again, if it goes on.
    app.advance(3600);
    told(&app, EventType::AuthnLoginFail, user, 10).await;
    assert_eq!(names(&watcher.look().await.unwrap()), ["failures_of_one_person"]);
}

async fn a04_a_restart_neither_loses_an_alert_nor_tells_it_twice(app: App) {
    app.browser().sign_up("ada@example.test").await;
    let user = app.stored().await.users[0].id;
    // Each look by a process of its own: what the one before had in mind is gone.
    for number in 0..12 {
        told(&app, EventType::AuthnLoginFail, user, 1).await;
        let raised = watcher(&app).look().await.unwrap();
        let expected: &[&str] = if number == 9 { &["failures_of_one_person"] } else { &[] };
        assert_eq!(names(&raised), expected, "after {number}");
    }
    assert_eq!(watcher(&app).page(Timestamp(i64::MAX), 10).await.unwrap()[0].count, 3);
}

async fn a04_two_that_look_at_once_tell_it_once(app: App) {
    let other = app.beside(&[]).await;
    app.browser().sign_up("ada@example.test").await;
    let user = app.stored().await.users[0].id;
    let (one, two) = (watcher(&app), watcher(&other));
    let mut raised = 0;
    for _ in 0..10 {
        told(&app, EventType::AuthnLoginFail, user, 2).await;
        // One of them may find that the other was first; it reads on next time.
        let (first, second) = tokio::join!(one.look(), two.look());
        raised += first.map_or(0, |alerts| alerts.len()) + second.map_or(0, |alerts| alerts.len());
    }
    for watcher in [&one, &two] {
        raised += watcher.look().await.unwrap().len();
    }
    assert_eq!(raised, 1);
    assert_eq!(one.page(Timestamp(i64::MAX), 10).await.unwrap().len(), 1);
}

async fn a06_a_rule_that_is_switched_off_says_nothing(app: App) {
    let app = app.beside(&[("HOLDFAST_ALERTS_OFF", "failures_of_one_person")]).await;
    let watcher = &app.state.watcher;
    app.browser().sign_up("ada@example.test").await;
    let user = app.stored().await.users[0].id;
    told(&app, EventType::AuthnLoginFail, user, 20).await;
    assert_eq!(names(&watcher.look().await.unwrap()), Vec::<&str>::new());
    // That it is off is an event, and that is an alert.
    watcher.announce().await.unwrap();
    assert_eq!(names(&watcher.look().await.unwrap()), ["monitor_disabled"]);
}
