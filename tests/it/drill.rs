//! The drill against a server of our own, and the end of the people that it makes: nothing of them stays, and nothing of others goes.

use std::time::Duration;

use holdfast::audit::verify;
use holdfast::clock::Timestamp;
use holdfast::drill::{self, Arguments, Inside};
use holdfast::notify::Message;
use holdfast::notify::mail::Mail;
use serde_json::json;

use crate::support::notices::Ways;
use crate::support::receiver::Receiver;
use crate::support::{App, Browser, Key, contains, flip_last_bit, on_both_databases};

on_both_databases!(
    every_attack_is_held_off_and_leaves_its_evidence,
    another_machine_is_not_attacked_unasked,
    who_is_erased_leaves_nothing_behind,
    only_people_of_drills_are_erased,
);

const THROW_AWAY: &str = "ada@drill-0123456789abcdef.holdfast.invalid";

fn inside(app: &App) -> Inside {
    Inside::new(app.state.trail.clone(), app.state.outbox.clone())
}

/// All but the one that measures time.
fn all() -> Vec<String> {
    let names = drill::list().into_iter().filter_map(|line| line.split(' ').next().map(str::to_owned));
    names.filter(|name| name != "enumeration_by_time").collect()
}

async fn every_attack_is_held_off_and_leaves_its_evidence(app: App) {
    let app = app.beside(&[("HOLDFAST_THROTTLE_SCALE", "1")]).await;
    app.browser().sign_up("bob@example.test").await;
    let server = app.listen().await;
    let watcher = app.state.watcher.clone();
    let watching = tokio::spawn(async move {
        loop {
            watcher.look().await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let arguments = Arguments {
        target: Some(server.url()),
        origin: Some(app.state.config.origin.clone()),
        only: all(),
        ..Arguments::default()
    };
    let report = drill::run(&arguments, Ok(inside(&app)), std::future::pending()).await.unwrap();
    watching.abort();
    let table = report.table();
    assert!(report.has_held(), "{table}");
    let held = all().len();
    assert!(table.contains(&format!("drill: {held} held, 0 did not\n")), "{table}");
    assert!(table.contains("The audit trail and the alerts were looked at."), "{table}");
    let people = app.stored().await.users;
    assert_eq!(people.iter().map(|row| row.email.as_str()).collect::<Vec<_>>(), ["bob@example.test"]);
    assert!(verify(&app.state.trail, &[]).await.unwrap().faults.is_empty());
}

async fn another_machine_is_not_attacked_unasked(app: App) {
    let before = app.events().await.len();
    let arguments = Arguments { target: Some("http://192.0.2.1:3000".parse().unwrap()), ..Arguments::default() };
    let refused = drill::run(&arguments, Ok(inside(&app)), std::future::pending()).await.unwrap_err();
    assert!(refused.0.contains("--i-may-attack-this-host"), "{refused}");
    let unknown = Arguments { only: vec!["moon_phase".to_owned()], ..arguments };
    let refused = drill::run(&unknown, Ok(inside(&app)), std::future::pending()).await.unwrap_err();
    assert!(refused.0.contains("moon_phase"), "{refused}");
    assert_eq!(app.events().await.len(), before);
}

/// A mail that waits to be sent.
fn mail_to(address: &str) -> Message {
    Message::mail(address, Mail::new(address, "Hello").paragraph("Nothing happened."))
}

/// Ten people fail on one network, this one last.
async fn fail_together(app: &App, last: &Key) {
    let mut keys = Vec::new();
    for number in 0..9 {
        keys.push(app.browser().sign_up(&format!("{number}@example.test")).await);
    }
    for key in keys.iter().chain([last]) {
        // One after the other, also where each person has a chain of events of their own.
        app.advance(1);
        let mut browser = app.browser();
        browser.address = Some([198, 51, 100, 7].into());
        let options = browser.begin_sign_in().await;
        let bad = flip_last_bit(&key.get(&options), "signature");
        browser.finish_sign_in(bad).await.refusal(400, "signature_invalid");
    }
}

/// Somebody who has everything that an account can have.
async fn live(app: &App, email: &str) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound(email).await;
    browser.session().await.success();
    browser.guarded_post("/api-keys", &json!({ "name": "deploy" }), &key).await.success();
    let payout = json!({ "accountHolder": "Ada", "iban": "NO9386011117947" });
    browser.guarded_post("/billing/payout", &payout, &key).await.success();
    // A touch that is never spent.
    browser.step_up("api_key_create", json!({ "name": "never" }), &key).await.success();
    // A second session, whose token is used again after it was replaced.
    let mut second = app.browser();
    second.sign_in(&key).await.success();
    let mut copy = second.clone();
    for _ in 0..2 {
        second.rotate().await.success();
        second.session().await.success();
    }
    copy.session().await.refusal(401, "invalid_session");
    (browser, key)
}

async fn who_is_erased_leaves_nothing_behind(app: App) {
    let (mut bob, _) = live(&app, "bob@example.test").await;
    let (mut ada, key) = live(&app, THROW_AWAY).await;
    fail_together(&app, &key).await;
    let raised = app.state.watcher.look().await.unwrap();
    let rules = |rule: &str| raised.iter().filter(|alert| alert.rule == rule).count();
    assert_eq!((rules("token_reuse"), rules("failures_from_one_network")), (2, 1));
    let id = app.stored().await.users.iter().find(|row| row.email == THROW_AWAY).unwrap().id;
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    app.enqueue(&outbox, mail_to(THROW_AWAY)).await;
    app.enqueue(&outbox, mail_to("bob@example.test")).await;
    app.enqueue(&outbox, Message::webhook("about ada", "x", json!({ "person": id }))).await;
    let waiting = app.count("outbox").await;
    let stored = app.stored().await;
    let credential = stored.credentials.iter().find(|row| row.user_id == id).unwrap();
    let forms = [
        id.as_bytes().to_vec(),
        id.to_string().into_bytes(),
        id.simple().to_string().into_bytes(),
        credential.id.as_bytes().to_vec(),
        credential.id.to_string().into_bytes(),
        credential.credential_id.clone(),
        THROW_AWAY.as_bytes().to_vec(),
    ];
    let lies_in = |values: &[(String, Vec<u8>)]| -> Vec<String> {
        let is_theirs = |value: &[u8]| forms.iter().any(|form| contains(value, form));
        values.iter().filter(|(_, value)| is_theirs(value)).map(|(place, _)| place.clone()).collect()
    };
    assert!(lies_in(&app.every_value().await).len() > 10, "there is something to erase");

    let inside = Inside::new(app.state.trail.clone(), outbox.clone());
    assert_eq!(drill::clean(&inside).await.unwrap(), 1);

    assert_eq!(lies_in(&app.every_value().await), Vec::<String>::new());
    ada.session().await.refusal(401, "invalid_session");
    // Of the three notices only Bob's is left; of the alerts' own, those that do not name her.
    assert!(app.count("outbox").await <= waiting - 2);
    outbox.deliver_due().await.unwrap();
    assert!(receiver.received().iter().all(|call| !format!("{call:?}").contains(&id.to_string())));
    // What happened stays, as nobody's.
    let report = verify(&app.state.trail, &[]).await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert!(report.erased > 5, "{} events say nothing any more", report.erased);
    assert!(app.events().await.iter().all(|event| event.user_id != Some(id)));
    let told = app.events_of("user_deleted").await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].reason.as_deref(), told[0].user_id), (Some("drill"), None));
    // The alert about a network stays, and the one about her does not; Bob's is as it was.
    let alerts = app.state.watcher.page(Timestamp(i64::MAX), 100).await.unwrap();
    let of = |rule: &str| alerts.iter().filter(|alert| alert.rule == rule).collect::<Vec<_>>();
    assert_eq!(of("failures_from_one_network")[0].about.person, None);
    assert_eq!(of("token_reuse").len(), 1);
    assert!(of("token_reuse")[0].about.person.is_some_and(|person| person != id));
    bob.session().await.success();
    let activity = bob.get("/auth/events").await.success();
    assert!(activity["events"].as_array().unwrap().len() > 5, "Bob's past is readable");
    assert_eq!(drill::clean(&inside).await.unwrap(), 0, "and there is nobody left to erase");
}

async fn only_people_of_drills_are_erased(app: App) {
    for address in [
        "ada@example.test",
        "ada@drill-0123456789abcdef.holdfast.invalid.example.test",
        "ada@x.drill-0123456789abcdef.holdfast.invalid",
        "ada@drill-0123456789abcde.holdfast.invalid",
        "ada@holdfast.invalid",
    ] {
        app.browser().sign_up(address).await;
    }
    let before = app.stored().await;
    assert_eq!(drill::clean(&inside(&app)).await.unwrap(), 0);
    assert_eq!(app.stored().await, before);
    // One that has shown that mail reaches it is somebody's, whatever it is called.
    app.browser().sign_up(THROW_AWAY).await;
    app.sql(&format!("UPDATE users SET email_verified_at = 1 WHERE email = '{THROW_AWAY}'")).await;
    assert_eq!(drill::clean(&inside(&app)).await.unwrap(), 0);
    app.sql("UPDATE users SET email_verified_at = NULL").await;
    assert_eq!(drill::clean(&inside(&app)).await.unwrap(), 1);
    assert_eq!(app.stored().await, before);
}
