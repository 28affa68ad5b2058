//! The signals: one file each, one row each in the table.

pub(super) mod automated_user_agent;
mod backup_eligibility_changed;
mod bound_cookie_missing;
mod counter_regressed;
mod device_changed;
mod engine_failed;
mod failed_assertions;
mod fresh_device;
mod fresh_passkey;
mod impossible_travel;
mod network_changed;
mod new_asn;
mod new_country;
mod parallel_use;
mod proof_missing;
mod recent_recovery;
mod sensitive_route;
mod session_split;
mod unlikely;

use std::borrow::Cow;

use super::Signal;
use super::input::{Input, Moment};
use super::policy::Policy;

/// When a signal is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Always. On a young account's ordinary requests these alone decide.
    Always,
    /// Not on ordinary requests of a young account.
    BeyondTheTable,
    /// Only where there are habits to compare with: never on a young account.
    Habits,
}

/// One row.
#[derive(Debug)]
pub struct Rule {
    /// Its name, stable.
    pub name: &'static str,
    /// What it adds by default. For `unlikely`: at most.
    pub points: u32,
    /// Whether the policy may only raise that.
    pub is_floor: bool,
    /// When it is looked for.
    pub scope: Scope,
    /// Whether it is there, and what to tell the person.
    pub(super) find: fn(&Policy, &Input) -> Option<Found>,
}

/// A signal that is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// One sentence.
    pub(super) why: Cow<'static, str>,
    /// Fewer points than the policy says, where the signal knows how strong it is.
    pub(super) at_most: u32,
}

/// It is there, with all its points.
pub(super) fn found_if(is_there: bool, why: &'static str) -> Option<Found> {
    is_there.then_some(Found { why: Cow::Borrowed(why), at_most: u32::MAX })
}

/// In the order in which people are told.
pub const RULES: &[Rule] = &[
    device_changed::RULE,
    network_changed::RULE,
    new_country::RULE,
    new_asn::RULE,
    impossible_travel::RULE,
    parallel_use::RULE,
    session_split::RULE,
    unlikely::RULE,
    fresh_device::RULE,
    fresh_passkey::RULE,
    automated_user_agent::RULE,
    bound_cookie_missing::RULE,
    proof_missing::RULE,
    failed_assertions::RULE,
    counter_regressed::RULE,
    backup_eligibility_changed::RULE,
    recent_recovery::RULE,
    engine_failed::RULE,
    sensitive_route::RULE,
];

impl Rule {
    /// The signal, if it is looked for, there, and weighs anything.
    pub(super) fn signal(&self, policy: &Policy, input: &Input) -> Option<Signal> {
        let is_young = policy.is_young(&input.person, input.at);
        let is_looked_for = match self.scope {
            Scope::Always => true,
            Scope::BeyondTheTable => !(is_young && input.moment == Moment::SessionUse),
            Scope::Habits => !is_young,
        };
        let found = if is_looked_for { (self.find)(policy, input)? } else { return None };
        let points = policy.points(self.name).min(found.at_most);
        (points > 0).then_some(Signal { name: Cow::Borrowed(self.name), points, why: found.why })
    }
}

/// Whether something that happened then is still news: within `span`, and no touch has answered it since.
fn is_news(input: &Input, happened_at: i64, span: i64) -> bool {
    let answered_at = input.session.and_then(|session| session.answered_at);
    input.at.saturating_sub(happened_at) < span && answered_at.is_none_or(|answered| answered < happened_at)
}

/// The same, where it is no news that all is new: on an account that is.
fn is_fresh(input: &Input, began_at: i64, span: i64) -> bool {
    input.at.saturating_sub(input.person.created_at) >= span && is_news(input, began_at, span)
}

#[cfg(test)]
pub(super) mod testing {
    //! What the tests of the signals share.

    use super::super::input::{Input, Person, Profile, SessionPast};
    use super::super::policy::Policy;
    use super::Rule;

    pub(in crate::risk) const DAY: i64 = 86_400_000;
    /// When every test looks: an old account by then.
    pub(in crate::risk) const NOW: i64 = 1_000 * DAY;

    /// A request of an old account about which nothing is odd.
    pub(in crate::risk) fn calm() -> Input {
        Input {
            at: NOW,
            person: Person { created_at: 0, sign_ins: 100, recovered_at: None },
            session: Some(SessionPast {
                device_known_since: Some(0),
                passkey_created_at: Some(0),
                ..SessionPast::default()
            }),
            profile: Some(Profile {
                country_seen: true,
                asn_seen: true,
                network_seen: true,
                device_known: true,
                ..Profile::default()
            }),
            ..Input::default()
        }
    }

    /// What a rule adds to this.
    pub(in crate::risk) fn points(rule: &Rule, input: &Input) -> u32 {
        rule.signal(&Policy::default(), input).map_or(0, |signal| signal.points)
    }
}
