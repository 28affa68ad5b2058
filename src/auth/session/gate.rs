//! What a live session may do. Each gate says no in its own words; none of them reads or writes anything.

use super::super::refusal::StepUpRequired;
use super::super::step_up::Action;
use super::super::{Error, Refusal};
use super::{CurrentSession, Proven, Standing};
use crate::risk::{self, Assessment, Facts};
use crate::secret::Secret;

impl CurrentSession {
    /// What the risk engine makes of this request.
    pub fn assessment(&self) -> Assessment {
        risk::assess(self.facts)
    }

    /// As for something that matters.
    pub(in crate::auth) fn sensitive_assessment(&self) -> Assessment {
        risk::assess(Facts { sensitive_route: true, ..self.facts })
    }

    /// Read what a cookie alone may read.
    pub fn may_read(&self) -> Result<(), Error> {
        if self.is_overdue && self.proven != Proven::Yes {
            return Err(self.unproven().into());
        }
        allow(self.assessment())
    }

    /// Read what matters: the list of sessions, the API keys.
    pub fn may_read_sensitive(&self) -> Result<(), Error> {
        self.is_newest()?;
        self.prove()?;
        allow(self.sensitive_assessment())
    }

    /// See the empty frame of a page that matters. What is in it is fetched with a proof.
    pub fn may_open_sensitive(&self) -> Result<(), Error> {
        self.is_newest()?;
        self.may_read()?;
        allow(self.sensitive_assessment())
    }

    /// A predecessor reads, at most.
    pub(in crate::auth) fn is_newest(&self) -> Result<(), Refusal> {
        if self.standing == Standing::Current { Ok(()) } else { Err(Refusal::SessionRotated) }
    }

    /// The device key was proven, where there is one.
    pub(in crate::auth) fn prove(&self) -> Result<(), Refusal> {
        if self.device_key.is_none() || self.proven == Proven::Yes { Ok(()) } else { Err(self.unproven()) }
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
        self.facts.bound_cookie_missing
    }

    /// The devices and networks that touches have vouched for, as stored.
    pub(in crate::auth) fn vouched_for(&self) -> (&str, &str) {
        (&self.devices, &self.networks)
    }
}

fn allow(assessment: Assessment) -> Result<(), Error> {
    if assessment.needs_step_up() {
        let required = StepUpRequired { action: Action::SessionContinue, signals: assessment.signals };
        return Err(Error::StepUp(Box::new(required)));
    }
    Ok(())
}
