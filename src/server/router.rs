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
    let throttled = from_fn_with_state(state.clone(), middleware::throttle);
    let json = from_fn(middleware::json_body);
    // What else stands below is never throttled: the browser's own calls (DBSC), what operators ask, and files.
    let routes = of_people
        .route("/auth/dbsc/register", post(dbsc::register))
        .route("/auth/dbsc/refresh", post(dbsc::refresh))
        .route("/auth/introspect", post(introspect::introspect).route_layer(json).route_layer(throttled))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// `METHOD /path` of every route, as this file and the server functions have them.
    fn routes() -> BTreeSet<String> {
        let source = include_str!("router.rs");
        let (source, _) = source.split_once("#[cfg(test)]").expect("this module");
        let mut routes: BTreeSet<String> =
            leptos::server_fn::axum::server_fn_paths().map(|(path, method)| format!("{method} {path}")).collect();
        for route in source.split(".route(\"").skip(1) {
            let (path, rest) = route.split_once('"').expect("a path");
            let method = rest.trim_start_matches([',', ' ']).split('(').next().expect("a method");
            assert!(["get", "post"].contains(&method), "{path}: say here which method it is");
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
        routes
    }

    #[test]
    fn l11_the_document_lists_every_way_in_and_no_other() {
        let document = include_str!("../../docs/ways-in.md");
        let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let listed: Vec<String> = rows.map(|(route, _)| route.to_owned()).collect();
        let documented: BTreeSet<String> = listed.iter().cloned().collect();
        assert_eq!(documented.len(), listed.len(), "something is listed twice");
        let routes = routes();
        assert!(routes.len() > 30, "{routes:?}");
        assert_eq!(
            routes.difference(&documented).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "not in docs/ways-in.md"
        );
        assert_eq!(documented.difference(&routes).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the router");
    }

    #[test]
    fn l11_every_way_in_says_how_strong_it_is() {
        let document = include_str!("../../docs/ways-in.md");
        let (_, ways) = document.split_once("## Ways in").expect("the section");
        let (ways, _) = ways.split_once("\n## ").expect("the next one");
        let rows: Vec<Vec<&str>> = ways
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        assert!(rows.len() >= 10, "{rows:?}");
        for row in &rows {
            let [_, _, takes, strength] = row.as_slice() else { panic!("{row:?}") };
            assert!(!takes.is_empty(), "{row:?}");
            let known = ["AAL2", "none yet", "keeps the session's", "one factor"];
            assert!(known.iter().any(|words| strength.contains(words)), "{row:?}");
        }
    }
}
