//! Care of passkeys, as its page does it.

use serde_json::{Value, json};

use super::{Answer, Browser, Key};

pub const REGISTER: &str = "/auth/passkey/register/options";
pub const RENAME: &str = "/auth/passkeys/rename";
pub const REMOVE: &str = "/auth/passkeys/remove";

impl Browser {
    /// Add a passkey to the account. It, and its id.
    pub async fn add_passkey(&mut self, key: &Key) -> (Key, Value) {
        let mut new = self.new_key();
        let options = self.guarded_post(REGISTER, &json!({}), key).await.success();
        let made = self.finish_sign_up(new.create(&options)).await.success();
        (new, made["passkey"]["id"].clone())
    }

    pub async fn passkeys(&mut self) -> Vec<Value> {
        self.get("/auth/passkeys").await.success()["passkeys"].as_array().unwrap().clone()
    }

    pub async fn rename_passkey(&mut self, id: &Value, label: &str) -> Answer {
        self.post(RENAME, &json!({ "id": id, "label": label })).await
    }

    pub async fn remove_passkey(&mut self, id: &Value, key: &Key) -> Answer {
        self.guarded_post(REMOVE, &json!({ "id": id }), key).await
    }
}
