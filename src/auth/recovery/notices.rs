//! Who is told what. Every address that is known to be the person's hears of the wait when it begins, at half time, shortly before it
//! ends and when it is over; each of these mails has a link that stops it and works signed out.

use uuid::Uuid;

use super::super::links::{About, LinkKind, Told};
use super::super::{Auth, Caller, Error};
use super::begin::ABOUT;
use super::{machine, mails};
use crate::audit;
use crate::clock::Timestamp;
use crate::recovery::{Notice, Wait};
use crate::store::{recoveries, recovery};

/// So many are looked after at once.
const BATCH: u64 = 100;

impl Auth {
    /// Queue what is due by now. Of several that are due at once, the last says it all.
    pub async fn tell_of_recoveries(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let all = i32::try_from(Notice::ALL.len()).unwrap_or(i32::MAX);
        let mut queued = 0;
        for row in recoveries::to_be_told(self.store.reader(), now.0, all, BATCH).await? {
            let Some(wait) = machine(&row).wait else { continue };
            let due = Notice::ALL.iter().filter(|notice| notice.at(&wait) <= now).count();
            let (told, due) = (row.notices, i32::try_from(due).unwrap_or(all));
            let Some(notice) = Notice::ALL.get(usize::try_from(due - 1).unwrap_or_default()) else { continue };
            if due <= told {
                continue;
            }
            let tx = self.trail.begin().await?;
            // Of several processes, one tells.
            if recoveries::told(&*tx, row.id, told, due).await? {
                self.tell_of_wait(&tx, &row, *notice).await?;
                queued += 1;
            }
            tx.commit().await?;
        }
        Ok(queued)
    }

    /// The wait: how long it still is, where it was begun, and how to stop it.
    pub(super) async fn tell_of_wait(
        &self,
        tx: &audit::Transaction<'_>,
        row: &recovery::Model,
        notice: Notice,
    ) -> Result<(), Error> {
        let (Some(person), Some(wait)) = (row.user_id, machine(row).wait) else { return Ok(()) };
        let about = self.where_begun(row)?;
        let told = Told { kind: LinkKind::Recovery, user_id: person, session_id: row.id, addresses: None };
        let link = self.make_link_until(tx, &told, &about, wait.until).await?;
        let now = self.clock.now();
        // By the wait: one that begins anew is told anew.
        let name = format!("recovery {} {} {notice:?}", row.id, wait.since.0);
        self.mail_person(tx, person, &name, None, |to| {
            mails::waiting(to, &self.service, notice, (&wait, now), &about, &link)
        })
        .await
    }

    /// It was stopped.
    pub(super) async fn tell_of_stop(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        row: &recovery::Model,
        person: Uuid,
        why: &'static str,
    ) -> Result<(), Error> {
        let about = self.about(caller);
        let until = self.clock.now().plus(self.recovery.block);
        self.mail_person(tx, person, &format!("recovery {} stopped", row.id), None, |to| {
            mails::stopped(to, &self.service, why, until, &about)
        })
        .await
    }

    /// It was completed.
    pub(super) async fn tell_of_completion(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        person: Uuid,
        recovery: Uuid,
    ) -> Result<(), Error> {
        let (about, page) = (self.about(caller), format!("{}/recover/restore", self.origin));
        let restorable = self.clock.now().plus(self.recovery.restore_within);
        let held = self.clock.now().plus(self.recovery.hold);
        self.mail_person(tx, person, &format!("recovery {recovery} completed"), None, |to| {
            mails::completed(to, &self.service, &about, (held, restorable), &page)
        })
        .await
    }

    /// A suspended passkey is back.
    pub(super) async fn tell_of_restoring(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        person: Uuid,
        passkey: Uuid,
    ) -> Result<(), Error> {
        let (about, page) = (self.about(caller), format!("{}/account/passkeys", self.origin));
        let held = self.clock.now().plus(self.recovery.hold);
        let nonce = Uuid::new_v4();
        self.mail_person(tx, person, &format!("passkey {passkey} restored {nonce}"), None, |to| {
            mails::restored(to, &self.service, &about, held, &page)
        })
        .await
    }

    /// New recovery codes were made.
    pub(super) async fn tell_of_recovery_codes(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        person: Uuid,
    ) -> Result<(), Error> {
        let (about, page) = (self.about(caller), format!("{}/account/recovery", self.origin));
        let nonce = Uuid::new_v4();
        self.mail_person(tx, person, &format!("recovery codes {nonce}"), None, |to| {
            mails::codes_made(to, &self.service, &about, &page)
        })
        .await
    }

    fn where_begun(&self, row: &recovery::Model) -> Result<About, Error> {
        let plain = self.keyring.open(ABOUT, &row.token, &row.about)?;
        serde_json::from_slice(&plain).map_err(|_| Error::Broken("a recovery cannot be read".to_owned()))
    }
}

/// In days and hours, as a person would say it.
pub(super) fn spoken(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.since(from).as_secs().div_ceil(60);
    let (number, unit) = match minutes {
        0..=90 => (minutes, "minute"),
        91..=2_880 => (minutes.div_ceil(60), "hour"),
        _ => (minutes.div_ceil(1_440), "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// How much of the wait is left.
pub(super) fn left(wait: &Wait, now: Timestamp) -> String {
    spoken(now, wait.due)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = Timestamp(0);
        for (time, said) in [
            (Duration::from_mins(1), "1 minute"),
            (Duration::from_hours(1), "60 minutes"),
            (Duration::from_hours(24), "24 hours"),
            (Duration::from_hours(72), "3 days"),
            (Duration::from_hours(7 * 24), "7 days"),
        ] {
            assert_eq!(spoken(now, now.plus(time)), said);
        }
    }
}
