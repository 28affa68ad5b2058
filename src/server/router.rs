//! Every path there is.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use leptos::prelude::provide_context;

use super::state::AppState;
use super::{dbsc, handlers, introspect, middleware, pages, site};

/// The whole application, middleware included.
pub fn router(state: AppState) -> Router {
    // Rendering spawns tasks; a second call finds it set already.
    let _ = any_spawner::Executor::init_tokio();
    // Whoever asks these may have a session. It is found first, and its next token handed out with the answer.
    let of_people = Router::new()
        .merge(server_functions(&state))
        .route("/auth/session", get(handlers::session))
        .route("/auth/passkeys", get(handlers::passkeys))
        .route("/auth/sessions", get(handlers::sessions))
        .route("/auth/events", get(handlers::events))
        .route("/api-keys", get(handlers::api_keys))
        .route("/billing/payout", get(handlers::payout))
        .route("/", get(pages::sign_in))
        .route("/signup", get(pages::sign_up))
        .route("/account", get(pages::account))
        .route("/account/sessions", get(pages::sessions))
        .route("/account/sessions/panel", get(pages::sessions_panel))
        .route("/account/activity", get(pages::activity))
        .route("/account/activity/panel", get(pages::activity_panel))
        .route("/account/api-keys", get(pages::api_keys))
        .route("/account/api-keys/panel", get(pages::api_keys_panel))
        .route("/account/billing", get(pages::billing))
        .route("/account/billing/panel", get(pages::billing_panel))
        .route_layer(from_fn_with_state(state.clone(), middleware::session))
        .route_layer(from_fn_with_state(state.clone(), middleware::throttle));
    let introspect = post(introspect::introspect)
        .route_layer(from_fn(middleware::json_body))
        .route_layer(from_fn_with_state(state.clone(), middleware::throttle));
    // What stands below is never throttled: the browser's own calls (DBSC), what operators ask, and files.
    let routes = of_people
        .route("/auth/dbsc/register", post(dbsc::register))
        .route("/auth/dbsc/refresh", post(dbsc::refresh))
        .route("/auth/introspect", introspect)
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .fallback(site::serve)
        .with_state(state.clone());
    middleware::around(routes, &state)
}

/// The POST rows of the contract: Leptos server functions at their fixed paths, behind the checks that
/// leptos_axum leaves to us.
fn server_functions(state: &AppState) -> Router<AppState> {
    let rules = (state.auth.clone(), state.vault.clone());
    let handler = post(move |request: Request<Body>| {
        let (auth, vault) = rules.clone();
        let provide = move || {
            provide_context(auth.clone());
            provide_context(vault.clone());
        };
        async move { leptos_axum::handle_server_fns_with_context(provide, request).await.into_response() }
    })
    // Around the method, not the path: another method is a 405, whatever its body.
    .route_layer(from_fn(middleware::json_body));
    leptos::server_fn::axum::server_fn_paths()
        .fold(Router::new(), |router, (path, _)| router.route(path, handler.clone()))
}
