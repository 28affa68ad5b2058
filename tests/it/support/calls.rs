//! What a person does: signs up, signs in, steps up, signs out.

use axum::http::Method;
use serde_json::{Value, json};

use super::proof::DeviceKey;
use super::{Answer, App, Browser, Key};

pub const SIGN_UP: &str = "/auth/passkey/register/verify";
pub const SIGN_IN: &str = "/auth/passkey/login/verify";

/// Every call that is about more than reading, with a body that is in order. Those that answer a ceremony are missing.
pub fn sensitive_calls() -> Vec<(Method, &'static str, Option<Value>)> {
    let change = |path, body| (Method::POST, path, Some(body));
    vec![
        (Method::GET, "/auth/sessions", None),
        (Method::GET, "/auth/events", None),
        (Method::GET, "/api-keys", None),
        (Method::GET, "/billing/payout", None),
        (Method::GET, "/account/email", None),
        change("/auth/sessions/revoke", json!({ "others": true })),
        change("/api-keys", json!({ "name": "deploy" })),
        change("/billing/payout", json!({ "accountHolder": "Ada", "iban": "NO9386011117947" })),
        change("/account/export", json!({})),
        change("/account/delete", json!({})),
        change("/account/delete/undo", json!({})),
        change("/account/email", json!({ "address": "other@example.test" })),
        change("/auth/passkey/register/options", json!({})),
        change("/auth/step-up/options", json!({ "action": "session_continue", "params": {} })),
    ]
}

impl Browser {
    /// Begin to make an account; the creation options.
    pub async fn begin_sign_up(&mut self, email: &str) -> Value {
        self.post("/auth/passkey/register/options", &json!({ "email": email })).await.success()
    }

    /// Begin to sign in; the request options.
    pub async fn begin_sign_in(&mut self) -> Value {
        self.post("/auth/passkey/login/options", &json!({})).await.success()
    }

    pub async fn finish_sign_up(&mut self, response: Value) -> Answer {
        self.post(SIGN_UP, &json!({ "response": response })).await
    }

    pub async fn finish_sign_in(&mut self, response: Value) -> Answer {
        self.post(SIGN_IN, &json!({ "response": response })).await
    }

    /// Make an account with a new synced passkey.
    pub async fn sign_up(&mut self, email: &str) -> Key {
        self.sign_up_with(self.new_key(), email).await
    }

    /// Make an account with this passkey.
    pub async fn sign_up_with(&mut self, mut key: Key, email: &str) -> Key {
        let options = self.begin_sign_up(email).await;
        let response = key.create(&options);
        self.finish_sign_up(response).await.success();
        key
    }

    pub async fn sign_in(&mut self, key: &Key) -> Answer {
        let options = self.begin_sign_in().await;
        self.finish_sign_in(key.get(&options)).await
    }

    /// The `deviceKey` member for the call at `path` that ends the ceremony of these options.
    pub fn offer(&self, device: &DeviceKey, options: &Value, path: &str) -> Value {
        let mut holder = self.clone();
        holder.device_key = Some(device.clone());
        let proof = holder.proof(&Method::POST, path).with("nonce", options["challenge"].clone()).without("ath");
        json!({ "jwk": device.jwk(), "proof": proof.encode() })
    }

    /// Make an account, its session bound to a key of this browser's.
    pub async fn sign_up_bound(&mut self, email: &str) -> Key {
        let (mut key, device) = (self.new_key(), DeviceKey::new());
        let options = self.begin_sign_up(email).await;
        let offer = self.offer(&device, &options, SIGN_UP);
        self.post(SIGN_UP, &json!({ "response": key.create(&options), "deviceKey": offer })).await.success();
        self.device_key = Some(device);
        key
    }

    /// Sign in, the session bound to a new key of this browser's.
    pub async fn sign_in_bound(&mut self, key: &Key) -> Answer {
        let device = DeviceKey::new();
        let options = self.begin_sign_in().await;
        let offer = self.offer(&device, &options, SIGN_IN);
        let answer = self.post(SIGN_IN, &json!({ "response": key.get(&options), "deviceKey": offer })).await;
        self.device_key = Some(device);
        answer
    }

    pub async fn session(&mut self) -> Answer {
        self.get("/auth/session").await
    }

    /// As the page asks that only waits.
    pub async fn watch(&mut self) -> Answer {
        self.get("/auth/session?watch=1").await
    }

    pub async fn rotate(&mut self) -> Answer {
        self.post("/auth/session/rotate", &json!({})).await
    }

    pub async fn sign_out(&mut self) -> Answer {
        self.post("/auth/logout", &json!({})).await
    }

    /// Begin a step-up; the request options.
    pub async fn begin_step_up(&mut self, action: &str, params: Value) -> Value {
        self.post("/auth/step-up/options", &json!({ "action": action, "params": params })).await.success()
    }

    pub async fn finish_step_up(&mut self, response: Value) -> Answer {
        self.post("/auth/step-up/verify", &json!({ "response": response })).await
    }

    /// Touch the passkey for this action.
    pub async fn step_up(&mut self, action: &str, params: Value, key: &Key) -> Answer {
        let options = self.begin_step_up(action, params).await;
        self.finish_step_up(key.get(&options)).await
    }

    /// A call as a page makes it: repeated once where the session had just rotated, and once more after the touch
    /// that it asks for.
    pub async fn guarded_post(&mut self, path: &str, body: &Value, key: &Key) -> Answer {
        let answer = self.post_again_if_rotated(path, body).await;
        if answer.code() != "step_up_required" {
            return answer;
        }
        let asked = answer.refusal(403, "step_up_required")["stepUp"].clone();
        self.step_up(asked["action"].as_str().unwrap(), asked["params"].clone(), key).await.success();
        self.post_again_if_rotated(path, body).await
    }

    async fn post_again_if_rotated(&mut self, path: &str, body: &Value) -> Answer {
        let answer = self.post(path, body).await;
        if answer.code() == "session_rotated" { self.post(path, body).await } else { answer }
    }
}

/// It asks for a proof, in the words of RFC 9449 §7.1. (Which has none of its own for a proof that did not come.)
#[track_caller]
pub fn expect_challenge(answer: &Answer) {
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("DPoP error=\"") && challenge.ends_with(", algs=\"ES256\""), "{challenge}");
}

/// A ceremony ended with a bad answer: it is refused, and nothing came of it but one event that says why.
pub async fn expect_ceremony_refused(app: &App, browser: &mut Browser, path: &str, body: &Value, code: &str) {
    let (before, events_before, cookies_before) =
        (app.stored().await, app.events().await, browser.cookies.clone());
    let answer = browser.post(path, body).await;
    let json = answer.refusal(400, code);
    assert_eq!(app.stored().await, before, "{code}: something was stored");
    assert!(answer.set_cookies().is_empty(), "{code}: {:?}", answer.set_cookies());
    assert_eq!(browser.cookies, cookies_before);

    let events = app.events().await;
    let new = &events[events_before.len()..];
    assert_eq!(new.len(), 1, "{code}: {new:?}");
    let event_type = if path == SIGN_UP { "user_create_fail" } else { "authn_login_fail" };
    assert_eq!(new[0].event_type, event_type);
    assert_eq!(new[0].outcome, "refused");
    assert_eq!(new[0].reason.as_deref(), Some(code));
    assert_eq!(json["requestId"], new[0].request_id);
    assert_eq!(new[0].created_at, app.now());
}

/// What a refusal or a session says about why: the signals with their points.
pub fn signals(reasons: &Value) -> Vec<(String, u64)> {
    let reasons = reasons.as_array().unwrap().iter();
    reasons.map(|r| (r["signal"].as_str().unwrap().to_owned(), r["points"].as_u64().unwrap())).collect()
}
