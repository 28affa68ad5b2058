//! A person to whom everything happens.

use serde_json::json;

use super::agents::{FIREFOX_LINUX, SAFARI_PHONE};
use super::habits::{BERGEN, HOUR, MINUTE, NEW_YORK, OSLO, OSLO_IPV6, OSLO_TOO, PARIS, RENTED, SAN_FRANCISCO};
use super::{App, Browser, Key, flip_last_bit};

impl App {
    /// What happens to an account over some weeks: journeys, thieves, programs, failures, touches and changes.
    pub async fn rich_history(&self) -> (Browser, Key) {
        let (mut browser, key) = self.person_at(OSLO).await;
        let addresses = [OSLO, OSLO_TOO, OSLO_IPV6, BERGEN, NEW_YORK, SAN_FRANCISCO, PARIS, RENTED];
        for (nth, address) in addresses.into_iter().enumerate() {
            self.advance(7 * HOUR);
            browser.cookies.remove("__Host-sid");
            browser.address = Some(OSLO.parse().unwrap());
            browser.sign_in(&key).await.success();
            self.advance(6 * MINUTE);
            let mut moved = browser.moved(address);
            for path in ["/auth/session", "/api-keys"] {
                moved.get(path).await;
            }
            moved.go_on(&key).await;
            moved.guarded_post("/api-keys", &json!({ "name": format!("key {nth}") }), &key).await.success();
            moved.disguised("curl/8.9.1").get("/api-keys").await;
            moved.disguised(SAFARI_PHONE).session().await;
            let mut elsewhere = self.browser_at(address).disguised(FIREFOX_LINUX);
            for _ in 0..5 {
                let options = elsewhere.begin_sign_in().await;
                elsewhere.finish_sign_in(flip_last_bit(&key.get(&options), "signature")).await;
            }
            elsewhere.sign_in(&key).await.success();
            // The cookie on two machines at once.
            moved.moved("95.24.30.9").disguised(FIREFOX_LINUX).session().await;
        }
        browser.cookies.remove("__Host-sid");
        browser.sign_in(&key).await.success();
        (browser, key)
    }
}
