//! Step-up: one more touch of one of the account's own passkeys, for one action with its parameters.
//!
//! The challenge that the passkey signs commits to both, so a touch cannot be carried over to anything else. What
//! comes of it is a grant: one call, within five minutes, spent in the transaction of the change.

mod action;
mod payout;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential};

pub use action::{Action, Which, WhoseSessions};
pub use payout::PayoutDetails;

use super::assertion::{FAILED_ASSERTION, Touched};
use super::ceremony::Kind;
use super::refusal::{RefusalKind, StepUpRequired};
use super::relying_party::{self, Known};
use super::session::{OpenAreas, Renewed};
use super::{Auth, Begun, CEREMONY_LIFETIME, Caller, CurrentSession, Error, Refusal};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::risk::Input;
use crate::secret::{Secret, random_bytes};
use crate::store::step_up_grants::Wanted;
use crate::store::{credentials, dbsc, sessions, step_up_grant, step_up_grants, users};

/// For so long after a touch an operator may look at the console, or a person use a part of an app that takes one. Each act of an operator
/// needs a touch of its own.
pub const OPEN_FOR: Duration = Duration::from_mins(10);

/// What must be remembered between options and verify.
#[derive(Serialize, Deserialize)]
struct Pending {
    state: DiscoverableAuthentication,
    nonce: [u8; 32],
    session: Uuid,
    action: String,
    params: String,
}

/// A touch was made.
#[derive(Debug)]
pub struct SteppedUp {
    /// Until when the one call may be made.
    pub valid_until: Timestamp,
    /// The session's next token.
    pub renewed: Renewed,
    /// For the cookie without which the touch is no use; `None` where there is nothing left to do with it.
    pub holder: Option<Secret>,
    /// For how long the cookie is of use: until the last of what it holds runs out.
    pub holder_lifetime: Duration,
    /// A new offer to bind the session, where the browser has lost the old binding.
    pub dbsc: Option<super::dbsc::Offer>,
}

/// A change that a touch has allowed, not yet made so. Dropped, it leaves nothing behind and the touch unspent.
///
/// There is no other way to get one than [`Auth::begin_change`], and no way into that but a grant, and no grant
/// without a [`Touched`]: nothing weaker than a fresh assertion can stand in for one.
#[derive(Debug)]
pub struct Change<'a> {
    /// Where to write.
    pub tx: audit::Transaction<'a>,
    session: CurrentSession,
}

/// SHA-256(nonce ‖ session ‖ action ‖ parameters): what the passkey signs.
fn challenge(nonce: &[u8; 32], session: Uuid, action: &Action) -> [u8; 32] {
    Sha256::new()
        .chain_update(nonce)
        .chain_update(session.as_bytes())
        .chain_update(action.name())
        .chain_update(action.params().to_string())
        .finalize()
        .into()
}

impl Auth {
    /// Names an action in the row of a grant. Keyed, so that who has the database alone cannot guess what it was.
    fn name_of(&self, action: &Action) -> [u8; 32] {
        let spelling = if Defence::TouchForItsAction.is_up() { action.spelling() } else { String::new() };
        self.keyring.digest("step-up grant", spelling.as_bytes())
    }

    /// The grant that this browser would spend on this action. `None` if it has the cookie of none.
    fn wanted(&self, caller: &Caller, current: &CurrentSession, action: &Action) -> Option<Wanted> {
        let holder = caller.step_up.as_ref()?.hash();
        Some(Wanted { session: current.id, action: self.name_of(action), holder })
    }

    /// Begin: options whose challenge commits to the action.
    pub async fn begin_step_up(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<Begun, Error> {
        current.may_change()?;
        let nonce = random_bytes()?;
        let challenge = challenge(&nonce, current.id, action);
        let own = credentials::of_user(self.store.reader(), current.account.id).await?;
        let own = own
            .into_iter()
            .filter(|row| row.suspended_at.is_none())
            .map(|row| Known { credential_id: row.credential_id, transports: row.transports })
            .collect();
        let (options, state) = self.rp.start_step_up(&challenge, own)?;
        let pending = Pending {
            state,
            nonce,
            session: current.id,
            action: action.name().to_owned(),
            params: action.params().to_string(),
        };
        let browser = self.open_ceremony(caller, Kind::StepUp, &challenge, &pending).await?;
        Ok(Begun { options, browser })
    }

    /// Finish: verify the assertion and grant the one call.
    pub async fn finish_step_up(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        response: &str,
    ) -> Result<SteppedUp, Error> {
        let outcome = self.try_finish_step_up(caller, current, response).await;
        // A proof to repeat or a token to renew is no failed touch.
        if let Err(Error::Refused(refusal)) = &outcome
            && refusal.kind() == RefusalKind::Input
        {
            if FAILED_ASSERTION.contains(refusal) {
                self.count_failure(caller, &relying_party::parse_response(response)?).await?;
            }
            let event = Event::refused(EventType::AuthnStepUpFail, refusal.code());
            self.record_alone(caller, event.user(current.account.id).session(current.id)).await?;
        }
        outcome
    }

    async fn try_finish_step_up(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        response: &str,
    ) -> Result<SteppedUp, Error> {
        current.may_change()?;
        let response: PublicKeyCredential = relying_party::parse_response(response)?;
        self.admit_to_account(caller, current.account.id).await?;
        let signed = relying_party::challenge_of(&response.response.client_data_json)?;
        let pending: Pending = self.redeem_ceremony(caller, Kind::StepUp, &signed).await?;
        let action = Action::parse(&pending.action, &pending.params)
            .ok_or_else(|| Error::Broken("a pending step-up has no action".into()))?;
        if pending.session != current.id || challenge(&pending.nonce, current.id, &action) != *signed {
            return Err(Refusal::CeremonyMismatch.into());
        }
        let named = self.find_passkey(&response).await?;
        let asserted = self.check_assertion(&response, named, pending.state, Some(current.account.id))?;

        let tx = self.trail.begin().await?;
        let touched = self.accept_assertion(&tx, caller, &asserted).await?;
        if self.hold_session(&tx, current.id, self.clock.now()).await?.is_none() {
            return Err(Refusal::InvalidSession.into());
        }
        self.stop_recovery_of(&tx, caller, current.account.id, "assertion").await?;
        let (valid_until, holder) = self.grant(&tx, caller, current, &action, &touched).await?;
        let renewed = self.rotate_with(&tx, current).await?;
        let input = touched.note(Input { is_touched: true, ..current.weighed.input.clone() });
        let weighed = self.assessed(input);
        self.keep_decision(&tx, caller, current.account.id, current.id, &weighed).await?;
        self.answer_level(&tx, caller, (current.account.id, current.id), &weighed).await?;
        let dbsc = self.vouch(&tx, caller, current).await?;
        for event_type in touched.noted.iter().copied().chain([EventType::AuthnStepUpSuccess]) {
            let event = Event::success(event_type)
                .because(action.name())
                .user(current.account.id)
                .credential(touched.credential_id)
                .session(current.id);
            self.record(&tx, caller, event);
        }
        tx.commit().await?;
        let (holder, holder_lifetime) = holder.unzip();
        Ok(SteppedUp { valid_until, renewed, holder, holder_lifetime: holder_lifetime.unwrap_or_default(), dbsc })
    }

    /// The only maker of grants. It takes an assertion that was accepted in this very transaction. The grant is for the
    /// browser that gets the answer: whoever has copied the session's cookies before cannot use the owner's touch.
    async fn grant(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
        touched: &Touched,
    ) -> Result<(Timestamp, Option<(Secret, Duration)>), Error> {
        let lifetime = if action.is_opening() { OPEN_FOR } else { CEREMONY_LIFETIME };
        let valid_until = self.clock.now().plus(lifetime);
        // Going on is all there was to allow, and `vouch` does it after every touch.
        if *action == Action::SessionContinue {
            return Ok((valid_until, None));
        }
        let holder = Secret::generate()?;
        // One cookie for all that this browser has not spent yet.
        if let Some(before) = &caller.step_up {
            step_up_grants::hand_over(&**tx, current.id, &before.hash(), holder.hash().to_vec()).await?;
        }
        let row = step_up_grant::Model {
            session_id: current.id,
            action: self.name_of(action).to_vec(),
            holder: holder.hash().to_vec(),
            credential_id: touched.credential_id,
            expires_at: valid_until.0,
        };
        step_up_grants::put(&**tx, row).await?;
        // What was granted before may last longer.
        let until = current.stepped_up_until.map_or(valid_until, |until| until.max(valid_until));
        sessions::set_stepped_up_until(&**tx, current.id, Some(until.0)).await?;
        Ok((valid_until, Some((holder, until.since(self.clock.now())))))
    }

    /// The person has shown that this device and network are theirs. A binding that the browser has lost is let go, and a
    /// new one offered.
    async fn vouch(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
    ) -> Result<Option<super::dbsc::Offer>, Error> {
        let now = self.clock.now();
        sessions::vouch(&**tx, current.id, self.vouching(caller, current, now)).await?;
        let input = &current.weighed.input;
        if input.device_changed || input.network_changed {
            self.learn(tx, caller, current, now).await?;
        }
        if !current.has_lost_bound_cookie() {
            return Ok(None);
        }
        dbsc::end_of_session(&**tx, current.id, now.0).await?;
        self.offer_dbsc(tx, current.id, now).await
    }

    /// Begin a change that needs a touch for exactly it. Without one: what to touch for.
    pub async fn begin_change(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<Change<'_>, Error> {
        self.begin_change_holding(caller, current, action, None).await
    }

    /// The same, with this passkey held until the change is made. Its row comes before all others: a sign-in with it takes them
    /// in that order.
    pub(in crate::auth) async fn begin_change_holding(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
        passkey: Option<Uuid>,
    ) -> Result<Change<'_>, Error> {
        current.may_change()?;
        let wanted = self.wanted(caller, current, action);
        // Before the transaction begins: it has a connection already, and everybody waits who holds one and wants another.
        let weighed = match wanted {
            Some(_) => Some(self.weigh_change(caller, current, true).await?),
            None => None,
        };
        let tx = self.trail.begin().await?;
        if let Some(passkey) = passkey {
            credentials::lock(&*tx, passkey).await?;
        }
        users::lock(&*tx, current.account.id).await?;
        self.expect_no_hold(&*tx, current, action).await?;
        // It was live when the request came in. It must be now.
        if self.hold_session(&tx, current.id, self.clock.now()).await?.is_none() {
            return Err(Refusal::InvalidSession.into());
        }
        if !Defence::Touch.is_up() {
            return Ok(Change { tx, session: current.clone() });
        }
        if let (Some(wanted), Some(weighed)) = (wanted, weighed)
            && step_up_grants::spend(&*tx, &wanted, self.clock.now().0).await?
        {
            self.keep_decision(&tx, caller, current.account.id, current.id, &weighed).await?;
            return Ok(Change { tx, session: current.clone() });
        }
        drop(tx);
        Err(self.ask_for_touch(caller, current, action).await?)
    }

    /// Make it so: the touch is spent, and the session's token replaced.
    pub async fn commit_change(&self, change: Change<'_>) -> Result<Renewed, Error> {
        let session = change.session.id;
        let unspent = step_up_grants::last_expiry(&*change.tx, session, self.clock.now().0).await?;
        sessions::set_stepped_up_until(&*change.tx, session, unspent).await?;
        let renewed = self.rotate_after_touch(&change.tx, &change.session).await?;
        change.tx.commit().await?;
        Ok(renewed)
    }

    /// Whether a touch for this action is there to be spent, for calls that only prepare the change.
    pub(crate) async fn expect_grant(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<(), Error> {
        current.may_change()?;
        self.expect_open(caller, current, action).await
    }

    /// The same, where no proof can come along: what is to be opened belongs to an app.
    pub(crate) async fn expect_open(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<(), Error> {
        self.expect_no_hold(self.store.reader(), current, action).await?;
        if self.has_grant(caller, current, action).await? {
            return Ok(());
        }
        Err(self.ask_for_touch(caller, current, action).await?)
    }

    /// The same at an app's own host, where the browser's touch cannot be seen: what was open when it came from here is.
    pub(crate) async fn expect_open_there(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        opened: &OpenAreas,
        area: &str,
    ) -> Result<(), Error> {
        let action = Action::AppOpen(area.to_owned());
        self.expect_no_hold(self.store.reader(), current, &action).await?;
        if opened.has(area, self.clock.now()) {
            return Ok(());
        }
        Err(self.ask_for_touch(caller, current, &action).await?)
    }

    /// Until when a part of an app is open in this browser, if it is.
    pub(crate) async fn open_until(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<Option<i64>, Error> {
        let Some(wanted) = self.wanted(caller, current, action) else { return Ok(None) };
        Ok(step_up_grants::expiry(self.store.reader(), &wanted, self.clock.now().0).await?)
    }

    /// The same, without asking for one.
    pub(crate) async fn has_grant(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<bool, Error> {
        let Some(wanted) = self.wanted(caller, current, action) else { return Ok(false) };
        Ok(step_up_grants::is_there(self.store.reader(), &wanted, self.clock.now().0).await?)
    }

    /// Say what a touch is needed for, and note that it was asked.
    async fn ask_for_touch(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        action: &Action,
    ) -> Result<Error, Error> {
        let weighed = self.weigh_change(caller, current, false).await?;
        let required = StepUpRequired { action: action.clone(), signals: weighed.assessment.signals.clone() };
        self.record_asked(caller, current, &required, &weighed).await?;
        Ok(Error::StepUp(Box::new(required)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_commits_to_session_action_and_parameters() {
        let (nonce, session) = ([7; 32], Uuid::from_u128(1));
        let one = challenge(&nonce, session, &Action::ApiKeyCreate("a".into()));
        assert_eq!(one, challenge(&nonce, session, &Action::ApiKeyCreate("a".into())));
        assert_ne!(one, challenge(&nonce, session, &Action::ApiKeyCreate("b".into())));
        assert_ne!(one, challenge(&nonce, session, &Action::PasskeyAdd));
        assert_ne!(one, challenge(&nonce, Uuid::from_u128(2), &Action::ApiKeyCreate("a".into())));
        assert_ne!(one, challenge(&[8; 32], session, &Action::ApiKeyCreate("a".into())));
    }
}
