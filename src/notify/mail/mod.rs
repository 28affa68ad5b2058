//! Mail: what it says, how it looks, and how it leaves.
//!
//! No picture, no tracking, at most one link. Nothing of a mail may be text that a stranger typed: people would read it as
//! ours, and mail programs make links of it.

mod compose;
mod folder;
mod html;
pub mod smtp;
mod text;

use std::path::PathBuf;
use std::str::FromStr;

use lettre::Address;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{Failure, Via};
use crate::clock::Timestamp;
use folder::Folder;
use smtp::Smtp;

/// RFC 5321 §4.5.3.1.3, less the angle brackets.
const ADDRESS_LIMIT: usize = 254;
/// More paragraphs, or longer ones, are a mistake.
const PARAGRAPHS_LIMIT: usize = 20;
const PARAGRAPH_LIMIT: usize = 2000;

/// What one mail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The address it goes to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// In order.
    pub paragraphs: Vec<String>,
    /// A code to be typed, on a line of its own after the first paragraph.
    #[serde(default)]
    pub code: Option<String>,
    /// The one link: what it says, and where it goes.
    #[serde(default)]
    pub button: Option<(String, String)>,
    /// Small print, such as why one gets this mail.
    #[serde(default)]
    pub footer: Option<String>,
}

impl Mail {
    /// A mail with nothing in it yet.
    pub fn new(to: impl Into<String>, subject: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            subject: subject.into(),
            paragraphs: Vec::new(),
            code: None,
            button: None,
            footer: None,
        }
    }

    /// With one more paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.paragraphs.push(text.into());
        self
    }

    /// With a code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With a link. What it opens must change nothing by being opened: mail programs look at links by themselves.
    #[must_use]
    pub fn button(mut self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.button = Some((label.into(), url.into()));
        self
    }

    /// With small print.
    #[must_use]
    pub fn footer(mut self, text: impl Into<String>) -> Self {
        self.footer = Some(text.into());
        self
    }

    /// Whether it can be sent at all.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        address(&self.to).ok_or("its address is none")?;
        if text::line(&self.subject).is_empty() {
            return Err("it has no subject");
        }
        let parts = self.paragraphs.iter().chain(&self.code).chain(&self.footer);
        if self.paragraphs.len() > PARAGRAPHS_LIMIT || parts.into_iter().any(|part| part.len() > PARAGRAPH_LIMIT) {
            return Err("it is too long");
        }
        match &self.button {
            Some((_, url)) if link(url).is_none() => Err("its link is none"),
            _ => Ok(()),
        }
    }
}

/// Whom mail comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// `Name <address>`, or an address alone.
    pub fn parse(text: &str) -> Option<Self> {
        let mailbox = Mailbox::from_str(text).ok()?;
        let name = mailbox.name.map(|name| text::line(&name)).filter(|name| !name.is_empty());
        Some(Self(Mailbox::new(name, address(mailbox.email.as_ref())?)))
    }

    /// This address, under this name.
    pub fn named(name: &str, email: &str) -> Option<Self> {
        let name = Some(text::line(name)).filter(|name| !name.is_empty());
        Some(Self(Mailbox::new(name, address(email)?)))
    }

    /// What stands after the at sign.
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

/// An address that mail can go to. Nothing in it can end a line or begin another address.
pub(super) fn address(text: &str) -> Option<Address> {
    let is_plain = text.len() <= ADDRESS_LIMIT
        && !text.contains(|c: char| {
            c.is_whitespace() || c.is_control() || text::is_invisible(c) || "<>,;:\"()".contains(c)
        });
    is_plain.then(|| text.parse().ok())?
}

fn link(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    (matches!(url.scheme(), "https" | "http") && url.has_host() && url.username().is_empty()).then_some(url)
}

/// How mail leaves.
#[derive(Debug)]
pub struct Mailer {
    from: Sender,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Smtp(Box<Smtp>),
    Folder(Folder),
}

/// Where a mail is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The mail server has it.
    Accepted,
    /// It lies in this file.
    Written(PathBuf),
}

impl Mailer {
    /// By this way, from this sender.
    pub fn new(via: &Via, from: Sender) -> Self {
        let way = match via {
            Via::Smtp(server) => Way::Smtp(Box::new(Smtp::new(server.clone(), from.domain()))),
            Via::Folder(path) => Way::Folder(Folder::new(path.clone())),
        };
        Self { from, way }
    }

    /// Send one. The same id is the same mail: it has the same Message-ID and the same file.
    pub async fn send(&self, id: Uuid, at: Timestamp, mail: &Mail) -> Result<Sent, Failure> {
        mail.check().map_err(|_| Failure::last("mail_unfit"))?;
        let message = compose::compose(mail, &self.from.0, id, at).map_err(|_| Failure::last("mail_unfit"))?;
        match &self.way {
            Way::Smtp(smtp) => smtp.send(message).await.map(|()| Sent::Accepted),
            Way::Folder(folder) => folder.write(id, at, message.formatted()).await.map(Sent::Written),
        }
    }

    /// Whether there is a mail server to send by.
    pub fn is_server(&self) -> bool {
        matches!(self.way, Way::Smtp(_))
    }

    /// Be ready to send, and say where mail goes if it goes nowhere. `Err` is one sentence.
    pub fn prepare(&self) -> Result<Option<String>, String> {
        match &self.way {
            Way::Smtp(_) => Ok(None),
            Way::Folder(folder) => {
                folder.prepare().map_err(|error| folder.complaint(&error))?;
                let path = folder.path().display();
                Ok(Some(format!(
                    "no mail server is set (mail.smtp-url, HOLDFAST_SMTP_URL), so mails are written to the folder {path}"
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_carry_anything_else() {
        for (text, is_fine) in [
            ("ada@example.com", true),
            ("ada+box@example.com", true),
            ("ada@localhost", true),
            ("ada", false),
            ("ada@example.com\r\nBcc: eve@example.com", false),
            ("ada@example.com\nBcc: eve@example.com", false),
            ("ada@example.com,eve@example.com", false),
            ("ada@example.com>", false),
            ("\"ada\r\n\"@example.com", false),
            ("ada@exam\u{202e}ple.com", false),
            ("ada @example.com", false),
            ("", false),
        ] {
            assert_eq!(address(text).is_some(), is_fine, "{text:?}");
        }
        assert!(address(&format!("{}@example.com", "a".repeat(64))).is_some());
        assert!(address(&format!("a@{}.com", "b.".repeat(200))).is_none());
    }

    #[test]
    fn a_sender_is_a_name_with_an_address_or_an_address() {
        assert_eq!(Sender::parse("Holdfast <login@example.com>").expect("a sender").domain(), "example.com");
        assert!(Sender::parse("login@example.com").is_some());
        assert!(Sender::parse("Holdfast").is_none());
        assert!(Sender::parse("A <a@b.test>\r\nBcc: <c@d.test>").is_none());
    }

    #[test]
    fn what_can_never_be_sent_is_refused() {
        let mail = || Mail::new("ada@example.com", "Hello").paragraph("Text");
        assert_eq!(mail().check(), Ok(()));
        assert_eq!(mail().button("Go", "https://example.com/a?b=c").check(), Ok(()));
        assert!(mail().button("Go", "javascript:alert(1)").check().is_err());
        assert!(mail().button("Go", "https://user@example.com").check().is_err());
        assert!(Mail::new("nobody", "Hello").check().is_err());
        assert!(Mail::new("ada@example.com", "\r\n \u{200b}").check().is_err());
        assert!(mail().paragraph("x".repeat(PARAGRAPH_LIMIT + 1)).check().is_err());
        assert!((0..PARAGRAPHS_LIMIT).fold(mail(), |mail, _| mail.paragraph("x")).check().is_err());
    }
}
