//! What other systems hear of sessions and credentials: a real receiver, that of webhooks.

use holdfast::jobs::JOBS;
use serde_json::{Value, json};

use crate::support::receiver::{Receiver, Reply};
use crate::support::{App, Browser, Key, on_both_databases};

on_both_databases!(
    u10_other_systems_hear_of_sessions_and_credentials_in_order,
    a_person_who_cannot_be_told_of_keeps_nobody_else_waiting,
    a_crash_between_reading_and_telling_loses_nothing_and_tells_nothing_twice,
    who_is_erased_is_not_told_of,
    it_can_be_switched_off,
);

const URI: &str = "https://schemas.openid.net/secevent/caep/event-type/";

async fn listening(app: &App, receiver: &Receiver) -> App {
    app.beside(&[("HOLDFAST_WEBHOOK_URL", &receiver.url), ("HOLDFAST_ALERTS_OFF", "")]).await
}

/// What the job does that reads the trail on, and then the worker.
async fn work(app: &App) {
    app.state.watcher.look().await.unwrap();
    while app.state.outbox.deliver_due().await.unwrap() > 0 {}
}

/// What came: the name of each event and its claims.
fn told(receiver: &Receiver) -> Vec<(String, Value)> {
    let bodies = receiver.received().into_iter().map(|it| serde_json::from_str::<Value>(&it.body).unwrap());
    let caep = bodies.filter_map(|body| {
        let name = body["type"].as_str().unwrap().strip_prefix("caep.")?.to_owned();
        Some((name, body["data"].clone()))
    });
    caep.collect()
}

fn names(receiver: &Receiver) -> Vec<String> {
    told(receiver).into_iter().map(|(name, _)| name).collect()
}

async fn sign_up(app: &App, address: &str) -> (Browser, Key, String) {
    let mut browser = app.browser();
    let key = browser.sign_up(address).await;
    let session = browser.session().await.success();
    (browser, key, session["user"]["id"].as_str().unwrap().to_owned())
}

async fn u10_other_systems_hear_of_sessions_and_credentials_in_order(app: App) {
    let receiver = Receiver::start().await;
    let app = listening(&app, &receiver).await;
    let (mut ada, key, id) = sign_up(&app, "ada@example.test").await;
    let session = ada.session().await.success()["session"]["id"].clone();
    ada.guarded_post("/api-keys", &json!({ "name": "backend" }), &key).await.success();
    let (_, passkey) = ada.add_passkey(&key).await;
    app.advance(1);
    ada.remove_passkey(&passkey, &key).await.success();
    let last = ada.sign_out().await;
    last.success();
    work(&app).await;

    let all = told(&receiver);
    let change = |claims: &Value| {
        let event = &claims["events"][format!("{URI}credential-change")];
        format!("{} {}", event["credential_type"].as_str().unwrap(), event["change_type"].as_str().unwrap())
    };
    let seen: Vec<String> = all
        .iter()
        .map(|(name, claims)| if name == "credential-change" { change(claims) } else { name.clone() })
        .collect();
    let expected =
        ["session-established", "api-key create", "passkey create", "passkey delete", "session-revoked"];
    assert_eq!(seen, expected);
    for (_, claims) in &all {
        assert_eq!(claims["iss"], "http://localhost:3000");
        assert_eq!(claims["sub_id"]["user"], json!({ "format": "opaque", "id": id }));
        assert_eq!(claims["sub_id"]["session"]["id"], session);
        assert!(!claims.to_string().contains("ada@"), "no address: {claims}");
    }
    let (_, end) = all.last().unwrap();
    let event = &end["events"][format!("{URI}session-revoked")];
    assert_eq!((&event["initiating_entity"], &event["reason_admin"]["en"]), (&json!("user"), &json!("sign_out")));
    assert_eq!(event["event_timestamp"], app.now() / 1000);
    // It joins the log line and the audit row.
    assert_eq!(end["txn"], last.header("x-request-id"));
    assert_eq!(all[3].1["credential"], passkey);
}

async fn a_person_who_cannot_be_told_of_keeps_nobody_else_waiting(app: App) {
    let receiver = Receiver::start().await;
    let app = listening(&app, &receiver).await;
    let (mut ada, _, of_ada) = sign_up(&app, "ada@example.test").await;
    app.state.watcher.look().await.unwrap();
    receiver.answer(&[Reply::Status(503)]);
    app.state.outbox.deliver_due().await.unwrap();
    ada.sign_out().await.success();
    let (_, _, of_bob) = sign_up(&app, "bob@example.test").await;
    work(&app).await;
    let subjects = |receiver: &Receiver| -> Vec<String> {
        let ids = told(receiver).into_iter().map(|(_, claims)| claims["sub_id"]["user"]["id"].clone());
        ids.map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects(&receiver), [of_ada.clone(), of_bob.clone()], "Ada's end waits for her beginning");
    app.advance(60);
    work(&app).await;
    assert_eq!(subjects(&receiver), [of_ada.clone(), of_bob, of_ada.clone(), of_ada]);
    assert_eq!(names(&receiver)[2..], ["session-established", "session-revoked"]);
}

async fn a_crash_between_reading_and_telling_loses_nothing_and_tells_nothing_twice(app: App) {
    let receiver = Receiver::start().await;
    let app = listening(&app, &receiver).await;
    for n in 0..3 {
        sign_up(&app, &format!("p{n}@example.test")).await;
        // Read by one process, told by the next.
        let other = listening(&app, &receiver).await;
        other.state.watcher.look().await.unwrap();
    }
    let (one, two) = (listening(&app, &receiver).await, listening(&app, &receiver).await);
    sign_up(&app, "last@example.test").await;
    // Of two that read at once one finds that the other was first.
    let _ = tokio::join!(one.state.watcher.look(), two.state.watcher.look());
    work(&one).await;
    work(&two).await;
    assert_eq!(names(&receiver), ["session-established"; 4]);
    let ids: std::collections::HashSet<String> =
        told(&receiver).into_iter().map(|(_, claims)| claims["jti"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 4);
}

async fn who_is_erased_is_not_told_of(app: App) {
    let receiver = Receiver::start().await;
    let app = listening(&app, &receiver).await;
    let (mut ada, ada_key, _) = sign_up(&app, "ada@example.test").await;
    app.state.watcher.look().await.unwrap();
    assert_eq!(app.count("outbox").await, 1, "what is told of her waits");
    // What was not read yet cannot be read any more.
    let (mut bob, bob_key, _) = sign_up(&app, "bob@example.test").await;
    for (browser, key) in [(&mut ada, &ada_key), (&mut bob, &bob_key)] {
        browser.guarded_post("/account/delete", &json!({}), key).await.success();
    }
    app.advance(7 * 24 * 60 * 60);
    let erase = JOBS.iter().find(|job| job.name == "erase").unwrap();
    (erase.work)(&app.state.jobs()).await.unwrap();
    assert_eq!(app.count("users").await, 0);
    work(&app).await;
    assert_eq!(names(&receiver), Vec::<String>::new());
}

async fn it_can_be_switched_off(app: App) {
    let receiver = Receiver::start().await;
    let settings = [("HOLDFAST_WEBHOOK_URL", receiver.url.as_str()), ("HOLDFAST_WEBHOOK_CAEP", "false")];
    let app = app.beside(&settings).await;
    sign_up(&app, "ada@example.test").await;
    work(&app).await;
    assert_eq!(receiver.received().len(), 0);
    assert_eq!(app.count("outbox").await, 0);
}
