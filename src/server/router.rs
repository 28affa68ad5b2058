//! Every path there is.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, any, get, post};
use leptos::prelude::provide_context;

use super::state::AppState;
use super::{
    admin, dbsc, export, forward, handlers, introspect, links, middleware, pages, recover, site, well_known,
};
use crate::api::ApiError;

/// Where what only operators know of begins.
const CONSOLE: &str = "/admin/";

/// The whole application, middleware included.
pub fn router(state: AppState) -> Router {
    // Rendering spawns tasks; a second call finds it set already.
    let _ = any_spawner::Executor::init_tokio();
    // Whoever asks these may have a session. It is found first, and its next token handed out with the answer.
    let of_people = Router::new()
        .merge(server_functions(&state, |path| !path.starts_with(CONSOLE)))
        .route("/auth/session", get(handlers::session))
        .route("/auth/passkeys", get(handlers::passkeys))
        .route("/auth/sessions", get(handlers::sessions))
        .route("/auth/events", get(handlers::events))
        .route("/api-keys", get(handlers::api_keys))
        .route("/billing/payout", get(handlers::payout))
        .route("/account/export", get(export::export))
        .route("/account/export", post(export::export).route_layer(from_fn(middleware::json_body)))
        .route("/account/email", get(handlers::addresses))
        .route("/", get(pages::sign_in))
        .route("/signup", get(pages::sign_up))
        .route("/account", get(pages::account))
        .route("/account/passkeys", get(pages::passkeys))
        .route("/account/passkeys/panel", get(pages::passkeys_panel))
        .route("/account/sessions", get(pages::sessions))
        .route("/account/sessions/panel", get(pages::sessions_panel))
        .route("/account/activity", get(pages::activity))
        .route("/account/activity/panel", get(pages::activity_panel))
        .route("/account/api-keys", get(pages::api_keys))
        .route("/account/api-keys/panel", get(pages::api_keys_panel))
        .route("/account/billing", get(pages::billing))
        .route("/account/billing/panel", get(pages::billing_panel))
        .route("/account/delete", get(pages::deletion))
        .route("/account/delete/panel", get(pages::deletion_panel))
        .route("/account/recovery", get(pages::recovery))
        .route("/account/recovery/panel", get(pages::recovery_panel))
        .route("/recover", get(recover::page))
        .route("/recover/panel", get(recover::panel))
        .route("/recover/restore", get(recover::restore_page))
        .route("/recover/restore/panel", get(recover::restore_panel))
        .route_layer(from_fn_with_state(state.clone(), middleware::session))
        .route_layer(from_fn_with_state(state.clone(), middleware::throttle));
    // On the way to an app. What is asked for there is asked for here.
    let to_apps = Router::new()
        .route("/continue", get(forward::go_on))
        .route_layer(from_fn_with_state(state.clone(), middleware::session))
        .route_layer(from_fn_with_state(state.clone(), forward::as_there))
        .route_layer(from_fn_with_state(state.clone(), middleware::throttle));
    // Whoever is no operator finds nothing at any of these, whatever the method.
    let of_operators = Router::new()
        .merge(server_functions(&state, |path| path.starts_with(CONSOLE)))
        .route("/admin", get(admin::now).merge(no_other("GET, HEAD")))
        .route("/admin/panel", get(admin::now_panel).merge(no_other("GET, HEAD")))
        .route("/admin/alerts", get(admin::alerts).merge(no_other("GET, HEAD")))
        .route("/admin/alerts/panel", get(admin::alerts_panel).merge(no_other("GET, HEAD")))
        .route("/admin/events", get(admin::events).merge(no_other("GET, HEAD")))
        .route("/admin/events/panel", get(admin::events_panel).merge(no_other("GET, HEAD")))
        .route("/admin/people/{id}", get(admin::person).merge(no_other("GET, HEAD")))
        .route("/admin/people/{id}/panel", get(admin::person_panel).merge(no_other("GET, HEAD")))
        .route_layer(from_fn_with_state(state.clone(), middleware::session))
        .route_layer(from_fn_with_state(state.clone(), middleware::operators))
        .route_layer(from_fn_with_state(state.clone(), middleware::throttle));
    let throttled = from_fn_with_state(state.clone(), middleware::throttle);
    let (looks, says) = (throttled.clone(), throttled.clone());
    let (starts, arrives) = (throttled.clone(), throttled.clone());
    let json = from_fn(middleware::json_body);
    // What else stands below is never throttled: the browser's own calls (DBSC), what operators ask, and files.
    let routes = of_people
        .merge(of_operators)
        .merge(to_apps)
        .route("/auth/forward", get(forward::judge))
        .route("/auth/forward/start", get(forward::start).route_layer(starts))
        .route("/auth/forward/callback", get(forward::callback).route_layer(arrives))
        .route("/auth/dbsc/register", post(dbsc::register))
        .route("/auth/dbsc/refresh", post(dbsc::refresh))
        .route("/auth/introspect", post(introspect::introspect).route_layer(json).route_layer(throttled))
        // Whoever follows a link of a mail is signed out, as a rule.
        .route("/not-me", get(links::show).route_layer(looks))
        .route("/not-me", post(links::say).route_layer(says))
        .route("/.well-known/webauthn", get(well_known::webauthn))
        .route("/.well-known/passkey-endpoints", get(well_known::passkey_endpoints))
        .route("/.well-known/change-password", get(well_known::change_password))
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route("/.well-known/security.txt", get(well_known::security_txt))
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .fallback(site::serve)
        .with_state(state.clone());
    middleware::around(routes, &state)
}

/// The POST rows of the contract: Leptos server functions at their fixed paths, behind the checks that
/// leptos_axum leaves to us.
fn server_functions(state: &AppState, is_meant: fn(&str) -> bool) -> Router<AppState> {
    let rules = (state.auth.clone(), state.vault.clone(), state.admin.clone());
    let handler = post(move |request: Request<Body>| {
        let (auth, vault, admin) = rules.clone();
        let provide = move || {
            provide_context(auth.clone());
            provide_context(vault.clone());
            provide_context(admin.clone());
        };
        async move { leptos_axum::handle_server_fns_with_context(provide, request).await.into_response() }
    })
    // Around the method, not the path: another method is a 405, whatever its body.
    .route_layer(from_fn(middleware::json_body));
    // Elsewhere axum says by itself what else an address takes.
    let handler = if is_meant(CONSOLE) { handler.merge(no_other("POST")) } else { handler };
    leptos::server_fn::axum::server_fn_paths()
        .filter(|(path, _)| is_meant(path))
        .fold(Router::new(), |router, (path, _)| router.route(path, handler.clone()))
}

/// Any other method, at an address that is hidden from most. By itself axum would say which ones it takes, after everything that hides it.
fn no_other(allowed: &'static str) -> MethodRouter<AppState> {
    any(async move || {
        let allow = [(header::ALLOW, HeaderValue::from_static(allowed))];
        (allow, ApiError::method_not_allowed()).into_response()
    })
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
