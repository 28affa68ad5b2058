//! Throttling must not be a way to keep a person out: not by failing in their name, and not by failing with their passkey.

use std::net::IpAddr;

use holdfast::throttle::{Error, Kind, Source, Throttle, Work, solve};
use serde_json::{Value, json};
use uuid::Uuid;

use super::throttle::strict;
use crate::support::seed::in_full;
use crate::support::{App, Browser, Key, SIGN_IN, USER_VERIFIED, flip_last_bit, on_both_databases};

on_both_databases!(
    l01_a_passkey_that_fails_a_hundred_times_in_a_row_is_locked,
    l01_what_a_stranger_signs_locks_nobodys_passkey,
    l01_a_success_sets_the_count_back,
    l02_ten_thousand_failures_of_strangers_do_not_keep_the_owner_out,
    l02_an_account_that_is_failed_at_asks_strangers_for_work,
    a_known_device_has_its_own_lane_and_no_more_than_that,
    a_known_device_of_somebody_else_is_no_way_in,
    a_cookie_that_was_never_given_out_is_no_lane,
);

async fn sign_in_badly(browser: &mut Browser, key: &Key) -> String {
    let options = browser.begin_sign_in().await;
    browser.finish_sign_in(key.get(&options)).await.code()
}

fn unverified(key: &Key) -> Key {
    Key { flags: key.flags & !USER_VERIFIED, ..key.clone() }
}

async fn l01_a_passkey_that_fails_a_hundred_times_in_a_row_is_locked(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut thief = app.browser();
    for _ in 0..100 {
        assert_eq!(sign_in_badly(&mut thief, &unverified(&key)).await, "user_not_verified");
    }
    let options = thief.begin_sign_in().await;
    let refused = thief.finish_sign_in(key.get(&options)).await.refusal(400, "passkey_locked");
    assert!(refused["error"].as_str().unwrap().contains("another passkey"), "{refused}");
    assert_eq!(sign_in_badly(&mut app.browser(), &unverified(&key)).await, "passkey_locked");
    // They can see why, in their activity.
    let last = app.events_of("authn_login_fail").await.pop().unwrap();
    assert_eq!(
        (last.reason.as_deref(), last.user_id),
        (Some("passkey_locked"), Some(app.stored().await.users[0].id))
    );
}

async fn l01_what_a_stranger_signs_locks_nobodys_passkey(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut stranger = app.browser();
    for number in 0..120 {
        let options = stranger.begin_sign_in().await;
        // All of these he can make who knows what the passkey is called and whose it is.
        let response = match number % 3 {
            0 => flip_last_bit(&key.get(&options), "signature"),
            1 => Key { signing: Key::new().signing, ..unverified(&key) }.get(&options),
            _ => Key { signing: Key::new().signing, origin: "https://evil.test".to_owned(), ..key.clone() }
                .get(&options),
        };
        stranger
            .finish_sign_in(response)
            .await
            .refusal(400, ["signature_invalid", "user_not_verified", "origin_mismatch"][number % 3]);
    }
    app.browser().sign_in(&key).await.ok();
}

async fn l01_a_success_sets_the_count_back(app: App) {
    let key = app.browser().sign_up("ada@example.test").await;
    let mut browser = app.browser();
    for _ in 0..2 {
        for _ in 0..60 {
            assert_eq!(sign_in_badly(&mut browser, &unverified(&key)).await, "user_not_verified");
        }
        browser.sign_in(&key).await.ok();
    }
}

fn stranger(number: u32) -> Source {
    let [_, a, b, c] = number.to_be_bytes();
    Source { address: Some(IpAddr::from([11 + a, b, c, 7])), ..Source::default() }
}

/// As the service counts one failure with this person's passkey. Answers whether it was heard at all.
async fn fail_at(throttle: &Throttle, source: &Source, account: Uuid) -> bool {
    match throttle.admit(source, Kind::Ceremony).await {
        Ok(admission) => {
            throttle.failed(source, admission).await.unwrap();
            throttle.account_failed(source, account).await.unwrap();
            true
        }
        Err(Error::Limited(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

fn work_of(refusal: &Value) -> String {
    let work = &refusal["proofOfWork"];
    let text = |name: &str| work[name].as_str().unwrap().to_owned();
    assert_eq!(text("algorithm"), "SHA-256");
    let difficulty = u32::try_from(work["difficulty"].as_u64().unwrap()).unwrap();
    let expires = holdfast::clock::Timestamp(0);
    solve(&Work { challenge: text("challenge"), salt: text("salt"), difficulty, expires })
}

/// Post, and do the work that is asked for.
async fn post_with_work(browser: &mut Browser, path: &str, body: &Value) -> crate::support::Answer {
    let refused = browser.post(path, body).await.refusal(429, "too_many_requests");
    let headers = [("content-type", "application/json"), ("x-proof-of-work", &work_of(&refused))];
    browser.send(axum::http::Method::POST, path, &headers, body.to_string().into()).await
}

async fn l02_ten_thousand_failures_of_strangers_do_not_keep_the_owner_out(app: App) {
    let app = strict(&app).await;
    let mut owner = app.browser();
    let key = owner.sign_up("ada@example.test").await;
    owner.sign_out().await.ok();
    let ada = app.stored().await.users[0].id;
    let mut heard = 0;
    // The short form goes past what everybody together may fail, and no further.
    for number in 0..if in_full() { 10_000 } else { 3_200 } {
        heard += u32::from(fail_at(&app.state.throttle, &stranger(number), ada).await);
    }
    assert_eq!(heard, 3_000, "what everybody together may fail");
    // The owner, at home, notices nothing: not at the first try, and not when they mistype their PIN.
    owner.sign_in(&key).await.ok();
    assert_eq!(sign_in_badly(&mut owner, &unverified(&key)).await, "user_not_verified");
    owner.sign_in(&key).await.ok();
    // A stranger must wait, and may work instead. So may the owner, on a device that is new.
    let mut abroad = app.browser();
    let options = post_with_work(&mut abroad, "/auth/passkey/login/options", &json!({})).await.success();
    let body = json!({ "response": key.get(&options) });
    post_with_work(&mut abroad, SIGN_IN, &body).await.ok();
    abroad.session().await.ok();
    // However long it went on, what is left of it is gone an hour later.
    app.advance(3_600);
    let mut anywhere = app.browser();
    anywhere.sign_in(&key).await.ok();
}

async fn l02_an_account_that_is_failed_at_asks_strangers_for_work(app: App) {
    let app = strict(&app).await;
    let mut owner = app.browser();
    let key = owner.sign_up("ada@example.test").await;
    let ada = app.stored().await.users[0].id;
    for number in 0..100 {
        assert!(fail_at(&app.state.throttle, &stranger(number), ada).await);
    }
    let mut abroad = app.browser();
    abroad.address = Some([198, 51, 100, 9].into());
    let options = abroad.begin_sign_in().await;
    let body = json!({ "response": key.get(&options) });
    // The ceremony is not spent by being asked for work.
    post_with_work(&mut abroad, SIGN_IN, &body).await.ok();
    // That somebody fails at it can be seen in its trail, once.
    let rows = app.events_of("excess_rate_limit_exceeded").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].reason.as_deref(), rows[0].user_id), (Some("account"), Some(ada)));
    // Others are not asked, nor is the owner at home.
    let mut bob = app.browser();
    bob.address = Some([198, 51, 100, 10].into());
    bob.sign_up("bob@example.test").await;
    owner.sign_in(&key).await.ok();
}

async fn a_known_device_has_its_own_lane_and_no_more_than_that(app: App) {
    let app = strict(&app).await;
    let mut owner = app.browser();
    let key = owner.sign_up("ada@example.test").await;
    let mut neighbour = app.browser();
    while neighbour.post(SIGN_IN, &json!({ "response": {} })).await.code() != "too_many_requests" {}
    // Same address, and not stopped.
    for _ in 0..10 {
        owner.sign_in(&key).await.ok();
    }
    assert!(app.state.throttle.counts().by_device() >= 20);
    // The lane has an end, too; the ordinary way is closed at this address.
    let failed = async |browser: &mut Browser| browser.post(SIGN_IN, &json!({ "response": {} })).await.code();
    for _ in 0..20 {
        assert_eq!(failed(&mut owner).await, "response_malformed");
    }
    assert_eq!(failed(&mut owner).await, "too_many_requests");
    // Elsewhere it is open.
    owner.address = Some([198, 51, 100, 9].into());
    owner.sign_in(&key).await.ok();
}

async fn a_known_device_of_somebody_else_is_no_way_in(app: App) {
    let app = strict(&app).await;
    let ada = app.browser().sign_up("ada@example.test").await;
    let mut mallory = app.browser();
    mallory.sign_up("mallory@example.test").await;
    let mut neighbour = app.browser();
    while neighbour.post(SIGN_IN, &json!({ "response": {} })).await.code() != "too_many_requests" {}
    // One try with the passkey of somebody who has never been here, and the lane is closed.
    let options = mallory.begin_sign_in().await;
    let forged = flip_last_bit(&ada.get(&options), "signature");
    mallory.finish_sign_in(forged).await.refusal(400, "signature_invalid");
    mallory.post("/auth/passkey/login/options", &json!({})).await.refusal(429, "too_many_requests");
}

async fn a_cookie_that_was_never_given_out_is_no_lane(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    browser.cookies.insert("__Host-device".into(), "A".repeat(43));
    let mut heard = 0;
    while browser.post(SIGN_IN, &json!({ "response": {} })).await.code() != "too_many_requests" {
        heard += 1;
    }
    assert_eq!((heard, app.state.throttle.counts().by_device()), (150, 0));
}
