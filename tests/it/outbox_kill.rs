//! The real program, killed while it delivers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::child::until;
use crate::support::notices::{Ways, mail_to, numbered};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{App, on_both_databases};

on_both_databases!(
    a04_killed_while_it_delivers_it_loses_nothing_and_invents_nothing,
    told_to_stop_it_finishes_what_it_is_delivering,
    a_webhook_goes_over_tls_to_a_certificate_that_the_machine_trusts,
);

/// What the program's clock says is no matter: all of it is due now, and no process that is dead is waited for.
async fn as_if_time_had_passed(app: &App) {
    app.sql("UPDATE outbox SET due_at = 0 WHERE state IN ('queued', 'sending')").await;
}

async fn unfinished(app: &App) -> usize {
    app.query("SELECT id FROM outbox WHERE state <> 'delivered'").await.len()
}

async fn a04_killed_while_it_delivers_it_loses_nothing_and_invents_nothing(app: App) {
    let receiver = Receiver::start().await;
    receiver.always(Reply::Late(Duration::from_millis(150)));
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    for n in 0..25 {
        app.enqueue(&outbox, if n < 20 { numbered(n) } else { numbered(n).in_lane("ada") }).await;
        app.enqueue(&outbox, mail_to(&format!("n{n}"))).await;
    }
    let settings = [("HOLDFAST_WEBHOOK_URL", receiver.url.as_str())];
    for kill_at in [2, 9, 16] {
        as_if_time_had_passed(&app).await;
        let server = app.serve(&settings);
        until("some have come", || async { receiver.received().len() >= kill_at }).await;
        server.kill();
        // Those came, and nobody could note it any more.
        assert!(!app.query("SELECT id FROM outbox WHERE state = 'sending'").await.is_empty());
    }
    assert!(unfinished(&app).await > 0);
    as_if_time_had_passed(&app).await;
    let server = app.serve(&settings);
    until("all is delivered", || async { unfinished(&app).await == 0 }).await;
    assert!(server.stop(), "{}", "it ends well");

    let rows = app.outbox_rows().await;
    assert!(rows.len() >= 50, "checkpoints of the audit trail go there, too");
    assert!(rows.iter().all(|row| row.payload.is_none() && row.finished_at.is_some()));
    // At the receiver, which knows notices by their ids, each is there, and is one.
    let mut numbers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for received in receiver.received() {
        numbers.entry(received.id).or_default().insert(received.body);
    }
    assert_eq!(numbers.len(), 25);
    assert!(numbers.values().all(|bodies| bodies.len() == 1), "the same id has the same body");
    let bodies: BTreeSet<_> = numbers.values().flatten().collect();
    assert_eq!(bodies.len(), 25);
    let mut lane: Vec<_> = receiver.numbers().into_iter().filter(|n| *n >= 20).collect();
    lane.dedup();
    assert_eq!(lane, [20, 21, 22, 23, 24], "the lane kept its order");
    // In the folder each mail is one file, whole.
    let mails = app.mails();
    assert_eq!(mails.len(), 25);
    for n in 0..25 {
        assert_eq!(mails.iter().filter(|mail| mail.contains(&format!("To: n{n}@example.com\r\n"))).count(), 1);
    }
    assert!(mails.iter().all(|mail| mail.ends_with("--\r\n")));
}

async fn told_to_stop_it_finishes_what_it_is_delivering(app: App) {
    let receiver = Receiver::start().await;
    receiver.answer(&[Reply::Late(Duration::from_millis(800))]);
    let outbox = app.outbox(&Ways::webhook(&receiver.url));
    for n in [1, 2] {
        app.enqueue(&outbox, numbered(n).in_lane("ada")).await;
    }
    as_if_time_had_passed(&app).await;
    let server = app.serve(&[("HOLDFAST_WEBHOOK_URL", &receiver.url)]);
    until("the first has come", || async { receiver.received().len() == 1 }).await;
    assert!(server.stop());
    let states = app.outbox_states().await;
    assert_eq!((states[0].0.as_str(), states[1].0.as_str()), ("delivered", "queued"), "and nothing new was begun");
    assert_eq!(app.query("SELECT name FROM job_leases WHERE expires_at > 0").await.len(), 0, "no job was cut off");
}

async fn a_webhook_goes_over_tls_to_a_certificate_that_the_machine_trusts(app: App) {
    use axum_server::tls_rustls::RustlsConfig;

    let _ = rustls::crypto::ring::default_provider().install_default();
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let trusted = app.secrets.with_file_name("trusted.pem");
    std::fs::write(&trusted, certified.cert.pem()).unwrap();
    let key = certified.signing_key.serialize_pem().into_bytes();
    let tls = RustlsConfig::from_pem(certified.cert.pem().into_bytes(), key).await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://localhost:{}/in", listener.local_addr().unwrap().port());
    let receiver = Receiver::start().await;
    let service = receiver.router().into_make_service();
    let task = tokio::spawn(axum_server::from_tcp_rustls(listener, tls).unwrap().serve(service));
    let outbox = app.outbox(&Ways::webhook(&url));
    app.enqueue(&outbox, numbered(1)).await;
    as_if_time_had_passed(&app).await;

    let stranger = app.serve(&[("HOLDFAST_WEBHOOK_URL", &url)]);
    let failed = || async { app.outbox_states().await[0].1.is_some() };
    until("it was tried", failed).await;
    stranger.kill();
    let why = app.outbox_states().await.remove(0).1.unwrap();
    assert!(["http_tls", "no_authorities"].contains(&why.as_str()), "{why}");
    assert_eq!(receiver.received().len(), 0, "nothing is said to somebody whom nobody vouches for");

    as_if_time_had_passed(&app).await;
    let server = app.serve(&[("HOLDFAST_WEBHOOK_URL", &url), ("SSL_CERT_FILE", trusted.to_str().unwrap())]);
    until("it is delivered", || async { unfinished(&app).await == 0 }).await;
    assert_eq!(receiver.numbers(), [1]);
    assert!(server.stop());
    task.abort();
}
