//! Mails as a person reads them: sent now, into the folder, and taken apart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::agents::CHROME_WINDOWS;
use super::notices::Ways;
use super::{Answer, App, Browser, Key};

pub const ADA: &str = "ada@example.test";

/// One mail.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    /// The plain text.
    pub text: String,
    pub html: String,
}

impl Letter {
    pub fn read(raw: &str) -> Self {
        let header = |name: &str| {
            let line = raw.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().to_owned()
        };
        Self {
            to: header("To:"),
            subject: header("Subject:"),
            text: part(raw, "text/plain"),
            html: part(raw, "text/html"),
        }
    }

    /// The code that stands on a line of its own.
    #[track_caller]
    pub fn code(&self) -> String {
        let line = self.text.lines().find(|line| line.starts_with("    ")).expect("a line with a code");
        line.replace(' ', "")
    }

    /// The one link.
    #[track_caller]
    pub fn link(&self) -> String {
        let mut links = self.text.split_whitespace().filter(|word| word.starts_with("http"));
        let link = links.next().expect("a link").to_owned();
        assert_eq!(links.next(), None, "one link at most");
        link
    }
}

/// The text of one part, decoded.
fn part(raw: &str, kind: &str) -> String {
    let (_, after) = raw.split_once(&format!("Content-Type: {kind}")).unwrap();
    let (head, body) = after.split_once("\r\n\r\n").unwrap();
    let body = body.split("\r\n--=_").next().unwrap();
    let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: ")).unwrap();
    let bytes = match encoding {
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => quoted(body),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

/// RFC 2045 §6.7.
fn quoted(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "");
    let mut parts = joined.split('=');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

impl App {
    /// Send what is due, and take it out of the folder.
    pub async fn letters(&self) -> Vec<Letter> {
        let outbox = self.outbox(&Ways { smtp: None, webhook: None });
        while self.outbox_rows().await.iter().any(|row| row.state == "queued" && row.due_at <= self.now()) {
            outbox.deliver_due().await.unwrap();
        }
        let letters = self.mails().iter().map(|raw| Letter::read(raw)).collect();
        if self.mail_folder().exists() {
            std::fs::remove_dir_all(self.mail_folder()).unwrap();
        }
        letters
    }

    /// The one that went to this address.
    #[track_caller]
    pub fn letter_to(letters: &[Letter], address: &str) -> Letter {
        let to: Vec<_> = letters.iter().filter(|letter| letter.to == address).collect();
        assert_eq!(to.len(), 1, "{address}: {letters:?}");
        to[0].clone()
    }

    /// The code that was just mailed to this address.
    pub async fn code_to(&self, address: &str) -> String {
        Self::letter_to(&self.letters().await, address).code()
    }
}

pub const EMAIL: &str = "/account/email";
pub const VERIFY: &str = "/account/email/verify";

impl Browser {
    /// The account's addresses, as the page gets them.
    pub async fn addresses(&mut self) -> Vec<Value> {
        self.get(EMAIL).await.success()["addresses"].as_array().unwrap().clone()
    }

    /// Ask for a code, with a touch if that is needed. The answer.
    pub async fn ask_for_code(&mut self, address: &str, key: &Key) -> Answer {
        self.guarded_post(EMAIL, &json!({ "address": address }), key).await
    }

    pub async fn verify(&mut self, id: &Value, code: &str) -> Answer {
        self.post(VERIFY, &json!({ "id": id, "code": code })).await
    }

    /// Show that this address is the person's: asked for, mailed, typed in. Its id.
    pub async fn confirm(&mut self, app: &App, address: &str, key: &Key) -> Value {
        app.letters().await;
        let id = self.ask_for_code(address, key).await.success()["id"].clone();
        let code = app.code_to(address).await;
        self.verify(&id, &code).await.success();
        id
    }
}

impl Browser {
    /// Open the link of a mail, and the page it leads to.
    pub async fn follow(&mut self, link: &str) -> Answer {
        let path = link.strip_prefix(&self.origin).expect("a link to us").to_owned();
        let sent_on = self.open(&path).await;
        assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (303, "/not-me"), "{sent_on:?}");
        self.open("/not-me").await
    }

    /// Press the button of that page. The page that follows.
    pub async fn press(&mut self, page: &Answer) -> Answer {
        let (_, after) = page.text().split_once("name=\"token\" value=\"").expect("a button");
        let token = after.split('"').next().unwrap().to_owned();
        let sent_on = self.post_form("/not-me", &format!("token={token}")).await;
        assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (303, "/not-me"), "{sent_on:?}");
        self.open("/not-me").await
    }

    pub async fn post_form(&mut self, path: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
        self.send(axum::http::Method::POST, path, &headers, body.to_owned().into()).await
    }
}

impl App {
    /// Ada: a person whose address is confirmed, in an ordinary browser.
    pub async fn confirmed(&self) -> (Browser, Key) {
        let mut browser = self.browser().disguised(CHROME_WINDOWS);
        let key = browser.sign_up(ADA).await;
        browser.confirm(self, ADA, &key).await;
        self.letters().await;
        (browser, key)
    }
}
