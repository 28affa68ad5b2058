//! Webhooks to a real receiver that fails in every way.

use std::time::Duration;

use holdfast::notify::webhook;

use crate::support::notices::{Ways, numbered};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{App, on_both_databases};

on_both_databases!(
    u10_a_webhook_is_signed_and_every_attempt_has_the_same_id_and_body,
    what_a_receiver_answers_decides_what_follows,
    a_receiver_that_is_down_is_tried_again,
);

fn reason(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn u10_a_webhook_is_signed_and_every_attempt_has_the_same_id_and_body(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    let secret = webhook::secret(&app.state.keyring, &receiver.url.parse().unwrap());
    receiver.answer(&[Reply::Status(500)]);
    app.enqueue(&outbox, numbered(1)).await;
    outbox.deliver_due().await.unwrap();
    app.advance(10);
    outbox.deliver_due().await.unwrap();
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    for received in &received {
        assert!(received.is_signed_with(&secret));
        assert_eq!(received.path, "/in?team=a");
    }
    assert_eq!((&received[0].id, &received[0].body), (&received[1].id, &received[1].body));
    let seconds = |index: usize| received[index].time.parse::<i64>().unwrap();
    assert_eq!((seconds(1) - seconds(0), seconds(1)), (10, app.now() / 1000), "each attempt has its own time");
    let body: serde_json::Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!(
        (body["type"].as_str(), body["timestamp"].as_str()),
        (Some("test.happened"), Some("2026-11-22T19:34:56Z"))
    );
    // Another URL has another key, and nothing may be changed on the way.
    let other = webhook::secret(&app.state.keyring, &"https://example.com".parse().unwrap());
    assert!(!received[0].is_signed_with(&other));
    let mut altered = received[0].clone();
    altered.body.push(' ');
    assert!(!altered.is_signed_with(&secret));
}

async fn what_a_receiver_answers_decides_what_follows(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    for (n, (reply, state, why)) in [
        (Reply::Status(200), "delivered", None),
        (Reply::Late(Duration::from_millis(200)), "delivered", None),
        // Of a body without end nothing is read.
        (Reply::Endless, "delivered", None),
        (Reply::Status(400), "queued", reason("http_400")),
        (Reply::Status(503), "queued", reason("http_503")),
        (Reply::Redirect, "queued", reason("http_307")),
        (Reply::Never, "queued", reason("timeout")),
        (Reply::Status(410), "dead", reason("http_410")),
    ]
    .into_iter()
    .enumerate()
    {
        receiver.answer(&[reply]);
        app.enqueue(&outbox, numbered(i64::try_from(n).unwrap())).await;
        outbox.deliver_due().await.unwrap();
        assert_eq!(app.outbox_states().await.pop(), Some((state.to_owned(), why)), "{reply:?}");
    }
    assert_eq!(receiver.received().len(), 8, "no redirect was followed");
    receiver.answer(&[Reply::RetryAfter(429, 600)]);
    app.enqueue(&outbox, numbered(100)).await;
    outbox.deliver_due().await.unwrap();
    assert_eq!(app.outbox_rows().await.pop().unwrap().due_at, app.now() + 600_000, "it may ask for time");
}

async fn a_receiver_that_is_down_is_tried_again(app: App) {
    let receiver = Receiver::start().await;
    let url = receiver.url.clone();
    drop(receiver);
    let outbox = app.outbox(&Ways::webhook(&url));
    app.enqueue(&outbox, numbered(1)).await;
    outbox.deliver_due().await.unwrap();
    let (state, why) = app.outbox_states().await.remove(0);
    assert_eq!(state, "queued");
    assert!(["http_connection", "http_answer"].contains(&why.as_deref().unwrap()), "{why:?}");
}
