//! Commands about notices.

use std::sync::Arc;

use uuid::Uuid;

use super::config::Config;
use super::start::{StartError, open};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::notify::mail::{Mail, Mailer, Sent};

/// Send a mail now, past the outbox, and say in one sentence how that went.
pub async fn send_test_mail(config: &Config, address: &str) -> Result<String, StartError> {
    let mailer = Mailer::new(&config.notify.via, config.notify.from.clone());
    let notice = mailer.prepare().map_err(StartError::Mail)?;
    let origin = config.origin.origin().ascii_serialization();
    let mail = Mail::new(address, format!("A test from {}", config.name))
        .paragraph(format!("This is a test. {} can send you mail.", config.name))
        .paragraph("Nothing happened to any account, and there is nothing to do.")
        .button("Open the service", &origin)
        .footer(format!("Somebody who runs {origin} sent this with the command mail-test."));
    match mailer.send(Uuid::new_v4(), SystemClock.now(), &mail).await {
        Ok(Sent::Accepted) => Ok("The mail server took the mail.".to_owned()),
        Ok(Sent::Written(path)) => Ok(format!(
            "{}The mail lies in {}.",
            notice.map(|_| "No mail server is set. ").unwrap_or_default(),
            path.display()
        )),
        Err(failure) => Err(StartError::Mail(format!("the mail was not sent: {failure}"))),
    }
}

/// What waits to be sent and what was given up, a line each; with `retry`, what was given up is tried again.
pub async fn outbox_report(config: Config, retry: bool) -> Result<Vec<String>, StartError> {
    let state = open(config, Arc::new(SystemClock)).await?;
    let mut lines = Vec::new();
    if retry {
        lines.push(format!("{} will be tried again", state.outbox.revive().await?));
    }
    for depth in state.outbox.depths().await? {
        let oldest = Timestamp(depth.oldest).to_rfc3339();
        lines.push(format!("{:<8} {:<8} {:>6}  oldest {oldest}", depth.channel, depth.state.name(), depth.count));
    }
    if lines.is_empty() {
        lines.push("nothing waits to be sent".to_owned());
    }
    state.store.close().await?;
    Ok(lines)
}
