//! A person's mail addresses: two at most. Each is a claim until a code that was mailed there has been typed in.
//!
//! `users.email` is the main one, and `users.email_verified_at` says since when it is known to be the person's; both are what
//! `addresses` says of it, kept there so that a request finds them without another read. Before a code was asked for it, the
//! main address has no row in `addresses`, and the person's own id.
//!
//! | file | what |
//! |---|---|
//! | `ask` | a code is mailed, to a new address or to one that is waiting |
//! | `verify` | the code is typed in |
//! | `change` | the main address, and taking one off |
//! | `mails` | what the mails say |

mod ask;
mod change;
mod mails;
mod verify;

pub(in crate::auth) use ask::new_code;
pub(in crate::auth) use verify::parse_code;

use std::time::Duration;

use uuid::Uuid;

use super::{Access, Account, Auth, Caller, CurrentSession, Error, Refusal};
use crate::audit;
use crate::clock::Timestamp;
use crate::store::{Connection, address, address_codes, addresses, user, users};

/// As many addresses as one account may have.
pub const ADDRESS_LIMIT: usize = 2;
/// How long a code works.
pub(in crate::auth) const CODE_LIFETIME: Duration = Duration::from_mins(10);
/// How often something may be typed in for one code. No setting makes it more.
const CODE_TRIES: i32 = 5;
/// How many digits a code has: 26 bits.
pub(in crate::auth) const CODE_DIGITS: usize = 8;
/// How many codes there are.
const CODES: u64 = 100_000_000;
/// For so long an address that was taken off can be brought back.
pub const UNDO_LIFETIME: Duration = Duration::from_hours(72);

/// One address, as its owner sees it.
#[derive(Clone, Debug)]
pub struct AddressInfo {
    /// Names it.
    pub id: Uuid,
    /// The address.
    pub email: String,
    /// Whether it is the main one.
    pub is_primary: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// Since when it is known to be the person's.
    pub verified_at: Option<Timestamp>,
    /// Until when a code that this session asked for works, if there is one.
    pub code_until: Option<Timestamp>,
}

/// All there is of a person's addresses.
struct Own {
    person: user::Model,
    rows: Vec<address::Model>,
}

impl Own {
    /// Those that are the account's now.
    fn live(&self) -> impl Iterator<Item = &address::Model> {
        self.rows.iter().filter(|row| row.removed_at.is_none())
    }

    fn find(&self, id: Uuid) -> Result<&address::Model, Refusal> {
        self.live().find(|row| row.id == id).ok_or(Refusal::EmailNotFound)
    }

    fn is_primary(&self, row: &address::Model) -> bool {
        row.address == self.person.email
    }

    /// Where mail reaches the person for sure.
    fn verified(&self) -> impl Iterator<Item = &address::Model> {
        self.live().filter(|row| row.verified_at.is_some())
    }
}

impl Auth {
    /// The account's addresses, the main one first.
    pub async fn addresses(&self, caller: &Caller, current: &CurrentSession) -> Result<Vec<AddressInfo>, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        let db = self.store.reader();
        let own = self.own_addresses(db, current.account.id).await?;
        let codes = address_codes::of_session(db, current.id).await?;
        let now = self.clock.now();
        let code_until = |id: Uuid| {
            let code = codes.iter().find(|code| code.address_id == id && code.used_at.is_none())?;
            (code.expires_at > now.0 && code.tries < CODE_TRIES).then_some(Timestamp(code.expires_at))
        };
        let mut list: Vec<_> = own
            .live()
            .map(|row| AddressInfo {
                id: row.id,
                email: row.address.clone(),
                is_primary: own.is_primary(row),
                added_at: Timestamp(row.added_at),
                verified_at: row.verified_at.map(Timestamp),
                code_until: code_until(row.id).filter(|_| row.verified_at.is_none()),
            })
            .collect();
        list.sort_by_key(|address| !address.is_primary);
        Ok(list)
    }

    /// Whether mails are sent at all. Without a mail server they are written to a folder.
    pub fn sends_mail(&self) -> bool {
        self.outbox.mailer().is_server()
    }

    async fn own_addresses(&self, db: &impl Connection, user_id: Uuid) -> Result<Own, Error> {
        let person = users::find(db, user_id).await?.ok_or(Refusal::InvalidSession)?;
        let mut rows = addresses::of_user(db, user_id).await?;
        if !rows.iter().any(|row| row.address == person.email) {
            let claim = address::Model {
                id: user_id,
                user_id,
                address: person.email.clone(),
                added_at: person.created_at,
                verified_at: person.email_verified_at,
                removed_at: None,
            };
            rows.insert(0, claim);
        }
        Ok(Own { person, rows })
    }

    /// Where mail reaches the person for sure: ids and addresses.
    pub(super) async fn verified_addresses(
        &self,
        tx: &audit::Transaction<'_>,
        user_id: Uuid,
    ) -> Result<Vec<(Uuid, String)>, Error> {
        let own = self.own_addresses(&**tx, user_id).await?;
        Ok(own.verified().map(|row| (row.id, row.address.clone())).collect())
    }

    /// Begin to write something of a session's that needs no touch: one at a time for each person.
    pub(super) async fn begin_of_session(
        &self,
        current: &CurrentSession,
    ) -> Result<audit::Transaction<'_>, Error> {
        let tx = self.trail.begin().await?;
        users::lock(&*tx, current.account.id).await?;
        if self.hold_session(&tx, current.id, self.clock.now()).await?.is_none() {
            return Err(Refusal::InvalidSession.into());
        }
        Ok(tx)
    }

    /// Names a code in its row. Keyed, so that who has the database alone cannot try all there are.
    fn name_of_code(&self, address: Uuid, session: Uuid, code: &str) -> [u8; 32] {
        let name = [address.as_bytes().as_slice(), session.as_bytes(), code.as_bytes()].concat();
        self.keyring.digest("address code", &name)
    }
}

impl From<&Own> for Account {
    fn from(own: &Own) -> Self {
        own.person.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c03_the_page_has_the_figures_of_the_code() {
        let page = include_str!("../../../docs/addresses.md");
        let words = ["none", "one", "two", "three"];
        for said in [
            format!("An account has {} mail addresses at most", words[ADDRESS_LIMIT]),
            format!("| digits | {CODE_DIGITS} (26 bits)"),
            format!("| works | {} minutes, once,", CODE_LIFETIME.as_secs() / 60),
            format!("| tries | {CODE_TRIES}; "),
            format!("kept for {} hours", UNDO_LIFETIME.as_secs() / 3600),
        ] {
            assert!(page.contains(&said), "{said} is not on the page");
        }
        assert_eq!(CODES, 10_u64.pow(8));
        assert_eq!((CODES - 1).to_string().len(), CODE_DIGITS);
        // ASVS 5.0.0 V6.5.2 asks for 20 bits.
        assert!(CODES.ilog2() >= 26);
    }
}
