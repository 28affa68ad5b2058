//! Forward authentication: apps behind the same proxy ask, request by request, who it is and whether they may go on (`GET /auth/forward`,
//! docs/forward-auth.md).
//!
//! | file | what |
//! |---|---|
//! | `asked` | what the proxy says of the request |
//! | `app` | apps on hosts of their own |
//! | `area` | parts of apps that matter |
//! | `back` | where a person goes on |
//! | `token` | who it is, signed, for apps that want that |
//!
//! The answer goes to the proxy, which drops cookies: nothing is rotated here, and nobody is asked for anything. Whoever has something to do
//! first does it on a page of ours (`/continue`) and goes back from there.

mod app;
mod area;
mod asked;
mod back;
pub(crate) mod fuzzing;
mod token;

use std::sync::Arc;
use std::time::Duration;

use url::Url;
use uuid::Uuid;

pub use app::App;
pub use area::{Area, ForwardPolicy};
pub use asked::Asked;
pub use back::Back;

use crate::auth::{Access, Action, Auth, Caller, CurrentSession, Error, ProofHeader, Refusal, Usage};
use crate::clock::Clock;
use crate::keyring::{Keyring, PublicJwk};

/// A person on their way to a page can renew their session first. They do when that is due for so long.
const NAVIGATION_GRACE: Duration = Duration::from_mins(2);
/// What runs in a page cannot: it has so long.
const GRACE: Duration = Duration::from_hours(1);

/// The rules for apps. One per process, shared.
pub struct Forward {
    auth: Arc<Auth>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    policy: ForwardPolicy,
    origin: Url,
}

/// Whose request it is.
#[derive(Debug)]
pub struct Admitted {
    /// The account.
    pub user: Uuid,
    /// The session; not a secret.
    pub session: Uuid,
    /// Its address, where the person has shown that it is theirs.
    pub email: Option<String>,
    /// All of that, signed, where apps want that.
    pub token: Option<String>,
}

/// Why a request does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A page of another site is behind it.
    #[error("a request from another site")]
    CrossSite,
    /// What the session needs first, or whatever went wrong.
    #[error(transparent)]
    Rule(#[from] Error),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Rule(refusal.into())
    }
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Forward {
    /// Over the rules of who may, what signs who it is, a clock, what matters in the apps, and where we are reached.
    pub fn new(
        auth: Arc<Auth>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        policy: ForwardPolicy,
        origin: Url,
    ) -> Self {
        Self { auth, keyring, clock, policy, origin }
    }

    /// Whether a request to an app may go on.
    pub async fn judge(&self, caller: &Caller, asked: &Asked) -> Result<Admitted, Stopped> {
        if asked.is_from_elsewhere() {
            return Err(Stopped::CrossSite);
        }
        let believed = self.policy.with_known_host(asked, self.origin.host_str());
        let area = self.policy.area_to_open(&believed)?;
        let caller = Caller {
            // One that came along was made for the app.
            proof: ProofHeader::Absent,
            app_route: self.policy.sensitive_area(&believed),
            ..caller.clone()
        };
        let (resolution, opened) = match self.app(asked.host.as_deref()) {
            Some(app) => {
                let (resolution, opened) =
                    self.auth.resolve_extended(&caller, app.host(), &caller.app_session).await?;
                (resolution, Some(opened))
            }
            None => (self.auth.resolve(&caller, Usage::Forwarded).await?, None),
        };
        let current = resolution.live()?;
        self.auth.admit(&caller, current, Access::Forward { is_change: asked.is_change() }).await?;
        let grace = if asked.is_navigation { NAVIGATION_GRACE } else { GRACE };
        if current.is_due_for(grace, self.clock.now()) {
            return Err(Refusal::RotationOverdue.into());
        }
        match (area, opened) {
            (None, _) => {}
            (Some(area), Some(opened)) => self.auth.expect_open_there(&caller, current, &opened, &area).await?,
            (Some(area), None) => self.auth.expect_open(&caller, current, &Action::AppOpen(area)).await?,
        }
        let account = &current.account;
        let email = account.email_verified.then(|| account.email.clone());
        let mut admitted = Admitted { user: account.id, session: current.id, email, token: None };
        if self.policy.token {
            admitted.token = self.sign(asked, &admitted)?;
        }
        Ok(admitted)
    }

    fn sign(&self, asked: &Asked, who: &Admitted) -> Result<Option<String>, Error> {
        let issuer = self.origin.origin().ascii_serialization();
        let Some(claims) = token::Claims::of(&issuer, asked, who, self.clock.now())? else { return Ok(None) };
        Ok(Some(self.keyring.sign_token(&claims)?))
    }

    /// What apps check that with. `None` where nothing is signed.
    pub fn token_keys(&self) -> Result<Option<&[PublicJwk]>, Error> {
        if self.policy.token { Ok(Some(self.keyring.token_keys()?)) } else { Ok(None) }
    }

    /// Where a person can do what is missing, and comes back from. `None` where nobody could come back: to an app of another host, or out
    /// of what runs in a page that says not from where.
    pub fn way_on(&self, asked: &Asked, because: &Stopped) -> Option<Url> {
        if matches!(because, Stopped::CrossSite) {
            return None;
        }
        let mut url = if let Some(app) = self.app(asked.host.as_deref()) {
            Self::way_from(app, asked)?
        } else {
            let back = Back::of(&self.origin, asked)?;
            let mut url = self.origin.join("/continue").ok()?;
            url.query_pairs_mut().append_pair("to", back.path());
            url
        };
        if let Stopped::Rule(Error::StepUp(required)) = because
            && let Action::AppOpen(area) = &required.action
        {
            url.query_pairs_mut().append_pair("area", area);
        }
        Some(url)
    }

    /// Where a person goes on who says so in an address.
    pub fn back(&self, to: Option<&str>) -> Option<Back> {
        Back::parse(&self.origin, to?)
    }

    /// The sensitive area that a person is on their way to, if it is one. On the way they are asked what they would be asked there.
    pub fn sensitive_area_of(&self, back: &Back) -> Option<String> {
        self.policy.sensitive_area(&back.asked(&self.origin))
    }

    /// Whether this area, if there is one of that name, is open in this browser; and if not, what to touch for.
    pub async fn expect_open(&self, caller: &Caller, current: &CurrentSession, area: &str) -> Result<(), Error> {
        if !self.policy.has_area(area) {
            return Ok(());
        }
        self.auth.expect_open(caller, current, &Action::AppOpen(area.to_owned())).await
    }
}
