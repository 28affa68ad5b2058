//! Notices: handing them in, sending them, and what is kept of them.

use std::sync::Arc;
use std::time::Duration;

use holdfast::notify::mail::{Mail, Sender, smtp};
use holdfast::notify::{Enqueued, Message, Outbox, Settings, Via};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::App;

/// A row of `outbox`.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct OutboxRow {
    pub id: Uuid,
    pub dedup: Vec<u8>,
    pub channel: String,
    pub state: String,
    pub due_at: i64,
    pub attempts: i32,
    pub claim: Option<Vec<u8>>,
    pub reason: Option<String>,
    pub finished_at: Option<i64>,
    pub payload: Option<Vec<u8>>,
}

/// Where an outbox of a test sends things.
pub struct Ways {
    pub smtp: Option<String>,
    pub webhook: Option<String>,
}

impl Ways {
    pub fn webhook(url: &str) -> Self {
        Self { smtp: None, webhook: Some(url.to_owned()) }
    }

    pub fn smtp(url: String) -> Self {
        Self { smtp: Some(url), webhook: None }
    }
}

impl App {
    /// An outbox over this database; a second one is like a second process.
    pub fn outbox(&self, ways: &Ways) -> Arc<Outbox> {
        let via = match &ways.smtp {
            Some(url) => Via::Smtp(smtp::Server::parse(url).unwrap()),
            None => Via::Folder(self.secrets.with_file_name("mail")),
        };
        let settings = Settings {
            via,
            from: Sender::parse("Holdfast <login@example.com>").unwrap(),
            operator: None,
            webhook: ways.webhook.as_deref().map(|url| Settings::parse_webhook(url).unwrap()),
            signals: true,
            patience: Duration::from_millis(1500),
        };
        let (store, keyring, clock) =
            (self.state.store.clone(), self.state.keyring.clone(), self.state.clock.clone());
        Arc::new(Outbox::new(store, keyring, clock, &settings))
    }

    /// Hand one in, in a transaction of its own.
    pub async fn enqueue(&self, outbox: &Outbox, message: Message) -> Enqueued {
        let tx = self.state.store.begin().await.unwrap();
        let enqueued = outbox.enqueue(&*tx, message).await.unwrap();
        tx.commit().await.unwrap();
        enqueued
    }

    /// All rows, in their order.
    pub async fn outbox_rows(&self) -> Vec<OutboxRow> {
        self.rows("outbox", "seq").await
    }

    /// What became of each: its state and why.
    pub async fn outbox_states(&self) -> Vec<(String, Option<String>)> {
        self.outbox_rows().await.into_iter().map(|row| (row.state, row.reason)).collect()
    }
}

/// A webhook that is known by a number.
pub fn numbered(n: i64) -> Message {
    Message::webhook(format!("n{n}"), "test.happened", serde_json::json!({ "n": n }))
}

/// A mail to this name.
pub fn mail_to(name: &str) -> Message {
    let mail = Mail::new(format!("{name}@example.com"), "Hello").paragraph("Nothing happened.");
    Message::mail(format!("mail to {name}"), mail)
}
