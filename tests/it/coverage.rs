//! Every ceremony leaves an event, however it ends: with its request, its device, its reason. The list of calls is the one in
//! ARCHITECTURE.md, so that a new call cannot be forgotten here.

use std::collections::BTreeSet;

use axum::http::Method;
use holdfast::audit::{Event, EventType, Origin};
use serde_json::{Value, json};

use crate::support::dbsc::{Dbsc, https, send};
use crate::support::mails::{EMAIL, VERIFY};
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
    ("/auth/passkeys/rename", REFUSED, "nothing was changed, and no touch was asked for"),
    ("/account/delete/undo", REFUSED, "it never is"),
    ("/not-me", REFUSED, "a link that is none belongs to nobody"),
    ("/auth/recovery/start", REFUSED, "what is no address belongs to nobody"),
    ("/auth/recovery/status", DONE, "reads"),
    ("/auth/recovery/status", REFUSED, "reads"),
    ("/auth/recovery/cancel", REFUSED, "a token that is none belongs to nobody"),
    ("/auth/recovery/complete/options", DONE, "nothing has happened yet"),
    ("/auth/recovery/complete/options", REFUSED, "nothing has happened yet"),
    ("/auth/recovery/restore/options", DONE, "nothing has happened yet"),
    ("/auth/recovery/restore/options", REFUSED, "nothing in it can be refused"),
];

/// The calls that change something.
pub(super) fn calls() -> BTreeSet<String> {
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
        self.guarded(browser, key, "/account/export", json!({}), "sensitive_read").await;
        self.guarded(browser, key, "/account/delete", json!({}), "user_deletion_requested").await;
        let path = "/account/delete/undo";
        let kept = browser.post(path, &json!({})).await;
        self.expect(path, &kept, "user_deletion_cancelled", DONE).await;

        let mut second = browser.new_key();
        let options = browser.guarded_post("/auth/passkey/register/options", &json!({}), key).await.success();
        let made = browser.finish_sign_up(second.create(&options)).await.success()["passkey"]["id"].clone();
        let renamed = browser.post("/auth/passkeys/rename", &json!({ "id": made, "label": "Phone" })).await;
        let told = self.expect("/auth/passkeys/rename", &renamed, "credential_updated", DONE).await;
        assert_eq!(json!(told.credential), made);
        let body = json!({ "id": made });
        let (_, told) = self.guarded(browser, key, "/auth/passkeys/remove", body, "credential_deleted").await;
        assert_eq!(json!(told.credential), made);

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

        self.what_operators_do(browser, key).await;

        let left = browser.sign_out().await;
        self.expect("/auth/logout", &left, "session_revoked", DONE).await;
    }

    async fn what_operators_do(&mut self, browser: &mut Browser, key: &Key) {
        let id = self.app.make_operator("ada@example.test").await;
        let tx = self.app.state.trail.begin().await.unwrap();
        for number in 0..10 {
            let origin = Origin { request_id: format!("r{number}"), ..Origin::default() };
            tx.record(origin, Event::refused(EventType::AuthnLoginFail, "signature_invalid").user(id));
        }
        tx.commit().await.unwrap();
        self.app.state.watcher.look().await.unwrap();
        let alert = self.app.state.watcher.open_alerts(1).await.unwrap()[0].id;
        let (path, body) = ("/admin/alerts/acknowledge", json!({ "id": alert, "note": "seen" }));
        let asked = browser.post(path, &body).await;
        self.expect(path, &asked, "authn_step_up_required", REFUSED).await;
        let done = browser.guarded_post(path, &body, key).await;
        let told = self.expect(path, &done, "authz_admin", DONE).await;
        assert_eq!((told.actor, told.alert), (Some(id), Some(alert)));

        self.app.browser().sign_up("eve@example.test").await;
        let body = json!({ "user": self.app.id_of("eve@example.test").await, "all": true });
        let (_, told) = self.guarded(browser, key, "/admin/sessions/revoke", body, "session_revoked").await;
        assert_eq!(told.actor, Some(id));
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

    async fn addresses(&mut self) {
        let app = self.app.beside(&[]).await;
        let mut browser = self.app.browser();
        let key = browser.sign_up("zoe@example.test").await;
        let asked = browser.post(EMAIL, &json!({ "address": "zoe@example.test" })).await;
        self.expect(EMAIL, &asked, "email_code_sent", DONE).await;
        let code = app.code_to("zoe@example.test").await;
        let id = asked.json()["id"].clone();
        let refused = browser.verify(&id, "wrong").await;
        self.expect(VERIFY, &refused, "email_code_fail", REFUSED).await;
        let done = browser.verify(&id, &code).await;
        self.expect(VERIFY, &done, "email_verified", DONE).await;
        let address = json!({ "address": "zoe@work.example" });
        let (asked, _) = self.guarded(&mut browser, &key, EMAIL, address, "email_code_sent").await;
        let (first, id) = (json!({ "id": id }), asked.json()["id"].clone());
        let code = app.code_to("zoe@work.example").await;
        browser.verify(&id, &code).await.success();
        let body = json!({ "id": id });
        self.guarded(&mut browser, &key, "/account/email/primary", body, "email_changed").await;
        self.guarded(&mut browser, &key, "/account/email/remove", first, "email_removed").await;
        app.letters().await;

        let mut other = self.app.browser();
        other.sign_in(&key).await.success();
        let link = App::letter_to(&app.letters().await, "zoe@work.example").link();
        let token = link.split_once("t=").unwrap().1;
        let answer = other.post_form("/not-me", &format!("token={token}")).await;
        let event = self.app.events_of("session_disowned").await.pop().unwrap();
        assert_eq!((answer.status.as_u16(), event.request_id.as_str()), (303, answer.header("x-request-id")));
        self.seen.insert(("/not-me".to_owned(), DONE));
    }

    /// The mail about a recovery, which is looked for when the answer is on its way.
    async fn recovery_code(&self, app: &App, to: &str) -> String {
        for _ in 0..250 {
            let letters = app.letters().await;
            if let Some(letter) = letters.iter().find(|it| it.to == to && it.text.contains("type this code")) {
                return letter.code();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no code went to {to}")
    }

    async fn recoveries(&mut self) {
        const IVY: &str = "ivy@example.test";
        let app = self.app.beside(&[]).await;
        let mut own = self.app.browser();
        let key = own.sign_up(IVY).await;
        own.confirm(&app, IVY, &key).await;
        let (made, _) =
            self.guarded(&mut own, &key, "/account/recovery-codes", json!({}), "recovery_codes_created").await;
        let codes = made.json()["codes"].clone();

        let mut browser = self.app.browser();
        for (number, is_stopped) in [(0, true), (1, false)] {
            let begun = browser.post("/auth/recovery/start", &json!({ "email": IVY })).await;
            let mailed = self.recovery_code(&app, IVY).await;
            self.expect("/auth/recovery/start", &begun, "recovery_started", DONE).await;
            let path = "/auth/recovery/approve";
            let body = json!({ "method": "saved_code", "code": "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z" });
            let refused = browser.post(path, &body).await;
            let told = self.expect(path, &refused, "recovery_fail", REFUSED).await;
            assert!(told.user.is_some(), "whose it is");
            let half = browser.post(path, &json!({ "method": "mail", "code": mailed })).await;
            self.expect(path, &half, "recovery_approved", DONE).await;
            browser.post(path, &json!({ "method": "saved_code", "code": codes[number] })).await.success();
            if is_stopped {
                let stopped = browser.post("/auth/recovery/cancel", &json!({})).await;
                self.expect("/auth/recovery/cancel", &stopped, "recovery_stopped", DONE).await;
            }
            self.app.advance(24 * 60 * 60);
        }
        let path = "/auth/recovery/complete/verify";
        let refused = browser.post(path, &json!({ "response": {} })).await;
        self.expect(path, &refused, "recovery_fail", REFUSED).await;
        let options = browser.post("/auth/recovery/complete/options", &json!({})).await.success();
        let done = browser.post(path, &json!({ "response": browser.new_key().create(&options) })).await;
        let told = self.expect(path, &done, "recovery_completed", DONE).await;
        assert!(told.user.is_some() && told.session.is_some() && told.credential.is_some());

        let path = "/auth/recovery/restore/verify";
        let options = browser.post("/auth/recovery/restore/options", &json!({})).await.success();
        let refused =
            browser.post(path, &json!({ "response": flip_last_bit(&key.get(&options), "signature") })).await;
        let told = self.expect(path, &refused, "recovery_fail", REFUSED).await;
        assert!(told.user.is_some(), "whose passkey it was");
        let options = browser.post("/auth/recovery/restore/options", &json!({})).await.success();
        let begun = browser.post(path, &json!({ "response": key.get(&options) })).await;
        self.expect(path, &begun, "recovery_started", DONE).await;
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
    watch.addresses().await;
    watch.recoveries().await;
    watch.programs().await;

    let calls = calls();
    assert!(calls.len() >= 21, "{calls:?}");
    for path in calls {
        for outcome in [DONE, REFUSED] {
            let exempt = WITHOUT.iter().any(|(without, which, _)| *without == path && *which == outcome);
            let seen = watch.seen.contains(&(path.clone(), outcome));
            let which = if outcome == DONE { "done" } else { "refused" };
            assert!(seen != exempt, "{path}, {which}: seen {seen}, on the list of those without {exempt}");
        }
    }
}
