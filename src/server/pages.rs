//! The pages: find out who is there, load what is shown, hand both to a view.

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::nonce::Nonce;
use leptos::prelude::*;

use super::middleware::CspNonce;
use super::site;
use super::state::AppState;
use crate::api::{self, ApiError};
use crate::app::{self, PageContext};
use crate::auth::{Caller, CurrentSession};

/// `GET /`
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    if state.auth.session_if_any(&caller).await?.is_some() {
        return Ok(see_other("/account"));
    }
    let signed_out = request.uri().query() == Some("signed-out");
    Ok(render(request, &state, "Sign in", false, move || view! { <app::SignInPage signed_out=signed_out /> })
        .await)
}

/// `GET /signup`
pub(super) async fn sign_up(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    if state.auth.session_if_any(&caller).await?.is_some() {
        return Ok(see_other("/account"));
    }
    Ok(render(request, &state, "Create an account", false, || view! { <app::SignUpPage /> }).await)
}

/// `GET /account`
pub(super) async fn account(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    let Some(CurrentSession { account, .. }) = state.auth.session_if_any(&caller).await? else {
        return Ok(see_other("/"));
    };
    let api::PasskeyList { passkeys } = api::passkey_list(state.auth.passkeys(&account).await?);
    let user: api::User = account.into();
    let now = state.clock.now().to_rfc3339();
    Ok(render(request, &state, "Your account", true, move || {
        view! { <app::AccountPage user=user.clone() passkeys=passkeys.clone() now=now.clone() /> }
    })
    .await)
}

/// Render one page into the shell.
async fn render<V: IntoView + 'static>(
    request: Request<Body>,
    state: &AppState,
    title: &'static str,
    signed_in: bool,
    page: impl Fn() -> V + Clone + Send + Sync + 'static,
) -> Response {
    let nonce = request.extensions().get::<CspNonce>().cloned().unwrap_or_default();
    let context = PageContext {
        title,
        assets: site::assets(),
        nonce: nonce.0,
        service: state.config.name.clone(),
        signed_in,
        reload_port: state.config.watched_by_reload_server(),
    };
    // leptos writes scripts of its own after the page; they must carry this answer's nonce, not one it makes up.
    let shared = Nonce::from_value(context.nonce.clone());
    let provide = move || provide_context(shared.clone());
    let view = move || app::shell(context.clone(), page.clone());
    leptos_axum::render_app_async_with_context(provide, view)(request).await
}

fn see_other(path: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static(path))]).into_response()
}
