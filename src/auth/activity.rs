//! What happened on a person's account, as they see it, and what they can do about what was not them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use uuid::Uuid;

use super::device::Device;
use super::step_up::Action;
use super::{Access, Auth, Caller, CurrentSession, EndReason, Error, Refusal, Renewed};
use crate::audit::{self, Event, EventType, Place, Recorded};
use crate::clock::Timestamp;
use crate::geo;
use crate::risk::{Decision, Signal};
use crate::store::{credentials, known_devices, risk_decision, risk_decisions, sessions, sign_ins};

/// As many events are on a page unless fewer are asked for.
const PAGE: u64 = 50;

/// What is no news to a person, or about the service and not them. Whoever is being looked at for a reason is not warned.
const UNTOLD: [&str; 5] = [
    EventType::SessionRenewed.as_str(),
    EventType::SessionExtended.as_str(),
    EventType::RiskEval.as_str(),
    EventType::RiskLevelChanged.as_str(),
    EventType::AuthzAdmin.as_str(),
];

/// Somebody else was, or may have been, in the account.
const ALARMS: [&str; 4] = [
    EventType::SessionDisowned.as_str(),
    EventType::AuthnTokenReuse.as_str(),
    EventType::SessionSplit.as_str(),
    EventType::SessionBindingViolated.as_str(),
];

/// For this long a person is told what to do about that.
const ALARM_LASTS: Duration = Duration::from_hours(24);

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct ActivityEvent {
    /// Names it, and says where the next page begins.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What, in the audit trail's word.
    pub kind: String,
    /// `success` or `refused`.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// In which session.
    pub session: Option<SessionOfEvent>,
    /// With which passkey, by what the person calls it.
    pub passkey: Option<String>,
    /// On what.
    pub device: Option<Device>,
    /// From which network.
    pub network: Option<String>,
    /// In which country.
    pub country: Option<&'static str>,
    /// Joins it to the person's screen and to the log.
    pub request_id: String,
    /// What the risk engine said then.
    pub risk: Option<RiskOfEvent>,
    /// Whether the person has said that it was not them.
    pub is_disowned: bool,
}

/// The session of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionOfEvent {
    /// Names it.
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// Whether it lives.
    pub is_live: bool,
}

/// A decision, as it was made.
#[derive(Clone, Debug)]
pub struct RiskOfEvent {
    /// The sum of the points.
    pub score: u32,
    /// From where on a touch was asked for.
    pub threshold: u32,
    /// What followed.
    pub decision: Decision,
    /// What the score was made of.
    pub signals: Vec<Signal>,
}

/// A page of them.
#[derive(Clone, Debug)]
pub struct ActivityPage {
    /// Newest first.
    pub events: Vec<ActivityEvent>,
    /// Where the next page begins, if there is one.
    pub next: Option<EventId>,
}

/// Names an event: when it happened, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    at: i64,
    number: i64,
}

impl EventId {
    /// Of this event.
    pub(crate) fn of(row: &Recorded) -> Self {
        Self { at: row.at.0, number: row.number() }
    }

    /// Where it lies: time, chain, and number in it.
    pub(crate) fn place(self) -> Place {
        let (chain, seq) = Recorded::place_of(self.number);
        (self.at, chain, seq)
    }

    /// From the wire.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, number) = text.split_once('-')?;
        Some(Self { at: at.parse().ok().filter(|at| *at >= 0)?, number: number.parse().ok().filter(|n| *n >= 0)? })
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at, self.number)
    }
}

impl Auth {
    /// What happened on the caller's account, newest first, from `before` on.
    pub async fn activity(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        before: Option<EventId>,
        limit: Option<u64>,
    ) -> Result<ActivityPage, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let user_id = current.account.id;
        let before = before.map(|id| (id.at, id.number));
        let db = self.store.reader();
        let mut rows = self.trail.page_of_person(user_id, &UNTOLD, before, limit + 1).await?;
        let has_more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| has_more).map(EventId::of);

        let now = self.clock.now();
        let live = sessions::live_of_user(db, user_id, now.0, now.minus(self.sessions.idle).0).await?;
        let live: HashSet<Uuid> = live.into_iter().map(|session| session.id).collect();
        let labels: HashMap<Uuid, String> =
            credentials::of_user(db, user_id).await?.into_iter().map(|row| (row.id, row.label)).collect();
        let disowned = self.trail.sessions_with(user_id, EventType::SessionDisowned).await?;
        let mut decisions = self.decisions_of(user_id, &rows).await?;
        let events = rows
            .into_iter()
            .map(|row| {
                let id = EventId::of(&row);
                let details = row.details.unwrap_or_default();
                ActivityEvent {
                    id,
                    at: row.at,
                    session: details.session.map(|id| SessionOfEvent {
                        id,
                        is_current: id == current.id,
                        is_live: live.contains(&id),
                    }),
                    passkey: details.credential.and_then(|id| labels.get(&id).cloned()),
                    device: details.device.and_then(|device| serde_json::from_value(device).ok()),
                    network: details.network,
                    country: details.country.as_deref().and_then(name_of_country),
                    // Of several events of one request the newest has it: what was decided about.
                    risk: decisions.remove(&row.request_id),
                    is_disowned: details.session.is_some_and(|id| disowned.contains(&id)),
                    kind: row.kind,
                    outcome: row.outcome,
                    reason: row.reason,
                    request_id: row.request_id,
                }
            })
            .collect();
        Ok(ActivityPage { events, next })
    }

    async fn decisions_of(&self, user_id: Uuid, rows: &[Recorded]) -> Result<HashMap<String, RiskOfEvent>, Error> {
        let Some(oldest) = rows.last() else { return Ok(HashMap::new()) };
        let requests = rows.iter().map(|row| row.request_id.clone()).collect();
        let found = risk_decisions::of_requests(self.store.reader(), user_id, requests, oldest.at.0).await?;
        found
            .into_iter()
            .map(|row| {
                let request = row.request_id.clone();
                let risk = RiskOfEvent::read(row).ok_or_else(|| Error::Broken("a stored decision".into()))?;
                Ok((request, risk))
            })
            .collect()
    }

    /// Whether somebody else may have been in the account a short while ago. To be asked after [`Self::activity`], which
    /// asks who may know.
    pub async fn was_alarmed(&self, current: &CurrentSession) -> Result<bool, Error> {
        let since = self.clock.now().minus(ALARM_LASTS);
        let db = self.store.reader();
        let found = self.trail.count_of_person(db, current.account.id, &ALARMS, since, 1).await?;
        Ok(found > 0)
    }

    /// The person says that this was not them: its session ends, what it taught of them is forgotten, and its browser is
    /// known no longer. Needs a touch for exactly that.
    pub async fn disown(&self, caller: &Caller, current: &CurrentSession, id: EventId) -> Result<Renewed, Error> {
        current.may_change()?;
        let user_id = current.account.id;
        let event = self.trail.find_of_person(user_id, id.at, id.number).await?;
        let session = event.and_then(|event| event.details?.session).ok_or(Refusal::EventNotFound)?;
        if session == current.id {
            return Err(Refusal::SessionIsCurrent.into());
        }
        let change = self.begin_change(caller, current, &Action::SessionDisown(session)).await?;
        self.end_as_disowned(&change.tx, caller, user_id, session, Some(current.id), None).await?;
        self.commit_change(change).await
    }

    /// End a session that was somebody else's, and forget what it taught and the browser it was opened in; but not the one that
    /// `spare` was opened in. `how` says it was done, if not by a session of the person's.
    pub(super) async fn end_as_disowned(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        session: Uuid,
        spare: Option<Uuid>,
        how: Option<&'static str>,
    ) -> Result<(), Error> {
        self.end_session(tx, caller, user_id, session, EndReason::Disowned).await?;
        sign_ins::forget_session(&**tx, session).await?;
        let spared = match spare {
            Some(spare) => sessions::known_device(&**tx, spare).await?,
            None => None,
        };
        if let Some(device) = sessions::known_device(&**tx, session).await?
            && spared.as_ref() != Some(&device)
        {
            known_devices::forget(&**tx, &device, user_id).await?;
        }
        let event = Event::success(EventType::SessionDisowned).user(user_id).session(session);
        self.record(tx, caller, how.into_iter().fold(event, Event::because));
        Ok(())
    }
}

impl RiskOfEvent {
    fn read(row: risk_decision::Model) -> Option<Self> {
        let decision = [Decision::Allow, Decision::StepUp].into_iter().find(|it| it.as_str() == row.decision)?;
        Some(Self {
            score: u32::try_from(row.score).ok()?,
            threshold: u32::try_from(row.threshold).ok()?,
            decision,
            signals: serde_json::from_str(&row.signals).ok()?,
        })
    }
}

fn name_of_country(code: &str) -> Option<&'static str> {
    geo::country_name(code.as_bytes().try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_name_survives_its_text_and_nothing_else_is_one() {
        let id = EventId { at: 1_795_376_096_000, number: 7 };
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        for text in ["", "-", "7", "7-", "-7", "-1-2", "1--2", "a-1", "1-2-3", "99999999999999999999-1"] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }
}
