//! What a rule is: which events it looks at, what it groups them by, for how long, and when that is too much.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::seen::Seen;
use crate::clock::Timestamp;

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// When there is time.
    Medium,
    /// Now.
    High,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What events are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A person.
    Person(Uuid),
    /// A session.
    Session(Uuid),
    /// A network.
    Network(String),
    /// A browser that is known again.
    Browser(String),
    /// All of it together.
    Service,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person {id}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Network(network) => write!(f, "network {network}"),
            Self::Browser(hash) => write!(f, "browser {}", hash.get(..16).unwrap_or(hash)),
            Self::Service => f.write_str("the service"),
        }
    }
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, stable.
    pub name: &'static str,
    /// How soon somebody should look.
    pub severity: Severity,
    /// What has happened, in one sentence.
    pub title: &'static str,
    /// What to do, in one line.
    pub runbook: &'static str,
    /// How far it looks back. In this time it also tells the same of the same only once.
    pub window: Duration,
    /// What the event belongs to; `None` if the rule does not look at it.
    pub key: fn(&Seen) -> Option<Key>,
    /// Whether these are too much: a key's events in the window, oldest first. The last has just come.
    pub fires: fn(&[&Seen]) -> bool,
    /// Whether something should have followed by now, for rules about what did not happen.
    pub overdue: Option<fn(&[&Seen], Timestamp) -> bool>,
}

/// What rules that one event is enough for have in common.
pub(super) const AT_ONCE: Rule = Rule {
    name: "",
    severity: Severity::Medium,
    title: "",
    runbook: "",
    window: Duration::from_hours(1),
    key: |_| None,
    fires: |_| true,
    overdue: None,
};

impl Rule {
    /// In this time the same is told once.
    pub fn cool_down(&self) -> Duration {
        self.window.max(Duration::from_hours(1))
    }
}

/// How many different values there are.
pub(super) fn distinct<'a, T: Ord>(events: &[&'a Seen], of: impl Fn(&'a Seen) -> Option<T>) -> usize {
    events.iter().filter_map(|event| of(event)).collect::<std::collections::BTreeSet<_>>().len()
}

/// How many are of one of these kinds.
pub(super) fn count(events: &[&Seen], kinds: &[&str]) -> usize {
    events.iter().filter(|event| event.is(kinds)).count()
}
