//! Webhooks, in the form of Standard Webhooks: a body, an id that stays the same, and a signature over both and the time.

mod http;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use url::Url;
use uuid::Uuid;

use super::Failure;
use crate::clock::Timestamp;
use crate::keyring::Keyring;
pub(crate) use http::Client;

/// What the key of a URL is derived for.
const SECRET: &str = "webhook secret";

/// Where webhooks go, and the key they are signed with.
pub struct Webhook {
    client: Client,
    key: hmac::Key,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

/// The key of this URL, as receivers are told it. It follows from the file of keys: another URL has another.
pub fn secret(keyring: &Keyring, url: &Url) -> String {
    format!("whsec_{}", STANDARD.encode(keyring.digest(SECRET, url.as_str().as_bytes())))
}

/// What receivers know a notice by.
pub fn message_id(id: Uuid) -> String {
    format!("msg_{}", id.simple())
}

/// The body: what happened, when, and what there is to say of it.
pub(super) fn body(id: Uuid, event_type: &str, at: Timestamp, data: &serde_json::Value) -> String {
    serde_json::json!({ "id": message_id(id), "type": event_type, "timestamp": at.to_rfc3339(), "data": data })
        .to_string()
}

impl Webhook {
    /// To this URL.
    pub fn new(url: Url, keyring: &Keyring) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &keyring.digest(SECRET, url.as_str().as_bytes()));
        Self { client: Client::new(url), key }
    }

    /// Send one. When this answers, the other side has said that it has it.
    pub async fn post(&self, id: Uuid, now: Timestamp, body: String) -> Result<(), Failure> {
        let id = message_id(id);
        let time = now.to_date_time().unix_timestamp().to_string();
        let signature = self.sign(&id, &time, &body);
        let headers = [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)];
        let answer = self.client.post(&headers, body).await?;
        match answer.status {
            200..=299 => Ok(()),
            // It is gone, and says so: the one answer that means "never again".
            410 => Err(Failure::last("http_410")),
            status => Err(Failure { after: answer.retry_after, ..Failure::again(format!("http_{status}")) }),
        }
    }

    fn sign(&self, id: &str, time: &str, body: &str) -> String {
        let signed = hmac::sign(&self.key, format!("{id}.{time}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(signed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_specification() {
        // The example of the Standard Webhooks reference libraries.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let url: Url = "https://example.com".parse().expect("a URL");
        let webhook = Webhook { client: Client::new(url), key: hmac::Key::new(hmac::HMAC_SHA256, &key) };
        let signature = webhook.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
