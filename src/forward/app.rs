//! Apps on hosts of their own. The session's cookie does not go there, so it goes on there with one of that host's (`auth/session/elsewhere`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::{Asked, Back, Forward};
use crate::auth::{Action, Caller, CurrentSession, Destination, Error, Extended, OpenAreas};
use crate::secret::Secret;

/// Where the browser begins, at the app's host: it gets a cookie there.
pub const START: &str = "/auth/forward/start";
/// Where it comes back to, at the app's host.
pub const CALLBACK: &str = "/auth/forward/callback";

/// The origin of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App(Url);

impl App {
    /// One by its host, with its port where that is not the usual one.
    pub fn parse(scheme: &str, host: &str) -> Option<Self> {
        if host.contains(['/', '\\']) {
            return None;
        }
        let url = Url::parse(&format!("{scheme}://{}", host.trim())).ok()?;
        let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_host = is_plain && url.username().is_empty() && url.password().is_none() && url.host().is_some();
        is_host.then_some(Self(url))
    }

    /// As it is stored and said.
    pub fn host(&self) -> &str {
        &self.0[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Its origin.
    pub fn origin(&self) -> &Url {
        &self.0
    }
}

/// What a browser that is on its way to such an app brings to us.
#[derive(Clone, Debug)]
pub struct Journey<'a> {
    /// Which app.
    pub app: &'a App,
    /// Where to in it.
    pub back: Back,
    /// SHA-256 of the cookie that it was given there.
    pub state: [u8; 32],
}

impl Forward {
    /// The app at this host, if it is one that we know.
    pub fn app(&self, host: Option<&str>) -> Option<&App> {
        let asked = App::parse(self.origin.scheme(), host?)?;
        self.policy.apps.iter().find(|app| **app == asked)
    }

    /// Where a person goes to from an app's host to get what is missing, and where in the app they are then.
    pub fn departure(&self, app: &App, to: Option<&str>, area: Option<&str>, state: &Secret) -> Option<Url> {
        let back = Back::in_app(app, to.unwrap_or("/"))?;
        let mut url = self.origin.join("/continue").ok()?;
        url.query_pairs_mut()
            .append_pair("app", app.host())
            .append_pair("to", back.path())
            .append_pair("state", &URL_SAFE_NO_PAD.encode(state.hash()));
        if let Some(area) = area.filter(|area| self.policy.has_area(area)) {
            url.query_pairs_mut().append_pair("area", area);
        }
        Some(url)
    }

    /// What `/continue` was asked for, where that is an app on a host of its own.
    pub fn journey(&self, app: Option<&str>, to: Option<&str>, state: Option<&str>) -> Option<Journey<'_>> {
        let app = self.app(app)?;
        let state = URL_SAFE_NO_PAD.decode(state?).ok()?.try_into().ok()?;
        Some(Journey { app, back: Back::in_app(app, to?)?, state })
    }

    /// The sensitive area that a journey leads to, if it is one.
    pub fn sensitive_area_there(&self, journey: &Journey<'_>) -> Option<String> {
        self.policy.sensitive_area(&journey.back.asked(journey.app.origin()))
    }

    /// Send a live session on: the address at the app's host, with a code in it.
    pub async fn send_on(
        &self,
        caller: &Caller,
        current: &CurrentSession,
        journey: Journey<'_>,
    ) -> Result<Url, Error> {
        let mut opened = OpenAreas::default();
        for area in self.policy.areas() {
            let action = Action::AppOpen(area.to_owned());
            if let Some(until) = self.auth.open_until(caller, current, &action).await? {
                opened.add(area, until);
            }
        }
        let Journey { app, back, state } = journey;
        let to = Destination { host: app.host().to_owned(), back: back.path().to_owned(), state, opened };
        let code = self.auth.extend_session(current, to).await?;
        let mut url = app.origin().join(CALLBACK).map_err(|error| Error::Broken(error.to_string()))?;
        url.query_pairs_mut().append_pair("code", &code.expose());
        Ok(url)
    }

    /// Go on at this app's host.
    pub async fn arrive(
        &self,
        caller: &Caller,
        app: &App,
        code: &Secret,
        state: &Secret,
    ) -> Result<Extended, Error> {
        self.auth.redeem_extension(caller, app.host(), code, state).await
    }

    /// The app's own way to renew or prove, from a request to it.
    pub(super) fn way_from(app: &App, asked: &Asked) -> Option<Url> {
        let back = Back::of_app(app, asked)?;
        let mut url = app.origin().join(START).ok()?;
        url.query_pairs_mut().append_pair("to", back.path());
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_a_host_and_nothing_more() {
        let app = |text| App::parse("https", text).map(|app| app.host().to_owned());
        assert_eq!(app("App.Example.com:443 ").as_deref(), Some("app.example.com"));
        assert_eq!(app("app.example.com:8443").as_deref(), Some("app.example.com:8443"));
        for text in ["", "a.example/path", "u@a.example", "a.example?x", "a.example#x", "a b", "https://a.example"]
        {
            assert_eq!(app(text), None, "{text}");
        }
    }
}
