//! A stored decision gives the same score again, from what lies sealed in its row and the policy it names. Nothing of today
//! takes part: not the person's profile, not the policy in force, not the geo data.

use std::collections::HashMap;

use super::super::Error;
use super::decision::PURPOSE;
use super::unreadable;
use crate::keyring::Keyring;
use crate::risk::{self, Assessment, Input, Policy, Signal, likelihood};
use crate::store::{Store, risk_decision, risk_decisions};

/// Decisions are read so many at a time.
const PAGE: u64 = 500;

/// What came of replaying.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// So many gave the same score, decision and signals.
    pub same: u64,
    /// These did not: the decision's id, and why.
    pub different: Vec<(String, String)>,
}

/// Score every stored decision once more, or only the one that was made for this request.
pub async fn replay(store: &Store, keyring: &Keyring, request_id: Option<&str>) -> Result<Replay, Error> {
    let mut replay = Replay::default();
    let mut policies: HashMap<String, Option<Policy>> = HashMap::new();
    let mut after = None;
    loop {
        let page = risk_decisions::page(store.reader(), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(replay) };
        after = Some((last.created_at, last.id));
        for row in page {
            if request_id.is_some_and(|wanted| wanted != row.request_id) {
                continue;
            }
            if !policies.contains_key(&row.policy) {
                let body = risk_decisions::policy(store.reader(), &row.policy).await?;
                policies.insert(row.policy.clone(), body.and_then(|body| serde_json::from_str(&body).ok()));
            }
            match again(&row, policies.get(&row.policy).and_then(Option::as_ref), keyring) {
                Ok(()) => replay.same += 1,
                Err(why) => replay.different.push((row.id.to_string(), why)),
            }
        }
    }
}

fn again(row: &risk_decision::Model, policy: Option<&Policy>, keyring: &Keyring) -> Result<(), String> {
    let policy = policy.ok_or_else(|| format!("its policy {} is not kept", row.policy))?;
    if policy.version() != row.policy {
        return Err(format!("its policy {} is no longer what it was", row.policy));
    }
    if row.likelihood != likelihood::MODEL.version {
        return Err(format!(
            "it was made by the model {}, and this is {}",
            row.likelihood,
            likelihood::MODEL.version
        ));
    }
    let assessment = reassess(row, policy, keyring).map_err(|error| error.to_string())?;
    let signals: Vec<Signal> = serde_json::from_str(&row.signals).map_err(|_| "its signals cannot be read")?;
    if i64::from(assessment.score) != row.score {
        return Err(format!("its score was {} and is {}", row.score, assessment.score));
    }
    if assessment.decision.as_str() != row.decision || assessment.signals != signals {
        return Err("its score is the same, and its decision or signals are not".to_owned());
    }
    Ok(())
}

fn reassess(row: &risk_decision::Model, policy: &Policy, keyring: &Keyring) -> Result<Assessment, Error> {
    let plain =
        keyring.open(PURPOSE, row.id.as_bytes(), &row.input).map_err(|_| unreadable("what was weighed"))?;
    let input: Input = serde_json::from_slice(&plain).map_err(|_| unreadable("what was weighed"))?;
    Ok(risk::assess(policy, &input))
}
