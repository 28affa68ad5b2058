//! What is handed in is sent once it is committed, in order, by one process, and forgotten when that is done.

use std::time::Duration;

use holdfast::clock::Timestamp;
use holdfast::notify::{Cap, Channel, Enqueued, LEASE, Message, Totals};

use crate::support::notices::{Ways, mail_to, numbered};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{App, contains, on_both_databases};

on_both_databases!(
    a_notice_comes_to_be_with_its_change_or_not_at_all,
    the_same_notice_is_kept_and_sent_once,
    a03_a_storm_of_the_same_alert_is_one_notice,
    what_is_kept_tells_nothing_and_is_erased_once_delivered,
    a_notice_is_forgotten_after_thirty_days,
    u10_a_lane_is_sent_in_order_and_waits_for_its_first,
    lanes_do_not_wait_for_each_other,
    what_fails_is_tried_again_later_and_later_and_given_up_in_the_end,
    what_was_given_up_can_be_tried_again,
    a_notice_that_is_too_late_is_not_sent,
    l07_a_receiver_gets_no_more_of_a_kind_than_they_may,
    l07_many_at_once_do_not_get_past_the_cap,
    a_row_is_sent_by_one_of_many_processes,
    a_claim_of_a_dead_process_is_taken_over_after_its_lease,
    a_process_that_was_only_slow_does_not_overwrite_what_another_noted,
    with_another_key_nothing_is_lost,
    without_a_url_a_webhook_is_not_kept,
);

async fn a_notice_comes_to_be_with_its_change_or_not_at_all(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    let tx = app.state.store.begin().await.unwrap();
    assert!(matches!(outbox.enqueue(&*tx, numbered(1)).await.unwrap(), Enqueued::Queued(_)));
    drop(tx);
    assert_eq!(outbox.deliver_due().await.unwrap(), 0);
    assert_eq!(app.outbox_rows().await, []);
    app.enqueue(&outbox, numbered(1)).await;
    assert_eq!(outbox.deliver_due().await.unwrap(), 1);
    assert_eq!(receiver.numbers(), [1]);
    assert_eq!(outbox.deliver_due().await.unwrap(), 0, "and that was it");
}

async fn the_same_notice_is_kept_and_sent_once(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    for _ in 0..3 {
        app.enqueue(&outbox, numbered(1)).await;
        outbox.deliver_due().await.unwrap();
    }
    assert_eq!(app.enqueue(&outbox, numbered(1)).await, Enqueued::Already);
    assert_eq!(receiver.received().len(), 1);
    // In another channel it is another notice.
    let mail = Message::log("n1", "line");
    assert!(matches!(app.enqueue(&outbox, mail).await, Enqueued::Queued(_)));
}

async fn a03_a_storm_of_the_same_alert_is_one_notice(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    let tasks = (0..50).map(|_| {
        let (outbox, store) = (outbox.clone(), app.state.store.clone());
        tokio::spawn(async move {
            let tx = store.begin().await.unwrap();
            let enqueued = outbox.enqueue(&*tx, numbered(7)).await.unwrap();
            tx.commit().await.unwrap();
            enqueued
        })
    });
    let enqueued = futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(enqueued.iter().filter(|enqueued| **enqueued == Enqueued::Already).count(), 49);
    outbox.deliver_due().await.unwrap();
    assert_eq!(receiver.numbers(), [7]);
}

async fn what_is_kept_tells_nothing_and_is_erased_once_delivered(app: App) {
    let outbox = app.outbox(&Ways { smtp: None, webhook: None });
    let cap = Cap { kind: "hello", most: 5, within: Duration::from_hours(1) };
    app.enqueue(&outbox, mail_to("secretive").in_lane("secretive").at_most(cap)).await;
    let is_told = |values: &[(String, Vec<u8>)]| {
        let told = ["secretive", "Nothing happened", "hello"];
        values.iter().any(|(_, value)| told.iter().any(|told| contains(value, told.as_bytes())))
    };
    assert!(!is_told(&app.every_value().await));
    assert!(app.outbox_rows().await[0].payload.is_some());
    outbox.deliver_due().await.unwrap();
    let row = app.outbox_rows().await.remove(0);
    assert_eq!((row.state.as_str(), row.payload, row.claim), ("delivered", None, None));
    assert_eq!(row.finished_at, Some(app.now()));
    assert!(!is_told(&app.every_value().await));
}

async fn a_notice_is_forgotten_after_thirty_days(app: App) {
    use holdfast::jobs::{self, JOBS, lease::Holder};

    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    app.enqueue(&outbox, numbered(1)).await;
    outbox.deliver_due().await.unwrap();
    app.enqueue(&outbox, numbered(2).in_lane("waits")).await;
    let context = app.state.jobs();
    let holder = Holder::new(&context).unwrap();
    let tidy = JOBS.iter().find(|job| job.name == "tidy").unwrap();
    app.advance(30 * 86_400);
    jobs::once(tidy, &context, &holder).await.unwrap();
    assert_eq!(app.outbox_rows().await.len(), 2);
    assert_eq!(app.enqueue(&outbox, numbered(1)).await, Enqueued::Already);
    app.advance(60);
    jobs::once(tidy, &context, &holder).await.unwrap();
    let left = app.outbox_rows().await;
    assert_eq!((left.len(), left[0].state.as_str()), (1, "queued"), "what was never sent is not forgotten");
}

async fn u10_a_lane_is_sent_in_order_and_waits_for_its_first(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    receiver.answer(&[Reply::Status(503), Reply::Status(204), Reply::Status(503)]);
    for n in 1..=4 {
        app.enqueue(&outbox, numbered(n).in_lane("ada")).await;
    }
    for _ in 0..12 {
        assert!(outbox.deliver_due().await.unwrap() <= 1, "one of a lane at a time");
        app.advance(5);
    }
    assert_eq!(receiver.numbers(), [1, 1, 2, 2, 3, 4]);
    let ids: Vec<_> = receiver.received().into_iter().map(|received| received.id).collect();
    assert_eq!(ids[0], ids[1], "a receiver can tell that it is the same");
}

async fn lanes_do_not_wait_for_each_other(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    for (n, lane) in [(1, "ada"), (2, "bob"), (3, "ada"), (4, "bob")] {
        app.enqueue(&outbox, numbered(n).in_lane(lane)).await;
    }
    app.enqueue(&outbox, numbered(5)).await;
    receiver.answer(&[Reply::Status(500), Reply::Status(500), Reply::Status(500)]);
    assert_eq!(outbox.deliver_due().await.unwrap(), 3, "the first of each lane, and what is in none");
    let mut first = receiver.numbers();
    first.sort_unstable();
    assert_eq!(first, [1, 2, 5]);
}

async fn what_fails_is_tried_again_later_and_later_and_given_up_in_the_end(app: App) {
    let receiver = Receiver::start().await;
    receiver.always(Reply::Status(500));
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    app.enqueue(&outbox, numbered(1)).await;
    let mut pauses = Vec::new();
    while app.outbox_rows().await[0].state != "dead" {
        assert_eq!(outbox.deliver_due().await.unwrap(), 1);
        assert_eq!(outbox.deliver_due().await.unwrap(), 0, "not at once again");
        let row = app.outbox_rows().await.remove(0);
        assert_eq!(row.reason.as_deref(), Some("http_500"));
        pauses.push(row.due_at - app.now());
        app.clock.advance(Duration::from_millis(u64::try_from((row.due_at - app.now()).max(0)).unwrap()));
    }
    pauses.pop();
    assert_eq!(pauses.len(), 19);
    for (index, pause) in pauses.iter().enumerate() {
        let whole = (5000 << index.min(13)).min(6 * 3_600_000);
        assert!((whole / 2..=whole).contains(pause), "pause {index} is {pause} of {whole}");
    }
    assert_eq!(receiver.received().len(), 20);
    app.advance(86_400);
    assert_eq!(outbox.deliver_due().await.unwrap(), 0, "given up is given up");
    let depths = outbox.depths().await.unwrap();
    assert_eq!(
        (depths.len(), depths[0].channel.as_str(), depths[0].state.name(), depths[0].count),
        (1, "webhook", "dead", 1)
    );
    let webhooks = outbox.totals().into_iter().find(|(channel, _)| *channel == Channel::Webhook).unwrap();
    assert_eq!(webhooks.1, Totals { delivered: 0, failed: 20, dead: 1 });
}

async fn what_was_given_up_can_be_tried_again(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    receiver.answer(&[Reply::Status(410), Reply::Status(410)]);
    app.enqueue(&outbox, numbered(1)).await;
    app.enqueue(&outbox, numbered(2).not_after(Timestamp(app.now() + 1000))).await;
    outbox.deliver_due().await.unwrap();
    assert!(app.outbox_rows().await.iter().all(|row| row.state == "dead" && row.payload.is_some()));
    app.advance(10);
    assert_eq!(outbox.revive().await.unwrap(), 1, "for the other it is too late");
    outbox.deliver_due().await.unwrap();
    assert_eq!(receiver.received().len(), 3);
    assert_eq!(receiver.numbers()[2], 1);
}

async fn a_notice_that_is_too_late_is_not_sent(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    for n in [1, 2] {
        app.enqueue(&outbox, numbered(n).not_after(Timestamp(app.now() + 10_000))).await;
        app.advance(5 * u64::try_from(n).unwrap());
        outbox.deliver_due().await.unwrap();
        app.advance(6);
        app.enqueue(&outbox, numbered(10 + n).not_after(Timestamp(app.now() - 1))).await;
        outbox.deliver_due().await.unwrap();
    }
    assert_eq!(receiver.numbers(), [1, 2]);
    let too_late = ("dead".to_owned(), Some("too_late".to_owned()));
    assert_eq!(app.outbox_states().await.iter().filter(|state| **state == too_late).count(), 2);
}

async fn l07_a_receiver_gets_no_more_of_a_kind_than_they_may(app: App) {
    let outbox = app.outbox(&Ways { smtp: None, webhook: None });
    let hour = Duration::from_hours(1);
    let message = |n: u32, name: &str, kind| {
        let mail = holdfast::notify::mail::Mail::new(format!("{name}@example.com"), "Hello").paragraph("Text");
        Message::mail(format!("{kind} {name} {n}"), mail).at_most(Cap { kind, most: 3, within: hour })
    };
    for n in 0..3 {
        assert!(matches!(app.enqueue(&outbox, message(n, "ada", "code")).await, Enqueued::Queued(_)));
    }
    assert_eq!(app.enqueue(&outbox, message(3, "ada", "code")).await, Enqueued::Capped);
    assert_eq!(app.enqueue(&outbox, message(4, "ADA", "code")).await, Enqueued::Capped, "in any letters");
    assert!(matches!(app.enqueue(&outbox, message(5, "bob", "code")).await, Enqueued::Queued(_)));
    let other = app.enqueue(&outbox, message(6, "ada", "warning")).await;
    assert!(matches!(other, Enqueued::Queued(_)), "one kind cannot silence another");
    app.advance(3599);
    assert_eq!(app.enqueue(&outbox, message(7, "ada", "code")).await, Enqueued::Capped);
    app.advance(1);
    assert!(matches!(app.enqueue(&outbox, message(8, "ada", "code")).await, Enqueued::Queued(_)));
}

async fn l07_many_at_once_do_not_get_past_the_cap(app: App) {
    let outbox = app.outbox(&Ways { smtp: None, webhook: None });
    let cap = Cap { kind: "code", most: 3, within: Duration::from_hours(1) };
    let tasks = (0..20).map(|n| {
        let (outbox, store) = (outbox.clone(), app.state.store.clone());
        let mail = holdfast::notify::mail::Mail::new("ada@example.com", "Hello").paragraph("Text");
        tokio::spawn(async move {
            let tx = store.begin().await.unwrap();
            let enqueued = outbox.enqueue(&*tx, Message::mail(format!("{n}"), mail).at_most(cap)).await.unwrap();
            tx.commit().await.unwrap();
            enqueued
        })
    });
    let enqueued = futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(enqueued.iter().filter(|enqueued| **enqueued == Enqueued::Capped).count(), 17);
}

async fn a_row_is_sent_by_one_of_many_processes(app: App) {
    let receiver = Receiver::start().await;
    let ways = Ways::webhook(&receiver.url);
    let first = app.outbox(&ways);
    for n in 0..60 {
        // Half of them in lanes, so that both kinds are fought for.
        let message = if n % 2 == 0 { numbered(n) } else { numbered(n).in_lane(format!("{}", n % 5)) };
        app.enqueue(&first, message).await;
    }
    let processes = (0..6).map(|_| {
        let outbox = app.outbox(&ways);
        tokio::spawn(async move {
            let mut idle = 0;
            while idle < 3 {
                if outbox.deliver_due().await.unwrap() == 0 { idle += 1 } else { idle = 0 }
            }
        })
    });
    futures::future::try_join_all(processes).await.unwrap();
    while first.deliver_due().await.unwrap() > 0 {}
    let mut numbers = receiver.numbers();
    let in_lane =
        |lane: i64| numbers.iter().copied().filter(move |n| n % 2 == 1 && n % 5 == lane).collect::<Vec<_>>();
    assert!((0..5).all(|lane| in_lane(lane).is_sorted()), "each lane in its order: {numbers:?}");
    numbers.sort_unstable();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>(), "each exactly once");
}

async fn a_claim_of_a_dead_process_is_taken_over_after_its_lease(app: App) {
    let receiver = Receiver::start().await;
    let ways = Ways::webhook(&receiver.url);
    let (dying, other) = (app.outbox(&ways), app.outbox(&ways));
    app.enqueue(&dying, numbered(1)).await;
    receiver.answer(&[Reply::Never]);
    // It is gone in the middle of its request.
    let attempt = tokio::time::timeout(Duration::from_millis(300), dying.deliver_due()).await;
    assert!(attempt.is_err());
    assert_eq!(app.outbox_rows().await[0].state, "sending");
    app.advance(LEASE.as_secs() - 1);
    assert_eq!(other.deliver_due().await.unwrap(), 0);
    app.advance(1);
    assert_eq!(other.deliver_due().await.unwrap(), 1);
    assert_eq!(receiver.numbers(), [1, 1]);
    assert_eq!(receiver.received()[0].id, receiver.received()[1].id);
    assert_eq!(app.outbox_states().await, [("delivered".to_owned(), None)]);
}

async fn a_process_that_was_only_slow_does_not_overwrite_what_another_noted(app: App) {
    let receiver = Receiver::start().await;
    let ways = Ways::webhook(&receiver.url);
    let (slow, other) = (app.outbox(&ways), app.outbox(&ways));
    app.enqueue(&slow, numbered(1)).await;
    receiver.answer(&[Reply::Never]);
    let attempt = tokio::spawn(async move { slow.deliver_due().await.unwrap() });
    while receiver.received().is_empty() {
        tokio::task::yield_now().await;
    }
    app.advance(LEASE.as_secs());
    assert_eq!(other.deliver_due().await.unwrap(), 1);
    // Its own attempt ends, with a failure, when the other has long delivered.
    assert_eq!(attempt.await.unwrap(), 1);
    assert_eq!(app.outbox_states().await, [("delivered".to_owned(), None)]);
}

async fn with_another_key_nothing_is_lost(app: App) {
    let receiver = Receiver::start().await;
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    app.enqueue(&outbox, numbered(1)).await;
    let keys = std::fs::read_to_string(&app.secrets).unwrap();
    std::fs::write(&app.secrets, holdfast::keyring::new_file().unwrap()).unwrap();
    let stranger = app.beside(&[]).await;
    stranger.outbox(&Ways::webhook(&receiver.url)).deliver_due().await.unwrap();
    assert_eq!(app.outbox_states().await, [("queued".to_owned(), Some("key_missing".to_owned()))]);
    std::fs::write(&app.secrets, keys).unwrap();
    app.advance(5);
    outbox.deliver_due().await.unwrap();
    assert_eq!(receiver.numbers(), [1]);
}

async fn without_a_url_a_webhook_is_not_kept(app: App) {
    let outbox = app.outbox(&Ways { smtp: None, webhook: None });
    assert_eq!(app.enqueue(&outbox, numbered(1)).await, Enqueued::Off);
    assert!(outbox.has(Channel::Mail) && outbox.has(Channel::Log) && !outbox.has(Channel::Webhook));
    assert_eq!(app.outbox_rows().await, []);
}
