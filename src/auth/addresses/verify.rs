//! The code is typed in, in the session that asked for it.

use uuid::Uuid;

use super::super::{Access, Account, Auth, Caller, CurrentSession, Error, Refusal, RefusalKind};
use super::{CODE_DIGITS, CODE_TRIES};
use crate::audit::{self, Event, EventType};
use crate::store::addresses::Verified;
use crate::store::{address_codes, addresses, users};

impl Auth {
    /// Note that the address is the person's, if this is the code that was mailed there. Answers the account as it is then.
    pub async fn verify_address(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
        text: &str,
    ) -> Result<Account, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        let outcome = self.try_verify_address(caller, current, id, text).await;
        if let Err(Error::Refused(refusal)) = &outcome
            && refusal.kind() != RefusalKind::Unauthenticated
        {
            let event = Event::refused(EventType::EmailCodeFail, refusal.code());
            self.record_alone(caller, event.user(current.account.id).session(current.id)).await?;
        }
        outcome
    }

    async fn try_verify_address(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
        text: &str,
    ) -> Result<Account, Error> {
        // What cannot be a code costs no try.
        let code = parse_code(text).ok_or(Refusal::CodeWrong)?;
        let now = self.clock.now();
        let tx = self.begin_of_session(current).await?;
        let Some(open) = address_codes::count_try(&*tx, id, current.id, now.0, CODE_TRIES).await? else {
            return Err(self.why_no_code(&tx, current, id).await?.into());
        };
        if open.code != self.name_of_code(id, current.id, &code) {
            tx.commit().await?;
            let is_last = open.tries >= CODE_TRIES;
            return Err(if is_last { Refusal::CodeSpent } else { Refusal::CodeWrong }.into());
        }
        let own = self.own_addresses(&*tx, current.account.id).await?;
        let row = own.find(id)?.clone();
        if row.verified_at.is_some() {
            return Err(Refusal::EmailKnown.into());
        }
        address_codes::use_up(&*tx, id, current.id, now.0).await?;
        match addresses::verify(&*tx, id, now.0).await? {
            Verified::Done => {}
            // In the words for a wrong code: whose it is now is nobody's business.
            Verified::Anothers => {
                tx.commit().await?;
                return Err(Refusal::CodeWrong.into());
            }
            Verified::Lost => return Err(Refusal::CodeWrong.into()),
        }
        // The first that is known to be the person's is the main one.
        if own.is_primary(&row) || own.person.email_verified_at.is_none() {
            // The one before it stays on the list, as a claim.
            for claim in own.live().filter(|claim| own.is_primary(claim)) {
                addresses::insert(&*tx, claim.clone()).await?;
            }
            users::set_email(&*tx, current.account.id, &row.address, Some(now.0)).await?;
        }
        let event = Event::success(EventType::EmailVerified).user(current.account.id).session(current.id);
        self.record(&tx, caller, event);
        self.tell_of_new_address(&tx, caller, current, &own, &row).await?;
        let account = self.own_addresses(&*tx, current.account.id).await?;
        tx.commit().await?;
        Ok((&account).into())
    }

    /// Why nothing can be typed in for this address in this session.
    async fn why_no_code(
        &self,
        tx: &audit::Transaction<'_>,
        current: &CurrentSession,
        id: Uuid,
    ) -> Result<Refusal, Error> {
        Ok(match address_codes::find(&**tx, id, current.id).await? {
            None => Refusal::CodeNotFound,
            Some(code) if code.used_at.is_some() => Refusal::CodeNotFound,
            Some(code) if code.tries >= CODE_TRIES => Refusal::CodeSpent,
            Some(_) => Refusal::CodeExpired,
        })
    }
}

/// The digits, however they are grouped.
pub(in crate::auth) fn parse_code(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (digits.len() == CODE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_was_pasted() {
        for text in ["12345678", "1234 5678", " 1234\u{a0}5678\n", "1234-5678"] {
            assert_eq!(parse_code(text).as_deref(), Some("12345678"), "{text:?}");
        }
        for text in ["", "1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨", &"1".repeat(65)] {
            assert_eq!(parse_code(text), None, "{text:?}");
        }
    }
}
