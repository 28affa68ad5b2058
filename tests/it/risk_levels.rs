//! What the trail says of requests that were let through, and of a session whose risk moves.

use holdfast::audit::LevelChange;

use crate::support::agents::FIREFOX_LINUX;
use crate::support::habits::NEW_YORK;
use crate::support::{App, on_both_databases};

on_both_databases!(
    a07_each_move_of_a_sessions_level_is_told_once,
    a07_many_requests_at_once_raise_a_level_once,
    routine_requests_are_one_row_a_session_with_a_count,
    routine_requests_that_were_not_written_leave_the_trail_whole,
);

/// From which level to which the sessions have moved, and why.
async fn moves(app: &App) -> Vec<(String, String, String)> {
    let events = app.events_of("risk_level_changed").await;
    let told = events.into_iter().map(|event| {
        let LevelChange { principal, previous_level, current_level } = event.details.level.unwrap();
        assert_eq!(principal, "SESSION");
        assert!(event.details.session.is_some() && event.details.risk.is_some() && event.user_id.is_some());
        (previous_level, current_level, event.reason.unwrap())
    });
    told.collect()
}

fn step(from: &str, to: &str, reason: &str) -> (String, String, String) {
    (from.to_owned(), to.to_owned(), reason.to_owned())
}

async fn a07_each_move_of_a_sessions_level_is_told_once(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    browser.session().await.success();
    // 25 points are less than half of 60.
    browser.moved(NEW_YORK).session().await.success();
    assert_eq!(moves(&app).await, []);
    let mut other = browser.disguised(FIREFOX_LINUX);
    other.session().await.success();
    let mut expected = vec![step("LOW", "MEDIUM", "raised")];
    assert_eq!(moves(&app).await, expected);
    let mut both = other.moved(NEW_YORK);
    both.session().await.refusal(403, "step_up_required");
    expected.push(step("MEDIUM", "HIGH", "raised"));
    assert_eq!(moves(&app).await, expected);
    // Whoever takes turns with the owner moves nothing.
    for _ in 0..3 {
        browser.session().await.success();
        both.session().await.refusal(403, "step_up_required");
    }
    assert_eq!(moves(&app).await, expected);
    both.go_on(&key).await;
    expected.push(step("HIGH", "LOW", "answered"));
    assert_eq!(moves(&app).await, expected);
    both.session().await.success();
    assert_eq!(moves(&app).await, expected, "what was answered for is vouched for");
    let told = app.events_of("risk_level_changed").await.pop().unwrap();
    assert_eq!(told.details.risk.unwrap().decision, "allow", "and the touch was");
}

async fn a07_many_requests_at_once_raise_a_level_once(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let requests = (0..20).map(|_| {
        let mut other = browser.disguised(FIREFOX_LINUX);
        async move { other.session().await.success() }
    });
    futures::future::join_all(requests).await;
    assert_eq!(moves(&app).await, [step("LOW", "MEDIUM", "raised")]);
}

async fn routine_requests_are_one_row_a_session_with_a_count(app: App) {
    let mut ada = app.browser();
    let key = ada.sign_up("ada@example.test").await;
    let mut bob = app.browser();
    bob.sign_up("bob@example.test").await;
    for _ in 0..7 {
        ada.session().await.success();
    }
    for _ in 0..3 {
        bob.session().await.success();
        // That is nobody's doing.
        bob.watch().await.success();
    }
    // What was not let through is told of by itself.
    ada.moved(NEW_YORK).disguised(FIREFOX_LINUX).session().await.refusal(403, "step_up_required");
    assert_eq!(app.count_events("risk_eval").await, 0, "no request waits for it");
    for _ in 0..2 {
        app.state.auth.flush_routine().await.unwrap();
    }
    let mut rows: Vec<_> = app.events_of("risk_eval").await;
    rows.sort_by_key(|row| row.details.count);
    assert_eq!(rows.iter().map(|row| row.details.count).collect::<Vec<_>>(), [Some(3), Some(7)]);
    let sessions: Vec<_> = rows.iter().map(|row| (row.user_id, row.details.session)).collect();
    assert_ne!(sessions[0], sessions[1]);
    assert!(rows.iter().all(|row| row.details.risk.as_ref().is_some_and(|risk| risk.decision == "allow")));
    assert!(rows.iter().all(|row| row.outcome == "success" && row.request_id.len() > 10));
    // It is no news to the person.
    ada.sign_in(&key).await.success();
    let activity = ada.get("/auth/events").await.success();
    let kinds: Vec<_> = activity["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert!(kinds.contains(&"authn_login_success".into()) && !kinds.contains(&"risk_eval".into()), "{kinds:?}");
}

async fn routine_requests_that_were_not_written_leave_the_trail_whole(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    browser.session().await.success();
    // A process that dies here has written no row, and left no gap.
    let other = app.beside(&[]).await;
    let mut same = browser.at(&other);
    same.session().await.success();
    other.state.auth.flush_routine().await.unwrap();
    assert_eq!(app.count_events("risk_eval").await, 1);
    let report = holdfast::audit::verify(&app.state.trail, &[]).await.unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
}
