//! Device Bound Session Credentials (W3C draft, w3c/webappsec-dbsc): the browser holds a key of its own for the
//! session, and proves it every few minutes to get the next short-lived cookie.
//!
//! Sign-in offers it and never waits for it. A browser that knows DBSC registers a moment later; from the first sight
//! of the bound cookie on, it is demanded.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use uuid::Uuid;

use super::jws;
use super::jws::PublicKey;
use super::session::EndReason;
use super::{Auth, Caller, Error};
use crate::audit::{self, Event, EventType};
use crate::clock::Timestamp;
use crate::secret::{Secret, random_bytes};
use crate::store::{dbsc, dbsc_challenge, dbsc_session};

/// How long a bound cookie lasts. Browsers refresh it when less than two minutes are left, and may sign six times in nine.
pub const COOKIE_LIFETIME: Duration = Duration::from_mins(10);
/// How long it is accepted: a request may have been under way while it ran out.
pub(super) const ACCEPTED_FOR: Duration = Duration::from_secs(10 * 60 + 10);
/// A challenge outlives the cookie it comes with, or every refresh would need two.
const CHALLENGE_LIFETIME: Duration = Duration::from_hours(1);
/// An offer that is not taken in this time is void.
const OFFER_LIFETIME: Duration = Duration::from_mins(5);
/// A binding has this many challenges at most.
const CHALLENGES: u64 = 32;
/// The type of both kinds of JWT.
const TYP: &str = "dbsc+jwt";

/// What the answer that opens a session offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// To be signed.
    pub challenge: String,
    /// To be sent back: which offer it is, and the secret that shows it was received.
    pub authorization: String,
}

/// A binding is there, or goes on.
#[derive(Debug)]
pub struct Bound {
    /// The `session_identifier`.
    pub id: String,
    /// The bound cookie.
    pub cookie: Secret,
    /// For the next refresh, so that it takes one round trip.
    pub challenge: String,
}

/// What becomes of a refresh.
#[derive(Debug)]
pub enum Refresh {
    /// The next cookie.
    Done(Bound),
    /// Sign this first.
    Challenge(String),
    /// There is nothing to refresh. The browser forgets the binding.
    Over,
}

/// Why an offer could not be taken, and whose it was, if that is known.
struct NotBound {
    reason: &'static str,
    whose: Option<(Uuid, Uuid)>,
}

fn refused<T>(reason: &'static str) -> Result<T, NotBound> {
    Err(NotBound { reason, whose: None })
}

#[derive(Deserialize)]
struct Registration {
    jti: String,
    authorization: String,
    aud: Option<String>,
}

#[derive(Deserialize)]
struct Proof {
    jti: String,
    aud: Option<String>,
}

impl Auth {
    /// Offer a binding. Browsers take it only over HTTPS, so elsewhere there is none.
    pub(super) async fn offer_dbsc(
        &self,
        tx: &audit::Transaction<'_>,
        session_id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Offer>, Error> {
        if !self.origin.starts_with("https://") {
            return Ok(None);
        }
        let secret = Secret::generate()?;
        let id = URL_SAFE_NO_PAD.encode(random_bytes::<16>()?);
        let row = dbsc_session::Model {
            id: id.clone(),
            session_id,
            authorization: secret.hash().to_vec(),
            public_key: None,
            cookie: None,
            cookie_issued_at: None,
            previous_cookie: None,
            previous_issued_at: None,
            seen_at: None,
            created_at: now.0,
            ended_at: None,
        };
        dbsc::insert(&**tx, row).await?;
        let challenge = self.challenge(tx, &id, now).await?;
        Ok(Some(Offer { challenge, authorization: format!("{id}.{}", secret.expose()) }))
    }

    /// The browser takes an offer: it has made a key and signed the challenge with it. `None`: refused.
    pub async fn register_dbsc(&self, caller: &Caller, jwt: &str) -> Result<Option<Bound>, Error> {
        let refused = match self.try_register_dbsc(caller, jwt).await? {
            Ok(bound) => return Ok(Some(bound)),
            Err(refused) => refused,
        };
        let mut event = Event::refused(EventType::SessionBindFail, refused.reason);
        if let Some((owner, session)) = refused.whose {
            event = event.user(owner).session(session);
        }
        self.record_alone(caller, event).await?;
        Ok(None)
    }

    async fn try_register_dbsc(&self, caller: &Caller, jwt: &str) -> Result<Result<Bound, NotBound>, Error> {
        let Some(parsed) = jws::parse(jwt, TYP) else { return Ok(refused("malformed")) };
        let Some(key) = &parsed.key else { return Ok(refused("malformed")) };
        let Some(claims) = parsed.verify::<Registration>(key) else { return Ok(refused("wrong_signature")) };
        let Some((id, secret)) = claims.authorization.split_once('.') else { return Ok(refused("offer_unknown")) };
        let (true, Some(secret)) = (is_identifier(id), Secret::parse(secret)) else {
            return Ok(refused("offer_unknown"));
        };
        if !self.is_our_audience(claims.aud.as_deref(), caller) {
            return Ok(refused("wrong_audience"));
        }
        let now = self.clock.now();
        let tx = self.trail.begin().await?;
        let Some(offer) = dbsc::find_offer(&*tx, id, &secret.hash()).await? else {
            return Ok(refused("offer_unknown"));
        };
        let Some(owner) = self.hold_session(&tx, offer.session_id, now).await? else {
            return Ok(refused("session_ended"));
        };
        let whose = Some((owner, offer.session_id));
        if !self.use_challenge(&tx, id, &claims.jti, now.minus(OFFER_LIFETIME), now).await? {
            return Ok(Err(NotBound { reason: "challenge_unknown", whose }));
        }
        let cookie = Secret::generate()?;
        if !dbsc::register(&*tx, id, key.to_bytes(), cookie.hash().to_vec(), now.0).await? {
            return Ok(Err(NotBound { reason: "offer_used", whose }));
        }
        let challenge = self.challenge(&tx, id, now).await?;
        let event = Event::success(EventType::SessionBound).user(owner).session(offer.session_id);
        self.record(&tx, caller, event);
        tx.commit().await?;
        Ok(Ok(Bound { id: id.to_owned(), cookie, challenge }))
    }

    /// The browser wants the next cookie. The session is found by its identifier alone: in a navigation from another site
    /// no cookie comes with this call.
    pub async fn refresh_dbsc(&self, caller: &Caller, id: &str, jwt: Option<&str>) -> Result<Refresh, Error> {
        let now = self.clock.now();
        // Whoever ends a session holds it first and its binding then; so does this.
        let Some(session) = dbsc::session_of(self.store.reader(), id).await? else { return Ok(Refresh::Over) };
        let tx = self.trail.begin().await?;
        let Some(owner) = self.hold_session(&tx, session, now).await? else { return Ok(Refresh::Over) };
        let Some(row) = dbsc::lock(&*tx, id).await? else { return Ok(Refresh::Over) };
        let Some(key) = row.public_key.as_deref().and_then(PublicKey::from_bytes) else {
            return Ok(Refresh::Over);
        };
        // What is no JWT of this kind tells nothing, and no browser sends it.
        if let Some(parsed) = jwt.and_then(|jwt| jws::parse(jwt, TYP)) {
            if !parsed.is_signed_by(&key) {
                self.end_violated(tx, caller, owner, session).await?;
                return Ok(Refresh::Over);
            }
            if let Some(Proof { jti, aud }) = parsed.verify(&key)
                && self.is_our_audience(aud.as_deref(), caller)
                && self.use_challenge(&tx, id, &jti, now.minus(CHALLENGE_LIFETIME), now).await?
            {
                let cookie = Secret::generate()?;
                dbsc::refresh(&*tx, id, cookie.hash().to_vec(), now.0).await?;
                let challenge = self.challenge(&tx, id, now).await?;
                tx.commit().await?;
                return Ok(Refresh::Done(Bound { id: id.to_owned(), cookie, challenge }));
            }
            // A browser without a new challenge sends its last answer again: normal, and no attack.
        }
        let challenge = self.challenge(&tx, id, now).await?;
        tx.commit().await?;
        Ok(Refresh::Challenge(challenge))
    }

    /// Another key has signed: somebody has the identifier and not the device.
    async fn end_violated(
        &self,
        tx: audit::Transaction<'_>,
        caller: &Caller,
        owner: Uuid,
        session: Uuid,
    ) -> Result<(), Error> {
        self.end_session(&tx, caller, owner, session, EndReason::BindingViolated).await?;
        let event = Event::refused(EventType::SessionBindingViolated, "wrong_key");
        self.record(&tx, caller, event.user(owner).session(session));
        self.tell_of_theft(&tx, caller, owner, session, EndReason::BindingViolated).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn challenge(&self, tx: &audit::Transaction<'_>, id: &str, now: Timestamp) -> Result<String, Error> {
        let challenge = Secret::generate()?;
        let row = dbsc_challenge::Model {
            hash: challenge.hash().to_vec(),
            dbsc_id: id.to_owned(),
            created_at: now.0,
            used_at: None,
        };
        dbsc::add_challenge(&**tx, row, CHALLENGES - 1).await?;
        Ok(challenge.expose())
    }

    async fn use_challenge(
        &self,
        tx: &audit::Transaction<'_>,
        id: &str,
        challenge: &str,
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let Some(challenge) = Secret::parse(challenge) else { return Ok(false) };
        Ok(dbsc::use_challenge(&**tx, id, &challenge.hash(), not_before.0, now.0).await?)
    }

    /// Chromium sends an audience only behind a flag, so none is fine and a wrong one is not.
    fn is_our_audience(&self, audience: Option<&str>, caller: &Caller) -> bool {
        audience.is_none_or(|audience| audience == format!("{}{}", self.origin, caller.path))
    }
}

/// Ours are 16 bytes in base64url. Postgres would choke on what else a stranger can sign.
fn is_identifier(id: &str) -> bool {
    URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == 16)
}
