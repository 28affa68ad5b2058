//! Somebody with two browsers who does one thing after another, and remembers what was answered.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::ledger::{Act, Ledger};
use crate::support::seed::Chance;
use crate::support::{Answer, App, Browser, DeviceKey, Key, SIGN_IN, SIGN_UP};

/// What is known of a browser's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// There is none, or nobody could know of it.
    Nothing,
    /// It was opened, and nobody has ended it.
    Lives,
    /// Its end was asked for, and the program was gone before it answered.
    MayHaveEnded,
}

/// One person. Acts alone, one call at a time, so that one call at most was never answered.
pub struct Person {
    name: String,
    chance: Chance,
    /// Their passkey, once the account was answered for.
    key: Option<Key>,
    laptop: Browser,
    phone: Browser,
    of_laptop: Known,
    of_phone: Known,
    /// Tokens of sessions whose end was answered.
    ended: Vec<String>,
    /// Tokens that were replaced, and by what.
    replaced: Vec<String>,
    accounts: usize,
    /// How many calls were answered, anybody's.
    answered: Arc<AtomicU64>,
    acts: Ledger,
}

/// The program went away.
struct Gone;

type Attempt<T = ()> = Result<T, Gone>;

impl Person {
    pub fn new(app: &App, nth: usize, chance: Chance) -> Self {
        let mut laptop = app.browser();
        laptop.address = Some([203, 0, 113, u8::try_from(nth).unwrap() + 1].into());
        Self {
            name: format!("person{nth}"),
            chance,
            key: None,
            phone: laptop.clone(),
            laptop,
            of_laptop: Known::Nothing,
            of_phone: Known::Nothing,
            ended: Vec::new(),
            replaced: Vec::new(),
            accounts: 0,
            answered: Arc::default(),
            acts: Ledger::default(),
        }
    }

    /// From now on the program listens there.
    pub fn move_to(&mut self, address: SocketAddr) {
        self.laptop = self.laptop.at_address(address);
        self.phone = self.phone.at_address(address);
    }

    /// Do things until nobody answers any more; hand over what was answered.
    pub async fn act_until_gone(mut self, answered: Arc<AtomicU64>) -> (Self, Ledger) {
        self.answered = answered;
        while self.act().await.is_ok() {}
        let acts = std::mem::take(&mut self.acts);
        (self, acts)
    }

    async fn act(&mut self) -> Attempt {
        if self.key.is_none() || self.chance.below(12) == 0 {
            return self.sign_up().await;
        }
        if self.of_laptop != Known::Lives {
            return self.sign_in(Which::Laptop).await;
        }
        match self.chance.below(6) {
            0 if self.of_phone == Known::Lives => self.sign_out(Which::Phone).await,
            1 if self.of_phone == Known::Lives => self.end_the_others().await,
            2 => self.make_api_key().await,
            3 => self.sign_out(Which::Laptop).await,
            4 => self.read().await,
            _ => self.sign_in(Which::Phone).await,
        }
    }

    fn browser(&mut self, which: Which) -> (&mut Browser, &mut Known) {
        match which {
            Which::Laptop => (&mut self.laptop, &mut self.of_laptop),
            Which::Phone => (&mut self.phone, &mut self.of_phone),
        }
    }

    /// One call. What was answered with success is noted with the events that it must have left; anything but that and what
    /// is expected stops the test.
    async fn post(&mut self, which: Which, path: &str, body: &Value, leaves: &[&'static str]) -> Attempt<Answer> {
        let (browser, _) = self.browser(which);
        let before = browser.cookies.get("__Host-sid").cloned();
        let answer = browser.post(path, body).await;
        if !answer.came() {
            return Err(Gone);
        }
        self.answered.fetch_add(1, Ordering::Relaxed);
        let is_asked = answer.code() == "step_up_required";
        assert!(answer.status == StatusCode::OK || is_asked, "{path}: {} {}", answer.status, answer.text());
        let leaves = if is_asked { &["authn_step_up_required"] } else { leaves };
        if !leaves.is_empty() {
            let request = answer.header("x-request-id").to_owned();
            self.acts.note(Act { request, leaves: leaves.to_vec(), ..Act::default() });
        }
        if let (Some(before), Some(_)) = (before, answer.new_sid())
            && path.starts_with("/auth/step-up")
        {
            self.replaced.push(before);
        }
        Ok(answer)
    }

    /// Make an account: another one from time to time. The one before is left as it is.
    async fn sign_up(&mut self) -> Attempt {
        // In a browser that nobody is signed in with; the session of before lives on, and its token is kept aside.
        for which in [Which::Laptop, Which::Phone] {
            let (browser, known) = self.browser(which);
            browser.cookies.clear();
            browser.device_key = None;
            (browser.nonce, browser.ath) = (String::new(), String::new());
            *known = Known::Nothing;
        }
        self.key = None;
        self.accounts += 1;
        let email = format!("{}.{}@example.test", self.name, self.accounts);
        let options = self
            .post(Which::Laptop, "/auth/passkey/register/options", &json!({ "email": email }), &[])
            .await?
            .json();
        let mut key = self.laptop.new_key();
        let mut body = json!({ "response": key.create(&options) });
        self.bind(Which::Laptop, &options, SIGN_UP, &mut body);
        let answer = self.post(Which::Laptop, SIGN_UP, &body, &["user_created"]).await?.json();
        let id = |member: &str| answer[member]["id"].as_str().unwrap().parse().unwrap();
        let act = self.acts.last();
        (act.user, act.credential, act.opens) = (Some(id("user")), Some(id("passkey")), true);
        (self.key, self.of_laptop) = (Some(key), Known::Lives);
        Ok(())
    }

    async fn sign_in(&mut self, which: Which) -> Attempt {
        let before = self.browser(which).0.cookies.get("__Host-sid").cloned();
        let options = self.post(which, "/auth/passkey/login/options", &json!({}), &[]).await?.json();
        let mut body = json!({ "response": self.key.as_ref().unwrap().get(&options) });
        self.bind(which, &options, SIGN_IN, &mut body);
        // It ends the session that the browser had.
        let known = *self.browser(which).1;
        if known != Known::Nothing {
            *self.browser(which).1 = Known::MayHaveEnded;
        }
        self.post(which, SIGN_IN, &body, &["authn_login_success"]).await?;
        self.acts.last().opens = true;
        self.ended.extend(before.filter(|_| known != Known::Nothing));
        *self.browser(which).1 = Known::Lives;
        Ok(())
    }

    /// Every other session is bound to a key of the browser's.
    fn bind(&mut self, which: Which, options: &Value, path: &str, body: &mut Value) {
        let is_bound = self.chance.below(2) == 0;
        let (browser, _) = self.browser(which);
        browser.device_key = None;
        if is_bound {
            let device = DeviceKey::new();
            body["deviceKey"] = browser.offer(&device, options, path);
            browser.device_key = Some(device);
        }
    }

    async fn sign_out(&mut self, which: Which) -> Attempt {
        let (browser, known) = self.browser(which);
        let before = browser.sid();
        *known = Known::MayHaveEnded;
        self.post(which, "/auth/logout", &json!({}), &["session_revoked"]).await?;
        *self.browser(which).1 = Known::Nothing;
        self.ended.push(before);
        Ok(())
    }

    /// Touch for it, and do it.
    async fn guarded(&mut self, path: &str, body: &Value, leaves: &[&'static str]) -> Attempt<Answer> {
        let asked = self.post(Which::Laptop, path, body, leaves).await?;
        if asked.status == StatusCode::OK {
            return Ok(asked);
        }
        let asked = asked.json()["stepUp"].clone();
        let options = self.post(Which::Laptop, "/auth/step-up/options", &asked, &[]).await?.json();
        let touch = json!({ "response": self.key.as_ref().unwrap().get(&options) });
        self.post(Which::Laptop, "/auth/step-up/verify", &touch, &["authn_step_up_success"]).await?;
        self.post(Which::Laptop, path, body, leaves).await
    }

    async fn end_the_others(&mut self) -> Attempt {
        let phone = self.phone.sid();
        self.of_phone = Known::MayHaveEnded;
        self.guarded("/auth/sessions/revoke", &json!({ "others": true }), &["session_revoked"]).await?;
        self.of_phone = Known::Nothing;
        self.phone.cookies.remove("__Host-sid");
        self.ended.push(phone);
        Ok(())
    }

    async fn make_api_key(&mut self) -> Attempt {
        self.guarded("/api-keys", &json!({ "name": "deploy" }), &["authn_token_created"]).await.map(|_| ())
    }

    async fn read(&mut self) -> Attempt {
        let answer = self.laptop.get("/auth/session").await;
        if !answer.came() {
            return Err(Gone);
        }
        answer.ok();
        Ok(())
    }

    /// After it came back: whoever was signed in is, and whose session had ended has none.
    pub async fn find_all_as_it_was(&mut self, kill: usize) {
        for which in [Which::Laptop, Which::Phone] {
            let (browser, known) = self.browser(which);
            let answer = browser.session().await;
            let code = answer.status.as_u16();
            match *known {
                Known::Lives => assert_eq!(code, 200, "kill {kill}: {which:?} was signed out: {}", answer.text()),
                Known::MayHaveEnded => {
                    assert!([200, 401].contains(&code), "kill {kill}: {}", answer.text());
                    *known = if code == 200 { Known::Lives } else { Known::Nothing };
                }
                Known::Nothing => {}
            }
            if *known == Known::Nothing {
                browser.cookies.remove("__Host-sid");
            }
        }
        // Those of long ago are tried at the end.
        for token in self.ended.iter().rev().take(6) {
            assert_eq!(with_token(&self.laptop, token).await, 401, "kill {kill}: a session that was ended lives");
        }
    }

    /// When no grace is left. A token that was replaced ends what it belonged to, so this comes last.
    pub async fn try_old_tokens(&mut self, app: &App, tried: &mut BTreeMap<&'static str, usize>) {
        for which in [Which::Laptop, Which::Phone] {
            let (browser, known) = self.browser(which);
            if *known == Known::Lives {
                let mut browser = browser.at(app);
                assert_eq!(browser.session().await.status, 200, "{which:?} is not signed in any more");
            }
        }
        for (what, tokens) in [("ended", &self.ended), ("replaced", &self.replaced)] {
            for token in tokens {
                assert_eq!(with_token(&self.laptop.at(app), token).await, 401, "a token works that was {what}");
                *tried.entry(what).or_default() += 1;
            }
        }
    }
}

/// What somebody hears who has nothing but this token.
async fn with_token(browser: &Browser, token: &str) -> u16 {
    let mut thief = browser.cookies_only();
    thief.cookies.clear();
    thief.cookies.insert("__Host-sid".to_owned(), token.to_owned());
    thief.session().await.status.as_u16()
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Laptop,
    Phone,
}
