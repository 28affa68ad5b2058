//! The thief's best moment: right after the owner touched the passkey for something.

use serde_json::json;

use super::people::{Binding, Owner};
use crate::support::{App, Browser, on_both_databases};

on_both_databases!(
    s12_a_thief_with_the_cookie_does_not_use_the_owners_touch,
    s12_a_thief_with_a_device_keys_cookie_does_not_use_the_owners_touch,
    s12_a_thief_with_both_cookies_of_dbsc_does_not_use_the_owners_touch,
);

/// The owner touches the passkey to add another. Before the page makes that call, the thief, who has copied every
/// cookie from before the touch and looks like the owner, reads something and makes the call himself.
async fn try_it(app: &App, binding: Binding) {
    let app = app.beside(&[("HOLDFAST_ORIGIN", "https://login.example.test")]).await;
    let mut owner = Owner::sign_up(&app, app.browser(), binding).await;
    let mut thief: Browser = owner.browser().cookies_only();
    let key = owner.key.clone();
    owner.browser().step_up("passkey_add", json!({}), &key).await.success();
    thief.session().await;
    let options = thief.post("/auth/passkey/register/options", &json!({})).await;
    if options.status == 200 {
        let mut passkey = thief.new_key();
        thief.finish_sign_up(passkey.create(&options.json())).await;
    }
    assert_eq!(app.stored().await.credentials.len(), 1, "he added a passkey of his own");
    // The owner loses nothing but, at worst, the touch.
    let answer = owner.browser().guarded_post("/auth/passkey/register/options", &json!({}), &key).await;
    answer.success();
}

async fn s12_a_thief_with_the_cookie_does_not_use_the_owners_touch(app: App) {
    try_it(&app, Binding::Cookie).await;
}

async fn s12_a_thief_with_a_device_keys_cookie_does_not_use_the_owners_touch(app: App) {
    try_it(&app, Binding::DeviceKey).await;
}

async fn s12_a_thief_with_both_cookies_of_dbsc_does_not_use_the_owners_touch(app: App) {
    try_it(&app, Binding::Dbsc).await;
}
