//! One look at a request of a session, at a sign-in, at a change.

use ipnet::IpNet;
use uuid::Uuid;

use super::super::device::Device;
use super::super::{Auth, Caller, CurrentSession, Error};
use super::unreadable;
use crate::clock::Timestamp;
use crate::defence::Defence;
use crate::risk::{self, Anchor, Assessment, Input, Moment, Person, SessionPast, is_automated};
use crate::store::session_tokens::Found;

/// What was weighed, and what came of it.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Weighed {
    pub(in crate::auth) input: Input,
    pub(in crate::auth) assessment: Assessment,
}

/// What the session itself has found out about a request.
#[derive(Clone, Copy, Debug)]
pub(in crate::auth) struct Facts {
    pub(in crate::auth) bound_cookie_missing: bool,
    pub(in crate::auth) proof_missing: bool,
}

/// What a touch has vouched for, as the session keeps it.
struct Vouched {
    devices: Vec<Device>,
    networks: Vec<String>,
    asns: Vec<u32>,
}

impl Vouched {
    fn of(found: &Found) -> Result<Self, Error> {
        let unreadable = |_| unreadable("what a session vouches for");
        Ok(Self {
            devices: serde_json::from_str(&found.devices).map_err(unreadable)?,
            networks: serde_json::from_str(&found.networks).map_err(unreadable)?,
            asns: serde_json::from_str(&found.asns).map_err(unreadable)?,
        })
    }
}

impl Auth {
    /// Weigh a request of a session. On a young account that costs nothing; on an old one three reads, and only if something has
    /// changed since a touch vouched for it.
    pub(in crate::auth) async fn weigh(
        &self,
        caller: &Caller,
        found: &Found,
        facts: Facts,
        now: Timestamp,
    ) -> Result<Weighed, Error> {
        let of_app = caller.app_route.as_deref();
        let route = of_app.or_else(|| self.engine.policy().sensitive_route(&caller.path));
        let mut input = Input {
            moment: Moment::SessionUse,
            at: now.0,
            is_sensitive: route.is_some(),
            route: route.map(str::to_owned),
            bound_cookie_missing: facts.bound_cookie_missing,
            proof_missing: facts.proof_missing,
            is_automated: !found.is_automated && caller.is_automated(),
            person: person(found),
            session: Some(SessionPast {
                answered_at: found.answered_at,
                device_known_since: found.device_known_since,
                passkey_created_at: found.passkey_created_at,
                used_at: found.used_at,
                asn_changed: false,
                family_changed: false,
            }),
            geo: self.engine.geo.version().to_owned(),
            ..Input::default()
        };
        match self.compare(caller, found, &mut input, now).await {
            Ok(()) => {}
            Err(error) if error.is_unavailable() => return Err(error),
            // Whatever it is, nobody gets in because of it.
            Err(error) => {
                tracing::error!(%error, session = %found.session_id, "a request could not be weighed");
                input.has_failed = true;
            }
        }
        Ok(self.assessed(input))
    }

    async fn compare(
        &self,
        caller: &Caller,
        found: &Found,
        input: &mut Input,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !Defence::Binding.is_up() {
            return Ok(());
        }
        let vouched = Vouched::of(found)?;
        let device = caller.device();
        let network = caller.network();
        // A session from before networks and devices were kept has none to compare with.
        input.device_changed =
            !vouched.devices.is_empty() && !vouched.devices.iter().any(|known| known.is_same_as(&device));
        input.network_changed =
            !vouched.networks.is_empty() && network.is_some_and(|network| !vouched.networks.contains(&network));
        let is_young = self.engine.policy().is_young(&input.person, now.0);
        if is_young || !(input.device_changed || input.network_changed || input.is_automated) {
            return Ok(());
        }
        input.place = self.engine.place(caller);
        if let Some(session) = &mut input.session {
            // Both: whoever uses it here and now does not make it look unused there.
            session.used_at = session.used_at.max(self.used_elsewhere(found, input.place.asn));
            session.asn_changed =
                input.place.asn.is_some_and(|asn| !vouched.asns.is_empty() && !vouched.asns.contains(&asn));
            session.family_changed = !vouched.devices.is_empty()
                && !vouched.devices.iter().any(|known| known.browser == device.browser);
        }
        self.look_up(caller, found.user_id, found.anchor.as_deref(), input, now).await
    }

    /// When the session was last used, if that was through another operator.
    fn used_elsewhere(&self, found: &Found, asn: Option<u32>) -> Option<i64> {
        let network: IpNet = found.last_network.as_deref()?.parse().ok()?;
        let last = self.engine.geo.locate(network.addr()).asn;
        (last.is_some() && last != asn).then_some(found.last_seen_at)
    }

    /// What the person's habits say. `own`: where the session itself was last used, as stored.
    async fn look_up(
        &self,
        caller: &Caller,
        user_id: Uuid,
        own: Option<&str>,
        input: &mut Input,
        now: Timestamp,
    ) -> Result<(), Error> {
        let device = caller.known_device.as_ref().map(crate::secret::Secret::hash);
        let trace = self.engine.trace(caller, device.as_ref().map(<[u8; 32]>::as_slice));
        let (profile, anchor) = self.profile(self.store.reader(), user_id, &trace, now).await?;
        input.place = trace.place;
        let own: Option<Anchor> =
            own.map(serde_json::from_str).transpose().map_err(|_| unreadable("where a session was"))?;
        input.profile = Some(profile);
        input.anchor = later(anchor, own);
        Ok(())
    }

    /// Weigh a change that the session wants to make.
    pub(in crate::auth) async fn weigh_change(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        is_touched: bool,
    ) -> Result<Weighed, Error> {
        let mut input = Input {
            moment: Moment::CredentialChange,
            is_sensitive: true,
            is_touched,
            ..current.weighed.input.clone()
        };
        let now = self.clock.now();
        // On a young account too: no habits are judged there, but whether somebody keeps failing with its passkeys is.
        if input.profile.is_none() {
            match self.look_up(caller, current.account.id, current.anchor.as_deref(), &mut input, now).await {
                Ok(()) => {}
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, session = %current.id, "a change could not be weighed");
                    input.has_failed = true;
                }
            }
        }
        Ok(self.assessed(input))
    }

    /// What the person's habits say about a sign-in of theirs; what the ceremony itself shows is added by whoever runs it.
    pub(in crate::auth) async fn look_at_sign_in(
        &self,
        caller: &Caller,
        user: &crate::store::user::Model,
    ) -> Result<Input, Error> {
        let now = self.clock.now();
        let mut input = Input {
            moment: Moment::SignIn,
            at: now.0,
            is_automated: caller.is_automated(),
            person: Person {
                created_at: user.created_at,
                sign_ins: u64::try_from(user.sign_ins).unwrap_or_default(),
                recovered_at: user.recovered_at,
            },
            place: self.engine.place(caller),
            geo: self.engine.geo.version().to_owned(),
            ..Input::default()
        };
        if self.engine.policy().is_young(&input.person, now.0) {
            return Ok(input);
        }
        match self.look_up(caller, user.id, None, &mut input, now).await {
            Ok(()) => {}
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                tracing::error!(%error, "a sign-in could not be weighed");
                input.has_failed = true;
            }
        }
        Ok(input)
    }

    pub(in crate::auth) fn assessed(&self, input: Input) -> Weighed {
        let assessment = risk::assess(self.engine.policy(), &input);
        self.trail.metrics().decision(input.moment.as_str(), assessment.decision.as_str());
        Weighed { input, assessment }
    }
}

impl Caller {
    /// Whether it calls itself a program.
    pub(in crate::auth) fn is_automated(&self) -> bool {
        self.user_agent.as_deref().is_some_and(is_automated)
    }
}

fn person(found: &Found) -> Person {
    Person {
        created_at: found.user_created_at,
        sign_ins: u64::try_from(found.sign_ins).unwrap_or_default(),
        recovered_at: found.recovered_at,
    }
}

/// The one that tells where the person was more recently.
fn later(one: Option<Anchor>, other: Option<Anchor>) -> Option<Anchor> {
    [one, other].into_iter().flatten().max_by_key(|anchor| anchor.at)
}
