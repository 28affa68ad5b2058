//! The codes that people save: ten of 128 bits, shown once, each good for one recovery.

use uuid::Uuid;

use super::super::step_up::Action;
use super::super::{Access, Auth, Caller, CurrentSession, Error, Renewed};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::secret::random_bytes;
use crate::store::{Connection, recovery_code, recovery_codes, users};

/// How many there are.
pub const CODE_COUNT: usize = 10;
/// Crockford's base 32: no letter that is mistaken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 128 bits in letters of five.
const LETTERS: usize = 26;
/// Written in groups of so many.
const GROUP: usize = 5;

/// Codes that were just made.
#[derive(Debug)]
pub struct NewRecoveryCodes {
    /// The only moment they exist here.
    pub codes: Vec<String>,
    /// The session's next token.
    pub renewed: Renewed,
}

/// What there is of an account's codes.
#[derive(Clone, Copy, Debug)]
pub struct RecoveryCodesInfo {
    /// How many are left.
    pub left: u64,
    /// When they were made; `None`: there never were any.
    pub made_at: Option<Timestamp>,
}

impl Auth {
    /// What there is of the account's codes.
    pub async fn recovery_codes(
        &self,
        caller: &Caller,
        current: &CurrentSession,
    ) -> Result<RecoveryCodesInfo, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        let (db, person) = (self.store.reader(), current.account.id);
        let left = recovery_codes::left(db, person).await?;
        let made_at = recovery_codes::made_at(db, person).await?.map(Timestamp);
        Ok(RecoveryCodesInfo { left, made_at })
    }

    /// Whether the account could be recovered: there are codes left, and an address that the other code would go to.
    pub(in crate::auth) async fn has_way_back(&self, db: &impl Connection, person: Uuid) -> Result<bool, Error> {
        let owner = users::find(db, person).await?;
        let has_address = owner.is_some_and(|owner| owner.email_verified_at.is_some());
        Ok(has_address && recovery_codes::left(db, person).await? > 0)
    }

    /// Make new ones. What there was before is worth nothing from then on.
    pub async fn make_recovery_codes(
        &self,
        caller: &Caller,
        current: &CurrentSession,
    ) -> Result<NewRecoveryCodes, Error> {
        let change = self.begin_change(caller, current, &Action::RecoveryCodesCreate).await?;
        let (person, now) = (current.account.id, self.clock.now());
        let codes = (0..CODE_COUNT).map(|_| Ok(write(random_bytes()?))).collect::<Result<Vec<_>, Error>>()?;
        let rows = codes.iter().map(|code| {
            Ok(recovery_code::Model {
                id: Uuid::from_bytes(random_bytes()?),
                user_id: person,
                code: self.name_of_saved(person, code),
                created_at: now.0,
                used_at: None,
            })
        });
        let rows = rows.collect::<Result<Vec<_>, Error>>()?;
        recovery_codes::replace(&*change.tx, person, rows).await?;
        let event = Event::success(EventType::RecoveryCodesCreated).user(person).session(current.id);
        self.record(&change.tx, caller, event);
        self.tell_of_recovery_codes(&change.tx, caller, person).await?;
        let renewed = self.commit_change(change).await?;
        Ok(NewRecoveryCodes { codes, renewed })
    }

    /// Names a saved code in its row. What separates its groups, and how its letters were read, does not matter.
    pub(super) fn name_of_saved(&self, person: Uuid, code: &str) -> Vec<u8> {
        self.keyring.digest("recovery code", &[person.as_bytes().as_slice(), code.as_bytes()].concat()).to_vec()
    }
}

/// As it is shown: `XXXXX-XXXXX-…`.
fn write(bytes: [u8; 16]) -> String {
    let mut number = u128::from_be_bytes(bytes);
    let mut letters = [0_u8; LETTERS];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(number % 32) as usize];
        number /= 32;
    }
    let groups: Vec<_> = letters.chunks(GROUP).map(String::from_utf8_lossy).collect();
    groups.join("-")
}

/// However it was typed. `None`: that is no such code.
pub(super) fn read(text: &str) -> Option<String> {
    if text.len() > 128 {
        return None;
    }
    let mut letters = Vec::with_capacity(LETTERS);
    for letter in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        letters.push(u8::try_from(letter).ok().filter(|letter| ALPHABET.contains(letter))?);
    }
    // 26 letters hold 130 bits; the first of them no more than three.
    let is_whole = letters.len() == LETTERS && letters.first().is_some_and(|first| ALPHABET[..8].contains(first));
    let groups: Vec<_> = letters.chunks(GROUP).map(String::from_utf8_lossy).collect();
    is_whole.then(|| groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c02_a_code_holds_128_bits_and_is_read_however_it_was_typed() {
        assert_eq!(write([0xff; 16]), "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z");
        assert_eq!(write([0; 16]), "00000-00000-00000-00000-00000-0");
        for bytes in [[0; 16], [0xff; 16], [0x5a; 16], *b"holdfast recover"] {
            let code = write(bytes);
            assert_eq!(read(&code).as_ref(), Some(&code));
            let typed = code.replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l");
            assert_eq!(read(&format!("  {typed}\n")).as_ref(), Some(&code));
        }
        let long = "0".repeat(129);
        for text in ["", "7ZZZZ", "8ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z", "UZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z", &long] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn c02_every_bit_makes_another_code() {
        let plain = write([0; 16]);
        let others: std::collections::HashSet<_> =
            (0..128).map(|bit| write((1_u128 << bit).to_be_bytes())).chain([plain]).collect();
        assert_eq!(others.len(), 129);
    }
}
