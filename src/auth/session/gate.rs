//! What a live session may do. Each gate says no in its own words.

use std::time::Duration;

use super::super::evaluation::Weighed;
use super::super::refusal::StepUpRequired;
use super::super::step_up::Action;
use super::super::{Auth, Caller, Error, Refusal};
use super::{CurrentSession, Proven, Standing};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::risk::Assessment;
use crate::secret::Secret;

/// What a request wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// What a cookie alone may read.
    Read,
    /// What matters: the list of sessions, the API keys.
    ReadSensitive,
    /// The empty frame of a page that matters. What is in it is fetched with a proof.
    OpenSensitive,
    /// What an app has. The browser's request goes to the app, so no proof comes with it.
    Forward {
        /// Whether it can change something there.
        is_change: bool,
    },
}

impl Auth {
    /// Let a session see something, or say why not. Where one more touch is asked for, that is recorded.
    pub async fn admit(&self, caller: &Caller, current: &CurrentSession, access: Access) -> Result<(), Error> {
        let outcome = current.may(access);
        if let Err(Error::StepUp(required)) = &outcome {
            self.record_asked(caller, current, required, &current.weighed).await?;
        }
        outcome
    }

    /// Record that one more touch was asked for, and for what.
    pub(in crate::auth) async fn record_asked(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        required: &StepUpRequired,
        weighed: &Weighed,
    ) -> Result<(), Error> {
        let event = Event::refused(EventType::AuthnStepUpRequired, required.action.name())
            .risk(weighed.assessment.score, self.engine.told(weighed))
            .user(current.account.id)
            .session(current.id);
        let tx = self.trail.begin().await?;
        self.keep_decision(&tx, caller, current.account.id, current.id, weighed).await?;
        self.record(&tx, caller, event);
        Ok(tx.commit().await?)
    }
}

impl CurrentSession {
    /// What the risk engine makes of this request.
    pub fn assessment(&self) -> &Assessment {
        &self.weighed.assessment
    }

    fn may(&self, access: Access) -> Result<(), Error> {
        match access {
            Access::Read => {
                self.is_in_time()?;
                allow(self.assessment())
            }
            Access::ReadSensitive => {
                self.may_change()?;
                allow(self.assessment())
            }
            Access::OpenSensitive => {
                self.is_in_time()?;
                allow(self.assessment())?;
                Ok(self.is_newest()?)
            }
            Access::Forward { is_change } => {
                self.is_in_time()?;
                allow(self.assessment())?;
                if is_change { Ok(self.is_newest()?) } else { Ok(()) }
            }
        }
    }

    /// A cookie alone is worth nothing when the proof is overdue.
    fn is_in_time(&self) -> Result<(), Refusal> {
        if self.is_overdue && self.proven != Proven::Yes { Err(self.unproven()) } else { Ok(()) }
    }

    /// Whether its token should have been replaced so long ago.
    pub fn is_due_for(&self, time: Duration, now: Timestamp) -> bool {
        self.rotation_due_at.is_some_and(|due| due.plus(time) <= now)
    }

    /// Whether the browser has a newer token than the one it sent, or gets it with this answer.
    pub fn is_followed(&self) -> bool {
        self.standing == Standing::Fading || self.renewed.is_some()
    }

    /// Whether the browser holds a newer token than the one it sent.
    pub fn is_fading(&self) -> bool {
        self.standing == Standing::Fading
    }

    /// Be the first half of a change that matters: the newest token, and the key where there is one.
    pub(crate) fn may_change(&self) -> Result<(), Refusal> {
        self.is_newest()?;
        self.prove()
    }

    /// A predecessor reads, at most.
    pub(in crate::auth) fn is_newest(&self) -> Result<(), Refusal> {
        if self.standing == Standing::Current { Ok(()) } else { Err(Refusal::SessionRotated) }
    }

    /// The device key was proven, where there is one.
    pub(in crate::auth) fn prove(&self) -> Result<(), Refusal> {
        if self.device_key.is_none() || self.proven == Proven::Yes || !Defence::DeviceKey.is_up() {
            Ok(())
        } else {
            Err(self.unproven())
        }
    }

    /// The token that the browser holds if nothing else is given to it.
    pub fn held(&self) -> &Secret {
        self.renewed.as_ref().map_or(&self.token, |renewed| &renewed.token)
    }

    fn unproven(&self) -> Refusal {
        match self.proven {
            Proven::No(refusal) => refusal,
            Proven::NotTried | Proven::Yes => Refusal::DpopProofRequired,
        }
    }

    /// Whether the raised risk comes from a binding that the browser no longer keeps up.
    pub(in crate::auth) fn has_lost_bound_cookie(&self) -> bool {
        self.weighed.input.bound_cookie_missing
    }
}

fn allow(assessment: &Assessment) -> Result<(), Error> {
    if assessment.needs_step_up() {
        let signals = assessment.signals.clone();
        let required = StepUpRequired { action: Action::SessionContinue, signals };
        return Err(Error::StepUp(Box::new(required)));
    }
    Ok(())
}
