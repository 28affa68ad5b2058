//! Getting back in without a passkey: the rows and the people of [`crate::recovery`]'s state machine.
//!
//! It takes two methods (a code by mail and a saved code), a wait that everybody concerned hears of, and then a new passkey.
//! Nothing here answers differently for an address that has no account: a recovery of nobody's is a row like any other.
//!
//! | file | what |
//! |---|---|
//! | `codes` | the codes that people save |
//! | `begin` | somebody gives an address; the code goes out |
//! | `approve` | a code is typed in; with the second one the wait begins |
//! | `stop` | it ends without a passkey: by a link, a button or a touch |
//! | `complete` | a passkey is enrolled, and everything before it ends |
//! | `hold` | what cannot be done for a while after that |
//! | `restore` | a passkey that was suspended comes back |
//! | `notices` | who is told what, and when |
//! | `mails` | in which words |

mod approve;
mod begin;
mod codes;
mod complete;
mod hold;
mod mails;
mod notices;
mod restore;
mod stop;

use uuid::Uuid;

use super::{Auth, Caller, Error, Refusal};
use crate::clock::Timestamp;
use crate::recovery::{End, Method, Recovery, Stage, Tier, Wait};
use crate::secret::Secret;
use crate::store::{recoveries, recovery};

/// How often a code from a mail may be tried in one recovery. No setting makes it more.
const MAIL_TRIES: i32 = 5;
/// The same of saved codes, which nobody guesses; people mistype them.
const SAVED_TRIES: i32 = 20;

/// What a recovery looks like to whoever holds its token.
#[derive(Clone, Debug)]
pub struct RecoveryInfo {
    /// Where it stands.
    pub stage: Stage,
    /// What was shown, and when.
    pub shown: Vec<(Method, Timestamp)>,
    /// Until when the code in the mail works.
    pub mail_until: Timestamp,
    /// The wait, once there is one.
    pub wait: Option<Wait>,
    /// Whether it brings a suspended passkey back, rather than enrolling a new one.
    pub restores: bool,
}

/// The row as the machine sees it. One that nobody completed in time is over by the clock, whatever its row says.
fn machine(row: &recovery::Model) -> Recovery {
    let wait = || {
        let tier = Tier::parse(row.tier.as_deref()?)?;
        Some(Wait {
            tier,
            since: Timestamp(row.waiting_since?),
            due: Timestamp(row.due_at?),
            until: Timestamp(row.ends_at),
        })
    };
    Recovery {
        begun_at: Timestamp(row.begun_at),
        mail_at: row.mail_at.map(Timestamp),
        saved_at: row.saved_at.map(Timestamp),
        wait: wait(),
        end: row.ended.as_deref().and_then(End::parse),
    }
}

impl Auth {
    /// How long recovery takes.
    pub fn recovery_policy(&self) -> crate::recovery::RecoveryPolicy {
        self.recovery
    }

    /// The recovery that this token is of.
    async fn recovery_of(&self, token: &Secret) -> Result<recovery::Model, Error> {
        let row = recoveries::find(self.store.reader(), &token.hash()).await?;
        Ok(row.ok_or(Refusal::RecoveryNotFound)?)
    }

    /// Where a recovery stands.
    pub async fn recovery_status(&self, token: &Secret) -> Result<RecoveryInfo, Error> {
        Ok(self.recovery_info(&self.recovery_of(token).await?))
    }

    fn recovery_info(&self, row: &recovery::Model) -> RecoveryInfo {
        let machine = machine(row);
        let shown = Method::ALL.into_iter().filter_map(|method| Some((method, machine.shown(method)?)));
        RecoveryInfo {
            stage: machine.stage(self.clock.now()),
            shown: shown.collect(),
            mail_until: Timestamp(row.mail_expires_at),
            wait: machine.wait,
            restores: row.restores.is_some(),
        }
    }

    /// The recovery of this account that waits or could be completed, if there is one.
    pub async fn recovery_under_way(&self, user_id: Uuid) -> Result<Option<RecoveryInfo>, Error> {
        let row = recoveries::waiting(self.store.reader(), user_id, self.clock.now().0).await?;
        Ok(row.map(|row| self.recovery_info(&row)))
    }

    /// Names a mailed code in its row. Keyed, so that who has the database alone cannot try all there are.
    fn name_of_mailed(&self, recovery: Uuid, code: &str) -> Vec<u8> {
        self.keyring
            .digest("recovery mail code", &[recovery.as_bytes().as_slice(), code.as_bytes()].concat())
            .to_vec()
    }

    /// Whether the person had signed in with this browser when the recovery was begun.
    async fn is_known_browser(&self, caller: &Caller, user_id: Uuid, begun_at: i64) -> Result<bool, Error> {
        let Some(device) = &caller.known_device else { return Ok(false) };
        let since = crate::store::known_devices::first_seen(self.store.reader(), &device.hash(), user_id).await?;
        Ok(since.is_some_and(|since| since <= begun_at))
    }
}
