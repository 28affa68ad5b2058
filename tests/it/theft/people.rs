//! The owner of a session, the thief, and what each does in a minute.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::agents::{CHROME_WINDOWS, FIREFOX_LINUX};
use crate::support::dbsc::{self, BOUND, Dbsc};
use crate::support::{App, Browser, Key};

/// What the owner's session is bound by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    Cookie,
    DeviceKey,
    Dbsc,
}

/// What was stolen, and when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haul {
    /// All cookies, at once.
    Fresh,
    /// All cookies, kept until they had changed.
    Old,
    /// All cookies and proofs that were sent with them.
    WithProofs,
    /// All cookies, kept until the bound one had run out.
    Expired,
    /// The session cookie and nothing else.
    SessionCookieOnly,
    /// All cookies, of a session that has been signed out.
    SignedOut,
}

/// Where the thief is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the owner's network, with a browser that says it is the owner's.
    Same,
    Elsewhere,
}

impl Binding {
    pub fn words(self) -> &'static str {
        match self {
            Self::Cookie => "its cookie",
            Self::DeviceKey => "a device key",
            Self::Dbsc => "DBSC",
        }
    }
}

pub fn words(haul: Haul, place: Place, first: bool) -> String {
    let what = match haul {
        Haul::Fresh => "all cookies, at once",
        Haul::Old => "all cookies, after they changed",
        Haul::WithProofs => "all cookies and the proofs sent with them, at once",
        Haul::Expired => "all cookies, after eleven minutes",
        Haul::SessionCookieOnly => "the session cookie alone, at once",
        Haul::SignedOut => "all cookies, after signing out",
    };
    let how = match (place, first) {
        (Place::Same, false) => "same network and browser",
        (Place::Same, true) => "same network and browser, always a moment before the owner",
        (Place::Elsewhere, _) => "another network and browser",
    };
    format!("{what}; {how}")
}

/// A person with one session, and a browser that does what it should.
pub struct Owner {
    browser: Browser,
    pub key: Key,
    dbsc: Option<Dbsc>,
    /// When the token or the bound cookie last changed.
    changed_at: i64,
    id: Value,
}

impl Owner {
    pub async fn sign_up(app: &App, mut browser: Browser, binding: Binding) -> Self {
        CHROME_WINDOWS.clone_into(&mut browser.user_agent);
        let (key, dbsc) = match binding {
            Binding::Cookie => (browser.sign_up("ada@example.test").await, None),
            Binding::DeviceKey => (browser.sign_up_bound("ada@example.test").await, None),
            Binding::Dbsc => {
                let (dbsc, key) = dbsc::sign_up(&mut browser, "ada@example.test").await;
                (key, Some(dbsc))
            }
        };
        let id = browser.session().await.success()["session"]["id"].clone();
        Self { browser, key, dbsc, changed_at: app.now(), id }
    }

    pub fn browser(&mut self) -> &mut Browser {
        &mut self.browser
    }

    /// A minute at the screen: the browser keeps its session fresh, and a page asks for something.
    pub async fn act(&mut self, app: &App) {
        let minutes = (app.now() - self.changed_at) / 60_000;
        if let Some(dbsc) = self.dbsc.as_mut().filter(|_| minutes >= 8) {
            dbsc.refresh(&mut self.browser).await;
            self.changed_at = app.now();
        } else if self.browser.device_key.is_some() && minutes >= 15 {
            self.browser.rotate().await;
            self.changed_at = app.now();
        }
        self.browser.session().await;
        // The page that came looks by itself whether the session is still there.
        self.browser.watch().await;
    }

    /// Live on for some minutes.
    async fn go_on(&mut self, app: &App, minutes: usize) {
        for _ in 0..minutes {
            app.advance(60);
            self.act(app).await;
        }
    }

    /// Whether the session has ended.
    pub async fn is_over(&self, app: &App) -> bool {
        let stored = app.stored().await;
        let session = stored.sessions.iter().find(|session| json!(session.id) == self.id).unwrap();
        session.ended_at.is_some() || session.expires_at <= app.now()
    }
}

/// Somebody with the owner's cookies, an account and a passkey of his own, and no scruples.
pub struct Thief {
    browser: Browser,
    passkey: Key,
    /// Proofs that he saw go by, by method and path.
    proofs: Vec<(Method, &'static str, String)>,
}

const CHANGES: [(&str, &str); 4] = [
    ("/api-keys", r#"{"name":"thief"}"#),
    ("/auth/sessions/revoke", r#"{"others":true}"#),
    ("/auth/passkey/register/options", "{}"),
    ("/auth/step-up/options", r#"{"action":"passkey_add","params":{}}"#),
];

impl Thief {
    pub async fn steal(app: &App, mut own: Browser, owner: &mut Owner, haul: Haul, place: Place) -> Self {
        let passkey = own.sign_up("thief@example.test").await;
        let mut browser = owner.browser.cookies_only();
        if place == Place::Elsewhere {
            browser.address = Some([198, 51, 100, 9].into());
            FIREFOX_LINUX.clone_into(&mut browser.user_agent);
        }
        let mut proofs = Vec::new();
        match haul {
            Haul::Fresh => {}
            Haul::SessionCookieOnly => drop(browser.cookies.remove(BOUND)),
            // Everything has changed, and the new was used a minute ago.
            Haul::Old => owner.go_on(app, 17).await,
            Haul::Expired => app.advance(660),
            Haul::SignedOut => drop(owner.browser.sign_out().await.success()),
            Haul::WithProofs => proofs = record(owner).await,
        }
        Self { browser, passkey, proofs }
    }

    /// With the proof for this call that he has, if he has one.
    async fn call(&mut self, method: &Method, path: &str, body: Option<&str>) -> crate::support::Answer {
        let proof = self.proofs.iter().find(|(of, to, _)| of == method && *to == path);
        let proof = proof.or(self.proofs.first()).map(|(.., proof)| proof.clone());
        let mut headers = Vec::new();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        if let Some(proof) = &proof {
            headers.push(("dpop", proof.as_str()));
        }
        self.browser.send(method.clone(), path, &headers, Body::from(body.unwrap_or_default().to_owned())).await
    }

    /// Try to see anything of the owner's; what he is told if he does not.
    pub async fn read(&mut self) -> Result<(), String> {
        let mut told = String::new();
        for path in ["/auth/session", "/auth/passkeys", "/auth/sessions", "/api-keys", "/account/sessions/panel"] {
            let answer = self.call(&Method::GET, path, None).await;
            if answer.status == 200 {
                return Ok(());
            }
            if told.is_empty() {
                told = answer.code();
            }
        }
        let page = self.browser.open("/account").await;
        if page.text().contains("ada@example.test") { Ok(()) } else { Err(told) }
    }

    /// Try to change anything, at last with a touch of the passkey that he has.
    pub async fn change(&mut self) -> bool {
        for (path, body) in &CHANGES[..3] {
            if self.call(&Method::POST, path, Some(body)).await.status == 200 {
                return true;
            }
        }
        let (path, body) = CHANGES[3];
        let options = self.call(&Method::POST, path, Some(body)).await;
        if options.status != 200 {
            return false;
        }
        let response = json!({ "response": self.passkey.get(&options.json()) }).to_string();
        self.call(&Method::POST, "/auth/step-up/verify", Some(&response)).await.status == 200
    }
}

/// The owner's page makes its calls, and somebody sees the headers.
async fn record(owner: &mut Owner) -> Vec<(Method, &'static str, String)> {
    let mut seen = Vec::new();
    for path in ["/auth/session", "/auth/sessions", "/api-keys"] {
        let proof = owner.browser.proof(&Method::GET, path).encode();
        owner.browser.send(Method::GET, path, &[("dpop", &proof)], Body::empty()).await.success();
        seen.push((Method::GET, path, proof));
    }
    for (path, body) in &CHANGES[..3] {
        let proof = owner.browser.proof(&Method::POST, path).encode();
        let headers = [("content-type", "application/json"), ("dpop", proof.as_str())];
        owner.browser.send(Method::POST, path, &headers, (*body).into()).await;
        seen.push((Method::POST, path, proof));
    }
    seen
}
