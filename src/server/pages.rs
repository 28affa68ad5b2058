//! The pages: find out who is there, load what is shown, hand both to a view.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, FromRequest, RawQuery, Request, State};
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
use crate::auth::{
    ADDRESS_LIMIT, Access, Action, Caller, CurrentSession, EndReason, Error, PASSKEY_LIMIT, Refusal, Resolution,
    day_and_time,
};
use crate::clock::Timestamp;

/// `GET /`
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Extension(resolution): Extension<Resolution>,
    request: Request,
) -> Response {
    let to = wanted(&state, &request);
    if resolution.live().is_ok() {
        return see_other(to.as_deref().unwrap_or("/account"));
    }
    let notice = match request.uri().query() {
        Some("signed-out") => Some(Notice::SignedOut),
        Some("key-lost") => Some(Notice::KeyLost),
        _ => why_ended(&resolution),
    };
    let context = context(&state, &request, "Sign in");
    render(request, context, move || view! { <app::SignInPage notice=notice to=to.clone() /> }).await
}

/// `GET /signup`
pub(super) async fn sign_up(
    State(state): State<AppState>,
    Extension(resolution): Extension<Resolution>,
    request: Request,
) -> Response {
    let to = wanted(&state, &request);
    if resolution.live().is_ok() {
        return see_other(to.as_deref().unwrap_or("/account"));
    }
    let context = context(&state, &request, "Create an account");
    render(request, context, move || view! { <app::SignUpPage to=to.clone() /> }).await
}

/// Where a person wants to go on after signing in.
fn wanted(state: &AppState, request: &Request) -> Option<String> {
    let to = query_member(request.uri().query(), "to");
    state.forward.back(to.as_deref()).map(|back| back.path().to_owned())
}

/// What an address says under this name, the first time it does.
pub(super) fn query_member(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
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
    let is_leaving = state.auth.deletion_of(account.id).await?.is_some();
    let user_id = account.id;
    let user: api::User = account.into();
    let now = state.clock.now().to_rfc3339();
    let is_recovering = state.auth.recovery_under_way(user_id).await?.is_some();
    let context = context(&state, &request, "Your account").of_account("/account").recovering(is_recovering);
    Ok(render(request, context, move || {
        view! { <app::AccountPage user=user.clone() passkeys=passkeys.clone() now=now.clone() is_leaving=is_leaving /> }
    })
    .await)
}

/// `GET /account/passkeys`
pub(super) async fn passkeys(asked: Asked) -> Response {
    asked.frame("Passkeys", "/account/passkeys", || view! { <app::PasskeysPage /> }).await
}

/// `GET /account/passkeys/panel`
pub(super) async fn passkeys_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Response, ApiError> {
    let passkeys = state.auth.passkeys_in_full(&caller, resolution.live()?).await?;
    let passkeys: Vec<_> = passkeys.into_iter().map(api::PasskeyInFull::from).collect();
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| view! { <app::PasskeysPanel passkeys=passkeys limit=PASSKEY_LIMIT now=now /> }))
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

/// `GET /account/recovery`
pub(super) async fn recovery(asked: Asked) -> Response {
    asked.frame("Getting back in", "/account/recovery", || view! { <app::RecoveryPage /> }).await
}

/// `GET /account/recovery/panel`
pub(super) async fn recovery_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
) -> Result<Response, ApiError> {
    let current = resolution.live()?;
    let addresses = state.auth.addresses(&caller, current).await?;
    let list = api::address_list(addresses, state.auth.sends_mail());
    let codes = state.auth.recovery_codes(&caller, current).await?;
    let codes = (codes.left, codes.made_at.map(Timestamp::to_rfc3339));
    let under_way = state.auth.recovery_under_way(current.account.id).await?.map(Into::into);
    let held_until = state.auth.held_until(current).await?.map(Timestamp::to_rfc3339);
    let now = state.clock.now().to_rfc3339();
    Ok(fragment(|| {
        view! {
            <app::RecoveryPanel
                list=list
                limit=ADDRESS_LIMIT
                codes=codes
                under_way=under_way
                held_until=held_until
                now=now
            />
        }
    }))
}

/// `GET /account/delete`
pub(super) async fn deletion(asked: Asked) -> Response {
    asked.frame("Delete your account", "/account/delete", || view! { <app::DeletionPage /> }).await
}

/// `GET /account/delete/panel`, also as the banner of `/account`.
pub(super) async fn deletion_panel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(resolution): Extension<Resolution>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let due = state.auth.deletion(&caller, resolution.live()?).await?;
    let due = due.map(|at| (at.to_rfc3339(), day_and_time(at)));
    let delay = in_words(state.auth.deletion_delay());
    let is_banner = query.as_deref() == Some("banner");
    Ok(fragment(|| view! { <app::DeletionPanel due=due delay=delay is_banner=is_banner /> }))
}

/// A time to do something in.
fn in_words(time: Duration) -> String {
    let hours = time.as_secs() / 3600;
    let (count, unit) = if hours >= 48 { (hours / 24, "day") } else { (hours, "hour") };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
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
        self.frame_in(title, |context| context.of_account(path), page).await
    }

    /// The same, in a document of another kind.
    pub(super) async fn frame_in<V: IntoView + 'static>(
        self,
        title: &'static str,
        document: impl FnOnce(PageContext) -> PageContext,
        page: impl Fn() -> V + Clone + Send + Sync + 'static,
    ) -> Response {
        let Self { state, caller, resolution, request } = self;
        let is_recovering = async {
            let current = admit(&state, &caller, &resolution, Access::OpenSensitive).await?;
            state.auth.recovery_under_way(current.account.id).await.map(|found| found.is_some())
        };
        match is_recovering.await {
            Ok(is_recovering) => {
                let context = document(context(&state, &request, title)).recovering(is_recovering);
                render(request, context, page).await
            }
            Err(because) => turn_away(&state, request, &resolution, because).await,
        }
    }
}

/// The session, if it may see this.
pub(super) async fn admit<'a>(
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
pub(super) async fn turn_away(
    state: &AppState,
    request: Request,
    resolution: &Resolution,
    because: Error,
) -> Response {
    let is_followed = resolution.live().is_ok_and(CurrentSession::is_followed);
    match because {
        Error::StepUp(required) => {
            let reasons: Vec<api::Reason> = required.signals.into_iter().map(Into::into).collect();
            let action = match required.action {
                Action::AppOpen(area) => app::Touch::App(area),
                _ => app::Touch::Visit,
            };
            let context = context(state, &request, action.title());
            let page = move || view! { <app::ConfirmPage reasons=reasons.clone() action=action.clone() /> };
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
        EndReason::Operator => Some(Notice::Operator),
        EndReason::PasskeyRemoved => Some(Notice::PasskeyRemoved),
        EndReason::Recovered => Some(Notice::Recovered),
        EndReason::Restored => Some(Notice::Restored),
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
pub(super) async fn render<V: IntoView + 'static>(
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
pub(super) fn fragment<V: IntoView>(part: impl FnOnce() -> V) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], app::fragment(part))
        .into_response()
}

pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
