//! A person's passkeys: what they are shown of them, other names, removal, and what passkey managers are told.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use super::assertion::is_locked;
use super::device::Device;
use super::links::LinkKind;
use super::session::Renewed;
use super::step_up::Action;
use super::{
    Access, Account, Auth, Caller, CurrentSession, EndReason, Error, Refusal, identity, provider, relying_party,
};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::store::{credential, credentials, sessions, step_up_grants, users};

/// One passkey, without anything secret in it.
#[derive(Clone, Debug)]
pub struct PasskeyInfo {
    /// Ours, for the API.
    pub id: Uuid,
    /// What the person calls it.
    pub label: String,
    /// Who made it, if known. For display only.
    pub provider: Option<&'static str>,
    /// The model or manager it claims to be.
    pub aaguid: Uuid,
    /// How a browser may reach it.
    pub transports: Vec<String>,
    /// Whether it may exist on several devices.
    pub backup_eligible: bool,
    /// Whether it does.
    pub backup_state: bool,
    /// When it was registered here.
    pub created_at: Timestamp,
    /// When it last signed in or stepped up.
    pub last_used_at: Option<Timestamp>,
}

/// One passkey with what its page says of it.
#[derive(Clone, Debug)]
pub struct PasskeyInFull {
    /// The passkey.
    pub passkey: PasskeyInfo,
    /// On what it was last used.
    pub last_used_on: Option<Device>,
    /// From where: IPv4 /24, IPv6 /48.
    pub last_used_from: Option<String>,
    /// How many live sessions it has opened.
    pub sessions: usize,
    /// Whether the one that asks is among them.
    pub opened_this: bool,
    /// Whether no other one would open the account.
    pub is_last: bool,
    /// Why it opens nothing, if it does not.
    pub blocked: Option<Blocked>,
}

/// Why a passkey opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// A recovery keeps it from being used.
    Suspended,
    /// It was refused too often to be used again.
    Locked,
}

impl Blocked {
    fn of(row: &credential::Model) -> Option<Self> {
        match row.suspended_at {
            Some(_) => Some(Self::Suspended),
            None => is_locked(row).then_some(Self::Locked),
        }
    }
}

/// A passkey was removed.
#[derive(Debug)]
pub struct Removed {
    /// The session's next token. `None`: the passkey had opened it, so it has ended.
    pub renewed: Option<Renewed>,
    /// What is left.
    pub accepted: Signal,
}

/// What passkey managers should know (WebAuthn Level 3 §5.1.10). Ids are base64url.
#[derive(Clone, Debug)]
pub enum Signal {
    /// This one opens nothing here.
    Unknown {
        /// Where it was made for.
        rp_id: String,
        /// Its credential id.
        credential_id: String,
    },
    /// These are all that the account has.
    Accepted {
        /// Where they were made for.
        rp_id: String,
        /// The user handle.
        user_id: String,
        /// Their credential ids.
        credential_ids: Vec<String>,
    },
    /// This is how the account is called.
    Details {
        /// Where its passkeys were made for.
        rp_id: String,
        /// The user handle.
        user_id: String,
        /// The main address.
        name: String,
        /// What the person likes to be called.
        display_name: String,
    },
}

impl From<credential::Model> for PasskeyInfo {
    fn from(row: credential::Model) -> Self {
        Self {
            id: row.id,
            label: row.label,
            provider: provider::name(row.aaguid),
            aaguid: row.aaguid,
            transports: row.transports.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect(),
            backup_eligible: row.backup_eligible,
            backup_state: row.backup_state,
            created_at: Timestamp(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp),
        }
    }
}

impl Auth {
    /// The account's passkeys, newest first.
    pub async fn passkeys(&self, account: &Account) -> Result<Vec<PasskeyInfo>, Error> {
        let rows = credentials::of_user(self.store.reader(), account.id).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The same, with where each was used and what hangs on it.
    pub async fn passkeys_in_full(
        &self,
        caller: &Caller,
        current: &CurrentSession,
    ) -> Result<Vec<PasskeyInFull>, Error> {
        self.admit(caller, current, Access::ReadSensitive).await?;
        let (db, now) = (self.store.reader(), self.clock.now());
        let rows = credentials::of_user(db, current.account.id).await?;
        let idle_since = now.minus(self.sessions.idle).0;
        let live = sessions::live_of_user(db, current.account.id, now.0, idle_since).await?;
        let has_way_back = self.has_way_back(db, current.account.id).await?;
        let in_full = |row: &credential::Model| {
            let opened = live.iter().filter(|session| session.credential_id == Some(row.id));
            PasskeyInFull {
                last_used_on: row.last_used_device.as_deref().and_then(|json| serde_json::from_str(json).ok()),
                last_used_from: row.last_used_network.clone(),
                sessions: opened.clone().count(),
                opened_this: opened.clone().any(|session| session.id == current.id),
                is_last: self.may_go(&rows, row.id, has_way_back).is_err(),
                blocked: Blocked::of(row),
                passkey: row.clone().into(),
            }
        };
        Ok(rows.iter().map(in_full).collect())
    }

    /// Call a passkey something else. Nothing hangs on its name, so it takes no touch.
    pub async fn rename_passkey(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
        label: &str,
    ) -> Result<Signal, Error> {
        let label = identity::parse_name(Some(label), Refusal::LabelInvalid)?.ok_or(Refusal::LabelInvalid)?;
        self.admit(caller, current, Access::ReadSensitive).await?;
        let tx = self.trail.begin().await?;
        let row = credentials::lock(&*tx, id).await?.filter(|row| row.user_id == current.account.id);
        let row = row.ok_or(Refusal::PasskeyNotFound)?;
        if self.hold_session(&tx, current.id, self.clock.now()).await?.is_none() {
            return Err(Refusal::InvalidSession.into());
        }
        if row.label != label {
            credentials::set_label(&*tx, id, &label).await?;
            let event = Event::success(EventType::CredentialUpdated).user(row.user_id).credential(id);
            self.record(&tx, caller, event.session(current.id));
            // Of each new name, though it is the same passkey.
            self.tell_of_key(&tx, caller, current, LinkKind::PasskeyRenamed, Uuid::new_v4()).await?;
            tx.commit().await?;
        }
        self.signal_details(current.account.id).await
    }

    /// Remove a passkey, and end the sessions that it has opened. Needs a touch for exactly that; it may be its own.
    pub async fn remove_passkey(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        id: Uuid,
    ) -> Result<Removed, Error> {
        current.may_change()?;
        let user_id = current.account.id;
        let has_way_back = self.has_way_back(self.store.reader(), user_id).await?;
        self.may_go(&credentials::of_user(self.store.reader(), user_id).await?, id, has_way_back)?;
        let change = self.begin_change_holding(caller, current, &Action::PasskeyRemove(id), Some(id)).await?;
        // Asked again, now that no other change of this person's runs.
        let mut own = credentials::of_user(&*change.tx, user_id).await?;
        let has_way_back = self.has_way_back(&*change.tx, user_id).await?;
        self.may_go(&own, id, has_way_back)?;

        let now = self.clock.now();
        let live = sessions::live_of_user(&*change.tx, user_id, now.0, now.minus(self.sessions.idle).0).await?;
        let opened: Vec<Uuid> =
            live.into_iter().filter(|row| row.credential_id == Some(id)).map(|row| row.id).collect();
        for session in &opened {
            self.end_session(&change.tx, caller, user_id, *session, EndReason::PasskeyRemoved).await?;
        }
        // What it was touched for elsewhere is not to be done any more.
        step_up_grants::delete_of_credential(&*change.tx, id).await?;
        credentials::delete(&*change.tx, id).await?;
        let event = Event::success(EventType::CredentialDeleted).user(user_id).credential(id).session(current.id);
        self.record(&change.tx, caller, event);
        self.tell_of_key(&change.tx, caller, current, LinkKind::PasskeyRemoved, id).await?;

        own.retain(|row| row.id != id);
        let accepted = Signal::Accepted {
            rp_id: self.rp.id.clone(),
            user_id: encode(user_id.as_bytes()),
            credential_ids: own.iter().map(|row| encode(&row.credential_id)).collect(),
        };
        let renewed = if opened.contains(&current.id) {
            // It ends the very session that asked: there is no token to replace.
            change.tx.commit().await?;
            None
        } else {
            Some(self.commit_change(change).await?)
        };
        Ok(Removed { renewed, accepted })
    }

    /// Whether one of these may be removed: another must be left that can sign in, or a way back without one.
    fn may_go(&self, own: &[credential::Model], id: Uuid, has_way_back: bool) -> Result<(), Refusal> {
        let opens_nothing = |row: &credential::Model| {
            let cannot_be_used = Blocked::of(row).is_some();
            cannot_be_used || (self.sessions.device_bound_only && row.backup_eligible)
        };
        let (it, rest): (Vec<_>, Vec<_>) = own.iter().partition(|row| row.id == id);
        // Whoever has recovered an account must not take away what its owner can undo that with.
        if it.iter().any(|row| row.suspended_at.is_some()) {
            return Err(Refusal::PasskeyIsSuspended);
        }
        match (it.is_empty(), has_way_back || rest.into_iter().any(|row| !opens_nothing(row))) {
            (true, _) => Err(Refusal::PasskeyNotFound),
            (false, false) => Err(Refusal::PasskeyIsLast),
            (false, true) => Ok(()),
        }
    }

    /// How an account is called now.
    pub async fn signal_details(&self, user_id: Uuid) -> Result<Signal, Error> {
        let person = users::find(self.store.reader(), user_id).await?.ok_or(Refusal::InvalidSession)?;
        Ok(Signal::Details {
            rp_id: self.rp.id.clone(),
            user_id: encode(user_id.as_bytes()),
            display_name: person.display_name.unwrap_or_else(|| person.email.clone()),
            name: person.email,
        })
    }

    /// The passkey of this answer, which nobody here knows.
    pub fn signal_unknown(&self, response: &str) -> Option<Signal> {
        let response: PublicKeyCredential = relying_party::parse_response(response).ok()?;
        Some(Signal::Unknown { rp_id: self.rp.id.clone(), credential_id: encode(&response.raw_id) })
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
