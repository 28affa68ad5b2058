//! A new session, in the transaction of the ceremony that earned it.

use std::time::Duration;

use uuid::Uuid;

use super::super::dbsc::Offer;
use super::super::jws::PublicKey;
use super::super::{Auth, Caller, Error, Presented, Refusal};
use super::resolve::write;
use super::{CurrentSession, EndReason};
use crate::audit;
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::risk::SessionPast;
use crate::secret::{Secret, random_bytes};
use crate::store::session_tokens::state;
use crate::store::{
    known_device, known_devices, session, session_token, session_tokens, sessions, sign_ins, users,
};

/// How long a browser is known again.
pub const KNOWN_DEVICE_LIFETIME: Duration = Duration::from_hours(400 * 24);

/// A session that was just opened. The only moment its token exists here.
#[derive(Debug)]
pub struct IssuedSession {
    /// Names the session; not a secret.
    pub id: Uuid,
    /// For the cookie.
    pub token: Secret,
    /// How long the cookie should last.
    pub lifetime: Duration,
    /// For the cookie by which the browser is known again, where it has none yet.
    pub known_device: Option<Secret>,
    /// What the browser may bind the session with, where it can.
    pub dbsc: Option<Offer>,
    /// What it brings with it.
    pub(in crate::auth) past: SessionPast,
    /// Whether the person has never signed in with this browser before.
    pub(in crate::auth) is_new_browser: bool,
}

/// The browser, as it is known to its person.
struct Known {
    /// SHA-256 of its cookie.
    hash: Vec<u8>,
    /// Since when; `None`: not until now.
    since: Option<i64>,
    /// For the cookie, where it has none yet.
    new: Option<Secret>,
}

/// Who opens a session, and with what.
pub(in crate::auth) struct Opening {
    pub(in crate::auth) user_id: Uuid,
    pub(in crate::auth) credential_id: Uuid,
    /// When the passkey was.
    pub(in crate::auth) made_at: i64,
    pub(in crate::auth) device_key: Option<PublicKey>,
}

impl Auth {
    /// Open a session, ending the one the browser had.
    pub(in crate::auth) async fn open_session(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        previous: Option<&CurrentSession>,
        opening: Opening,
    ) -> Result<IssuedSession, Error> {
        let Opening { user_id, credential_id, made_at, device_key } = opening;
        let now = self.clock.now();
        users::lock(&**tx, user_id).await?;
        if let Some(previous) = previous {
            self.end_session(tx, caller, previous.account.id, previous.id, EndReason::Replaced).await?;
        }
        let thumbprint = device_key.as_ref().map(PublicKey::thumbprint);
        let known = self.know_device(tx, caller, user_id, now).await?;
        let trace = self.engine.trace(caller, Some(&known.hash));
        let past = SessionPast {
            device_known_since: Some(known.since.unwrap_or(now.0)),
            passkey_created_at: Some(made_at),
            ..SessionPast::default()
        };
        let issued = IssuedSession {
            id: Uuid::from_bytes(random_bytes()?),
            token: match &caller.session {
                Presented::Secret(planted) if !Defence::FreshToken.is_up() => planted.clone(),
                _ => Secret::generate()?,
            },
            lifetime: self.sessions.lifetime,
            known_device: known.new,
            dbsc: None,
            past,
            is_new_browser: known.since.is_none(),
        };
        let row = session::Model {
            id: issued.id,
            user_id,
            credential_id: Some(credential_id),
            created_at: now.0,
            expires_at: now.plus(self.sessions.lifetime).0,
            last_seen_at: now.0,
            last_network: caller.ip_prefix(),
            ended_at: None,
            end_reason: None,
            devices: write(&[caller.device()]),
            networks: write(caller.network().as_slice()),
            known_device: Some(known.hash),
            device_key: device_key.as_ref().map(PublicKey::to_bytes),
            device_key_thumbprint: thumbprint,
            proof_seed: random_bytes::<32>()?.to_vec(),
            stepped_up_until: None,
            answered_at: None,
            device_known_since: past.device_known_since,
            passkey_created_at: past.passkey_created_at,
            asns: write(trace.place.asn.as_slice()),
            is_automated: caller.is_automated(),
            anchor: self.anchor(caller, now),
            used_at: Some(now.0),
            risk_level: 0,
        };
        if !sessions::insert(&**tx, row).await? {
            return Err(Refusal::DeviceKeyInvalid.into());
        }
        let first = session_token::Model {
            hash: issued.token.hash().to_vec(),
            session_id: issued.id,
            generation: 0,
            state: state::CURRENT.to_owned(),
            issued_at: now.0,
            // Nobody waits for its arrival: it has no predecessor.
            seen_at: Some(now.0),
            successor: None,
        };
        session_tokens::insert(&**tx, first).await?;
        let learned = trace.row(Uuid::from_bytes(random_bytes()?), user_id, issued.id, now.0);
        sign_ins::insert(&**tx, learned).await?;
        users::count_sign_in(&**tx, user_id).await?;
        self.enforce_limit(tx, caller, user_id, now).await?;
        let dbsc = self.offer_dbsc(tx, issued.id, now).await?;
        Ok(IssuedSession { dbsc, ..issued })
    }

    /// Know the browser again next time. A cookie that was never given out here is replaced.
    async fn know_device(
        &self,
        tx: &audit::Transaction<'_>,
        caller: &Caller,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<Known, Error> {
        let (hash, new) = match &caller.known_device {
            Some(device) if known_devices::exists(&**tx, &device.hash()).await? => (device.hash(), None),
            _ => {
                let new = Secret::generate()?;
                (new.hash(), Some(new))
            }
        };
        let hash = hash.to_vec();
        let since = known_devices::first_seen(&**tx, &hash, user_id).await?;
        let row = known_device::Model { device: hash.clone(), user_id, first_seen_at: now.0, last_seen_at: now.0 };
        known_devices::seen(&**tx, row).await?;
        Ok(Known { hash, since, new })
    }
}
