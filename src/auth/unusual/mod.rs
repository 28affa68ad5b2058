//! What people are told by mail without having asked: that somebody signed in to their account in a way that is not theirs, that
//! a passkey was added, that a session was ended to protect them. docs/notifications.md has the rules as a table.
//!
//! It goes to every address that is known to be the person's. An address that nobody has confirmed may be a stranger's: they would
//! hear of somebody else's account, and hold a link that ends sessions of it.

mod mails;

pub(super) use mails::facts;

use std::time::Duration;

use uuid::Uuid;

use super::evaluation::Weighed;
use super::links::{LinkKind, Told};
use super::session::{EndReason, IssuedSession};
use super::{Auth, Caller, CurrentSession, Error};
use crate::audit::{self, EventType};
use crate::clock::Timestamp;
use crate::notify::mail::Mail;
use crate::notify::{Cap, Message};
use crate::store::{credentials, user};

/// So many refused tries before a sign-in are worth telling of.
const FAILURES: u64 = 3;
/// Tries from longer ago are not.
const FAILURE_WINDOW: Duration = Duration::from_hours(24);
/// An account that nobody has used for so long.
const IDLE: Duration = Duration::from_hours(90 * 24);
/// One address gets so many notices of a kind within a day.
const MOST: u32 = 5;
const WITHIN: Duration = Duration::from_hours(24);

/// Why a sign-in is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusual {
    /// In a session the risk engine would have asked for a touch. A sign-in is one.
    Risk,
    /// A browser that the person has not signed in with before.
    NewBrowser,
    /// A country that they have not signed in from.
    NewCountry,
    /// Somebody was refused before.
    AfterFailures,
    /// Nobody has used the account for long.
    AfterIdle,
}

/// What was so before a sign-in.
pub(super) struct Before {
    failures: u64,
    last_used: i64,
}

impl Unusual {
    /// In the words of the mail.
    const fn sentence(self) -> &'static str {
        match self {
            Self::Risk => "It was unlike your earlier sign-ins in several ways.",
            Self::NewBrowser => "It came from a browser that you have not signed in with before.",
            Self::NewCountry => "It came from a country that you have not signed in from lately.",
            Self::AfterFailures => "Somebody tried several times before and was refused.",
            Self::AfterIdle => "Nobody had used your account for more than 90 days.",
        }
    }
}

impl Auth {
    /// Look at what a sign-in will change, before it does. `None` where there is nobody to tell.
    pub(super) async fn before_sign_in(&self, person: &user::Model) -> Result<Option<Before>, Error> {
        if person.email_verified_at.is_none() {
            return Ok(None);
        }
        let db = self.store.reader();
        let passkeys = credentials::of_user(db, person.id).await?;
        let used = passkeys.iter().filter_map(|passkey| passkey.last_used_at).max();
        let last_used = used.unwrap_or_default().max(person.created_at);
        let since = self.clock.now().minus(FAILURE_WINDOW).max(Timestamp(last_used));
        let kinds = [EventType::AuthnLoginFail.as_str()];
        let failures = self.trail.count_of_person(db, person.id, &kinds, since, FAILURES).await?;
        Ok(Some(Before { failures: u64::from(failures), last_used }))
    }

    /// Tell the person of this sign-in if it is unusual, in its transaction.
    pub(super) async fn tell_of_sign_in(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        person: &user::Model,
        session: &IssuedSession,
        weighed: &Weighed,
        before: &Before,
    ) -> Result<(), Error> {
        let why = self.why_unusual(session, weighed, before);
        if why.is_empty() {
            return Ok(());
        }
        let about = self.about(caller);
        let told = Told { kind: LinkKind::SignIn, user_id: person.id, session_id: session.id, addresses: None };
        let link = self.make_link(tx, &told, &about).await?;
        let credit = self.credit(&about);
        self.tell_person(tx, person.id, "sign-in", session.id, |to| {
            mails::sign_in(to, &self.service, &about, &why, &link, credit.as_deref())
        })
        .await
    }

    fn why_unusual(&self, session: &IssuedSession, weighed: &Weighed, before: &Before) -> Vec<Unusual> {
        let input = &weighed.input;
        let is_new_country =
            input.place.country.is_some() && input.profile.as_ref().is_some_and(|profile| !profile.country_seen);
        let is_idle = self.clock.now().since(Timestamp(before.last_used)) > IDLE;
        let found = [
            (session.is_new_browser, Unusual::NewBrowser),
            (is_new_country, Unusual::NewCountry),
            (weighed.assessment.score >= self.engine.policy().threshold, Unusual::Risk),
            (before.failures >= FAILURES, Unusual::AfterFailures),
            (is_idle, Unusual::AfterIdle),
        ];
        found.into_iter().filter_map(|(is_so, why)| is_so.then_some(why)).collect()
    }

    /// Tell the person what was done about a key to their account: a passkey, or an API key. `id` names that.
    pub(crate) async fn tell_of_key(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        current: &CurrentSession,
        kind: LinkKind,
        id: Uuid,
    ) -> Result<(), Error> {
        let user_id = current.account.id;
        // Another address may be known to be theirs where the main one is not.
        if self.verified_addresses(tx, user_id).await?.is_empty() {
            return Ok(());
        }
        let about = self.about(caller);
        let link =
            self.make_link(tx, &Told { kind, user_id, session_id: current.id, addresses: None }, &about).await?;
        let credit = self.credit(&about);
        // Each has a cap of its own: many of one kind keep nobody from hearing of another.
        let name = match kind {
            LinkKind::ApiKey => "api key",
            LinkKind::PasskeyRemoved => "passkey removed",
            LinkKind::PasskeyRenamed => "passkey renamed",
            _ => "passkey",
        };
        self.tell_person(tx, user_id, name, id, |to| {
            mails::key_changed(to, &self.service, kind, &about, &link, credit.as_deref())
        })
        .await
    }

    /// Tell the person that a session was ended because somebody else had got hold of it.
    pub(super) async fn tell_of_theft(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        session: Uuid,
        reason: EndReason,
    ) -> Result<(), Error> {
        let about = self.about(caller);
        let credit = self.credit(&about);
        let page = format!("{}/account/activity", self.origin);
        self.tell_person(tx, user_id, "session ended", session, |to| {
            mails::session_ended(to, &self.service, reason, &about, &page, credit.as_deref())
        })
        .await
    }

    /// The same mail to each address that is known to be the person's; `id` names what it is about.
    async fn tell_person(
        &self,
        tx: &audit::Transaction<'_>,
        user_id: Uuid,
        kind: &'static str,
        id: Uuid,
        mail: impl Fn(&str) -> Mail,
    ) -> Result<(), Error> {
        let cap = Cap { kind, most: MOST, within: WITHIN };
        self.mail_person(tx, user_id, &format!("{kind} {id}"), Some(cap), mail).await
    }

    /// A mail to each address that is known to be the person's, once for each name.
    pub(super) async fn mail_person(
        &self,
        tx: &audit::Transaction<'_>,
        user_id: Uuid,
        name: &str,
        cap: Option<Cap>,
        mail: impl Fn(&str) -> Mail,
    ) -> Result<(), Error> {
        for (address, email) in self.verified_addresses(tx, user_id).await? {
            let message = Message::mail(format!("{name} {address}"), mail(&email));
            self.outbox.enqueue(&**tx, cap.into_iter().fold(message, Message::at_most)).await?;
        }
        Ok(())
    }

    /// Whom to name where a country is shown.
    fn credit(&self, about: &super::links::About) -> Option<String> {
        about.country.as_ref()?;
        let credits: Vec<&str> = self.engine.credits().into_iter().map(|credit| credit.text).collect();
        Some(credits.join(", ")).filter(|credit| !credit.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a02_the_page_has_the_figures_of_the_code() {
        let page = include_str!("../../../docs/notifications.md");
        let days = |time: Duration| time.as_secs() / 86_400;
        for said in [
            format!("{FAILURES} or more refused tries"),
            format!("within {} hours", FAILURE_WINDOW.as_secs() / 3600),
            format!("more than {} days", days(IDLE)),
            format!("{MOST} mails of a kind within {} hours", WITHIN.as_secs() / 3600),
            format!("works for {} days", days(super::super::links::LINK_LIFETIME)),
        ] {
            assert!(page.contains(&said), "{said} is not on the page");
        }
        assert!(Unusual::AfterIdle.sentence().contains(&format!("{} days", days(IDLE))));
    }
}
