//! People who run the service.

use serde_json::json;
use uuid::Uuid;

use super::{Answer, App, Browser, Key};

impl App {
    /// The account that claims this address.
    pub async fn id_of(&self, email: &str) -> Uuid {
        self.stored().await.users.into_iter().find(|user| user.email == email).unwrap().id
    }

    /// Make whoever claims this address an operator.
    pub async fn make_operator(&self, email: &str) -> Uuid {
        let id = self.id_of(email).await;
        assert!(self.state.admin.roles.grant(id, "a test").await.unwrap());
        id
    }

    /// An operator in a browser, who has not touched anything yet.
    pub async fn operator(&self) -> (Browser, Key, Uuid) {
        let mut browser = self.browser();
        let key = browser.sign_up("olga@example.test").await;
        let id = self.make_operator("olga@example.test").await;
        (browser, key, id)
    }

    /// One who may look.
    pub async fn opened_console(&self) -> (Browser, Key, Uuid) {
        let (mut browser, key, id) = self.operator().await;
        browser.open_console(&key).await.success();
        (browser, key, id)
    }
}

impl Browser {
    /// Touch the passkey for looking at the console.
    pub async fn open_console(&mut self, key: &Key) -> Answer {
        self.step_up("admin_open", json!({}), key).await
    }
}
