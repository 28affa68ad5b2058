//! Whether a request looks like the person whose account it is. Pure: no I/O, no clock.
//!
//! [`assess`] takes a [`Policy`] and an [`Input`] and gives a score, a decision, and the signals that made it, each with its
//! points and one sentence. The same two give the same answer, on any machine and in any year: that is how a stored decision
//! replays. Each signal is a file in `signals/`, a row of its table.

mod input;
mod level;
pub mod likelihood;
mod place;
mod policy;
mod signals;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use input::{Anchor, Input, Moment, Person, Profile, SessionPast};
pub use level::Level;
pub use place::{Place, Point};
pub use policy::{InvalidPolicy, Policy, SENSITIVE_ROUTES, THRESHOLD};
pub use signals::automated_user_agent::is_automated;
pub use signals::{RULES, Rule, Scope};

/// Something about a request that speaks against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Its name, stable.
    pub name: Cow<'static, str>,
    /// What it adds to the score.
    pub points: u32,
    /// One sentence for a person.
    pub why: Cow<'static, str>,
}

/// What follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Go on.
    #[default]
    Allow,
    /// One more passkey touch.
    StepUp,
}

impl Decision {
    /// Its name in a stored decision.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::StepUp => "step_up",
        }
    }
}

/// What the engine makes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The sum of the points.
    pub score: u32,
    /// What follows from it.
    pub decision: Decision,
    /// What speaks against it.
    pub signals: Vec<Signal>,
}

impl Assessment {
    /// Whether this signal is among them.
    pub fn has(&self, name: &str) -> bool {
        self.signals.iter().any(|signal| signal.name == name)
    }

    /// Whether one more touch is needed to go on.
    pub fn needs_step_up(&self) -> bool {
        self.decision == Decision::StepUp
    }
}

/// Weigh what is known.
pub fn assess(policy: &Policy, input: &Input) -> Assessment {
    let signals: Vec<Signal> = RULES.iter().filter_map(|rule| rule.signal(policy, input)).collect();
    let score = signals.iter().fold(0_u32, |sum, signal| sum.saturating_add(signal.points));
    // A touch for exactly this is the answer to whatever is odd about it, and a sign-in is one.
    let is_answered = input.is_touched || input.moment == Moment::SignIn;
    let is_asked_for = score >= policy.threshold || input.moment == Moment::CredentialChange;
    let decision = if is_asked_for && !is_answered { Decision::StepUp } else { Decision::Allow };
    Assessment { score, decision, signals }
}

#[cfg(test)]
mod tests;
