//! Every path there is.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use leptos::prelude::provide_context;

use super::state::AppState;
use super::{handlers, middleware, pages, site};

/// The whole application, middleware included.
pub fn router(state: AppState) -> Router {
    // Rendering spawns tasks; a second call finds it set already.
    let _ = any_spawner::Executor::init_tokio();
    let routes = Router::new()
        .merge(server_functions(&state))
        .route("/auth/session", get(handlers::session))
        .route("/auth/passkeys", get(handlers::passkeys))
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .route("/", get(pages::sign_in))
        .route("/signup", get(pages::sign_up))
        .route("/account", get(pages::account))
        .fallback(site::serve)
        .with_state(state.clone());
    middleware::around(routes, &state)
}

/// The POST rows of the contract: Leptos server functions at their fixed paths, behind the checks that
/// leptos_axum leaves to us.
fn server_functions(state: &AppState) -> Router<AppState> {
    let auth = state.auth.clone();
    let handler = post(move |request: Request<Body>| {
        let auth = auth.clone();
        async move {
            leptos_axum::handle_server_fns_with_context(move || provide_context(auth.clone()), request)
                .await
                .into_response()
        }
    })
    // Around the method, not the path: another method is a 405, whatever its body.
    .route_layer(from_fn(middleware::json_body));
    leptos::server_fn::axum::server_fn_paths()
        .fold(Router::new(), |router, (path, _)| router.route(path, handler.clone()))
}
