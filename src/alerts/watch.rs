//! The trail read on: every event is looked at once, and what a rule finds is kept and handed on in the transaction that notes how far
//! was read, and so is what other systems are told of sessions and credentials. So a crash neither loses any of it nor tells it twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::rule::{Rule, Severity};
use super::rules::RULES;
use super::seen::Seen;
use super::windows::{Finding, LONGEST, Windows};
use super::{signal, tell};
use crate::audit::{Error, Event, EventType, Origin, Trail};
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::notify::{Message, Outbox};
use crate::secret::random_bytes;
use crate::store::{alert, alert_cursor, alerts, chain_heads};

/// Names this use of the keyring.
pub(super) const PURPOSE: &str = "alert";
/// As many events of a chain are read at once.
const PAGE: u64 = 500;
/// An alert names this many events at most, the newest.
const EVIDENCE: usize = 20;
/// Alerts are forgotten after this long; the events that they name are not.
pub const MEMORY: Duration = Duration::from_hours(365 * 24);

/// What a rule has found, for people and programs.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Names it.
    pub id: Uuid,
    /// The rule.
    pub rule: String,
    /// How soon somebody should look.
    pub severity: String,
    /// What has happened.
    pub title: &'static str,
    /// What to do.
    pub runbook: &'static str,
    /// When it was first so.
    pub opened_at: Timestamp,
    /// When it was last so.
    pub last_at: Timestamp,
    /// How often it was.
    pub count: i64,
    /// What it is about and which events showed it.
    pub about: About,
    /// When somebody saw to it.
    pub acknowledged_at: Option<Timestamp>,
}

/// What an alert is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// Such as `person 0f…` or `network 192.0.2.0/24`.
    pub subject: String,
    /// Whose account, if it is one.
    pub person: Option<Uuid>,
    /// The events that showed it: chain and number.
    pub evidence: Vec<(i16, i64)>,
    /// Their requests.
    pub requests: Vec<String>,
}

/// Reads the trail for the rules. Only one in all processes may look at a time; the job's lease sees to that.
#[derive(Debug)]
pub struct Watcher {
    pub(super) trail: Arc<Trail>,
    outbox: Arc<Outbox>,
    /// Who says so, where other systems are told.
    issuer: String,
    /// Switched off.
    off: Vec<&'static str>,
    rules: Vec<&'static Rule>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    windows: Windows,
    /// How far this process has read. Nothing, before it has read anything.
    position: Option<HashMap<i16, i64>>,
}

impl Watcher {
    /// All rules but those that are switched off.
    pub fn new(trail: Arc<Trail>, outbox: Arc<Outbox>, issuer: &str, off: &[&'static str]) -> Self {
        let rules: Vec<&'static Rule> = RULES.iter().copied().filter(|rule| !off.contains(&rule.name)).collect();
        for rule in &rules {
            trail.metrics().expect_alerts(rule.name, rule.severity.as_str());
        }
        let state = Mutex::new(State { windows: Windows::new(rules.clone()), position: None });
        Self { trail, outbox, issuer: issuer.to_owned(), rules, off: off.to_vec(), state }
    }

    /// Say which rules are off: whoever attacks switches off the light first.
    pub async fn announce(&self) -> Result<(), Error> {
        if self.off.is_empty() {
            return Ok(());
        }
        let tx = self.trail.begin().await?;
        for name in &self.off {
            tx.record(Origin::of_ours()?, Event::refused(EventType::SysMonitorDisabled, name));
        }
        tx.commit().await
    }

    /// Look at what has come since. Answers the alerts that are new.
    pub async fn look(&self) -> Result<Vec<Alert>, Error> {
        let mut state = self.state.lock().await;
        let mut raised = Vec::new();
        loop {
            let (more, mut found) = self.step(&mut state).await?;
            raised.append(&mut found);
            if !more {
                return Ok(raised);
            }
        }
    }

    async fn step(&self, state: &mut State) -> Result<(bool, Vec<Alert>), Error> {
        let store = self.trail.store();
        let read: HashMap<i16, i64> =
            alerts::cursors(store.reader()).await?.into_iter().map(|row| (row.chain, row.seq)).collect();
        if state.position.as_ref() != Some(&read) {
            // Another process has read on, or this one has just begun.
            state.windows = self.recollect(&read).await?;
            state.position = Some(read.clone());
        }
        let mut events: Vec<Seen> = Vec::new();
        let mut signals: Vec<Message> = Vec::new();
        let mut position = read.clone();
        let mut more = false;
        for head in chain_heads::all(store.reader()).await? {
            // What retention has cut off needs no looking at.
            let from = read.get(&head.chain).copied().unwrap_or_default().max(head.root_seq);
            if head.seq <= from {
                continue;
            }
            let page = self.trail.page_of_chain(head.chain, from, PAGE).await?;
            more |= page.len() as u64 == PAGE;
            if let Some(last) = page.last() {
                position.insert(head.chain, last.seq);
            }
            if self.outbox.has_signals() {
                signals.extend(page.iter().filter_map(|event| signal::of(event, &self.issuer)));
            }
            events.extend(page.into_iter().map(Seen::from));
        }
        let now = self.trail.clock().now();
        // Over all chains in the order in which they happened.
        events.sort_by_key(|event| event.at);
        let mut found: Vec<(Timestamp, Finding)> = Vec::new();
        for event in events {
            let event = Arc::new(event);
            found.extend(state.windows.see(&event).into_iter().map(|finding| (event.at, finding)));
        }
        found.extend(state.windows.overdue(now).into_iter().map(|finding| (now, finding)));
        if position == read && found.is_empty() {
            return Ok((false, Vec::new()));
        }
        let raised = self.keep(&read, &position, found, signals).await;
        // If that failed, the next look begins with what is stored.
        state.position = raised.is_ok().then_some(position);
        Ok((more, raised?))
    }

    /// The windows as they were when the chains had been read so far.
    async fn recollect(&self, read: &HashMap<i16, i64>) -> Result<Windows, Error> {
        let mut windows = Windows::new(self.rules.clone());
        let since = self.trail.clock().now().minus(LONGEST);
        let mut events = Vec::new();
        for (chain, seq) in read {
            events.extend(self.trail.since(*chain, since, *seq).await?.into_iter().map(Seen::from));
        }
        events.sort_by_key(|event| event.at);
        for event in events {
            windows.see(&Arc::new(event));
        }
        Ok(windows)
    }

    async fn keep(
        &self,
        read: &HashMap<i16, i64>,
        position: &HashMap<i16, i64>,
        found: Vec<(Timestamp, Finding)>,
        signals: Vec<Message>,
    ) -> Result<Vec<Alert>, Error> {
        let tx = self.trail.begin().await?;
        let stored: HashMap<i16, i64> =
            alerts::lock_cursors(&*tx).await?.into_iter().map(|row| (row.chain, row.seq)).collect();
        if stored != *read {
            return Err(Error::Broken("somebody else reads the trail for alerts".to_owned()));
        }
        for signal in signals {
            tell::hand_over(&self.outbox, &tx, signal).await?;
        }
        let mut raised = Vec::new();
        for (at, finding) in found {
            if let Some(alert) = self.raise(&tx, at, finding).await? {
                raised.push(alert);
            }
        }
        for (chain, seq) in position.iter().filter(|(chain, seq)| read.get(chain) != Some(seq)) {
            alerts::advance(&*tx, alert_cursor::Model { chain: *chain, seq: *seq }).await?;
        }
        tx.commit().await?;
        for alert in &raised {
            self.trail.metrics().alert(&alert.rule, &alert.severity);
        }
        Ok(raised)
    }

    /// Keep what was found, unless the same was found a short while ago.
    async fn raise(
        &self,
        tx: &crate::audit::Transaction<'_>,
        at: Timestamp,
        finding: Finding,
    ) -> Result<Option<Alert>, Error> {
        if !Defence::Alerts.is_up() {
            return Ok(None);
        }
        let Finding { rule, key, events } = finding;
        let subject = self.trail.keyring.digest(PURPOSE, key.to_string().as_bytes())[..16].to_vec();
        let since = at.minus(rule.cool_down()).0;
        if let Some(known) = alerts::opened_since(&**tx, rule.name, &subject, since).await? {
            alerts::again(&**tx, known.id, at.0).await?;
            return Ok(None);
        }
        let newest = &events[events.len().saturating_sub(EVIDENCE)..];
        let about = About {
            subject: key.to_string(),
            person: newest.last().and_then(|event| event.person),
            evidence: newest.iter().map(|event| event.place).collect(),
            requests: newest.iter().map(|event| event.request_id.clone()).collect(),
        };
        let id = Uuid::from_bytes(random_bytes()?);
        let plain = serde_json::to_vec(&about).map_err(|error| Error::Broken(error.to_string()))?;
        let row = alert::Model {
            id,
            rule: rule.name.to_owned(),
            severity: rule.severity.as_str().to_owned(),
            subject,
            opened_at: at.0,
            last_at: at.0,
            count: 1,
            body: self.trail.keyring.seal(PURPOSE, id.as_bytes(), &plain)?,
            acknowledged_at: None,
            acknowledged_by: None,
            note: None,
        };
        alerts::insert(&**tx, row.clone()).await?;
        let alert = told(row, about);
        tell::tell(&self.outbox, tx, &alert).await?;
        Ok(Some(alert))
    }

    /// The newest alerts, opened before that moment.
    pub async fn page(&self, before: Timestamp, limit: u64) -> Result<Vec<Alert>, Error> {
        let rows = alerts::page(self.trail.store().reader(), before.0, limit).await?;
        rows.into_iter().map(|row| self.open(row)).collect()
    }

    pub(super) fn open(&self, row: alert::Model) -> Result<Alert, Error> {
        let plain = self.trail.keyring.open(PURPOSE, row.id.as_bytes(), &row.body)?;
        let about =
            serde_json::from_slice(&plain).map_err(|_| Error::Broken("an alert cannot be read".to_owned()))?;
        Ok(told(row, about))
    }
}

fn told(row: alert::Model, about: About) -> Alert {
    // A rule of an earlier version may be gone.
    let rule = RULES.iter().find(|rule| rule.name == row.rule);
    Alert {
        id: row.id,
        severity: row.severity,
        title: rule.map_or("A rule that is no longer here has found something.", |rule| rule.title),
        runbook: rule.map_or("", |rule| rule.runbook),
        opened_at: Timestamp(row.opened_at),
        last_at: Timestamp(row.last_at),
        count: row.count,
        about,
        acknowledged_at: row.acknowledged_at.map(Timestamp),
        rule: row.rule,
    }
}

impl Alert {
    /// How soon somebody should look.
    pub fn is_high(&self) -> bool {
        self.severity == Severity::High.as_str()
    }
}
