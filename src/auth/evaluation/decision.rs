//! Decisions are kept with all that was weighed, sealed: what the person is told about them, and what replays.

use std::time::Duration;

use uuid::Uuid;

use super::super::{Auth, Caller, Error};
use super::{Engine, Weighed};
use crate::audit::{self, RiskOfEvent, SignalPoints};
use crate::clock::Timestamp;
use crate::risk::likelihood;
use crate::secret::random_bytes;
use crate::store::{risk_decision, risk_decisions};

/// Names this use of the keyring.
pub(super) const PURPOSE: &str = "risk input";
/// Of a session, the same routine answer is kept this often.
const SAME_ANSWER: Duration = Duration::from_hours(1);
/// So many routine answers are kept in mind.
const KEPT_LIMIT: usize = 10_000;

impl Auth {
    /// Keep a decision, in the transaction of what follows from it.
    pub(in crate::auth) async fn keep_decision(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        session_id: Uuid,
        weighed: &Weighed,
    ) -> Result<(), Error> {
        let Weighed { input, assessment } = weighed;
        let id = Uuid::from_bytes(random_bytes()?);
        let plain = serde_json::to_vec(input).map_err(|error| Error::Broken(error.to_string()))?;
        let sealed = self.engine.keyring.seal(PURPOSE, id.as_bytes(), &plain);
        let row = risk_decision::Model {
            id,
            created_at: input.at,
            user_id,
            session_id: Some(session_id),
            request_id: caller.request_id.clone(),
            moment: input.moment.as_str().to_owned(),
            decision: assessment.decision.as_str().to_owned(),
            score: i64::from(assessment.score),
            threshold: i64::from(self.engine.policy.threshold),
            signals: serde_json::to_string(&assessment.signals)
                .map_err(|error| Error::Broken(error.to_string()))?,
            policy: self.engine.version.clone(),
            likelihood: likelihood::MODEL.version.to_owned(),
            geo: input.geo.clone(),
            input: sealed.map_err(|error| Error::Broken(error.to_string()))?,
        };
        Ok(risk_decisions::insert(&**tx, row).await?)
    }

    /// Keep a routine answer if it says something, and has not said the same of this session a short while ago.
    pub(in crate::auth) async fn keep_routine(
        &self,
        caller: &Caller,
        user_id: Uuid,
        session_id: Uuid,
        weighed: &Weighed,
    ) {
        // That a page is sensitive says nothing about the person.
        let names: Vec<&str> = weighed.assessment.signals.iter().map(|signal| &*signal.name).collect();
        if names.iter().all(|name| *name == "sensitive_route")
            || !self.engine.is_news(session_id, names.join(" "), Timestamp(weighed.input.at))
        {
            return;
        }
        // A routine answer may be lost; the request is not held up by it.
        if let Err(error) = self.keep_alone(caller, user_id, session_id, weighed).await {
            tracing::warn!(%error, "a routine decision was not kept");
        }
    }

    async fn keep_alone(
        &self,
        caller: &Caller,
        user_id: Uuid,
        session_id: Uuid,
        weighed: &Weighed,
    ) -> Result<(), Error> {
        let tx = self.trail.begin().await?;
        self.keep_decision(&tx, caller, user_id, session_id, weighed).await?;
        Ok(tx.commit().await?)
    }
}

impl Engine {
    /// What an event tells of a decision.
    pub(in crate::auth) fn told(&self, weighed: &Weighed) -> RiskOfEvent {
        let signals = weighed.assessment.signals.iter();
        RiskOfEvent {
            threshold: self.policy.threshold,
            decision: weighed.assessment.decision.as_str().to_owned(),
            signals: signals
                .map(|signal| SignalPoints { signal: signal.name.to_string(), points: signal.points })
                .collect(),
        }
    }

    fn is_news(&self, session_id: Uuid, said: String, now: Timestamp) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.len() >= KEPT_LIMIT {
            kept.clear();
        }
        let key = (session_id, said);
        let is_known = kept.get(&key).is_some_and(|at| now.since(*at) < SAME_ANSWER);
        if !is_known {
            kept.insert(key, now);
        }
        !is_known
    }
}
