//! The program is killed while it tells of a sign-in: the person hears of it, and hears of it once.

use super::unusual::stranger;
use crate::support::child::until;
use crate::support::smtp::SmtpServer;
use crate::support::{App, on_both_databases};

on_both_databases!(a02_killed_while_it_tells_of_a_sign_in_it_tells_it_once);

async fn a02_killed_while_it_tells_of_a_sign_in_it_tells_it_once(app: App) {
    let (mut browser, key) = app.confirmed().await;
    // Its mail server takes the name of the person, and no more.
    browser.confirm(&app, "slow@example.test", &key).await;
    app.letters().await;
    app.sql("DELETE FROM outbox").await;
    stranger(&app, &key).await;
    app.sql("UPDATE outbox SET due_at = 0").await;
    let smtp = SmtpServer::start();
    let url = format!("smtp://127.0.0.1:{}", smtp.port);
    let server = app.serve(&[("HOLDFAST_SMTP_URL", &url)]);
    until("one is told and one is being told", || async {
        let states: Vec<_> = app.outbox_rows().await.into_iter().map(|row| row.state).collect();
        states.contains(&"delivered".to_owned()) && states.contains(&"sending".to_owned())
    })
    .await;
    server.kill();
    app.sql("UPDATE outbox SET due_at = 0 WHERE state <> 'delivered'").await;
    // Another process, which has another way to send.
    let server = app.serve(&[]);
    until("both are told", || async {
        app.outbox_rows().await.iter().all(|row| row.state == "delivered" && row.payload.is_none())
    })
    .await;
    assert!(server.stop());
    let taken = smtp.taken(1).await;
    assert_eq!(taken.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ada@example.test"]);
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: slow@example.test\r\n") && mails[0].contains("/not-me?t="), "{}", mails[0]);
}
