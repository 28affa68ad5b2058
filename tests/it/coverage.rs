//! Every ceremony leaves an event, however it ends: with its request, its device, its reason. The list of calls is the one in
//! ARCHITECTURE.md, so that a new call cannot be forgotten here.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::dbsc::{Dbsc, https, send};
use crate::support::{Answer, App, Browser, DeviceKey, Key, SIGN_IN, SIGN_UP, flip_last_bit, on_both_databases};

on_both_databases!(u01_every_ceremony_leaves_an_event_whether_it_succeeds_or_not);

const PAGE: &str = include_str!("../../ARCHITECTURE.md");
const DONE: bool = true;
const REFUSED: bool = false;

/// What leaves none, and why.
const WITHOUT: &[(&str, bool, &str)] = &[
    ("/auth/passkey/register/options", DONE, "nothing has happened yet"),
    ("/auth/passkey/login/options", DONE, "nothing has happened yet: every page that signs people in has them"),
    ("/auth/passkey/login/options", REFUSED, "nothing in it can be refused"),
    ("/auth/step-up/options", DONE, "that a touch was asked for is told already"),
    ("/auth/dbsc/refresh", DONE, "six an hour and browser"),
    ("/auth/introspect", DONE, "reads, and notes the key's use in its row"),
    ("/auth/logout", REFUSED, "it never is"),
];

/// The calls that change something.
fn calls() -> BTreeSet<String> {
    let (_, api) = PAGE.split_once("## The API").unwrap();
    let (table, _) = api.split_once("A body that is not JSON").unwrap();
    let mut paths = BTreeSet::new();
    for row in table.lines() {
        let Some(first) = row.strip_prefix("| `POST ") else { continue };
        let cell = first.split('|').next().unwrap();
        let named: Vec<&str> = cell.split('`').filter(|part| part.starts_with('/')).collect();
        let folder = named[0].rsplit_once('/').unwrap().0;
        paths.insert(named[0].to_owned());
        paths.extend(named[1..].iter().map(|last| format!("{folder}{last}")));
    }
    paths
}

struct Watch {
    app: App,
    seen: BTreeSet<(String, bool)>,
}

impl Watch {
    /// This answer was `path`'s, and this event tells of it. Its details.
    async fn expect(
        &mut self,
        path: &str,
        answer: &Answer,
        kind: &str,
        is_done: bool,
    ) -> holdfast::audit::Details {
        assert_eq!(answer.status.is_success(), is_done, "{path}: {answer:?}");
        let id = answer.header("x-request-id");
        let events = self.app.events_of(kind).await;
        let event = events.into_iter().rev().find(|event| event.request_id == id);
        let event = event.unwrap_or_else(|| panic!("{path} left no {kind}"));
        assert!(event.details.device.is_some() && event.network.is_some(), "{path}: {event:?}");
        assert!(event.trace_id.is_some_and(|trace| trace.len() == 32));
        assert_eq!(event.created_at, self.app.now());
        assert!(is_done || event.reason.is_some(), "{path}: no reason");
        self.seen.insert((path.to_owned(), is_done));
        event.details
    }

    /// A change that needs a touch: asked for, and then made.
    async fn guarded(
        &mut self,
        browser: &mut Browser,
        key: &Key,
        path: &str,
        body: Value,
        kind: &str,
    ) -> (Answer, holdfast::audit::Details) {
        let asked = browser.post(path, &body).await;
        let told = self.expect(path, &asked, "authn_step_up_required", REFUSED).await;
        assert!(told.user.is_some() && told.session.is_some() && told.risk.is_some());
        let done = browser.guarded_post(path, &body, key).await;
        let told = self.expect(path, &done, kind, DONE).await;
        assert!(told.user.is_some() && told.session.is_some());
        (done, told)
    }

    async fn accounts_and_sign_ins(&mut self, browser: &mut Browser) -> Key {
        let refused = browser.post("/auth/passkey/register/options", &json!({ "email": "nonsense" })).await;
        self.expect("/auth/passkey/register/options", &refused, "user_create_fail", REFUSED).await;
        let mut key = browser.new_key();
        let options = browser.begin_sign_up("ada@example.test").await;
        let refused = browser.post(SIGN_UP, &json!({ "response": {} })).await;
        self.expect(SIGN_UP, &refused, "user_create_fail", REFUSED).await;
        let made = browser.finish_sign_up(key.create(&options)).await;
        let told = self.expect(SIGN_UP, &made, "user_created", DONE).await;
        assert!(told.user.is_some() && told.session.is_some() && told.credential.is_some());
        let refused = browser.post("/auth/passkey/register/options", &json!({ "email": "x@example.test" })).await;
        let told = self.expect("/auth/passkey/register/options", &refused, "user_create_fail", REFUSED).await;
        assert!(told.user.is_some() && told.session.is_some(), "in whose session");

        let options = browser.begin_sign_in().await;
        let refused = browser.finish_sign_in(flip_last_bit(&key.get(&options), "signature")).await;
        let told = self.expect(SIGN_IN, &refused, "authn_login_fail", REFUSED).await;
        assert!(told.user.is_some(), "whose passkey it was");
        let entered = browser.sign_in(&key).await;
        let told = self.expect(SIGN_IN, &entered, "authn_login_success", DONE).await;
        assert!(told.credential.is_some() && told.risk.is_some());
        key
    }

    async fn touches_and_changes(&mut self, browser: &mut Browser, key: &Key) {
        let options = browser.begin_step_up("session_continue", json!({})).await;
        let refused = browser.finish_step_up(flip_last_bit(&key.get(&options), "signature")).await;
        self.expect("/auth/step-up/verify", &refused, "authn_step_up_fail", REFUSED).await;
        let touched = browser.step_up("session_continue", json!({}), key).await;
        let told = self.expect("/auth/step-up/verify", &touched, "authn_step_up_success", DONE).await;
        assert!(told.credential.is_some());

        let (made, told) =
            self.guarded(browser, key, "/api-keys", json!({ "name": "deploy" }), "authn_token_created").await;
        let id = made.json()["apiKey"]["id"].clone();
        assert_eq!(json!(told.api_key), id, "which one");
        let (_, told) =
            self.guarded(browser, key, "/api-keys/revoke", json!({ "id": id }), "authn_token_revoked").await;
        assert_eq!(json!(told.api_key), id);
        let payout = json!({ "accountHolder": "Ada", "iban": "NO9386011117947" });
        self.guarded(browser, key, "/billing/payout", payout, "payout_changed").await;

        self.app.browser().sign_in(key).await.success();
        let events = browser.get("/auth/events").await.success()["events"].clone();
        let other = events
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["kind"] == "authn_login_success" && event["session"]["current"] == false);
        let other = other.unwrap_or_else(|| panic!("{events:#}"))["id"].clone();
        self.guarded(browser, key, "/auth/events/disown", json!({ "id": other }), "session_disowned").await;
        self.app.browser().sign_in(key).await.success();
        self.guarded(browser, key, "/auth/sessions/revoke", json!({ "others": true }), "session_revoked").await;

        let left = browser.sign_out().await;
        self.expect("/auth/logout", &left, "session_revoked", DONE).await;
    }

    async fn device_keys(&mut self) {
        let mut browser = self.app.browser();
        browser.sign_up_bound("bob@example.test").await;
        browser.session().await.success();
        let bad = [("dpop", "nonsense"), ("content-type", "application/json")];
        for (path, body) in [
            ("/auth/session/rotate", "{}"),
            ("/auth/step-up/options", r#"{"action":"session_continue","params":{}}"#),
        ] {
            let refused = browser.send(Method::POST, path, &bad, body.to_owned().into()).await;
            let told = self.expect(path, &refused, "authn_proof_fail", REFUSED).await;
            assert!(told.user.is_some() && told.session.is_some());
        }
        self.app.advance(15 * 60);
        let rotated = browser.rotate().await;
        self.expect("/auth/session/rotate", &rotated, "session_renewed", DONE).await;
    }

    async fn bound_sessions(&mut self, key: &Key) {
        let mut browser = self.app.browser();
        let entered = browser.sign_in(key).await;
        let mut dbsc = Dbsc::offered(&entered);
        let path = "/auth/dbsc/register";
        let refused = send(&mut browser, &dbsc.offer.path, &[("secure-session-response", "nonsense")]).await;
        let told = self.expect(path, &refused, "session_bind_fail", REFUSED).await;
        assert!(told.user.is_none(), "nobody knows whose it was");
        let stale = dbsc.registration().with("jti", "A".repeat(43)).encode();
        let refused = dbsc.register_with(&mut browser, &stale).await;
        let told = self.expect(path, &refused, "session_bind_fail", REFUSED).await;
        assert!(told.user.is_some() && told.session.is_some(), "the offer was theirs");
        let bound = dbsc.register(&mut browser).await;
        self.expect(path, &bound, "session_bound", DONE).await;

        let challenge = dbsc.challenge.clone().unwrap();
        dbsc.key = DeviceKey::new();
        let refused = dbsc.refresh_with(&mut browser, &dbsc.response(&challenge).encode()).await;
        self.expect("/auth/dbsc/refresh", &refused, "session_binding_violated", REFUSED).await;
    }

    async fn programs(&mut self) {
        let headers =
            [("authorization", "Bearer hfk_nonsense"), ("content-type", "application/json"), ("origin", "")];
        let refused =
            self.app.browser().send(Method::POST, "/auth/introspect", &headers, "{}".to_owned().into()).await;
        self.expect("/auth/introspect", &refused, "authz_fail", REFUSED).await;
    }
}

async fn u01_every_ceremony_leaves_an_event_whether_it_succeeds_or_not(app: App) {
    let app = https(&app).await;
    let mut browser = app.browser();
    let mut watch = Watch { app, seen: BTreeSet::new() };
    let key = watch.accounts_and_sign_ins(&mut browser).await;
    watch.touches_and_changes(&mut browser, &key).await;
    watch.device_keys().await;
    watch.bound_sessions(&key).await;
    watch.programs().await;

    let calls = calls();
    assert!(calls.len() >= 16, "{calls:?}");
    for path in calls {
        for outcome in [DONE, REFUSED] {
            let exempt = WITHOUT.iter().any(|(without, which, _)| *without == path && *which == outcome);
            let seen = watch.seen.contains(&(path.clone(), outcome));
            let which = if outcome == DONE { "done" } else { "refused" };
            assert!(seen != exempt, "{path}, {which}: seen {seen}, on the list of those without {exempt}");
        }
    }
}
