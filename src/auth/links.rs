//! Links in mails, by which somebody who is not signed in says that something was not them.
//!
//! A link can do one thing, and what that is was fixed when it was made: end the session that did it, forget its browser, and take
//! back the change of an address. It opens nothing and signs nobody in. Looking at it changes nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::macros::format_description;
use uuid::Uuid;

use super::addresses::UNDO_LIFETIME;
use super::{Auth, Caller, Error};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::geo;
use crate::secret::Secret;
use crate::store::{account_deletions, addresses, mail_link, mail_links, sessions, users};

/// How long a link works. One that takes back a change works for as long as that can be taken back.
pub const LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// What what is known of a link is sealed for.
const ABOUT: &str = "mail link";

/// What a link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A sign-in.
    SignIn,
    /// One more passkey.
    Passkey,
    /// A passkey removed.
    PasskeyRemoved,
    /// A passkey by another name.
    PasskeyRenamed,
    /// One more API key.
    ApiKey,
    /// One more address.
    EmailAdded,
    /// An address taken off.
    EmailRemoved,
    /// Another main address.
    EmailPrimary,
    /// The end of the account.
    AccountDeletion,
    /// A recovery that waits.
    Recovery,
}

impl LinkKind {
    const ALL: [Self; 10] = [
        Self::SignIn,
        Self::Passkey,
        Self::PasskeyRemoved,
        Self::PasskeyRenamed,
        Self::ApiKey,
        Self::EmailAdded,
        Self::EmailRemoved,
        Self::EmailPrimary,
        Self::AccountDeletion,
        Self::Recovery,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Passkey => "passkey",
            Self::PasskeyRemoved => "passkey_removed",
            Self::PasskeyRenamed => "passkey_renamed",
            Self::ApiKey => "api_key",
            Self::EmailAdded => "email_added",
            Self::EmailRemoved => "email_removed",
            Self::EmailPrimary => "email_primary",
            Self::AccountDeletion => "account_deletion",
            Self::Recovery => "recovery",
        }
    }
}

/// A moment as people say it.
pub fn day_and_time(at: Timestamp) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.to_date_time().format(format).unwrap_or_default()
}

/// When something happened, and from where. All of it is in our words, so that a mail can say it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) at: i64,
    pub(super) device: String,
    pub(super) country: Option<String>,
    pub(super) network: Option<String>,
}

/// What a link's page shows.
#[derive(Clone, Debug)]
pub struct LinkInfo {
    /// What it is about.
    pub kind: LinkKind,
    /// When that happened.
    pub at: Timestamp,
    /// Until when the link works.
    pub until: Timestamp,
    /// On what.
    pub device: String,
    /// In which country.
    pub country: Option<String>,
    /// From which network.
    pub network: Option<String>,
    /// Whether the session that did it lives; of a recovery: whether it is under way.
    pub is_live: bool,
    /// Whether it was used, or there is nothing left to use it for.
    pub is_used: bool,
}

/// What is about to be told, and could be taken back.
pub(super) struct Told {
    pub(super) kind: LinkKind,
    pub(super) user_id: Uuid,
    /// Of a recovery: its own id.
    pub(super) session_id: Uuid,
    /// The address that was changed, and the main one before that.
    pub(super) addresses: Option<(Uuid, Uuid)>,
}

impl Auth {
    /// Where a caller is.
    pub(super) fn about(&self, caller: &Caller) -> About {
        let device = caller.device();
        let country = self.engine.place(caller).country.and_then(geo::country_name);
        About {
            at: self.clock.now().0,
            device: format!("{} on {}", device.browser.name(), device.os.name()),
            country: country.map(str::to_owned),
            network: caller.ip_prefix(),
        }
    }

    /// A link that takes something back works for as long as that can be taken back.
    fn lifetime_of(&self, kind: LinkKind) -> Duration {
        match kind {
            LinkKind::SignIn
            | LinkKind::Passkey
            | LinkKind::PasskeyRemoved
            | LinkKind::PasskeyRenamed
            | LinkKind::ApiKey
            | LinkKind::Recovery => LINK_LIFETIME,
            LinkKind::EmailAdded | LinkKind::EmailRemoved | LinkKind::EmailPrimary => UNDO_LIFETIME,
            LinkKind::AccountDeletion => self.deletion_delay,
        }
    }

    /// Make a link, in the transaction of what it is about. The only moment its token exists here.
    pub(super) async fn make_link(
        &self,
        tx: &audit::Transaction<'_>,
        told: &Told,
        about: &About,
    ) -> Result<String, Error> {
        // From the moment it is about: whoever compares the two has one.
        let until = Timestamp(about.at).plus(self.lifetime_of(told.kind));
        self.make_link_until(tx, told, about, until).await
    }

    /// The same, of one that works until then.
    pub(super) async fn make_link_until(
        &self,
        tx: &audit::Transaction<'_>,
        told: &Told,
        about: &About,
        until: Timestamp,
    ) -> Result<String, Error> {
        let token = Secret::generate()?;
        let hash = token.hash();
        // The moment it is about: whoever compares the two has one.
        let now = Timestamp(about.at);
        let plain = serde_json::to_vec(about).map_err(|error| Error::Broken(error.to_string()))?;
        let row = mail_link::Model {
            hash: hash.to_vec(),
            kind: told.kind.as_str().to_owned(),
            user_id: told.user_id,
            session_id: told.session_id,
            address_id: told.addresses.map(|(changed, _)| changed),
            before_id: told.addresses.map(|(_, before)| before),
            about: self.keyring.seal(ABOUT, &hash, &plain)?,
            created_at: now.0,
            expires_at: until.0,
            used_at: None,
        };
        mail_links::insert(&**tx, row).await?;
        // In the query, which is logged nowhere; the page takes it out of the address at once.
        Ok(format!("{}/not-me?t={}", self.origin, token.expose()))
    }

    /// What a link is about. `None`: it is none, or its time is over.
    pub async fn link(&self, token: &Secret) -> Result<Option<LinkInfo>, Error> {
        let now = self.clock.now();
        let db = self.store.reader();
        let Some(row) = mail_links::find(db, &token.hash(), now.0).await? else { return Ok(None) };
        let kind = kind_of(&row)?;
        let plain = self.keyring.open(ABOUT, &row.hash, &row.about)?;
        let about: About =
            serde_json::from_slice(&plain).map_err(|_| Error::Broken("a link cannot be read".to_owned()))?;
        let is_live = match kind {
            LinkKind::Recovery => self.is_recovery_open(db, row.session_id).await?,
            _ => sessions::is_live(db, row.session_id, now.0, now.minus(self.sessions.idle).0).await?,
        };
        // What the link would keep may have been kept by other means.
        let is_over = kind == LinkKind::AccountDeletion
            && account_deletions::of_user(db, row.user_id).await?.is_none_or(|it| it.asked_at != row.created_at);
        Ok(Some(LinkInfo {
            kind,
            at: Timestamp(about.at),
            until: Timestamp(row.expires_at),
            device: about.device,
            country: about.country,
            network: about.network,
            is_live,
            is_used: row.used_at.is_some() || is_over,
        }))
    }

    /// That was not the person: end the session, forget its browser, and take back what it did to an address. Or it was, and they
    /// keep their account. Doing it again
    /// changes nothing. `false`: the token is none, or its time is over.
    pub async fn use_link(&self, caller: &Caller, token: &Secret) -> Result<bool, Error> {
        let (hash, now) = (token.hash(), self.clock.now());
        let Some(row) = mail_links::find(self.store.reader(), &hash, now.0).await? else { return Ok(false) };
        let kind = kind_of(&row)?;
        let tx = self.trail.begin().await?;
        users::lock(&*tx, row.user_id).await?;
        if !mail_links::use_up(&*tx, &hash, now.0).await? {
            return Ok(true);
        }
        if kind == LinkKind::Recovery {
            self.stop_recovery_by_link(&tx, caller, row.session_id).await?;
            return Ok(tx.commit().await.map(|()| true)?);
        }
        if kind == LinkKind::AccountDeletion {
            self.keep_by_link(&tx, caller, (row.user_id, row.session_id), row.created_at).await?;
            tx.commit().await?;
            return Ok(true);
        }
        self.end_as_disowned(&tx, caller, row.user_id, row.session_id, None, Some("mail_link")).await?;
        if let (Some(changed), Some(before)) = (row.address_id, row.before_id) {
            self.take_back(&tx, kind, row.user_id, changed, before).await?;
            let event = Event::success(EventType::EmailChanged).because("mail_link");
            self.record(&tx, caller, event.user(row.user_id).session(row.session_id));
            self.tell_of_undo(&tx, row.user_id).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn take_back(
        &self,
        tx: &audit::Transaction<'_>,
        kind: LinkKind,
        user_id: Uuid,
        changed: Uuid,
        before: Uuid,
    ) -> Result<(), Error> {
        if kind == LinkKind::EmailRemoved {
            addresses::restore(&**tx, changed).await?;
            return Ok(());
        }
        let rows = addresses::of_user(&**tx, user_id).await?;
        let Some(main) = rows.iter().find(|row| row.id == before && row.verified_at.is_some()) else {
            return Ok(());
        };
        let person = users::find(&**tx, user_id).await?;
        let added = rows.iter().find(|row| row.id == changed);
        // Whoever added an address may have made it the main one, and removed the other, by now.
        let is_main_now = added.is_some_and(|row| person.is_some_and(|person| person.email == row.address));
        if kind == LinkKind::EmailPrimary || is_main_now {
            addresses::restore(&**tx, before).await?;
            users::set_email(&**tx, user_id, &main.address, main.verified_at).await?;
        }
        if kind == LinkKind::EmailAdded {
            addresses::delete(&**tx, changed).await?;
        }
        Ok(())
    }
}

fn kind_of(row: &mail_link::Model) -> Result<LinkKind, Error> {
    let kind = LinkKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
    kind.ok_or_else(|| Error::Broken("a link is about nothing that is known".to_owned()))
}
