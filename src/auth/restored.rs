//! After a restore. The database is as it was at a moment that has passed: whatever was ended, stopped or taken back since then would
//! live again. So what is only for a while ends, and what was on its way to an end begins its time anew, and is told anew.

use uuid::Uuid;

use super::session::EndReason;
use super::{Auth, Error};
use crate::audit::{Event, EventType, Origin};
use crate::recovery::Tier;
use crate::store::{
    account_deletion, account_deletions, address_codes, api_keys, ceremonies, dbsc, outbox, recoveries, sessions,
    step_up_grants, users,
};

/// So many are seen to in one transaction.
const AT_ONCE: u64 = 500;
/// Few people recover at a time.
const ALL: u64 = i64::MAX.unsigned_abs();

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Sessions that ended.
    pub sessions: u64,
    /// API keys that ended.
    pub api_keys: u64,
    /// API keys that are live.
    pub live_api_keys: u64,
    /// Recoveries whose wait begins anew.
    pub recoveries: u64,
    /// Accounts that are to be deleted, and whose time begins anew.
    pub deletions: u64,
    /// Notices that were set aside: they may have been sent since.
    pub notices: u64,
}

impl Auth {
    /// End what must not live again. What was done stays done if this is broken off; then it can be done again.
    pub async fn after_restore(&self, with_api_keys: bool) -> Result<Restored, Error> {
        let origin = Origin::of_ours()?;
        let mut done = Restored { notices: self.forget_what_was_open(&origin).await?, ..Restored::default() };
        done.sessions = self.end_every_session(&origin).await?;
        if with_api_keys {
            done.api_keys = self.end_every_api_key(&origin).await?;
        }
        done.live_api_keys = api_keys::count_live(self.store.reader()).await?;
        done.recoveries = self.wait_anew(&origin).await?;
        done.deletions = self.delete_anew(&origin).await?;
        Ok(done)
    }

    /// Ceremonies, touches and codes are gone, and no mail is sent that may have been sent before. First of all, and with the event
    /// that says what happens here.
    async fn forget_what_was_open(&self, origin: &Origin) -> Result<u64, Error> {
        let now = self.clock.now();
        let tx = self.trail.begin().await?;
        ceremonies::delete_expired(&*tx, i64::MAX).await?;
        step_up_grants::delete_expired(&*tx, i64::MAX).await?;
        address_codes::delete_expired(&*tx, i64::MAX).await?;
        recoveries::end_begun(&*tx, now.0, "expired").await?;
        let notices = outbox::give_up_all(&*tx, now.0, "restored").await?;
        tx.record(origin.clone(), Event::success(EventType::SysRestored).count(notices));
        tx.commit().await?;
        Ok(notices)
    }

    async fn end_every_session(&self, origin: &Origin) -> Result<u64, Error> {
        let (now, why) = (self.clock.now(), EndReason::Restored.as_str());
        let (mut after, mut ended) = (Uuid::nil(), 0);
        loop {
            let tx = self.trail.begin().await?;
            let live = sessions::live_after(&*tx, after, now.0, AT_ONCE).await?;
            let Some((last, _)) = live.last() else { return Ok(ended) };
            after = *last;
            for (id, user) in live {
                if sessions::end(&*tx, id, now.0, why).await? {
                    dbsc::end_of_session(&*tx, id, now.0).await?;
                    let event = Event::success(EventType::SessionRevoked).because(why);
                    tx.record(origin.clone(), event.user(user).session(id));
                    ended += 1;
                }
            }
            tx.commit().await?;
        }
    }

    async fn end_every_api_key(&self, origin: &Origin) -> Result<u64, Error> {
        let now = self.clock.now();
        let (mut after, mut ended) = (Uuid::nil(), 0);
        loop {
            let tx = self.trail.begin().await?;
            let live = api_keys::live_after(&*tx, after, AT_ONCE).await?;
            let Some((last, _)) = live.last() else { return Ok(ended) };
            after = *last;
            for (id, user) in live {
                if api_keys::revoke(&*tx, user, id, now.0).await? {
                    let event = Event::success(EventType::AuthnTokenRevoked).because("restored");
                    tx.record(origin.clone(), event.user(user).api_key(id));
                    ended += 1;
                }
            }
            tx.commit().await?;
        }
    }

    /// A recovery may have been stopped since. It waits once more, and everybody hears of it once more and can stop it again.
    async fn wait_anew(&self, origin: &Origin) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut renewed = 0;
        for mut row in recoveries::to_be_told(self.store.reader(), now.0, i32::MAX, ALL).await? {
            let tier = row.tier.as_deref().and_then(Tier::parse).unwrap_or(Tier::NewDevice);
            let due = now.plus(tier.delay(&self.recovery));
            row.tier = Some(tier.as_str().to_owned());
            row.waiting_since = Some(now.0);
            row.due_at = Some(due.0);
            row.ends_at = due.plus(self.recovery.complete_within).0;
            // The job that tells of it begins with the first.
            row.notices = 0;
            let tx = self.trail.begin().await?;
            if recoveries::keep(&*tx, &row).await? {
                let event = Event::success(EventType::RecoveryWaiting).because("restored");
                tx.record(origin.clone(), row.user_id.into_iter().fold(event, Event::user));
                renewed += 1;
            }
            tx.commit().await?;
        }
        Ok(renewed)
    }

    /// Somebody may have chosen to keep their account since. There is time again to do so, and a mail with the link for it.
    async fn delete_anew(&self, origin: &Origin) -> Result<u64, Error> {
        let (mut after, mut renewed) = (Uuid::nil(), 0);
        loop {
            let pending = account_deletions::after(self.store.reader(), after, AT_ONCE).await?;
            let Some(last) = pending.last() else { return Ok(renewed) };
            after = *last;
            for user_id in pending {
                renewed += u64::from(self.delete_one_anew(origin, user_id).await?);
            }
        }
    }

    async fn delete_one_anew(&self, origin: &Origin, user_id: Uuid) -> Result<bool, Error> {
        let now = self.clock.now();
        let tx = self.trail.begin().await?;
        users::lock(&*tx, user_id).await?;
        if !account_deletions::cancel(&*tx, user_id, None).await? {
            return Ok(false);
        }
        let due_at = now.plus(self.deletion_delay);
        let row = account_deletion::Model { user_id, asked_at: now.0, due_at: due_at.0 };
        account_deletions::insert(&*tx, row).await?;
        let event = Event::success(EventType::UserDeletionRequested).because("restored");
        tx.record(origin.clone(), event.user(user_id));
        self.tell_of_deletion_anew(&tx, user_id, now, due_at).await?;
        tx.commit().await?;
        Ok(true)
    }
}
