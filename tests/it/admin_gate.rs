//! Who finds the console, who may look, and for how long.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, Browser, on_both_databases};

on_both_databases!(
    who_is_no_operator_finds_nothing_at_any_of_its_addresses,
    an_operator_looks_after_a_touch_and_for_ten_minutes,
    a_touch_is_good_only_in_the_browser_and_session_that_made_it,
    a_touch_for_something_else_opens_nothing,
    a_bound_session_needs_a_proof_as_well,
    who_is_no_operator_any_more_finds_nothing_at_the_next_request,
    actions_of_operators_are_unknown_to_others,
    looking_is_recorded_and_a_page_that_refreshes_itself_once,
    looking_at_a_page_that_refreshes_itself_keeps_no_session_alive,
    the_command_grants_revokes_and_lists,
    an_address_that_several_claim_needs_an_id,
);

/// Every way into the console.
const PATHS: &[&str] = &[
    "/admin",
    "/admin/panel",
    "/admin/alerts",
    "/admin/alerts/panel",
    "/admin/events",
    "/admin/events/panel",
    "/admin/people/{id}",
    "/admin/people/{id}/panel",
    "/admin/alerts/acknowledge",
    "/admin/sessions/revoke",
];

const PANEL: &str = "/admin/panel";

/// What can be seen of an answer, but for what differs between any two.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let id = answer.header("x-request-id");
    let nonce =
        answer.header("content-security-policy").split("'nonce-").nth(1).and_then(|it| it.split('\'').next());
    let clean = |text: &str| {
        let text = text.replace(id, "ID");
        nonce.map_or_else(|| text.clone(), |nonce| text.replace(nonce, "NONCE"))
    };
    let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), clean(value.to_str().unwrap())));
    (answer.status.as_u16(), headers.collect(), clean(&String::from_utf8_lossy(&answer.body)))
}

async fn knock(browser: &mut Browser, method: &str, path: &str, accept: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let is_read = matches!(method, Method::GET | Method::HEAD);
    let headers = [("accept", accept), ("content-type", "application/json")];
    let body = if is_read { Body::empty() } else { "{}".to_owned().into() };
    browser.send(method, path, &headers[..if is_read { 1 } else { 2 }], body).await
}

async fn who_is_no_operator_finds_nothing_at_any_of_its_addresses(app: App) {
    let (mut operator, ..) = app.operator().await;
    let (mut person, mut bound) = (app.browser(), app.browser());
    person.sign_up("ada@example.test").await;
    bound.sign_up_bound("bob@example.test").await;
    // Whose token is due, so that any page would bring a new one.
    let mut due = app.browser();
    due.sign_up("cyd@example.test").await;
    let stranger = app.browser();
    let mut forged = app.browser();
    forged.cookies.insert("__Host-sid".into(), "A".repeat(43));
    app.advance(16 * 60);
    person.session().await.success();

    let events = app.events().await.len();
    for mut browser in [stranger, forged, person, bound, due] {
        for accept in ["text/html", "application/json"] {
            for path in PATHS {
                let path = path.replace("{id}", "00000000-0000-0000-0000-000000000007");
                for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
                    let nothing = knock(&mut browser, method, "/nothing/here", accept).await;
                    let console = knock(&mut browser, method, &path, accept).await;
                    assert_eq!(nothing.status, 404);
                    assert_eq!(seen(&console), seen(&nothing), "{method} {path} as {accept}");
                }
            }
        }
    }
    assert_eq!(app.events().await.len(), events, "nothing has happened");
    // The same knocks are heard of an operator's.
    assert_eq!(operator.open("/admin").await.status, 200);
    assert_eq!(knock(&mut operator, "DELETE", "/admin", "application/json").await.status, 405);
}

async fn an_operator_looks_after_a_touch_and_for_ten_minutes(app: App) {
    let (mut browser, key, _) = app.operator().await;
    let frame = browser.open("/admin").await;
    assert_eq!(frame.status, 200);
    assert!(frame.shows_island("Panel") && frame.text().contains("data-about=\"/admin/panel\""));
    let asked = browser.get(PANEL).await.refusal(403, "step_up_required");
    assert_eq!(asked["stepUp"], json!({ "action": "admin_open", "params": {} }));
    let touched = browser.open_console(&key).await;
    assert_eq!(touched.success()["validUntil"], "2026-11-22T19:44:56Z");
    assert!(touched.set_cookie("__Host-step-up").unwrap().contains("Max-Age=600"));
    for _ in 0..3 {
        browser.get(PANEL).await.ok();
    }
    // It outlives other touches, which last shorter.
    app.advance(5 * 60);
    let other = browser.step_up("passkey_add", json!({}), &key).await;
    assert!(other.set_cookie("__Host-step-up").unwrap().contains("Max-Age=300"));
    app.advance(5 * 60 - 1);
    browser.get(PANEL).await.ok();
    app.advance(1);
    browser.get(PANEL).await.refusal(403, "step_up_required");
    // A page that refreshes itself is told calmly, and nothing is asked or shown.
    let asked = app.count_events("authn_step_up_required").await;
    let refreshed = browser.get("/admin/panel?watch=1").await;
    refreshed.ok();
    assert!(refreshed.text().contains("Closed for now"), "{}", refreshed.text());
    assert_eq!(app.count_events("authn_step_up_required").await, asked);
    browser.open_console(&key).await.success();
    browser.get(PANEL).await.ok();
}

async fn a_touch_is_good_only_in_the_browser_and_session_that_made_it(app: App) {
    let (browser, key, _) = app.opened_console().await;
    let mut thief = browser.clone();
    thief.cookies.remove("__Host-step-up");
    thief.get(PANEL).await.refusal(403, "step_up_required");
    let mut other = app.browser();
    other.sign_in(&key).await.success();
    other.cookies.insert("__Host-step-up".into(), browser.cookies["__Host-step-up"].clone());
    other.get(PANEL).await.refusal(403, "step_up_required");
}

async fn a_touch_for_something_else_opens_nothing(app: App) {
    let (mut browser, key, _) = app.operator().await;
    browser.step_up("session_continue", json!({}), &key).await.success();
    browser.step_up("session_revoke", json!({ "others": true }), &key).await.success();
    browser.get(PANEL).await.refusal(403, "step_up_required");
}

async fn a_bound_session_needs_a_proof_as_well(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("olga@example.test").await;
    app.make_operator("olga@example.test").await;
    browser.session().await.success();
    browser.open_console(&key).await.success();
    let mut thief = browser.cookies_only();
    browser.get(PANEL).await.ok();
    thief.cookies.clone_from(&browser.cookies);
    thief.get(PANEL).await.refusal(401, "dpop_proof_required");
    assert_eq!(thief.open("/admin").await.status, 200, "the frame says nothing");
}

async fn who_is_no_operator_any_more_finds_nothing_at_the_next_request(app: App) {
    let (mut browser, _, id) = app.opened_console().await;
    browser.get(PANEL).await.ok();
    assert!(app.state.admin.roles.revoke(id).await.unwrap());
    browser.get(PANEL).await.refusal(404, "not_found");
    assert_eq!(browser.open("/admin").await.status, 404);
    browser.session().await.success();
}

async fn actions_of_operators_are_unknown_to_others(app: App) {
    let (mut operator, key, id) = app.operator().await;
    let mut person = app.browser();
    person.sign_up("ada@example.test").await;
    for (action, params) in [
        ("admin_open", json!({})),
        ("alert_acknowledge", json!({ "id": id })),
        ("admin_session_revoke", json!({ "user": id, "all": true })),
    ] {
        let begin = json!({ "action": action, "params": params });
        person.post("/auth/step-up/options", &begin).await.refusal(400, "invalid_request");
        operator.step_up(action, params, &key).await.success();
    }
}

async fn looking_is_recorded_and_a_page_that_refreshes_itself_once(app: App) {
    let (mut browser, _, id) = app.opened_console().await;
    let looked = async || -> Vec<(Option<String>, String)> {
        let events = app.events_of("authz_admin").await;
        events
            .into_iter()
            .map(|event| {
                assert_eq!((event.user_id, event.details.actor), (None, Some(id)));
                assert!(event.session_id.is_some() && event.details.device.is_some());
                (event.reason, event.request_id)
            })
            .collect()
    };
    let answer = browser.get(PANEL).await;
    assert_eq!(looked().await, [(Some("opened".to_owned()), answer.header("x-request-id").to_owned())]);
    for _ in 0..4 {
        app.advance(5);
        browser.get("/admin/panel?watch=1").await.ok();
    }
    assert_eq!(looked().await.len(), 1, "the page was recorded when it was opened");
    browser.get(PANEL).await.ok();
    assert_eq!(looked().await.len(), 2, "opened again");

    // Nobody looks unseen by asking as a page does that refreshes itself.
    let (mut sly, key) = (app.browser(), app.browser().sign_up("sly@example.test").await);
    sly.sign_in(&key).await.success();
    let sly_id = app.make_operator("sly@example.test").await;
    sly.open_console(&key).await.success();
    sly.get("/admin/panel?watch=1").await.ok();
    let events = app.events_of("authz_admin").await;
    assert_eq!(events.last().unwrap().details.actor, Some(sly_id));
    assert_eq!(events.len(), 3);
}

async fn looking_at_a_page_that_refreshes_itself_keeps_no_session_alive(app: App) {
    let app = app.beside(&[("HOLDFAST_SESSION_IDLE", "8m")]).await;
    let (mut browser, ..) = app.opened_console().await;
    browser.get(PANEL).await.ok();
    for _ in 0..7 {
        app.advance(60);
        browser.get("/admin/panel?watch=1").await.ok();
    }
    app.advance(60);
    browser.get("/admin/panel?watch=1").await.refusal(404, "not_found");
    browser.session().await.refusal(401, "invalid_session");
}

fn run(app: &App, arguments: &[&str]) -> (bool, String) {
    let output = app.output(arguments, &[("USER", "root"), ("HOLDFAST_LOG_FILTER", "off")]);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn the_command_grants_revokes_and_lists(app: App) {
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    let id = app.id_of("ada@example.test").await.to_string();
    assert_eq!(run(&app, &["admin", "list"]), (true, "nobody is an operator\n".to_owned()));
    let (ok, said) = run(&app, &["admin", "grant", "--user", " Ada@Example.test "]);
    assert!(ok && said.contains(&id) && said.contains("is an operator now"), "{said}");
    assert!(said.contains("Anybody can claim an address"), "{said}");
    assert_eq!(browser.open("/admin").await.status, 200);
    let (ok, said) = run(&app, &["admin", "grant", "--user", &id]);
    assert!(ok && said.contains("was an operator already"), "{said}");
    let (_, said) = run(&app, &["admin", "list"]);
    assert!(said.contains(&id) && said.contains("granted by root"), "{said}");
    let (ok, said) = run(&app, &["admin", "revoke", "--user", &id]);
    assert!(ok && said.contains("is no operator any more"), "{said}");
    assert_eq!(browser.open("/admin").await.status, 404);
    let (ok, said) = run(&app, &["admin", "grant", "--user", "nobody@example.test"]);
    assert!(!ok && said.contains("nobody has"), "{said}");

    let reasons: Vec<_> = app
        .events_of("privilege_permissions_changed")
        .await
        .into_iter()
        .map(|event| (event.user_id.unwrap().to_string(), event.reason.unwrap()))
        .collect();
    assert_eq!(reasons, [(id.clone(), "operator_granted".to_owned()), (id, "operator_revoked".to_owned())]);
    // The person is told.
    let events: Value = browser.get("/auth/events").await.success()["events"].clone();
    assert_eq!(events[0]["kind"], "privilege_permissions_changed");
}

async fn an_address_that_several_claim_needs_an_id(app: App) {
    let (mut one, mut two) = (app.browser(), app.browser());
    one.sign_up("boss@example.test").await;
    app.advance(60);
    two.sign_up("boss@example.test").await;
    let (ok, said) = run(&app, &["admin", "grant", "--user", "boss@example.test"]);
    assert!(!ok && said.contains("2 accounts claim that address"), "{said}");
    for user in app.stored().await.users {
        assert!(said.contains(&user.id.to_string()), "{said}");
    }
    assert!(
        said.contains("created 2026-11-22T19:34:56Z") && said.contains("created 2026-11-22T19:35:56Z"),
        "{said}"
    );
    assert_eq!(app.count("roles").await, 0);
    let wanted = app.stored().await.users.into_iter().max_by_key(|user| user.created_at).unwrap().id;
    assert!(run(&app, &["admin", "grant", "--user", &wanted.to_string()]).0);
    assert_eq!(one.open("/admin").await.status, 404);
    assert_eq!(two.open("/admin").await.status, 200);
}
