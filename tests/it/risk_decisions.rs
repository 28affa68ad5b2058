//! Which decisions are kept, and that they replay.

use serde_json::json;

use crate::support::agents::{EDGE_WINDOWS, FIREFOX_LINUX, SAFARI_PHONE};
use crate::support::habits::{
    BERGEN, DAY, MINUTE, NEW_YORK, OSLO, OSLO_IPV6, OSLO_TOO, PARIS, RENTED, SAN_FRANCISCO,
};
use crate::support::seed::in_full;
use crate::support::{App, DecisionRow, Key, flip_last_bit, on_both_databases};

on_both_databases!(
    each_sign_in_leaves_one_decision,
    each_touch_that_is_asked_for_leaves_one_before_the_answer,
    a_change_leaves_one_for_the_question_one_for_the_touch_and_one_for_itself,
    ordinary_requests_leave_none,
    a_signal_that_asks_for_nothing_leaves_one_an_hour,
    each_event_of_a_sign_in_has_the_score,
    r07_a_varied_history_replays,
    r07_a_thousand_decisions_replay,
    r07_neither_todays_policy_nor_todays_profile_takes_part,
    r07_what_was_altered_is_found,
    r07_one_request_can_be_replayed,
);

async fn each_sign_in_leaves_one_decision(app: App) {
    let app = app.located(&[]).await;
    let mut browser = app.browser_at(OSLO);
    let key = browser.sign_up("ada@example.test").await;
    assert_eq!(app.decisions().await.len(), 0, "signing up is none: there is nobody yet to be unlike");
    for nth in 1..=12 {
        app.advance(2 * DAY);
        let answer = browser.sign_in(&key).await;
        let decisions = app.decisions().await;
        let last = decisions.last().unwrap();
        assert_eq!((decisions.len(), last.what(), last.score), (nth, ("sign_in", "allow"), 0));
        assert_eq!((last.request_id.as_str(), last.threshold), (answer.header("x-request-id"), 60));
        let stored = app.stored().await;
        assert_eq!(last.user_id, stored.users[0].id);
        assert!(
            stored
                .sessions
                .iter()
                .any(|session| Some(session.id) == last.session_id && session.ended_at.is_none())
        );
        assert!(last.geo.contains("City") && last.model.starts_with("likelihood-"), "{last:?}");
        assert_eq!(app.count(&format!("risk_policies WHERE version = '{}'", last.policy)).await, 1);
    }
    // A failed one leaves none.
    let options = browser.begin_sign_in().await;
    browser.finish_sign_in(flip_last_bit(&key.get(&options), "signature")).await.refusal(400, "signature_invalid");
    assert_eq!(app.decisions().await.len(), 12);
}

async fn each_touch_that_is_asked_for_leaves_one_before_the_answer(app: App) {
    let app = app.located(&[]).await;
    let (browser, _) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    let mut moved = browser.moved(NEW_YORK);
    for path in ["/auth/session", "/auth/session?watch=1", "/api-keys", "/account", "/auth/passkeys"] {
        let before = app.decisions().await;
        let answer = moved.get(path).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        let decided = app.decisions_since(&before).await;
        assert_eq!(decided.len(), 1, "{path}");
        assert_eq!(decided[0].what(), ("session_use", "step_up"), "{path}");
        assert_eq!(decided[0].request_id, answer.header("x-request-id"));
        let event = app.events_of("authn_step_up_required").await.pop().unwrap();
        assert_eq!(
            (event.request_id, i64::from(event.risk_score)),
            (decided[0].request_id.clone(), decided[0].score)
        );
        if path != "/account" {
            let told = answer.refusal(403, "step_up_required")["reasons"].clone();
            let told: Vec<&str> = told.as_array().unwrap().iter().map(|r| r["signal"].as_str().unwrap()).collect();
            assert_eq!(decided[0].names(), told);
        }
    }
}

async fn a_change_leaves_one_for_the_question_one_for_the_touch_and_one_for_itself(app: App) {
    let (mut browser, key) = app.person_at(OSLO).await;
    let before = app.decisions().await;
    let body = json!({ "name": "deploy" });
    let mut requests = Vec::new();
    app.advance(1);
    requests.push(browser.post("/api-keys", &body).await.header("x-request-id").to_owned());
    app.advance(1);
    requests.push(browser.step_up("api_key_create", body.clone(), &key).await.header("x-request-id").to_owned());
    app.advance(1);
    requests.push(browser.post("/api-keys", &body).await.header("x-request-id").to_owned());
    let decided = app.decisions_since(&before).await;
    let what: Vec<_> = decided.iter().map(|row| (row.what(), row.score)).collect();
    assert_eq!(
        what,
        [
            (("credential_change", "step_up"), 20),
            (("session_use", "allow"), 0),
            (("credential_change", "allow"), 20)
        ]
    );
    assert_eq!(decided.iter().map(|row| row.request_id.clone()).collect::<Vec<_>>(), requests);
    // What fails after its touch was weighed is no decision: nothing of it is there.
    browser.step_up("session_revoke", json!({ "others": true }), &key).await.success();
    let before = app.decisions().await;
    app.drop_table("api_keys").await;
    browser.step_up("api_key_create", body.clone(), &key).await.success();
    browser.post("/api-keys", &body).await.refusal(500, "internal");
    let decided = app.decisions_since(&before).await;
    assert!(decided.iter().all(|row| row.moment != "credential_change"), "{decided:?}");
}

async fn ordinary_requests_leave_none(app: App) {
    let app = app.located(&[]).await;
    let (mut browser, _) = app.person_at(OSLO).await;
    let before = app.decisions().await;
    for path in ["/auth/session", "/auth/session?watch=1", "/auth/passkeys", "/account"] {
        for _ in 0..3 {
            assert_eq!(browser.get(path).await.status, 200);
        }
    }
    // Nor do those of what is sensitive: that says nothing of the person.
    for path in ["/api-keys", "/auth/sessions", "/account/sessions"] {
        assert_eq!(browser.get(path).await.status, 200);
    }
    assert_eq!(app.decisions_since(&before).await, []);
}

async fn a_signal_that_asks_for_nothing_leaves_one_an_hour(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    let mut moved = browser.moved(NEW_YORK);
    let kept = async || app.decisions().await.iter().filter(|row| row.moment == "session_use").count();
    let answer = moved.session().await;
    let first = app.decisions().await;
    assert_eq!((first.len(), first[0].what(), first[0].score), (1, ("session_use", "allow"), 25));
    assert_eq!(first[0].request_id, answer.header("x-request-id"));
    for (wait, expected) in [(0, 1), (10 * MINUTE, 1), (50 * MINUTE - 1, 1), (1, 2), (30 * MINUTE, 2)] {
        app.advance(wait);
        moved.session().await.success();
        moved.watch().await.success();
        assert_eq!(kept().await, expected, "after {wait} more seconds");
    }
    // Something else, at once; and another session has an hour of its own.
    browser.cookies.clone_from(&moved.cookies);
    browser.disguised(FIREFOX_LINUX).session().await.success();
    assert_eq!(kept().await, 3);
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    other.moved(NEW_YORK).session().await.success();
    assert_eq!(kept().await, 4);
}

async fn each_event_of_a_sign_in_has_the_score(app: App) {
    let mut browser = app.browser();
    let synced = Key { counter: 5, ..browser.new_key() };
    let mut key = browser.sign_up_with(synced, "ada@example.test").await;
    key.counter = 3;
    let answer = browser.sign_in(&key).await;
    let events = app.events().await;
    let of_it: Vec<_> = events.iter().filter(|event| event.request_id == answer.header("x-request-id")).collect();
    assert!(of_it.len() >= 2, "{of_it:?}");
    for event in of_it.iter().filter(|event| event.event_type != "session_revoked") {
        assert_eq!(event.risk_score, 40, "{event:?}");
    }
}

/// How many decisions give the same again; none may not.
async fn replayed(app: &App, request: Option<&str>) -> u64 {
    let replay = holdfast::server::replay_risk(&app.state.config, request).await.unwrap();
    assert_eq!(replay.different, []);
    replay.same
}

async fn r07_a_varied_history_replays(app: App) {
    let app = app.located(&[]).await;
    app.rich_history().await;
    app.tidy(1).await;
    app.rich_history().await;
    let decisions = app.decisions().await;
    assert!(decisions.len() >= 60, "{}", decisions.len());
    let mut names: Vec<String> = decisions.iter().flat_map(DecisionRow::names).collect();
    names.sort();
    names.dedup();
    for name in [
        "automated_user_agent",
        "device_changed",
        "failed_assertions",
        "fresh_device",
        "impossible_travel",
        "network_changed",
        "new_asn",
        "new_country",
        "parallel_use",
        "sensitive_route",
        "session_split",
        "unlikely",
    ] {
        assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
    }
    assert_eq!(replayed(&app, None).await, decisions.len() as u64);
}

async fn r07_a_thousand_decisions_replay(app: App) {
    let app = app.located(&[]).await;
    let (browser, _) = app.rich_history().await;
    // Thieves all over, and each time one of them is asked.
    let places = [BERGEN, NEW_YORK, SAN_FRANCISCO, PARIS, RENTED, OSLO_TOO, OSLO_IPV6, "198.19.0.7", "192.0.2.7"];
    app.advance(6 * MINUTE);
    let enough = if in_full() { 1000 } else { 250 };
    let left = enough - app.decisions().await.len();
    for nth in 0..left {
        app.advance(7);
        let agent = [FIREFOX_LINUX, SAFARI_PHONE, "curl/8.9.1", EDGE_WINDOWS][nth % 4];
        assert!(browser.moved(places[nth % places.len()]).disguised(agent).look().await.is_asked);
    }
    let decisions = app.decisions().await;
    let mut scores: Vec<i64> = decisions.iter().map(|row| row.score).collect();
    scores.sort_unstable();
    scores.dedup();
    assert!(decisions.len() >= enough && scores.len() >= 15, "{} decisions, scores {scores:?}", decisions.len());
    assert_eq!(replayed(&app, None).await, decisions.len() as u64);
}

async fn r07_neither_todays_policy_nor_todays_profile_takes_part(app: App) {
    let cities = app.located(&[]).await;
    cities.rich_history().await;
    let count = cities.decisions().await.len() as u64;
    let points = "new_country=99,new_asn=0,impossible_travel=7,network_changed=50,unlikely=0,session_split=1";
    let changed = app
        .beside(&[
            ("HOLDFAST_RISK_POINTS", points),
            ("HOLDFAST_RISK_THRESHOLD", "20"),
            ("HOLDFAST_RISK_YOUNG_SIGN_INS", "500"),
        ])
        .await;
    app.sql("DELETE FROM sign_ins").await;
    app.sql("DELETE FROM sign_in_counts").await;
    app.sql("UPDATE users SET sign_ins = 0, recovered_at = 1").await;
    app.sql("UPDATE sessions SET anchor = NULL, networks = '[]', devices = '[]'").await;
    assert_eq!(replayed(&changed, None).await, count);
    assert_eq!(app.count("risk_policies").await, 2, "each under its version");
}

async fn r07_what_was_altered_is_found(app: App) {
    let app = app.located(&[]).await;
    app.rich_history().await;
    let decisions = app.decisions().await;
    let different = async || holdfast::server::replay_risk(&app.state.config, None).await.unwrap().different;
    let asked: Vec<_> = decisions.iter().filter(|row| row.decision == "step_up").collect();
    let of = |row: &DecisionRow| format!("request_id = '{}' AND score = {}", row.request_id, row.score);
    for (column, to, back, why) in [
        ("score", "score - 1", "score + 1", "its score was"),
        ("decision", "'allow'", "'step_up'", "its score is the same, and its decision or signals are not"),
        ("model", "'likelihood-0'", "'likelihood-1'", "it was made by the model likelihood-0"),
        ("policy", "'000000000000'", &format!("'{}'", asked[0].policy), "is not kept"),
    ] {
        app.sql(&format!("UPDATE risk_decisions SET {column} = {to} WHERE {}", of(asked[0]))).await;
        let found = different().await;
        assert_eq!(found.len(), 1, "{column}: {found:?}");
        assert_eq!(found[0].0, asked[0].id.to_string());
        assert!(found[0].1.contains(why), "{column}: {found:?}");
        let of = of(asked[0]).split(" AND ").next().unwrap().to_owned();
        app.sql(&format!("UPDATE risk_decisions SET {column} = {back} WHERE {of}")).await;
        assert_eq!(different().await, [], "{column}");
    }
    // What was sealed for one row cannot stand in another, nor be cut.
    let change = |to: &str| format!("UPDATE risk_decisions SET input = {to} WHERE {}", of(asked[1]));
    let kept = "(SELECT d.input FROM risk_decisions d WHERE d.request_id = '";
    app.sql(&change(&format!("{kept}{}')", asked[2].request_id))).await;
    let found = different().await;
    assert_eq!((found.len(), found[0].0.clone()), (1, asked[1].id.to_string()), "{found:?}");
    assert_eq!(found[0].1, "what was weighed cannot be read");
    // A policy that is no longer what it was takes all its decisions with it.
    app.sql("UPDATE risk_policies SET body = REPLACE(body, '\"threshold\":60', '\"threshold\":61')").await;
    let found = different().await;
    assert_eq!(found.len(), decisions.len());
    assert!(found.iter().all(|(_, why)| why.contains("is no longer what it was")), "{found:?}");
}

async fn r07_one_request_can_be_replayed(app: App) {
    let app = app.located(&[]).await;
    let (browser, _) = app.person_at(OSLO).await;
    app.advance(20 * MINUTE);
    let answer = browser.moved(NEW_YORK).session().await;
    let request = answer.header("x-request-id");
    assert!(app.decisions().await.len() > 5);
    assert_eq!(replayed(&app, Some(request)).await, 1);
    for unknown in ["", "unknown", &request[1..], "%"] {
        assert_eq!(replayed(&app, Some(unknown)).await, 0, "{unknown}");
    }
    app.sql(&format!("UPDATE risk_decisions SET score = 0 WHERE request_id <> '{request}'")).await;
    assert_eq!(replayed(&app, Some(request)).await, 1, "that one only");
}
