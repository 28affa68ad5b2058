//! One notice.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Error;
use super::mail::Mail;
use super::webhook;
use crate::clock::Timestamp;

/// How a notice gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// To a person or the operator.
    Mail,
    /// To another system.
    Webhook,
    /// A line in our own log.
    Log,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Webhook, Self::Log];

    /// As it is stored and counted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Log => "log",
        }
    }
}

/// At most so many notices of a kind to one receiver within a time. Each kind has a count of its own, so that nobody can
/// keep a person from hearing one thing by causing many of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// What is counted.
    pub kind: &'static str,
    /// How many.
    pub most: u32,
    /// Within what time; at most 30 days, since nothing is remembered for longer.
    pub within: Duration,
}

/// A notice to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    pub(super) key: String,
    pub(super) lane: Option<String>,
    pub(super) not_after: Option<Timestamp>,
    pub(super) cap: Option<Cap>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Mail(Mail),
    Webhook { event_type: String, data: serde_json::Value },
    Log(String),
}

/// What lies sealed in a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    Mail(Mail),
    /// The body, byte for byte: every attempt sends the same.
    Webhook(String),
    Log(String),
}

impl Message {
    fn new(key: String, what: What) -> Self {
        Self { key, lane: None, not_after: None, cap: None, what }
    }

    /// A mail. `key` names the notice: handed in twice, it is sent once.
    pub fn mail(key: impl Into<String>, mail: Mail) -> Self {
        Self::new(key.into(), What::Mail(mail))
    }

    /// A webhook in the form of Standard Webhooks: `event_type` such as `session.revoked`, and what there is to say.
    pub fn webhook(key: impl Into<String>, event_type: impl Into<String>, data: serde_json::Value) -> Self {
        Self::new(key.into(), What::Webhook { event_type: event_type.into(), data })
    }

    /// A line in the log.
    pub fn log(key: impl Into<String>, line: impl Into<String>) -> Self {
        Self::new(key.into(), What::Log(line.into()))
    }

    /// Notices of a lane are sent in the order in which they were handed in, each when the one before it was delivered or
    /// given up. So one that cannot be delivered keeps those behind it waiting.
    #[must_use]
    pub fn in_lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = Some(lane.into());
        self
    }

    /// It is worth nothing after this, and not sent any more.
    #[must_use]
    pub fn not_after(mut self, time: Timestamp) -> Self {
        self.not_after = Some(time);
        self
    }

    /// Not more than so many of this kind to one receiver.
    #[must_use]
    pub fn at_most(mut self, cap: Cap) -> Self {
        self.cap = Some(cap);
        self
    }

    /// How it gets there.
    pub fn channel(&self) -> Channel {
        match self.what {
            What::Mail(_) => Channel::Mail,
            What::Webhook { .. } => Channel::Webhook,
            What::Log(_) => Channel::Log,
        }
    }

    /// Whom it goes to, for counting. An address in other letters is the same address.
    pub(super) fn receiver(&self) -> String {
        match &self.what {
            What::Mail(mail) => mail.to.trim().to_lowercase(),
            What::Webhook { .. } | What::Log(_) => String::new(),
        }
    }

    /// What is kept of it. A notice that could never be sent is refused here, where somebody can still hear it.
    pub(super) fn into_content(self, id: Uuid, now: Timestamp) -> Result<Content, Error> {
        Ok(match self.what {
            What::Mail(mail) => {
                mail.check().map_err(Error::Unfit)?;
                Content::Mail(mail)
            }
            What::Webhook { event_type, data } => Content::Webhook(webhook::body(id, &event_type, now, &data)),
            What::Log(line) => Content::Log(line),
        })
    }
}
