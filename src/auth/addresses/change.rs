//! The main address, and taking an address off. Each needs a touch, and is told to every address that mail reaches the person
//! at, the old one included.

use uuid::Uuid;

use super::super::links::{LinkKind, Told};
use super::super::step_up::Action;
use super::super::{Auth, Caller, CurrentSession, Error, Refusal, Renewed};
use super::{Own, mails};
use crate::audit::{self, Event, EventType};
use crate::notify::Message;
use crate::notify::mail::Mail;
use crate::store::{address, addresses, users};

impl Auth {
    /// Write to the person at this one of their addresses first.
    pub async fn make_address_primary(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
    ) -> Result<Renewed, Error> {
        current.may_change()?;
        may_be_primary(&self.own_addresses(self.store.reader(), current.account.id).await?, id)?;
        let change = self.begin_change(caller, current, &Action::EmailPrimary(id)).await?;
        let own = self.own_addresses(&*change.tx, current.account.id).await?;
        let row = may_be_primary(&own, id)?;
        users::set_email(&*change.tx, current.account.id, &row.address, row.verified_at).await?;
        let event = Event::success(EventType::EmailChanged).because("primary");
        self.record(&change.tx, caller, event.user(current.account.id).session(current.id));
        let told = told_of(current, LinkKind::EmailPrimary, &own, row);
        self.tell_all(&change.tx, caller, &own, &told, |to, link| {
            mails::primary_changed(to, &self.service, &own.person.email, &row.address, link)
        })
        .await?;
        self.commit_change(change).await
    }

    /// Take an address off the account. The main one stays: it is what the account is called by.
    pub async fn remove_address(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
    ) -> Result<Renewed, Error> {
        current.may_change()?;
        may_go(&self.own_addresses(self.store.reader(), current.account.id).await?, id)?;
        let change = self.begin_change(caller, current, &Action::EmailRemove(id)).await?;
        let own = self.own_addresses(&*change.tx, current.account.id).await?;
        let row = may_go(&own, id)?;
        let event = Event::success(EventType::EmailRemoved);
        self.record(&change.tx, caller, event.user(current.account.id).session(current.id));
        if row.verified_at.is_some() {
            addresses::remove(&*change.tx, id, self.clock.now().0).await?;
            let told = told_of(current, LinkKind::EmailRemoved, &own, row);
            self.tell_all(&change.tx, caller, &own, &told, |to, link| {
                mails::removed(to, &self.service, &row.address, link)
            })
            .await?;
        } else {
            // Nobody has shown that it is theirs, so nobody is told there.
            addresses::delete(&*change.tx, id).await?;
        }
        self.commit_change(change).await
    }

    /// Tell the addresses that were there before of one more.
    pub(super) async fn tell_of_new_address(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
        before: &Own,
        row: &address::Model,
    ) -> Result<(), Error> {
        if before.verified().next().is_none() {
            return Ok(());
        }
        let told = told_of(current, LinkKind::EmailAdded, before, row);
        self.tell_all(tx, caller, before, &told, |to, link| mails::added(to, &self.service, &row.address, link))
            .await
    }

    /// Tell every address that a change was taken back by the link in a mail. No link comes with that: it would go round in circles.
    pub(in crate::auth) async fn tell_of_undo(
        &self,
        tx: &audit::Transaction<'_>,
        user_id: Uuid,
    ) -> Result<(), Error> {
        let (name, page) = (format!("undo {}", Uuid::new_v4()), format!("{}/account/recovery", self.origin));
        self.mail_person(tx, user_id, &name, None, |to| mails::taken_back(to, &self.service, &page)).await
    }

    /// The same mail to each of these addresses, with a link that takes the change back.
    async fn tell_all(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        to: &Own,
        told: &Told,
        mail: impl Fn(&str, &str) -> Mail,
    ) -> Result<(), Error> {
        let link = self.make_link(tx, told, &self.about(caller)).await?;
        let id = Uuid::new_v4();
        for row in to.verified() {
            let message = Message::mail(format!("addresses {id} {}", row.id), mail(&row.address, &link));
            self.outbox.enqueue(&**tx, message).await?;
        }
        Ok(())
    }
}

fn told_of(current: &CurrentSession, kind: LinkKind, before: &Own, row: &address::Model) -> Told {
    let main = before.rows.iter().find(|row| before.is_primary(row)).map_or(row.id, |main| main.id);
    Told { kind, user_id: current.account.id, session_id: current.id, addresses: Some((row.id, main)) }
}

fn may_be_primary(own: &Own, id: Uuid) -> Result<&address::Model, Refusal> {
    let row = own.find(id)?;
    match row.verified_at {
        None => Err(Refusal::EmailNotVerified),
        Some(_) if own.is_primary(row) => Err(Refusal::EmailIsPrimary),
        Some(_) => Ok(row),
    }
}

fn may_go(own: &Own, id: Uuid) -> Result<&address::Model, Refusal> {
    let row = own.find(id)?;
    if own.is_primary(row) { Err(Refusal::EmailIsPrimary) } else { Ok(row) }
}
