//! The pages: find out who is there, load what is shown, hand both to a view.

use axum::body::Body;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::nonce::Nonce;
use leptos::prelude::*;

use super::handlers::{Part, PartAsked};
use super::middleware::CspNonce;
use super::site;
use super::state::AppState;
use crate::api::{self, ApiError};
use crate::app::{self, Notice, PageContext};
use crate::auth::{Access, Caller, CurrentSession, EndReason, Error, Refusal, Resolution};

/// `GET /`
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Extension(resolution): Extension<Resolution>,
    request: Request,
) -> Response {
    if resolution.live().is_ok() {
        return see_other("/account");
    }
    let notice = match request.uri().query() {
        Some("signed-out") => Some(Notice::SignedOut),
        Some("key-lost") => Some(Notice::KeyLost),
        _ => why_ended(&resolution),
    };
    let context = context(&state, &request, "Sign in");
    render(request, context, move || view! { <app::SignInPage notice=notice /> }).await
}

/// `GET /signup`
pub(super) async fn sign_up(
    State(state): State<AppState>,
    Extension(resolution): Extension<Resolution>,
    request: Request,
) -> Response {
    if resolution.live().is_ok() {
        return see_other("/account");
    }
    let context = context(&state, &request, "Create an account");
    render(request, context, || view! { <app::SignUpPage /> }).await
}

/// `GET /account`
pub(super) async fn account(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
    request: Request,
) -> Result<Response, ApiError> {
    let account = match admit(&state, &caller, &resolution, Access::Read).await {
        Ok(current) => current.account.clone(),
        Err(because) => return Ok(turn_away(&state, request, &resolution, because).await),
    };
    let api::PasskeyList { passkeys } = api::passkey_list(state.auth.passkeys(&account).await?);
    let user: api::User = account.into();
    let now = state.clock.now().to_rfc3339();
    let context = context(&state, &request, "Your account").of_account("/account");
    Ok(render(request, context, move || {
        view! { <app::AccountPage user=user.clone() passkeys=passkeys.clone() now=now.clone() /> }
    })
    .await)
}

/// `GET /account/sessions`
pub(super) async fn sessions(asked: Asked) -> Response {
    asked.frame("Sessions", "/account/sessions", || view! { <app::SessionsPage /> }).await
}

/// `GET /account/sessions/panel`
pub(super) async fn sessions_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Response, ApiError> {
    let api::SessionList { sessions } = api::session_list(state.auth.sessions(&caller, resolution.live()?).await?);
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| view! { <app::SessionsPanel sessions=sessions now=now /> }))
}

/// `GET /account/activity`: the frame. What is in it comes with a proof.
pub(super) async fn activity(part: PartAsked, asked: Asked) -> Result<Response, ApiError> {
    let (before, _) = Part::read(part)?;
    let cursor = before.map(|id| id.to_string());
    let page = move || view! { <app::ActivityPage cursor=cursor.clone() /> };
    Ok(asked.frame("Activity", "/account/activity", page).await)
}

/// `GET /account/activity/panel`
pub(super) async fn activity_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
    asked: PartAsked,
) -> Result<Response, ApiError> {
    let current = resolution.live()?;
    let (before, limit) = Part::read(asked)?;
    let page = state.auth.activity(&caller, current, before, limit).await?;
    let others = if state.auth.was_alarmed(current).await? {
        let api::SessionList { sessions } = api::session_list(state.auth.sessions(&caller, current).await?);
        Some(sessions.iter().filter(|session| !session.current).count())
    } else {
        None
    };
    let activity = api::activity(page, state.geo.credits());
    let now = state.clock.now().to_rfc3339();
    let is_first = before.is_none();
    Ok(fragment(|| view! { <app::ActivityPanel activity=activity is_first=is_first others=others now=now /> }))
}

/// `GET /account/api-keys`
pub(super) async fn api_keys(asked: Asked) -> Response {
    asked.frame("API keys", "/account/api-keys", || view! { <app::ApiKeysPage /> }).await
}

/// `GET /account/api-keys/panel`
pub(super) async fn api_keys_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Response, ApiError> {
    let api::ApiKeyList { api_keys } = api::api_key_list(state.vault.api_keys(&caller, resolution.live()?).await?);
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| view! { <app::ApiKeysPanel keys=api_keys now=now /> }))
}

/// `GET /account/billing`
pub(super) async fn billing(asked: Asked) -> Response {
    asked.frame("Payout details", "/account/billing", || view! { <app::BillingPage /> }).await
}

/// `GET /account/billing/panel`
pub(super) async fn billing_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Response, ApiError> {
    let api::PayoutAnswer { payout } = api::payout_answer(state.vault.payout(&caller, resolution.live()?).await?);
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| view! { <app::BillingPanel payout=payout now=now /> }))
}

/// A request for a page that matters.
#[derive(FromRequest)]
#[from_request(state(AppState))]
pub(super) struct Asked {
    #[from_request(via(State))]
    state: AppState,
    #[from_request(via(Extension))]
    caller: Caller,
    #[from_request(via(Extension))]
    resolution: Resolution,
    request: Request,
}

impl Asked {
    /// The frame alone. What is in it comes with a proof.
    async fn frame<V: IntoView + 'static>(
        self,
        title: &'static str,
        path: &'static str,
        page: impl Fn() -> V + Clone + Send + Sync + 'static,
    ) -> Response {
        let Self { state, caller, resolution, request } = self;
        if let Err(because) = admit(&state, &caller, &resolution, Access::OpenSensitive).await {
            return turn_away(&state, request, &resolution, because).await;
        }
        let context = context(&state, &request, title).of_account(path);
        render(request, context, page).await
    }
}

/// The session, if it may see this.
async fn admit<'a>(
    state: &AppState,
    caller: &Caller,
    resolution: &'a Resolution,
    access: Access,
) -> Result<&'a CurrentSession, Error> {
    let current = resolution.live()?;
    state.auth.admit(caller, current, access).await?;
    Ok(current)
}

/// What a person sees instead of the page, until they may see it.
async fn turn_away(state: &AppState, request: Request, resolution: &Resolution, because: Error) -> Response {
    let is_followed = resolution.live().is_ok_and(CurrentSession::is_followed);
    match because {
        Error::StepUp(required) => {
            let reasons: Vec<api::Reason> = required.signals.into_iter().map(Into::into).collect();
            let context = context(state, &request, "Is this still you?");
            let page = move || view! { <app::ConfirmPage reasons=reasons.clone() /> };
            let mut response = render(request, context, page).await;
            *response.status_mut() = StatusCode::FORBIDDEN;
            response.extensions_mut().insert(super::middleware::AsItIs);
            response
        }
        Error::Refused(Refusal::NoSession | Refusal::InvalidSession) => see_other("/"),
        // The newest token is with the answer, or with the browser already.
        Error::Refused(Refusal::SessionRotated) if is_followed => {
            see_other(request.uri().path_and_query().map_or("/", PathAndQuery::as_str))
        }
        // The newest token is there for whoever proves the key.
        Error::Refused(
            Refusal::SessionRotated
            | Refusal::DpopProofRequired
            | Refusal::UseDpopNonce
            | Refusal::InvalidDpopProof,
        ) => {
            let context = context(state, &request, "One moment");
            render(request, context, || view! { <app::ProvePage /> }).await
        }
        other => ApiError::from(other).into_response(),
    }
}

fn why_ended(resolution: &Resolution) -> Option<Notice> {
    let Resolution::Absent { ended: Some(reason), .. } = resolution else { return None };
    match reason {
        EndReason::Replayed => Some(Notice::Replayed),
        EndReason::Revoked => Some(Notice::Revoked),
        EndReason::Limit => Some(Notice::Limit),
        EndReason::BindingViolated => Some(Notice::BindingViolated),
        EndReason::Split => Some(Notice::Split),
        EndReason::Disowned => Some(Notice::Disowned),
        EndReason::SignOut | EndReason::Replaced => None,
    }
}

/// What the shell needs for an answer to this request.
pub(super) fn context(state: &AppState, request: &Request, title: &'static str) -> PageContext {
    let nonce = request.extensions().get::<CspNonce>().cloned().unwrap_or_default();
    PageContext::new(title, site::assets(), nonce.0, state.config.name.clone())
        .reloading(state.config.watched_by_reload_server())
}

/// Render one page into the shell.
async fn render<V: IntoView + 'static>(
    request: Request<Body>,
    context: PageContext,
    page: impl Fn() -> V + Clone + Send + Sync + 'static,
) -> Response {
    // leptos writes scripts of its own after the page; they must carry this answer's nonce, not one it makes up.
    let shared = Nonce::from_value(context.nonce().to_owned());
    let provide = move || provide_context(shared.clone());
    let view = move || app::shell(context.clone(), page.clone());
    leptos_axum::render_app_async_with_context(provide, view)(request).await
}

/// A part of a page, to be put into one that is there.
fn fragment<V: IntoView>(part: impl FnOnce() -> V) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], app::fragment(part))
        .into_response()
}

fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
