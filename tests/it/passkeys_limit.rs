//! How many passkeys there may be, when several are added, removed or used at once on two processes.

use serde_json::json;

use crate::support::passkeys::{REGISTER, REMOVE};
use crate::support::{App, on_both_databases};

on_both_databases!(
    of_two_for_the_last_place_at_once_one_is_added,
    c12_of_the_last_two_removed_at_once_one_stays,
    a_sign_in_under_way_and_the_removal_of_its_passkey_leave_no_session,
);

const ROUNDS: usize = 5;

async fn of_two_for_the_last_place_at_once_one_is_added(app: App) {
    let other = app.beside(&[]).await;
    let mut here = app.browser();
    let key = here.sign_up("ada@example.test").await;
    let mut there = other.browser();
    there.sign_in(&key).await.success();
    let mut last = json!(null);
    while here.passkeys().await.len() < 19 {
        last = here.add_passkey(&key).await.1;
    }
    for _ in 0..ROUNDS {
        let mut responses = Vec::new();
        for browser in [&mut here, &mut there] {
            let options = browser.guarded_post(REGISTER, &json!({}), &key).await.success();
            responses.push(browser.new_key().create(&options));
        }
        let [first, second] = <[_; 2]>::try_from(responses).unwrap();
        let (mut one, mut two) = (here.clone(), there.clone());
        let (first, second) = tokio::join!(
            tokio::spawn(async move { (one.finish_sign_up(first).await, one) }),
            tokio::spawn(async move { (two.finish_sign_up(second).await, two) }),
        );
        let ((first, one), (second, two)) = (first.unwrap(), second.unwrap());
        assert_ne!(first.status.is_success(), second.status.is_success(), "{first:?} {second:?}");
        let (made, loser) = if first.status.is_success() { (first, second) } else { (second, first) };
        loser.refusal(409, "passkeys_full");
        assert_eq!(app.stored().await.credentials.len(), 20);
        (here, there) = (one, two);
        last = made.json()["passkey"]["id"].clone();
        here.remove_passkey(&last, &key).await.success();
    }
    assert!(last.is_string());
}

async fn c12_of_the_last_two_removed_at_once_one_stays(app: App) {
    let other = app.beside(&[]).await;
    for round in 0..ROUNDS {
        let mut here = app.browser();
        let first = here.sign_up(&format!("ada{round}@example.test")).await;
        let (second, second_id) = here.add_passkey(&first).await;
        let first_id = here.passkeys().await.into_iter().find(|row| row["id"] != second_id).unwrap()["id"].clone();
        let mut there = other.browser();
        there.sign_in(&second).await.success();
        // Each is about to remove the other's, or each its own: then neither takes the other's session or touch away.
        let (mine, other_one) = if round % 2 == 0 { (second_id, first_id) } else { (first_id, second_id) };
        here.step_up("passkey_remove", json!({ "id": mine }), &first).await.success();
        there.step_up("passkey_remove", json!({ "id": other_one }), &second).await.success();
        let user = here.session().await.success()["user"]["id"].clone();
        let (one, two) = tokio::join!(
            tokio::spawn(async move { here.post(REMOVE, &json!({ "id": mine })).await }),
            tokio::spawn(async move { there.post(REMOVE, &json!({ "id": other_one })).await }),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_ne!(one.status.is_success(), two.status.is_success(), "{one:?} {two:?}");
        let left = app.stored().await.credentials;
        assert_eq!(left.iter().filter(|row| json!(row.user_id) == user).count(), 1);
        let loser = if one.status.is_success() { two } else { one };
        // Its session has ended, its passkey is the last, or its touch went with the passkey that made it.
        let codes = ["invalid_session", "passkey_is_last", "step_up_required"];
        assert!(codes.contains(&loser.code().as_str()), "{loser:?}");
    }
}

async fn a_sign_in_under_way_and_the_removal_of_its_passkey_leave_no_session(app: App) {
    let other = app.beside(&[]).await;
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    for _ in 0..ROUNDS * 2 {
        let (new, id) = browser.add_passkey(&key).await;
        browser.step_up("passkey_remove", json!({ "id": id }), &key).await.success();
        let (mut remover, mut phone) = (browser.clone(), other.browser());
        let options = phone.begin_sign_in().await;
        let (gone, entered) = tokio::join!(
            tokio::spawn(async move { (remover.post(REMOVE, &json!({ "id": id })).await, remover) }),
            tokio::spawn(async move { (phone.finish_sign_in(new.get(&options)).await, phone) }),
        );
        let ((answer, after), (entered, mut phone)) = (gone.unwrap(), entered.unwrap());
        answer.success();
        browser = after;
        if entered.status.is_success() {
            phone.session().await.refusal(401, "invalid_session");
        } else {
            entered.refusal(400, "passkey_unknown");
        }
    }
    assert_eq!(browser.passkeys().await.len(), 1);
}
