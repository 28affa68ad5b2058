//! `GET /auth/forward`: a proxy asks whether a request to an app may go on. And `/continue`, where a person does first what is missing.
//!
//! nginx takes 2xx, 401 and 403 from whoever it asks and makes a 500 of anything else, so there is nothing else: whatever goes wrong,
//! the request does not go on.
//!
//! Of an app on a host of its own, `…/start` and `…/callback` are at that host.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::Url;

use super::middleware::request::is_proxy;
use super::pages::{admit, query_member, see_other, turn_away};
use super::state::AppState;
use crate::api::{ApiError, cookies};
use crate::app;
use crate::auth::{Access, Caller, Error, Presented, Refusal, Resolution};
use crate::forward::{Admitted, App, Asked, Stopped};
use crate::secret::Secret;

const X_AUTH_USER: HeaderName = HeaderName::from_static("x-auth-user");
const X_AUTH_SESSION: HeaderName = HeaderName::from_static("x-auth-session");
const X_AUTH_EMAIL: HeaderName = HeaderName::from_static("x-auth-email");
const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
/// Where a person on their way to a page can do what is missing, for proxies that cannot be told with a `Location`.
const X_AUTH_REDIRECT: HeaderName = HeaderName::from_static("x-auth-redirect");

/// The same for what runs in a page: it decides itself when to leave.
const X_AUTH_PAGE: HeaderName = HeaderName::from_static("x-auth-page");

/// Longer headers say nothing that is needed here.
const HEADER_LIMIT: usize = 4096;

/// `GET /auth/forward`
pub(super) async fn judge(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let is_trusted =
        peer.is_some_and(|Extension(ConnectInfo(peer))| is_proxy(peer.ip(), &state.config.trusted_proxies));
    let asked = read(&headers, is_trusted);
    let verdict = match state.throttle.read(&caller.source()) {
        Ok(()) => state.forward.judge(&caller, &asked).await,
        Err(error) => Err(Error::from(error).into()),
    };
    match verdict {
        Ok(admitted) => name(admitted),
        Err(because) => {
            let way_on = state.forward.way_on(&asked, &because);
            let redirects = query_member(query.as_deref(), "mode").as_deref() == Some("redirect");
            stop(because, way_on, asked.is_navigation, redirects)
        }
    }
}

/// What the proxy says, if it is one of ours; and what the browser says through it.
fn read(headers: &HeaderMap, is_trusted: bool) -> Asked {
    let forwarded = |name| if is_trusted { one(headers, name) } else { None };
    let own = |name| one(headers, name);
    let mode = own("sec-fetch-mode");
    let is_navigation = match mode.as_deref() {
        Some(mode) => mode == "navigate",
        None => own("accept").is_some_and(|accept| accept.contains("text/html")),
    };
    Asked {
        method: forwarded("x-forwarded-method"),
        scheme: forwarded("x-forwarded-proto").filter(|scheme| ["http", "https"].contains(&scheme.as_str())),
        host: forwarded("x-forwarded-host").filter(|host| !host.contains([',', '/', '@', ' '])),
        uri: forwarded("x-forwarded-uri").filter(|uri| uri.starts_with('/')),
        is_navigation,
        // A proxy takes `Upgrade` off before it asks.
        is_web_socket: mode.as_deref() == Some("websocket") || headers.contains_key("sec-websocket-key"),
        fetch_site: own("sec-fetch-site"),
        origin: own("origin"),
        referer: own("referer"),
    }
}

/// A header that is there once. One that comes twice can be read in two ways.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().filter(|value| value.len() <= HEADER_LIMIT).map(str::to_owned),
        _ => None,
    }
}

/// It may go on, and this is whose it is.
fn name(Admitted { user, session, email, token }: Admitted) -> Response {
    let mut response = Json(json!({ "ok": true })).into_response();
    let said = [(X_AUTH_USER, user.to_string()), (X_AUTH_SESSION, session.to_string())];
    let more =
        email.map(|email| (X_AUTH_EMAIL, email)).into_iter().chain(token.map(|token| (X_AUTH_TOKEN, token)));
    for (name, value) in said.into_iter().chain(more) {
        // An address may have letters beyond ASCII; the header has them in UTF-8.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn stop(because: Stopped, way_on: Option<Url>, is_navigation: bool, redirects: bool) -> Response {
    let way_on = way_on.and_then(|url| HeaderValue::from_str(url.as_str()).ok());
    if let (true, Some(way_on)) = (redirects && is_navigation, &way_on) {
        return (StatusCode::FOUND, [(header::LOCATION, way_on.clone())]).into_response();
    }
    let error = match because {
        Stopped::CrossSite => ApiError::cross_site(),
        Stopped::Rule(error) => error.into(),
    };
    // A token that was just replaced is none for what changes something; the rest is refused whoever asks.
    let is_of_session = error.status() == 401 || error.code == Refusal::SessionRotated.code();
    let mut response = error.into_response();
    *response.status_mut() = if is_of_session { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
    if let Some(way_on) = way_on {
        response.headers_mut().insert(if is_navigation { X_AUTH_REDIRECT } else { X_AUTH_PAGE }, way_on);
    }
    response
}

/// `GET /continue?to=&area=`: whatever is missing for going there is asked for here, by the page that asks for it anywhere else. That
/// page loads again when it has it, and finds nothing missing.
pub(super) async fn go_on(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
    request: Request,
) -> Response {
    let [to, area, app, app_state] =
        ["to", "area", "app", "state"].map(|name| query_member(request.uri().query(), name));
    let journey = state.forward.journey(app.as_deref(), to.as_deref(), app_state.as_deref());
    // To an app on a host of its own a person comes back by this very address.
    let here = request.uri().path_and_query().map(ToString::to_string);
    let back = if app.is_some() { here.filter(|_| journey.is_some()) } else { to };
    let Some(back) = state.forward.back(back.as_deref()) else { return see_other("/account") };
    let outcome = async {
        let current = admit(&state, &caller, &resolution, Access::Read).await?;
        if let Some(area) = &area {
            state.forward.expect_open(&caller, current, area).await?;
        }
        match journey {
            Some(journey) => Ok(state.forward.send_on(&caller, current, journey).await?.into()),
            None => Ok(back.path().to_owned()),
        }
    };
    match outcome.await {
        Ok(location) => see_other(&location),
        Err(Error::Refused(Refusal::NoSession | Refusal::InvalidSession)) => {
            see_other(&app::towards("/", Some(back.path())))
        }
        Err(because) => turn_away(&state, request, &resolution, because).await,
    }
}

/// Before the session is judged: it is judged as it will be there.
pub(super) async fn as_there(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let [to, app, app_state] = ["to", "app", "state"].map(|name| query_member(request.uri().query(), name));
    let route = match state.forward.journey(app.as_deref(), to.as_deref(), app_state.as_deref()) {
        Some(journey) => state.forward.sensitive_area_there(&journey),
        None => state.forward.back(to.as_deref()).and_then(|back| state.forward.sensitive_area_of(&back)),
    };
    if let Some(caller) = request.extensions_mut().get_mut::<Caller>() {
        caller.app_route = route;
    }
    next.run(request).await
}

/// So long a person may take to sign in on the way.
const STATE_LIFETIME: Duration = Duration::from_mins(15);

/// `GET /auth/forward/start?to=&area=`, at an app's host: the browser gets a cookie there, and goes to where the session is.
pub(super) async fn start(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let app = app_of(&state, &headers).ok_or_else(ApiError::not_found)?;
    let [to, area] = ["to", "area"].map(|name| query_member(query.as_deref(), name));
    // Two tabs that begin at once have the same.
    let secret = match cookies::read(&headers, cookies::APP_STATE) {
        Presented::Secret(secret) => secret,
        Presented::Nothing | Presented::Malformed => Secret::generate().map_err(Error::from)?,
    };
    let Some(url) = state.forward.departure(app, to.as_deref(), area.as_deref(), &secret) else {
        return Ok(see_other("/"));
    };
    let mut response = see_other(url.as_str());
    cookies::append(response.headers_mut(), cookies::issue(cookies::APP_STATE, &secret, STATE_LIFETIME));
    Ok(response)
}

/// `GET /auth/forward/callback?code=`, at an app's host: the session goes on there.
pub(super) async fn callback(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let app = app_of(&state, &headers).ok_or_else(ApiError::not_found)?;
    let invalid = || ApiError::from(Error::from(Refusal::AppCodeInvalid));
    let code = query_member(query.as_deref(), "code").as_deref().and_then(Secret::parse).ok_or_else(invalid)?;
    let Presented::Secret(secret) = cookies::read(&headers, cookies::APP_STATE) else { return Err(invalid()) };
    let extended = state.forward.arrive(&caller, app, &code, &secret).await?;
    let mut response = see_other(&extended.back);
    let cookie = cookies::issue(cookies::APP_SESSION, &extended.token, extended.lifetime);
    cookies::append(response.headers_mut(), cookie);
    Ok(response)
}

/// The app whose host the browser is at. Whoever says another one than it is at gets cookies for the one it is at.
fn app_of<'a>(state: &'a AppState, headers: &HeaderMap) -> Option<&'a App> {
    state.forward.app(one(headers, "host").as_deref())
}
