//! Mail through a real mail server, which takes it, refuses it, drops it, or keeps us waiting.

use serde_json::json;

use crate::support::notices::{Ways, mail_to};
use crate::support::smtp::SmtpServer;
use crate::support::{App, on_both_databases};

on_both_databases!(
    what_the_server_answers_decides_what_follows,
    a_server_that_is_down_or_busy_is_tried_again,
    a_mail_cut_off_in_its_middle_is_sent_again_as_the_same_mail,
    no_answer_of_the_server_is_kept,
    the_command_sends_over_tls_or_not_at_all,
    the_command_signs_in_and_repeats_no_password,
    without_a_server_the_command_says_where_the_mail_lies,
    the_program_says_at_its_start_where_mail_goes,
);

fn url(server: &SmtpServer) -> Ways {
    Ways::smtp(format!("smtp://127.0.0.1:{}", server.port))
}

async fn what_the_server_answers_decides_what_follows(app: App) {
    let server = SmtpServer::start();
    let outbox = app.outbox(&url(&server));
    for (name, state, why) in [
        ("ada", "delivered", None),
        ("later", "queued", Some("smtp_451_4.7.1")),
        ("full", "queued", Some("smtp_452_4.3.1")),
        ("slow", "queued", Some("timeout")),
        ("never", "dead", Some("smtp_550_5.1.1")),
        ("spam", "dead", Some("smtp_554_5.7.1")),
    ] {
        app.enqueue(&outbox, mail_to(name)).await;
        outbox.deliver_due().await.unwrap();
        let expected = (state.to_owned(), why.map(ToOwned::to_owned));
        assert_eq!(app.outbox_states().await.pop(), Some(expected), "{name}");
    }
    let taken = server.taken(1).await;
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, "ada@example.com"));
    let id = app.outbox_rows().await[0].id.simple().to_string();
    assert!(taken[0].raw.contains(&format!("Message-ID: <{id}@example.com>\r\n")), "{}", taken[0].raw);
    assert!(taken[0].raw.contains("Auto-Submitted: auto-generated\r\n"));
    assert!(
        taken[0].raw.contains("From: \"Holdfast\" <login@example.com>\r\n")
            || taken[0].raw.contains("From: Holdfast <login@example.com>\r\n")
    );
}

async fn a_server_that_is_down_or_busy_is_tried_again(app: App) {
    let server = SmtpServer::start();
    let (port, ways) = (server.port, url(&server));
    drop(server);
    let outbox = app.outbox(&ways);
    app.enqueue(&outbox, mail_to("ada")).await;
    outbox.deliver_due().await.unwrap();
    assert_eq!(app.outbox_states().await, [("queued".to_owned(), Some("smtp_connection".to_owned()))]);
    let busy = SmtpServer::with(&json!({ "port": port, "busy": true }));
    app.advance(5);
    outbox.deliver_due().await.unwrap();
    assert_eq!(app.outbox_states().await, [("queued".to_owned(), Some("smtp_421_4.3.2".to_owned()))]);
    drop(busy);
    let server = SmtpServer::with(&json!({ "port": port }));
    app.advance(10);
    outbox.deliver_due().await.unwrap();
    assert_eq!(server.taken(1).await.len(), 1);
    assert_eq!(app.outbox_states().await, [("delivered".to_owned(), None)]);
}

async fn a_mail_cut_off_in_its_middle_is_sent_again_as_the_same_mail(app: App) {
    let server = SmtpServer::start();
    let outbox = app.outbox(&url(&server));
    for name in ["cut", "once"] {
        app.enqueue(&outbox, mail_to(name)).await;
        outbox.deliver_due().await.unwrap();
        let row = app.outbox_rows().await.pop().unwrap();
        assert_eq!((row.state.as_str(), row.reason.is_some()), ("queued", true), "{name}");
        app.advance(5);
        outbox.deliver_due().await.unwrap();
        let row = app.outbox_rows().await.pop().unwrap();
        assert_eq!((row.state.as_str(), row.attempts), ("delivered", 2), "{name}");
    }
    let taken = server.taken(2).await;
    assert_eq!(
        taken.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(),
        ["cut@example.com", "once@example.com"]
    );
}

async fn no_answer_of_the_server_is_kept(app: App) {
    let server = SmtpServer::start();
    let outbox = app.outbox(&url(&server));
    for name in ["never", "later"] {
        app.enqueue(&outbox, mail_to(name)).await;
    }
    outbox.deliver_due().await.unwrap();
    for (column, value) in app.every_value().await {
        let text = String::from_utf8_lossy(&value);
        assert!(!text.contains("@example.com"), "{column}: {text}");
    }
}

/// A server with a certificate, and the file that vouches for it.
fn with_certificate(app: &App, more: &serde_json::Value) -> (SmtpServer, String) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let trusted = app.secrets.with_file_name("trusted.pem");
    std::fs::write(&trusted, certified.cert.pem()).unwrap();
    let mut options = json!({ "cert": certified.cert.pem(), "key": certified.signing_key.serialize_pem() });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (SmtpServer::with(&options), trusted.to_str().unwrap().to_owned())
}

/// How `mail-test` went: whether it did, and all that it said.
fn mail_test(app: &App, settings: &[(&str, &str)]) -> (bool, String) {
    let output = app.output(&["mail-test", "ada@example.com"], settings);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn the_command_sends_over_tls_or_not_at_all(app: App) {
    let (server, trusted) = with_certificate(&app, &json!({}));
    let smtp = format!("smtp://localhost:{}?tls=starttls", server.port);
    let (went, said) = mail_test(&app, &[("HOLDFAST_SMTP_URL", &smtp)]);
    assert!(!went && said.contains("smtp_tls"), "nobody vouches for it: {said}");
    let (went, said) = mail_test(&app, &[("HOLDFAST_SMTP_URL", &smtp), ("SSL_CERT_FILE", &trusted)]);
    assert!(went && said.contains("took the mail"), "{said}");
    let taken = server.taken(1).await;
    assert_eq!((taken.len(), taken[0].secure), (1, true));
    // One that does not offer TLS, or an attacker who took it out of the offer, gets nothing.
    let plain = SmtpServer::start();
    let smtp = format!("smtp://localhost:{}?tls=starttls", plain.port);
    let (went, said) = mail_test(&app, &[("HOLDFAST_SMTP_URL", &smtp), ("SSL_CERT_FILE", &trusted)]);
    assert!(!went, "{said}");
    assert_eq!(plain.taken(0).await.len(), 0);

    let (server, trusted) = with_certificate(&app, &json!({ "secure": true }));
    let smtp = format!("smtps://localhost:{}", server.port);
    let (went, said) = mail_test(&app, &[("HOLDFAST_SMTP_URL", &smtp), ("SSL_CERT_FILE", &trusted)]);
    assert!(went, "{said}");
    assert!(server.taken(1).await[0].secure);
}

async fn the_command_signs_in_and_repeats_no_password(app: App) {
    let options = json!({ "user": "holdfast@example.com", "password": "p:w/1" });
    let (server, trusted) = with_certificate(&app, &options);
    let trusted = ("SSL_CERT_FILE", trusted.as_str());
    let smtp = |password: &str| {
        format!("smtp://holdfast%40example.com:{password}@localhost:{}?tls=starttls", server.port)
    };
    let (went, said) = mail_test(&app, &[("HOLDFAST_SMTP_URL", &smtp("hunter2")), trusted]);
    assert!(!went && said.contains("smtp_535_5.7.8") && !said.contains("hunter2"), "{said}");
    let (went, said) = mail_test(&app, &[("HOLDFAST_SMTP_URL", &smtp("p%3Aw%2F1")), trusted]);
    assert!(went, "{said}");
    assert_eq!(server.taken(1).await[0].user.as_deref(), Some("holdfast@example.com"));
}

async fn without_a_server_the_command_says_where_the_mail_lies(app: App) {
    let (went, said) = mail_test(&app, &[]);
    assert!(went && said.contains(app.mail_folder().to_str().unwrap()), "{said}");
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("To: ada@example.com\r\n"));
    let output = app.output(&["mail-test", "ada@example.com\r\nBcc: eve@example.com"], &[]);
    assert!(!output.status.success());
    assert_eq!(app.mails().len(), 1);
}

async fn the_program_says_at_its_start_where_mail_goes(app: App) {
    let server = app.serve(&[]);
    let says = || async { server.log().contains("ready") };
    crate::support::child::until("it is ready", says).await;
    assert!(server.log().contains("HOLDFAST_SMTP_URL"), "{}", server.log());
    drop(server);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(app.mail_folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let refused = app.output(&["serve"], &[]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && said.contains("chmod 700") && said.contains("HOLDFAST_MAIL_FOLDER"),
        "{said}"
    );
}
