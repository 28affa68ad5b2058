//! Where a person is paid to: sealed at rest, masked when read, changed only with a touch for exactly that account.

use std::fmt;

use uuid::Uuid;

use super::Vault;
use crate::audit::{Event, EventType};
use crate::auth::{Access, Action, Caller, CurrentSession, Error, PayoutDetails, Renewed};
use crate::clock::Timestamp;
use crate::store::{payout, payouts};

/// What the keys are for here. Each field has its own, so that one cannot be put in the other's place.
pub(super) const HOLDER: &str = "payout account holder";
pub(super) const IBAN: &str = "payout iban";
/// How much of an IBAN is shown, at its end.
const SHOWN: usize = 4;

/// What is saved, as its owner sees it again.
#[derive(Clone)]
pub struct PayoutInfo {
    /// Whose account it is.
    pub account_holder: String,
    /// Its country and its last characters.
    pub masked_iban: String,
    /// When it was saved.
    pub updated_at: Timestamp,
}

impl fmt::Debug for PayoutInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayoutInfo").field("updated_at", &self.updated_at).finish_non_exhaustive()
    }
}

impl Vault {
    /// Where the person is paid to, if they have said it.
    pub async fn payout(&self, caller: &Caller, current: &CurrentSession) -> Result<Option<PayoutInfo>, Error> {
        self.auth.admit(caller, current, Access::ReadSensitive).await?;
        let row = payouts::of_user(self.store.reader(), current.account.id).await?;
        row.map(|row| self.shown(&row)).transpose()
    }

    /// Have the person paid to another account from now on.
    pub async fn change_payout(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        account_holder: &str,
        iban: &str,
    ) -> Result<(PayoutInfo, Renewed), Error> {
        current.may_change()?;
        let details = PayoutDetails::parse(account_holder, iban)?;
        let user_id = current.account.id;
        let row = payout::Model {
            user_id,
            account_holder: self.keyring.seal(HOLDER, user_id.as_bytes(), details.account_holder().as_bytes())?,
            iban: self.keyring.seal(IBAN, user_id.as_bytes(), details.iban().as_bytes())?,
            updated_at: self.clock.now().0,
        };
        let change = self.auth.begin_change(caller, current, &Action::PayoutUpdate(details)).await?;
        payouts::put(&*change.tx, row.clone()).await?;
        self.record(&change.tx, caller, current, Event::success(EventType::PayoutChanged));
        let renewed = self.auth.commit_change(change).await?;
        Ok((self.shown(&row)?, renewed))
    }

    fn shown(&self, row: &payout::Model) -> Result<PayoutInfo, Error> {
        Ok(PayoutInfo {
            account_holder: self.opened(HOLDER, row.user_id, &row.account_holder)?,
            masked_iban: mask(&self.opened(IBAN, row.user_id, &row.iban)?),
            updated_at: Timestamp(row.updated_at),
        })
    }

    pub(super) fn opened(&self, purpose: &'static str, user_id: Uuid, sealed: &[u8]) -> Result<String, Error> {
        let plain = self.keyring.open(purpose, user_id.as_bytes(), sealed)?;
        String::from_utf8(plain).map_err(|_| Error::Broken(format!("{purpose} of {user_id} is no text")))
    }
}

/// The country and the last four, in groups as it is printed.
fn mask(iban: &str) -> String {
    let hidden = iban.len().saturating_sub(SHOWN);
    let mut masked = String::new();
    for (index, c) in iban.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            masked.push(' ');
        }
        masked.push(if (2..hidden).contains(&index) { '•' } else { c });
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_and_end_are_shown() {
        assert_eq!(mask("NO9386011117947"), "NO•• •••• •••7 947");
        assert_eq!(mask("GB29NWBK60161331926819"), "GB•• •••• •••• •••• ••68 19");
    }

    #[test]
    fn debug_shows_neither_name_nor_number() {
        let info = PayoutInfo {
            account_holder: "Ada".into(),
            masked_iban: mask("NO9386011117947"),
            updated_at: Timestamp(7),
        };
        let text = format!("{info:?}");
        assert!(!text.contains("Ada") && !text.contains("NO") && !text.contains("947"), "{text}");
    }
}
