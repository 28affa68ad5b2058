//! A throw-away person: signs up, signs in, touches, as honest people do.

use serde_json::{Value, json};

use super::authenticator::Passkey;
use super::client::{Answer, Browser};
use super::device_key::DeviceKey;
use super::trial::Stop;
use super::work;

pub(super) const SIGN_UP_OPTIONS: &str = "/auth/passkey/register/options";
pub(super) const SIGN_UP: &str = "/auth/passkey/register/verify";
pub(super) const SIGN_IN_OPTIONS: &str = "/auth/passkey/login/options";
pub(super) const SIGN_IN: &str = "/auth/passkey/login/verify";
pub(super) const STEP_UP_OPTIONS: &str = "/auth/step-up/options";
pub(super) const STEP_UP: &str = "/auth/step-up/verify";

/// Somebody with an account.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) browser: Browser,
    pub(super) passkey: Passkey,
    /// As the API names them.
    pub(super) id: String,
    pub(super) email: String,
    /// The answer that made the account.
    pub(super) made: Answer,
}

impl Browser {
    /// A call that must go well. Where the instance asks to wait or to work, that is done.
    pub(super) async fn honest(&mut self, path: &str, body: &Value) -> Result<Answer, Stop> {
        let answer = work::patiently(self, path, body).await?;
        if answer.is_success() { Ok(answer) } else { Err(Stop::failed(format!("an honest {}", answer.said()))) }
    }

    pub(super) async fn begin_sign_in(&mut self) -> Result<Value, Stop> {
        Ok(self.honest(SIGN_IN_OPTIONS, &json!({})).await?.json)
    }

    pub(super) async fn begin_sign_up(&mut self, email: &str) -> Result<Value, Stop> {
        Ok(self.honest(SIGN_UP_OPTIONS, &json!({ "email": email })).await?.json)
    }

    /// Hand an assertion in.
    pub(super) async fn finish_sign_in(&mut self, response: &Value) -> Result<Answer, Stop> {
        self.post(SIGN_IN, &json!({ "response": response })).await
    }

    pub(super) async fn sign_in(&mut self, passkey: &Passkey) -> Result<Answer, Stop> {
        let options = self.begin_sign_in().await?;
        self.finish_sign_in(&passkey.get(&options)?).await
    }

    /// Begin a touch for what a 403 has asked for.
    pub(super) async fn begin_step_up(&mut self, step_up: &Value) -> Result<Value, Stop> {
        Ok(self.honest(STEP_UP_OPTIONS, step_up).await?.json)
    }

    pub(super) async fn finish_step_up(&mut self, response: &Value) -> Result<Answer, Stop> {
        self.post(STEP_UP, &json!({ "response": response })).await
    }
}

impl Person {
    /// Sign up with this passkey; `is_bound`: the session is locked to a key of the browser's.
    pub(super) async fn sign_up(
        mut browser: Browser,
        mut passkey: Passkey,
        email: String,
        is_bound: bool,
    ) -> Result<Self, Stop> {
        let options = browser.begin_sign_up(&email).await?;
        let mut body = json!({ "response": passkey.create(&options)? });
        let key = if is_bound { Some(DeviceKey::new()?) } else { None };
        if let Some(key) = &key {
            let url = format!("{}{SIGN_UP}", browser.target.origin);
            body["deviceKey"] = key.offer(&url, options["challenge"].as_str().unwrap_or_default());
        }
        let answer = browser.honest(SIGN_UP, &body).await?;
        let id = answer.json["user"]["id"].as_str().unwrap_or_default().to_owned();
        browser.key = key;
        let mut person = Self { browser, passkey, id, email, made: answer };
        // A page asks this after signing in; with it comes what the first proof must name.
        person.expect_signed_in("after signing up").await?;
        Ok(person)
    }

    /// The person's own browser still is where it was.
    pub(super) async fn expect_signed_in(&mut self, when: &str) -> Result<(), Stop> {
        let answer = self.browser.get("/auth/session").await?;
        if answer.is_success() && answer.json["user"]["id"] == self.id.as_str() {
            return Ok(());
        }
        Err(Stop::broken(format!("{when} the owner is not signed in: {}", answer.said())))
    }

    /// Touch the passkey for what a 403 has asked for.
    pub(super) async fn touch(&mut self, step_up: &Value) -> Result<Answer, Stop> {
        let options = self.browser.begin_step_up(step_up).await?;
        let answer = self.browser.finish_step_up(&self.passkey.get(&options)?).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(Stop::failed(format!("an honest touch: {}", answer.said())))
        }
    }

    /// A change that takes a touch, made as a page makes it.
    pub(super) async fn change(&mut self, path: &str, body: &Value) -> Result<Answer, Stop> {
        let asked = self.browser.post(path, body).await?;
        if asked.code() != "step_up_required" {
            return Err(Stop::broken(format!("a change without a touch: {}", asked.said())));
        }
        self.touch(&asked.step_up()).await?;
        let answer = self.browser.post(path, body).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(Stop::failed(format!("an honest change: {}", answer.said())))
        }
    }
}
