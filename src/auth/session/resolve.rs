//! Whose request is this, and is the cookie still worth what it was? One read judges; what is due is written then.

use super::super::caller::Presented;
use super::super::dbsc;
use super::super::device::Device;
use super::super::evaluation::{Facts, Weighed};
use super::super::jws::PublicKey;
use super::super::proof::{self, ProofHeader};
use super::super::{Account, Auth, Caller, Error, Refusal};
use super::{
    Binding, CurrentSession, EndReason, GRACE, IN_USE, PROOF_GRACE, Proven, REMEMBERED, Renewed, Standing,
    TOUCH_INTERVAL,
};
use crate::audit::{Event, EventType};
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::risk::Anchor;
use crate::secret::Secret;
use crate::store;
use crate::store::session_tokens::{self, Found, state};
use crate::store::sessions::{self, Used, Vouched};

/// What a request means for the session it comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A person uses it: it does not idle out, and its token is replaced when that is due.
    Active,
    /// A page keeps what it shows fresh. That is no use, but whoever reads so takes part in the rotation.
    Refreshing,
    /// A page looks by itself whether the session is still there. That keeps nothing alive and renews nothing.
    Watching,
    /// A person uses it, in an app. The answer goes to a proxy, which would lose the next token.
    Forwarded,
    /// Signing in and out, stepping up, asking for the next token: never gated, and what they do they do themselves.
    Ungated,
}

/// The signal that a session is used on two machines.
const SPLIT: &str = "session_split";

/// The state of what the browser itself binds a session with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BoundCookie {
    /// Nothing is bound, or nobody has seen the cookie yet.
    NotYet,
    /// It came.
    Good,
    /// It should have.
    Missing,
}

/// How a request stands to its session.
struct Judged {
    standing: Standing,
    bound: BoundCookie,
    binding: Binding,
    proven: Proven,
    weighed: Weighed,
    due_at: Timestamp,
    is_overdue: bool,
    is_let_in: bool,
}

/// Who is asking.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// Nobody we know.
    Absent {
        /// What to answer where a session is needed.
        refusal: Refusal,
        /// Why the session ended whose cookie the browser still holds.
        ended: Option<EndReason>,
    },
    /// Somebody.
    Live(Box<CurrentSession>),
}

impl Resolution {
    /// The session, where one is needed.
    pub fn live(&self) -> Result<&CurrentSession, Refusal> {
        match self {
            Self::Live(current) => Ok(current),
            Self::Absent { refusal, .. } => Err(*refusal),
        }
    }

    fn over(ended: Option<EndReason>) -> Self {
        Self::Absent { refusal: Refusal::InvalidSession, ended }
    }
}

impl Auth {
    /// Find the caller's session. Replaces its token when that is due, and ends the family when the token was replaced
    /// before.
    pub async fn resolve(&self, caller: &Caller, usage: Usage) -> Result<Resolution, Error> {
        let token = match &caller.session {
            Presented::Nothing => {
                return Ok(Resolution::Absent { refusal: Refusal::NoSession, ended: None });
            }
            Presented::Malformed => return Ok(Resolution::over(None)),
            Presented::Secret(token) => token,
        };
        let Some(found) = session_tokens::find(self.store.reader(), &token.hash()).await? else {
            return Ok(Resolution::over(None));
        };
        match self.resolve_found(caller, usage, token, found).await? {
            Some(resolution) => Ok(resolution),
            // Lost the race for the successor. What the winner left is read, once: it cannot be lost again.
            None => match session_tokens::find(self.store.reader(), &token.hash()).await? {
                Some(found) if found.state != state::CURRENT => {
                    let again = self.resolve_found(caller, usage, token, found).await?;
                    Ok(again.unwrap_or_else(|| Resolution::over(None)))
                }
                _ => Ok(Resolution::over(None)),
            },
        }
    }

    /// `None` if the token was due and somebody else replaced it meanwhile.
    pub(super) async fn resolve_found(
        &self,
        caller: &Caller,
        usage: Usage,
        token: &Secret,
        found: Found,
    ) -> Result<Option<Resolution>, Error> {
        let now = self.clock.now();
        if found.ended_at.is_some() {
            let ended = found.end_reason.as_deref().and_then(EndReason::parse);
            return Ok(Some(Resolution::over(ended)));
        }
        let mut last_seen = Timestamp(found.last_seen_at);
        if found.expires_at <= now.0 || last_seen.plus(self.sessions.idle) <= now {
            return Ok(Some(Resolution::over(None)));
        }
        let Some(standing) = standing(&found, now) else {
            self.end_replayed(caller, found.user_id, found.session_id).await?;
            return Ok(Some(Resolution::over(Some(EndReason::Replayed))));
        };
        let judged = self.judge(caller, &found, token, standing, now).await?;
        if judged.weighed.assessment.has(SPLIT) && now.since(last_seen) < IN_USE {
            self.end_split(caller, &found, &judged.weighed).await?;
            return Ok(Some(Resolution::over(Some(EndReason::Split))));
        }
        if usage != Usage::Ungated {
            self.note_level(caller, &found, &judged.weighed).await?;
        }
        let is_due = judged.binding == Binding::Cookie
            && matches!(usage, Usage::Active | Usage::Refreshing)
            && judged.due_at <= now;

        let renewed = match standing {
            _ if usage == Usage::Forwarded => None,
            // Who is not let in gets no token. To step up, though, the newest is needed.
            _ if !judged.is_let_in && usage != Usage::Ungated => None,
            Standing::Current if is_due => {
                let Some(renewed) = self.rotate_due(caller, &found, token).await? else { return Ok(None) };
                Some(renewed)
            }
            Standing::Superseded => Self::successor_for(&found, token, judged.binding, judged.proven, now)?,
            Standing::Current | Standing::Fading => None,
        };
        if judged.is_let_in {
            self.note_arrival(token, &found, &judged, now).await?;
            if matches!(usage, Usage::Active | Usage::Forwarded) {
                if self.note_use(caller, &found, &judged, now).await? {
                    last_seen = now;
                }
                self.count_routine(caller, found.user_id, found.session_id, &judged.weighed);
                self.keep_routine(caller, found.user_id, found.session_id, &judged.weighed).await;
            }
        }
        let idle_expires_at = last_seen.plus(self.sessions.idle);
        let current = self.current(token, found, judged, renewed, idle_expires_at);
        Ok(Some(Resolution::Live(Box::new(current))))
    }

    /// What a request amounts to. Nothing is written to find that out, but that a proof has had its one use.
    async fn judge(
        &self,
        caller: &Caller,
        found: &Found,
        token: &Secret,
        standing: Standing,
        now: Timestamp,
    ) -> Result<Judged, Error> {
        let bound = bound_cookie(caller.bound_cookie.as_ref(), found, now);
        let binding = binding(bound, found);
        let proven = self.proven(caller, found, token).await?;
        let due_at = Timestamp(found.issued_at).plus(self.sessions.rotate_after);
        let is_overdue = binding == Binding::DeviceKey && due_at.plus(PROOF_GRACE) <= now;
        let proof_missing = is_overdue && proven != Proven::Yes;
        let facts = Facts { bound_cookie_missing: bound == BoundCookie::Missing, proof_missing };
        let weighed = self.weigh(caller, found, facts, now).await?;
        let is_let_in = !weighed.assessment.needs_step_up() && !proof_missing;
        Ok(Judged { standing, bound, binding, proven, weighed, due_at, is_overdue, is_let_in })
    }

    /// Note what came for the first time: a successor, whose predecessor's grace runs out from here; a bound cookie, which is
    /// demanded from here.
    async fn note_arrival(
        &self,
        token: &Secret,
        found: &Found,
        judged: &Judged,
        now: Timestamp,
    ) -> Result<(), Error> {
        if judged.standing == Standing::Current && found.seen_at.is_none() {
            let tx = self.trail.begin().await?;
            session_tokens::mark_seen(&*tx, &token.hash(), now.0).await?;
            tx.commit().await?;
        }
        if let (BoundCookie::Good, Some(id), None) = (judged.bound, &found.dbsc_id, found.bound_cookie_seen_at) {
            let tx = self.trail.begin().await?;
            store::dbsc::mark_seen(&*tx, id, now.0).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Note that it was used, unless that was noted a moment ago. Answers whether it was.
    async fn note_use(
        &self,
        caller: &Caller,
        found: &Found,
        judged: &Judged,
        now: Timestamp,
    ) -> Result<bool, Error> {
        // Or noted by a clock that was ahead: it would keep the session from idling out.
        let is_ahead = |at: i64| Timestamp(at).since(now) > TOUCH_INTERVAL;
        let is_due = |at: i64| now.since(Timestamp(at)) >= TOUCH_INTERVAL || is_ahead(at);
        // Whoever uses it elsewhere does not make it look unused here.
        let is_vouched = !judged.weighed.input.session.is_some_and(|past| past.asn_changed);
        if !(is_due(found.last_seen_at) || (is_vouched && found.used_at.is_none_or(is_due))) {
            return Ok(false);
        }
        let (network, anchor) = (caller.ip_prefix(), self.anchor(caller, now));
        let tx = self.trail.begin().await?;
        let used = Used { at: now.0, network, anchor, is_vouched };
        sessions::touch(&*tx, found.session_id, used).await?;
        tx.commit().await?;
        Ok(true)
    }

    fn current(
        &self,
        token: &Secret,
        found: Found,
        judged: Judged,
        renewed: Option<Renewed>,
        idle_expires_at: Timestamp,
    ) -> CurrentSession {
        let now = self.clock.now();
        let expires_at = Timestamp(found.expires_at);
        let due_at = if renewed.is_some() { now.plus(self.sessions.rotate_after) } else { judged.due_at };
        CurrentSession {
            id: found.session_id,
            account: Account {
                id: found.user_id,
                email: found.email,
                email_verified: found.email_verified_at.is_some(),
                display_name: found.display_name,
            },
            created_at: Timestamp(found.created_at),
            expires_at,
            idle_expires_at: idle_expires_at.min(expires_at),
            binding: judged.binding,
            proof_nonce: found.device_key.is_some().then(|| proof::nonce(&found.proof_seed, now)),
            device_key: found.device_key_thumbprint,
            rotation_due_at: (judged.binding != Binding::Dbsc).then_some(due_at),
            stepped_up_until: found.stepped_up_until.map(Timestamp).filter(|until| *until > now),
            renewed,
            token: token.clone(),
            generation: found.generation,
            standing: judged.standing,
            proven: judged.proven,
            is_overdue: judged.is_overdue,
            weighed: judged.weighed,
            devices: found.devices,
            networks: found.networks,
            asns: found.asns,
            was_automated: found.is_automated,
            anchor: found.anchor,
        }
    }

    async fn proven(&self, caller: &Caller, found: &Found, token: &Secret) -> Result<Proven, Error> {
        let Some(key) = &found.device_key else { return Ok(Proven::NotTried) };
        let compact = match &caller.proof {
            ProofHeader::Absent => return Ok(Proven::NotTried),
            ProofHeader::Malformed => return self.disproven(caller, found, Refusal::InvalidDpopProof).await,
            ProofHeader::One(compact) => compact,
        };
        let key = PublicKey::from_bytes(key)
            .ok_or_else(|| Error::Broken(format!("device key of session {}", found.session_id)))?;
        match self.check_proof(caller, compact, found.session_id, &key, &found.proof_seed, token).await {
            Ok(()) => Ok(Proven::Yes),
            Err(Error::Refused(refusal)) => self.disproven(caller, found, refusal).await,
            Err(error) => Err(error),
        }
    }

    /// A proof that does not hold is recorded. One whose nonce has run out is everyday life.
    async fn disproven(&self, caller: &Caller, found: &Found, refusal: Refusal) -> Result<Proven, Error> {
        if refusal == Refusal::InvalidDpopProof {
            let event = Event::refused(EventType::AuthnProofFail, refusal.code());
            self.record_alone(caller, event.user(found.user_id).session(found.session_id)).await?;
        }
        Ok(Proven::No(refusal))
    }

    /// What a touch vouches for from now on: the present device, network and operator, and what it vouched for before.
    pub(in crate::auth) fn vouching(&self, caller: &Caller, current: &CurrentSession, now: Timestamp) -> Vouched {
        let mut devices: Vec<Device> = read(&current.devices);
        let device = caller.device();
        devices.retain(|known| !known.is_same_as(&device));
        devices.push(device);
        Vouched {
            at: now.0,
            devices: write(&newest(devices)),
            networks: write(&newest(renewed(read(&current.networks), caller.network()))),
            asns: write(&newest(renewed(read(&current.asns), self.engine.place(caller).asn))),
            is_automated: current.was_automated || caller.is_automated(),
            anchor: self.anchor(caller, now),
        }
    }

    /// Where a session is used, for the next trip to be reckoned from. A VPN or a data centre is nowhere.
    pub(in crate::auth) fn anchor(&self, caller: &Caller, now: Timestamp) -> Option<String> {
        let place = self.engine.place(caller);
        let is_somewhere = place.point.is_some() && !place.is_hosting;
        is_somewhere.then(|| serde_json::to_string(&Anchor { at: now.0, place }).ok())?
    }
}

/// With this one as the newest.
fn renewed<T: PartialEq>(mut list: Vec<T>, newest: Option<T>) -> Vec<T> {
    if let Some(newest) = newest {
        list.retain(|known| *known != newest);
        list.push(newest);
    }
    list
}

/// Whether the browser sent the cookie that DBSC binds. It is demanded from its first sight: before, the answer that
/// brings it may still be on its way, and the session is held by what held it without.
pub(super) fn bound_cookie(sent: Option<&Secret>, found: &Found, now: Timestamp) -> BoundCookie {
    let (Some(_), Some(sent)) = (&found.dbsc_id, sent) else {
        return if found.bound_cookie_seen_at.is_some() { BoundCookie::Missing } else { BoundCookie::NotYet };
    };
    let moment = |at: Option<i64>| Timestamp(at.unwrap_or_default());
    let is = |stored: &Option<Vec<u8>>| stored.as_deref() == Some(sent.hash().as_slice());
    let issued_at = moment(found.bound_cookie_issued_at);
    let previous_ends_at =
        moment(found.bound_cookie_previous_issued_at).plus(dbsc::ACCEPTED_FOR).min(issued_at.plus(GRACE));
    let is_good = (is(&found.bound_cookie) && now < issued_at.plus(dbsc::ACCEPTED_FOR))
        || (is(&found.bound_cookie_previous) && now < previous_ends_at);
    match (is_good, found.bound_cookie_seen_at) {
        (true, _) => BoundCookie::Good,
        (false, Some(_)) => BoundCookie::Missing,
        (false, None) => BoundCookie::NotYet,
    }
}

/// What holds a session to its device.
pub(super) fn binding(bound: BoundCookie, found: &Found) -> Binding {
    match (bound, &found.device_key) {
        (BoundCookie::Good | BoundCookie::Missing, _) => Binding::Dbsc,
        (BoundCookie::NotYet, Some(_)) => Binding::DeviceKey,
        (BoundCookie::NotYet, None) => Binding::Cookie,
    }
}

/// Where a token stands. `None`: it was replaced long enough ago that whoever presents it has a copy.
pub(super) fn standing(found: &Found, now: Timestamp) -> Option<Standing> {
    match (found.state.as_str(), found.successor_seen_at) {
        (state::CURRENT, _) => Some(Standing::Current),
        (state::PREVIOUS, None) => Some(Standing::Superseded),
        (state::PREVIOUS, Some(seen)) if now < Timestamp(seen).plus(GRACE) => Some(Standing::Fading),
        _ if !Defence::TokenReuse.is_up() => Some(Standing::Fading),
        _ => None,
    }
}

fn newest<T>(mut list: Vec<T>) -> Vec<T> {
    list.split_off(list.len().saturating_sub(REMEMBERED))
}

pub(super) fn read<T: serde::de::DeserializeOwned>(column: &str) -> Vec<T> {
    serde_json::from_str(column).unwrap_or_default()
}

pub(super) fn write<T: serde::Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned())
}
