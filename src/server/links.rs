//! Where links of mails lead: `/not-me`.
//!
//! The token comes in the query, which neither the log nor a metric nor a trace holds, and is taken out of the address at once: into
//! a cookie for the next few minutes. Looking changes nothing; the button posts the token, from our own page only (`CsrfLayer`).

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;

use super::pages::{context, render, see_other};
use super::state::AppState;
use crate::api::{self, ApiError, cookies};
use crate::app;
use crate::auth::{Caller, Presented};
use crate::secret::Secret;

const PAGE: &str = "/not-me";
/// How long the page can be reloaded before the link has to be opened again.
const LOOK: Duration = Duration::from_mins(15);
/// A body that holds a token is not longer.
const BODY_LIMIT: usize = 1024;

/// `GET /not-me`: what a link is about.
pub(super) async fn show(State(state): State<AppState>, request: Request) -> Result<Response, ApiError> {
    if let Some(query) = request.uri().query() {
        // What cannot be a token is answered like one that is none.
        return Ok(look_at(member(query, "t").as_ref()));
    }
    let token = match cookies::read(request.headers(), cookies::LINK) {
        Presented::Secret(token) => Some(token),
        Presented::Nothing | Presented::Malformed => None,
    };
    let link = match &token {
        Some(token) => state.auth.link(token).await?.map(api::NotMe::from),
        None => None,
    };
    let token = token.filter(|_| link.is_some()).map(|token| token.expose()).unwrap_or_default();
    let credits: Vec<api::Credit> = state.geo.credits().into_iter().map(Into::into).collect();
    let is_about_keeping = link.as_ref().is_some_and(|link| link.kind == api::NotMeKind::AccountDeletion);
    let title = if is_about_keeping { "Keep your account?" } else { "Was this you?" };
    let context = context(&state, &request, title);
    let page = move || {
        view! { <app::NotMePage link=link.clone() token=token.clone() credits=credits.clone() /> }
    };
    Ok(unreferred(render(request, context, page).await))
}

/// `POST /not-me`: it was not the person. What came of it is on the page.
pub(super) async fn say(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<Response, ApiError> {
    let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| ApiError::payload_too_large())?;
    let token = std::str::from_utf8(&body).ok().and_then(|body| member(body, "token"));
    if let Some(token) = &token {
        state.auth.use_link(&caller, token).await?;
    }
    Ok(look_at(token.as_ref()))
}

/// A token in a query or a form. It has no letter that would be written in another way there.
fn member(text: &str, name: &str) -> Option<Secret> {
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| *found == name).and_then(|(_, value)| Secret::parse(value))
}

/// To the page, whose address has no token in it.
fn look_at(token: Option<&Secret>) -> Response {
    let mut response = see_other(PAGE);
    let cookie = match token {
        Some(token) => cookies::issue(cookies::LINK, token, LOOK),
        None => cookies::expire(cookies::LINK),
    };
    cookies::append(response.headers_mut(), cookie);
    unreferred(response)
}

/// Nobody is told where the person came from.
fn unreferred(response: Response) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    (headers, response).into_response()
}
