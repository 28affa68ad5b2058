//! A code is mailed.
//!
//! Whether the address belongs to another account shows in nothing: not in the answer, not in the work done for it. It shows in
//! the mail alone, which only its owner reads.

use uuid::Uuid;

use super::super::step_up::Action;
use super::super::{Access, Auth, Caller, CurrentSession, Error, Refusal, Renewed, identity};
use super::{ADDRESS_LIMIT, CODE_DIGITS, CODE_LIFETIME, CODES, Own, mails};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::notify::{self, Message};
use crate::secret::{NoEntropy, random_bytes};
use crate::store::{address, address_code, address_codes, addresses};

/// A code is on its way.
#[derive(Debug)]
pub struct Asked {
    /// Names the address.
    pub id: Uuid,
    /// Until when the code works.
    pub expires_at: Timestamp,
    /// The session's next token, where the address is a new one.
    pub renewed: Option<Renewed>,
}

impl Auth {
    /// Mail a code to an address: to one of the account's that is waiting for it, or to a new one, which needs a touch.
    pub async fn ask_for_code(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        text: &str,
    ) -> Result<Asked, Error> {
        current.may_change()?;
        let email = identity::parse_email(text)?;
        if notify::Settings::parse_address(&email).is_none() {
            return Err(Refusal::EmailInvalid.into());
        }
        let own = self.own_addresses(self.store.reader(), current.account.id).await?;
        if is_waiting(&own, &email)? {
            self.admit(caller, current, Access::ReadSensitive).await?;
            self.count_mail(caller, current, &email).await?;
            let tx = self.begin_of_session(current).await?;
            let own = self.own_addresses(&*tx, current.account.id).await?;
            let row = own.live().find(|row| row.address == email && row.verified_at.is_none());
            let row = row.ok_or(Refusal::EmailNotFound)?.clone();
            let (id, expires_at) = self.send_code(&tx, caller, current, row).await?;
            tx.commit().await?;
            return Ok(Asked { id, expires_at, renewed: None });
        }
        let action = Action::EmailAdd(email.clone());
        // A mailbox is not bothered, nor counted as if it were, by who has not touched their passkey.
        self.expect_grant(caller, current, &action).await?;
        self.count_mail(caller, current, &email).await?;
        let change = self.begin_change(caller, current, &action).await?;
        // Asked again, now that no other call of this person's runs.
        let own = self.own_addresses(&*change.tx, current.account.id).await?;
        if is_waiting(&own, &email)? {
            return Err(Refusal::EmailKnown.into());
        }
        let row = address::Model {
            id: Uuid::from_bytes(random_bytes()?),
            user_id: current.account.id,
            address: email,
            added_at: self.clock.now().0,
            verified_at: None,
            removed_at: None,
        };
        let (id, expires_at) = self.send_code(&change.tx, caller, current, row).await?;
        let renewed = Some(self.commit_change(change).await?);
        Ok(Asked { id, expires_at, renewed })
    }

    /// Count one mail to this mailbox. The first refusal by a counter leaves a row.
    async fn count_mail(&self, caller: &Caller, current: &CurrentSession, email: &str) -> Result<(), Error> {
        let counted = self.throttle.mail(email, &caller.source()).await;
        self.within_limits(caller, counted, |event| event.user(current.account.id).session(current.id)).await
    }

    async fn send_code(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
        row: address::Model,
    ) -> Result<(Uuid, Timestamp), Error> {
        let now = self.clock.now();
        let expires_at = now.plus(CODE_LIFETIME);
        let (id, email) = (row.id, row.address.clone());
        addresses::insert(&**tx, row).await?;
        let is_anothers = addresses::is_anothers(&**tx, &email, current.account.id).await?;
        let code = new_code()?;
        let named = self.name_of_code(id, current.id, &code);
        // Of an address that another account has, no code is the right one.
        let unknown: [u8; 32] = random_bytes()?;
        let kept = if is_anothers { unknown } else { named };
        let kept = address_code::Model {
            address_id: id,
            session_id: current.id,
            code: kept.to_vec(),
            tries: 0,
            created_at: now.0,
            expires_at: expires_at.0,
            used_at: None,
        };
        address_codes::put(&**tx, kept).await?;
        let mail = if is_anothers {
            mails::taken(&email, &self.service)
        } else {
            mails::code(&email, &self.service, &code)
        };
        let key = format!("address code {}", Uuid::new_v4());
        self.outbox.enqueue(&**tx, Message::mail(key, mail).not_after(expires_at)).await?;
        let event = Event::success(EventType::EmailCodeSent).user(current.account.id).session(current.id);
        self.record(tx, caller, event);
        Ok((id, expires_at))
    }
}

/// Whether this address of the account is waiting for its code. `Ok(false)`: it would be a new one, and there is room for it.
fn is_waiting(own: &Own, email: &str) -> Result<bool, Refusal> {
    match own.rows.iter().find(|row| row.address == email) {
        Some(row) if row.removed_at.is_some() => Err(Refusal::EmailRemovedLately),
        Some(row) if row.verified_at.is_some() => Err(Refusal::EmailKnown),
        Some(_) => Ok(true),
        None if own.live().count() >= ADDRESS_LIMIT => Err(Refusal::EmailsFull),
        None => Ok(false),
    }
}

pub(in crate::auth) fn new_code() -> Result<String, NoEntropy> {
    // Of 2⁶⁴ numbers, so no code is more likely than another by more than one in 10¹¹.
    let number = u64::from_be_bytes(random_bytes()?) % CODES;
    Ok(format!("{number:0CODE_DIGITS$}"))
}
