//! An alert, told: a line in the log, a mail to the operator, a webhook. Each goes into the outbox under the alert's name, so that each
//! is sent once.

use serde_json::json;

use super::watch::Alert;
use crate::audit::{Error, Transaction};
use crate::notify::mail::Mail;
use crate::notify::{self, Message, Outbox};

/// Hand it to every channel there is, in the transaction that keeps it.
pub(super) async fn tell(outbox: &Outbox, tx: &Transaction<'_>, alert: &Alert) -> Result<(), Error> {
    let key = format!("alert {}", alert.id);
    let mut messages = vec![Message::log(key.as_str(), line(alert)), webhook(&key, alert)];
    messages.extend(outbox.operator().map(|operator| Message::mail(key.as_str(), mail(operator, alert))));
    for message in messages {
        hand_over(outbox, tx, message).await?;
    }
    Ok(())
}

/// Keep a notice, in the transaction of what it tells about.
pub(super) async fn hand_over(outbox: &Outbox, tx: &Transaction<'_>, message: Message) -> Result<(), Error> {
    let kept = outbox.enqueue(&**tx, message).await.map_err(|error| match error {
        notify::Error::Store(error) => Error::Store(error),
        notify::Error::Seal(error) => Error::Seal(error),
        notify::Error::Entropy(error) => Error::Entropy(error),
        notify::Error::Unfit(why) => Error::Broken(format!("it cannot be told: {why}")),
    });
    kept.map(drop)
}

fn line(alert: &Alert) -> String {
    let Alert { rule, severity, title, runbook, about, .. } = alert;
    let request = about.requests.last().map_or("", String::as_str);
    format!("alert {rule} ({severity}), {}: {title} {runbook} Last request: {request}", about.subject)
}

fn webhook(key: &str, alert: &Alert) -> Message {
    let evidence: Vec<String> = alert.about.evidence.iter().map(|(chain, seq)| format!("{chain}:{seq}")).collect();
    let data = json!({
        "id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity,
        "title": alert.title,
        "runbook": alert.runbook,
        "subject": alert.about.subject,
        "person": alert.about.person,
        "openedAt": alert.opened_at.to_rfc3339(),
        "evidence": evidence,
        "requestIds": alert.about.requests,
    });
    Message::webhook(key, "alert.raised", data).in_lane("alerts")
}

fn mail(operator: &str, alert: &Alert) -> Mail {
    let at = alert.opened_at.to_rfc3339();
    let mut mail = Mail::new(operator, format!("[{}] {}", alert.severity, alert.title))
        .paragraph(alert.title)
        .paragraph(format!("It is about {}, at {at}.", alert.about.subject))
        .paragraph(format!("What to do: {}", alert.runbook));
    if let Some(request) = alert.about.requests.last() {
        mail =
            mail.paragraph(format!("Its last request was {request}; the log and the audit trail have that id."));
    }
    mail.footer(format!(
        "Rule {}, alert {}. The same is not told again for a while; it is counted.",
        alert.rule, alert.id
    ))
}
