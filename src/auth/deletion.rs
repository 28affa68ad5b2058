//! The end of an account that its owner wants gone: asked for with a touch, told to every confirmed address, and done some days
//! later unless somebody keeps it. A thief who got that far could wait; so whoever reads the mail can keep it, too.
//!
//! Keeping needs no touch: nobody loses anything by it, and it is told to every address as well.

use uuid::Uuid;

use super::erase::erase_if_due;
use super::links::{About, LinkKind, Told, day_and_time};
use super::session::EndReason;
use super::step_up::{Action, Which};
use super::{Access, Auth, Caller, CurrentSession, Error, Refusal, Renewed};
use crate::audit::{self, Event, EventType, Trail};
use crate::clock::Timestamp;
use crate::notify::Outbox;
use crate::notify::mail::Mail;
use crate::store::{self, account_deletion, account_deletions};

/// As many accounts are deleted in one go.
const AT_ONCE: u64 = 100;

impl Auth {
    /// When the account will be deleted, if it will.
    pub async fn deletion_of(&self, user_id: Uuid) -> Result<Option<Timestamp>, Error> {
        when(self.store.reader(), user_id).await
    }

    /// The same, for the part of a page that only the right browser may see.
    pub async fn deletion(&self, caller: &Caller, current: &CurrentSession) -> Result<Option<Timestamp>, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        self.deletion_of(current.account.id).await
    }

    /// How long an account can be kept after that was asked for.
    pub fn deletion_delay(&self) -> std::time::Duration {
        self.deletion_delay
    }

    /// Have the account deleted, after a while in which it can be kept. Needs a touch for exactly that. Other sessions end at once.
    pub async fn delete_account(
        &self,
        caller: &Caller,
        current: &CurrentSession,
    ) -> Result<(Timestamp, Renewed), Error> {
        current.may_change()?;
        let user_id = current.account.id;
        expect_none(self.store.reader(), user_id).await?;
        let change = self.begin_change(caller, current, &Action::AccountDelete).await?;
        expect_none(&*change.tx, user_id).await?;
        let about = self.about(caller);
        let now = Timestamp(about.at);
        let due_at = now.plus(self.deletion_delay);
        let row = account_deletion::Model { user_id, asked_at: now.0, due_at: due_at.0 };
        account_deletions::insert(&*change.tx, row).await?;
        let event = Event::success(EventType::UserDeletionRequested);
        self.record(&change.tx, caller, event.user(user_id).session(current.id));
        self.end_meant(&change.tx, caller, current, Which::Others).await?;
        let told = Told { kind: LinkKind::AccountDeletion, user_id, session_id: current.id, addresses: None };
        let link = self.make_link(&change.tx, &told, &about).await?;
        let name = format!("deletion {}", Uuid::new_v4());
        self.mail_person(&change.tx, user_id, &name, None, |to| self.asked(to, due_at, &link)).await?;
        Ok((due_at, self.commit_change(change).await?))
    }

    /// Keep the account after all. Where nothing was to be deleted, there is nothing to do.
    pub async fn keep_account(&self, caller: &Caller, current: &CurrentSession) -> Result<(), Error> {
        current.may_change()?;
        let tx = self.begin_of_session(current).await?;
        if account_deletions::cancel(&*tx, current.account.id, None).await? {
            let event = Event::success(EventType::UserDeletionCancelled).because("session").session(current.id);
            self.tell_of_keeping(&tx, caller, current.account.id, event).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The same by the link in a mail, which is about what was asked for at this time and nothing later. Whoever asked may not have
    /// been the person, so that session ends.
    pub(super) async fn keep_by_link(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        (user_id, session_id): (Uuid, Uuid),
        asked_at: i64,
    ) -> Result<(), Error> {
        if account_deletions::cancel(&**tx, user_id, Some(asked_at)).await? {
            self.end_session(tx, caller, user_id, session_id, EndReason::Revoked).await?;
            let event = Event::success(EventType::UserDeletionCancelled).because("mail_link").session(session_id);
            self.tell_of_keeping(tx, caller, user_id, event).await?;
        }
        Ok(())
    }

    /// The time begins anew, and with it a link that keeps the account.
    pub(super) async fn tell_of_deletion_anew(
        &self,
        tx: &audit::Transaction<'_>,
        user_id: Uuid,
        now: Timestamp,
        due_at: Timestamp,
    ) -> Result<(), Error> {
        // Whoever asked for it, their session has ended with all others.
        let told = Told { kind: LinkKind::AccountDeletion, user_id, session_id: Uuid::nil(), addresses: None };
        let about = About { at: now.0, device: "the service itself".to_owned(), country: None, network: None };
        let link = self.make_link(tx, &told, &about).await?;
        let name = format!("deletion {}", Uuid::new_v4());
        self.mail_person(tx, user_id, &name, None, |to| self.asked(to, due_at, &link)).await
    }

    async fn tell_of_keeping(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        event: Event,
    ) -> Result<(), Error> {
        self.record(tx, caller, event.user(user_id));
        let name = format!("kept {}", Uuid::new_v4());
        self.mail_person(tx, user_id, &name, None, |to| self.kept(to)).await
    }

    fn asked(&self, to: &str, due_at: Timestamp, link: &str) -> Mail {
        let (service, when) = (&self.service, day_and_time(due_at));
        Mail::new(to, format!("Your {service} account will be deleted"))
            .paragraph(format!(
                "You asked us to delete your {service} account, or somebody did who was signed in and had touched one of your \
                 passkeys. It will be deleted on {when}, with everything in it. Nobody can bring it back after that."
            ))
            .paragraph("If that is what you want, there is nothing to do.")
            .paragraph(
                "If you want to keep it, or if it was not you, open this page before then. It has one button that keeps your \
                 account. It works without signing in, and opening it changes nothing.",
            )
            .button("Keep my account", link)
            .footer(format!(
                "The link works until your account is deleted. You get this because the address is confirmed for your account at \
                 {service}."
            ))
    }

    fn kept(&self, to: &str) -> Mail {
        let service = &self.service;
        Mail::new(to, format!("Your {service} account stays"))
            .paragraph(format!(
                "Your {service} account was to be deleted. Somebody who was signed in, or who opened the link in our mail about \
                 that, has chosen to keep it. Nothing was deleted."
            ))
            .paragraph("If that was not you, sign in and end the sessions that are not yours.")
            .button("Look at your sessions", format!("{}/account/sessions", self.origin))
            .footer(format!("You get this because the address is confirmed for your account at {service}."))
    }
}

async fn when(db: &impl store::Connection, user_id: Uuid) -> Result<Option<Timestamp>, Error> {
    Ok(account_deletions::of_user(db, user_id).await?.map(|row| Timestamp(row.due_at)))
}

async fn expect_none(db: &impl store::Connection, user_id: Uuid) -> Result<(), Error> {
    if when(db, user_id).await?.is_some() { Err(Refusal::DeletionPending.into()) } else { Ok(()) }
}

/// Erase those whose time is over. Each is a transaction of its own that looks again, so nobody is erased who was kept meanwhile,
/// and of many processes one erases.
pub async fn erase_due(trail: &Trail, outbox: &Outbox) -> Result<u64, Error> {
    let now = trail.clock().now();
    let (mut erased, mut failed) = (0, None);
    for id in account_deletions::due(trail.store().reader(), now.0, AT_ONCE).await? {
        match erase_if_due(trail, outbox, id, now).await {
            Ok(done) => erased += u64::from(done),
            // One that cannot be erased keeps nobody else waiting.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(erased), Err)
}
