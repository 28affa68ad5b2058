//! A code is typed in. With the second of the two the wait begins.

use super::super::addresses::parse_code;
use super::super::{Auth, Caller, Error, Refusal};
use super::{MAIL_TRIES, RecoveryInfo, SAVED_TRIES, codes, machine};
use crate::audit::{self, Event, EventType};
use crate::recovery::{Method, Stage, Tier};
use crate::secret::Secret;
use crate::store::recoveries::Tries;
use crate::store::{recoveries, recovery, recovery_codes, users};

impl Auth {
    /// Show one of the two codes. Answers where the recovery stands then.
    pub async fn approve_recovery(
        &self,
        caller: &Caller,
        token: &Secret,
        method: Method,
        text: &str,
    ) -> Result<RecoveryInfo, Error> {
        let row = self.recovery_of(token).await?;
        let outcome = self.try_approve_recovery(caller, &row, method, text).await;
        if let Err(Error::Refused(refusal)) = &outcome {
            let event = Event::refused(EventType::RecoveryFail, refusal.code());
            self.record_alone(caller, row.user_id.into_iter().fold(event, Event::user)).await?;
        }
        outcome
    }

    async fn try_approve_recovery(
        &self,
        caller: &Caller,
        row: &recovery::Model,
        method: Method,
        text: &str,
    ) -> Result<RecoveryInfo, Error> {
        let now = self.clock.now();
        // What cannot be a code costs no try.
        let code = match method {
            Method::Mail => parse_code(text).ok_or(Refusal::CodeWrong)?,
            Method::SavedCode => codes::read(text).ok_or(Refusal::RecoveryCodeWrong)?,
        };
        if machine(row).stage(now) != Stage::Begun {
            return Err(Refusal::RecoveryOver.into());
        }
        // A passkey that comes back is one method, the mail the other.
        if row.restores.is_some() && method != Method::Mail {
            return Err(Refusal::RecoveryShown.into());
        }
        // Of one that is nobody's, the same is done with an id that is nobody's.
        let person = row.user_id.unwrap_or(row.id);
        let is_known = self.is_known_browser(caller, person, row.begun_at).await?;
        let tx = self.trail.begin().await?;
        users::lock(&*tx, person).await?;
        let (kind, limit) = match method {
            Method::Mail => (Tries::Mail, MAIL_TRIES),
            Method::SavedCode => (Tries::Saved, SAVED_TRIES),
        };
        let Some(mut open) = recoveries::count_try(&*tx, row.id, kind, now.0, limit).await? else {
            return Err(why_no_try(row, method, now.0).into());
        };
        let mut case = machine(&open);
        let tier = if is_known { Tier::KnownDevice } else { Tier::NewDevice };
        if !case.approve(method, now, tier, &self.recovery) {
            return Err(Refusal::RecoveryShown.into());
        }
        let is_right = match method {
            Method::Mail => open.mail_code == self.name_of_mailed(open.id, &code),
            Method::SavedCode => {
                let name = self.name_of_saved(person, &code);
                recovery_codes::use_up(&*tx, person, &name, now.0).await?
            }
        };
        if !is_right {
            tx.commit().await?;
            return Err(match method {
                Method::Mail if open.mail_tries >= MAIL_TRIES => Refusal::CodeSpent,
                Method::Mail => Refusal::CodeWrong,
                Method::SavedCode => Refusal::RecoveryCodeWrong,
            }
            .into());
        }
        if open.restores.is_some() {
            return self.restore(tx, caller, open).await;
        }
        (open.mail_at, open.saved_at) = (case.mail_at.map(|at| at.0), case.saved_at.map(|at| at.0));
        if let Some(wait) = case.wait {
            self.expect_may_wait(&tx, person).await?;
            open.tier = Some(wait.tier.as_str().to_owned());
            open.waiting_since = Some(wait.since.0);
            open.due_at = Some(wait.due.0);
            open.ends_at = wait.until.0;
            open.notices = 1;
        }
        if !recoveries::keep(&*tx, &open).await? {
            return Err(Refusal::RecoveryPending.into());
        }
        let event = Event::success(EventType::RecoveryApproved).because(method.as_str());
        self.record(&tx, caller, event.user(person));
        if let Some(wait) = case.wait {
            let event = Event::success(EventType::RecoveryWaiting).because(wait.tier.as_str());
            self.record(&tx, caller, event.user(person));
            self.tell_of_wait(&tx, &open, crate::recovery::Notice::Begun).await?;
        }
        tx.commit().await?;
        Ok(self.recovery_info(&open))
    }

    /// Whether the wait may begin: not while another one is on, and not soon after one was stopped.
    async fn expect_may_wait(&self, tx: &audit::Transaction<'_>, person: uuid::Uuid) -> Result<(), Error> {
        let now = self.clock.now();
        recoveries::expire(&**tx, person, now.0).await?;
        if recoveries::waiting(&**tx, person, now.0).await?.is_some() {
            return Err(Refusal::RecoveryPending.into());
        }
        if recoveries::stopped_since(&**tx, person, now.minus(self.recovery.block).0).await?.is_some() {
            return Err(Refusal::RecoveryBlocked.into());
        }
        Ok(())
    }
}

/// Why nothing can be tried any more.
fn why_no_try(row: &recovery::Model, method: Method, now: i64) -> Refusal {
    match method {
        Method::Mail if row.mail_tries >= MAIL_TRIES => Refusal::CodeSpent,
        Method::Mail if row.mail_expires_at <= now => Refusal::CodeExpired,
        Method::SavedCode if row.saved_tries >= SAVED_TRIES => Refusal::RecoveryCodesSpent,
        _ => Refusal::RecoveryOver,
    }
}
