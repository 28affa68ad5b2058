//! Somebody gives an address. What comes of it is in the mail alone.

use std::time::Duration;

use uuid::Uuid;

use super::super::addresses::{CODE_LIFETIME, new_code};
use super::super::{Auth, Caller, Error, Refusal, identity};
use super::mails;
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::notify::mail::Mail;
use crate::notify::{self, Cap, Message};
use crate::recovery::{BEGUN_LIFETIME, Recovery};
use crate::secret::{Secret, random_bytes};
use crate::store::{addresses, recoveries, recovery, recovery_codes};

/// What where a recovery was begun is sealed for.
pub(super) const ABOUT: &str = "recovery";

/// A recovery was begun.
#[derive(Debug)]
pub struct BegunRecovery {
    /// Whoever holds it can show the codes, look, stop and complete. The only moment it exists here.
    pub token: Secret,
    /// For how long it can be of use.
    pub lifetime: Duration,
    id: Uuid,
    email: String,
}

impl Auth {
    /// Begin. Nobody is looked for yet, so the answer is the same for every address, and takes as long.
    pub async fn begin_recovery(&self, caller: &Caller, email: &str) -> Result<BegunRecovery, Error> {
        let email = identity::parse_email(email)?;
        if notify::Settings::parse_address(&email).is_none() {
            return Err(Refusal::EmailInvalid.into());
        }
        let counted = self.throttle.mail(&email, &caller.source()).await;
        self.within_limits(caller, counted, |event| event).await?;
        let token = Secret::generate()?;
        let row = self.new_recovery(caller, &token)?;
        let id = row.id;
        let tx = self.trail.begin().await?;
        recoveries::insert(&*tx, row).await?;
        tx.commit().await?;
        let longest = self.recovery.new_device.max(self.recovery.known_device);
        let lifetime = BEGUN_LIFETIME + longest + self.recovery.complete_within;
        Ok(BegunRecovery { token, lifetime, id, email })
    }

    /// The row of one that nothing is known of.
    pub(super) fn new_recovery(&self, caller: &Caller, token: &Secret) -> Result<recovery::Model, Error> {
        let now = self.clock.now();
        let about = serde_json::to_vec(&self.about(caller)).map_err(|error| Error::Broken(error.to_string()))?;
        let hash = token.hash();
        let begun = Recovery::begin(now);
        Ok(recovery::Model {
            id: Uuid::from_bytes(random_bytes()?),
            token: hash.to_vec(),
            user_id: None,
            restores: None,
            // No code is the right one.
            mail_code: random_bytes::<32>()?.to_vec(),
            mail_expires_at: now.plus(CODE_LIFETIME).0,
            mail_tries: 0,
            saved_tries: 0,
            begun_at: begun.begun_at.0,
            mail_at: None,
            saved_at: None,
            tier: None,
            waiting_since: None,
            due_at: None,
            ends_at: now.plus(BEGUN_LIFETIME).0,
            notices: 0,
            ended_at: None,
            ended: None,
            about: self.keyring.seal(ABOUT, &hash, &about)?,
        })
    }

    /// Then, when the answer is on its way: look whose address it is, and write to them.
    pub async fn look_for_person(&self, caller: &Caller, begun: &BegunRecovery) -> Result<(), Error> {
        let owner = addresses::owner(self.store.reader(), &begun.email).await?;
        let tx = self.trail.begin().await?;
        let Some(person) = owner else {
            // Whoever tries address after address is seen doing it.
            self.record(&tx, caller, Event::refused(EventType::RecoveryStarted, "nobody"));
            return Ok(tx.commit().await?);
        };
        let (now, service) = (self.clock.now(), &self.service);
        let stopped = recoveries::stopped_since(&*tx, person, now.minus(self.recovery.block).0).await?;
        let has_codes = recovery_codes::left(&*tx, person).await? > 0;
        let mail: Mail = match stopped {
            Some(stopped) => mails::blocked(&begun.email, service, Timestamp(stopped).plus(self.recovery.block)),
            None if !has_codes => mails::no_codes(&begun.email, service),
            None => {
                let code = new_code()?;
                let kept = self.name_of_mailed(begun.id, &code);
                recoveries::found(&*tx, begun.id, person, kept, now.plus(CODE_LIFETIME).0).await?;
                mails::code(&begun.email, service, &code)
            }
        };
        let event = match stopped {
            Some(_) => Event::refused(EventType::RecoveryStarted, Refusal::RecoveryBlocked.code()),
            None if !has_codes => Event::refused(EventType::RecoveryStarted, "no_codes"),
            None => Event::success(EventType::RecoveryStarted),
        };
        self.record(&tx, caller, event.user(person));
        let message =
            Message::mail(format!("recovery code {}", begun.id), mail).not_after(now.plus(CODE_LIFETIME));
        let capped = message.at_most(Cap { kind: "recovery code", most: 10, within: Duration::from_hours(24) });
        self.outbox.enqueue(&*tx, capped).await?;
        Ok(tx.commit().await?)
    }
}
