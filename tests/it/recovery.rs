//! Getting back in without a passkey: two codes, a wait that everybody hears of, and then a new passkey.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::unusual::stranger;
use crate::support::mails::ADA;
use crate::support::passkeys::REMOVE;
use crate::support::recovery::{
    CODES, DAY, HOUR, START, complete, letter, make_codes, recovered, saved, show, start, status, waiting,
};
use crate::support::{App, assert_nowhere, on_both_databases};

on_both_databases!(
    c01_two_codes_and_a_wait_bring_a_new_passkey_and_everything_else_ends,
    c01_one_method_is_never_enough_however_often_it_is_shown,
    c02_of_fifty_who_use_one_saved_code_at_once_one_does,
    c02_new_codes_end_the_old_ones_and_are_kept_nowhere,
    c03_a_mailed_code_works_for_ten_minutes_and_five_tries,
    c04_every_address_hears_of_it_at_each_step,
    c05_a_new_device_waits_a_day_and_nothing_makes_it_shorter,
    c06_the_link_in_a_mail_stops_it_signed_out_and_for_a_day_none_can_begin,
    c07_a_sign_in_a_touch_or_a_press_stops_it_and_an_open_tab_does_not,
    c09_after_it_nothing_of_weight_can_be_done_for_three_days,
    c12_whoever_has_a_way_back_may_remove_the_last_passkey,
    c14_of_twenty_who_complete_it_at_once_one_does,
    an_address_of_nobodys_is_answered_like_any_other,
    whoever_has_saved_no_codes_is_told_what_to_do,
    a_token_is_for_one_recovery_and_a_wrong_one_for_none,
);

const WORK: &str = "ada@work.example";

async fn c01_two_codes_and_a_wait_bring_a_new_passkey_and_everything_else_ends(app: App) {
    let (mut lost, key, codes) = saved(&app).await;
    let mut elsewhere = stranger(&app, &key).await;
    // The browser that the person has always signed in with, signed out.
    let mut browser = lost.clone();
    lost.session().await.success();
    browser.cookies.remove("__Host-sid");
    app.letters().await;

    let token = start(&mut browser, ADA).await;
    let begun = status(&mut browser, &token).await;
    assert_eq!((&begun["stage"], &begun["shown"], &begun["wait"]), (&json!("begun"), &json!([]), &json!(null)));
    let mailed = letter(&app, ADA, "Your recovery code for Holdfast").await;
    assert!(mailed.text.contains("opens nothing") && !mailed.text.contains("http"), "{}", mailed.text);
    let half = show(&mut browser, &token, "mail", &mailed.code()).await.success();
    assert_eq!((&half["stage"], &half["shown"], &half["wait"]), (&json!("begun"), &json!(["mail"]), &json!(null)));
    // Typed by hand.
    let typed = format!(" {} ", codes[3].replace('-', "").to_lowercase());
    let whole = show(&mut browser, &token, "saved_code", &typed).await.success();
    assert_eq!((&whole["stage"], &whole["wait"]["tier"]), (&json!("waiting"), &json!("known_device")));
    assert_eq!(whole["wait"]["dueAt"], "2026-11-22T20:34:56Z");

    app.advance(HOUR - 1);
    complete(&mut browser, &token).await.1.refusal(409, "recovery_too_soon");
    app.advance(1);
    assert_eq!(status(&mut browser, &token).await["stage"], "ready");
    let (new, done) = complete(&mut browser, &token).await;
    let said = done.success();
    assert_eq!(said["user"]["email"], ADA);
    assert!(done.new_sid().is_some());
    browser.session().await.success();
    assert_eq!(status(&mut browser, &token).await["stage"], "completed");
    complete(&mut browser, &token).await.1.refusal(409, "recovery_over");

    // Every session is over, the codes are gone, and the passkey of before opens nothing.
    lost.session().await.refusal(401, "invalid_session");
    elsewhere.session().await.refusal(401, "invalid_session");
    assert!(app.end_reasons().await.iter().all(|reason| reason == "recovered"));
    assert_eq!(app.count("recovery_codes").await, 0);
    assert_eq!(app.count("credentials WHERE suspended_at IS NOT NULL").await, 1);
    app.browser().sign_in(&key).await.refusal(400, "passkey_suspended");
    app.browser().sign_in(&new).await.success();
    // Nor does it count as a touch.
    let options = browser.begin_step_up("session_revoke", json!({ "others": true })).await;
    browser.finish_step_up(key.get(&options)).await.refusal(400, "passkey_suspended");
    for kind in ["recovery_waiting", "recovery_completed", "credential_suspended"] {
        assert_eq!(app.count_events(kind).await, 1, "{kind}");
    }
    assert_eq!(app.count_events("recovery_approved").await, 2);
}

async fn c01_one_method_is_never_enough_however_often_it_is_shown(app: App) {
    let (_, _, codes) = saved(&app).await;
    for method in ["mail", "saved_code"] {
        let mut browser = app.browser();
        let token = start(&mut browser, ADA).await;
        let mailed = letter(&app, ADA, "Your recovery code").await.code();
        let code = if method == "mail" { &mailed } else { &codes[0] };
        show(&mut browser, &token, method, code).await.success();
        show(&mut browser, &token, method, code).await.refusal(409, "recovery_shown");
        let other = if method == "mail" { &mailed } else { &codes[1] };
        show(&mut browser, &token, method, other).await.refusal(409, "recovery_shown");
        complete(&mut browser, &token).await.1.refusal(409, "recovery_too_soon");
        app.advance(HOUR);
        assert_eq!(status(&mut browser, &token).await["stage"], "expired");
        complete(&mut browser, &token).await.1.refusal(409, "recovery_over");
    }
    let mut browser = app.browser();
    let token = start(&mut browser, ADA).await;
    for method in ["", "email", "passkey", "support", "contacts"] {
        show(&mut browser, &token, method, "12345678").await.refusal(400, "invalid_request");
    }
    assert_eq!(app.count_events("recovery_waiting").await, 0);
}

async fn c02_of_fifty_who_use_one_saved_code_at_once_one_does(app: App) {
    let (_, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(start(&mut browser, ADA).await);
        letter(&app, ADA, "Your recovery code").await;
    }
    let tries = (0..50).map(|number| {
        let (mut browser, token, code) = (app.browser(), tokens[number % 3].clone(), codes[0].clone());
        async move { show(&mut browser, &token, "saved_code", &code).await.code() }
    });
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|code| code.is_empty()).count(), 1, "{answers:?}");
    assert_eq!(app.count("recovery_codes WHERE used_at IS NOT NULL").await, 1);
}

async fn c02_new_codes_end_the_old_ones_and_are_kept_nowhere(app: App) {
    let (mut browser, key, old) = saved(&app).await;
    browser.post(CODES, &json!({})).await.refusal(403, "step_up_required");
    let new = make_codes(&mut browser, &key).await;
    assert!(new.iter().all(|code| !old.contains(code)));
    assert_eq!(app.count("recovery_codes").await, 10);
    letter(&app, ADA, "New recovery codes").await;
    let plain: Vec<String> = new.iter().map(|code| code.replace('-', "")).collect();
    assert_nowhere(&[new.clone(), plain].concat(), &app.every_value().await);
    let mut browser = app.browser();
    let token = start(&mut browser, ADA).await;
    letter(&app, ADA, "Your recovery code").await;
    show(&mut browser, &token, "saved_code", &old[0]).await.refusal(400, "recovery_code_wrong");
    show(&mut browser, &token, "saved_code", "not a code").await.refusal(400, "recovery_code_wrong");
    show(&mut browser, &token, "saved_code", &new[0]).await.success();
}

async fn c03_a_mailed_code_works_for_ten_minutes_and_five_tries(app: App) {
    saved(&app).await;
    let mut browser = app.browser();
    let token = start(&mut browser, ADA).await;
    let code = letter(&app, ADA, "Your recovery code").await.code();
    app.advance(10 * 60);
    show(&mut browser, &token, "mail", &code).await.refusal(409, "code_expired");

    let token = start(&mut browser, ADA).await;
    let code = letter(&app, ADA, "Your recovery code").await.code();
    let wrong = |by: u32| format!("{:08}", (code.parse::<u32>().unwrap() + by) % 100_000_000);
    show(&mut browser, &token, "mail", "nonsense").await.refusal(400, "code_wrong");
    for by in 1..5 {
        show(&mut browser, &token, "mail", &wrong(by)).await.refusal(400, "code_wrong");
    }
    show(&mut browser, &token, "mail", &wrong(5)).await.refusal(409, "code_spent");
    show(&mut browser, &token, "mail", &code).await.refusal(409, "code_spent");
    // The code of one recovery is none of another.
    let token = start(&mut browser, ADA).await;
    let next = letter(&app, ADA, "Your recovery code").await.code();
    show(&mut browser, &token, "mail", &code).await.refusal(400, "code_wrong");
    show(&mut browser, &token, "mail", &next).await.success();
}

async fn c04_every_address_hears_of_it_at_each_step(app: App) {
    let (mut own, key, codes) = saved(&app).await;
    own.confirm(&app, WORK, &key).await;
    app.letters().await;
    let mut browser = app.browser();
    let token = waiting(&app, &mut browser, &codes[0]).await;
    let expect = async |subject: &str, said: &str| {
        let letters = app.letters().await;
        for to in [ADA, WORK] {
            let letter = App::letter_to(&letters, to);
            assert!(letter.subject.contains(subject), "{letter:?}");
            assert!(letter.text.contains(said), "{said} is not in {}", letter.text);
        }
    };
    expect("Somebody is recovering your Holdfast account", "In 24 hours, on 23 November 2026, 19:34 UTC").await;
    for (later, subject, said) in [
        (12 * HOUR, "12 hours left", "In 12 hours"),
        (11 * HOUR, "60 minutes left", "In 60 minutes"),
        (HOUR, "can be recovered now", "The wait is over."),
    ] {
        app.advance(later - 1);
        app.tell(2).await;
        assert_eq!(app.letters().await.len(), 0, "{subject} came too early");
        app.advance(1);
        app.tell(2).await;
        expect(subject, said).await;
    }
    let (_, done) = complete(&mut browser, &token).await;
    done.success();
    expect("Your Holdfast account was recovered", "bring it back before 23 December 2026").await;
    app.advance(DAY);
    app.tell(2).await;
    assert_eq!(app.letters().await.len(), 0);
}

async fn c05_a_new_device_waits_a_day_and_nothing_makes_it_shorter(app: App) {
    let (mut own, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    let token = waiting(&app, &mut browser, &codes[0]).await;
    let before = status(&mut browser, &token).await;
    assert_eq!(
        (&before["wait"]["tier"], &before["wait"]["dueAt"]),
        (&json!("new_device"), &json!("2026-11-23T19:34:56Z"))
    );
    app.letters().await;
    // Not by doing it again on a browser that is known, nor with other codes.
    own.cookies.remove("__Host-sid");
    let again = start(&mut own, ADA).await;
    let mailed = letter(&app, ADA, "Your recovery code").await.code();
    show(&mut own, &again, "mail", &mailed).await.success();
    show(&mut own, &again, "saved_code", &codes[1]).await.refusal(409, "recovery_pending");
    assert_eq!(app.count("recovery_codes WHERE used_at IS NOT NULL").await, 1, "a refusal costs no code");
    assert_eq!(status(&mut browser, &token).await, before);
    // Nor by a clock that is set back and forth.
    app.advance(DAY - 1);
    complete(&mut browser, &token).await.1.refusal(409, "recovery_too_soon");
    app.advance(1 + 7 * DAY);
    complete(&mut browser, &token).await.1.refusal(409, "recovery_over");
    assert_eq!(status(&mut browser, &token).await["stage"], "expired");
    // Then another may wait.
    let mut third = app.browser();
    waiting(&app, &mut third, &codes[1]).await;
}

async fn c06_the_link_in_a_mail_stops_it_signed_out_and_for_a_day_none_can_begin(app: App) {
    let (_, key, codes) = saved(&app).await;
    let mut browser = app.browser();
    let token = waiting(&app, &mut browser, &codes[0]).await;
    let link = letter(&app, ADA, "Somebody is recovering").await.link();
    let mut mailer = app.browser();
    let page = mailer.follow(&link).await;
    for said in ["Was this you?", "Somebody is recovering your account", "Stop the recovery"] {
        assert!(page.text().contains(said), "{said} is not on {}", page.text());
    }
    assert_eq!(status(&mut browser, &token).await["stage"], "waiting", "looking changes nothing");
    for _ in 0..2 {
        let done = mailer.press(&page).await;
        assert!(done.text().contains("It is stopped."), "{}", done.text());
    }
    assert_eq!(app.count_events("recovery_stopped").await, 1);
    assert_eq!(status(&mut browser, &token).await["stage"], "stopped");
    letter(&app, ADA, "The recovery of your Holdfast account was stopped").await;
    app.advance(DAY - 1);
    complete(&mut browser, &token).await.1.refusal(409, "recovery_over");
    // The owner hears why they have to wait; whoever asks does not.
    start(&mut browser, ADA).await;
    let said = letter(&app, ADA, "About getting back into Holdfast").await.text;
    assert!(said.contains("before 23 November 2026, 19:34 UTC"), "{said}");
    app.advance(1);
    waiting(&app, &mut browser, &codes[1]).await;
    app.browser().sign_in(&key).await.success();
}

async fn c07_a_sign_in_a_touch_or_a_press_stops_it_and_an_open_tab_does_not(app: App) {
    let (mut own, key, codes) = saved(&app).await;
    for (number, how) in ["assertion", "assertion", "session", "token"].into_iter().enumerate() {
        let mut browser = app.browser();
        let token = waiting(&app, &mut browser, &codes[number]).await;
        // What a tab does by itself.
        assert_eq!(own.session().await.success()["recoveryDueAt"], Value::Null);
        assert!(own.watch().await.success()["recoveryDueAt"].is_string());
        own.get("/account/recovery/panel?watch=1").await;
        own.rotate().await;
        for page in ["/account", "/account/sessions"] {
            assert!(own.get(page).await.text().contains("<p data-recovering>"), "{page}");
        }
        assert_eq!(status(&mut browser, &token).await["stage"], "waiting", "{how}");
        match number {
            0 => own.sign_in(&key).await.ok(),
            1 => own.step_up("session_revoke", json!({ "others": true }), &key).await.ok(),
            2 => own.post("/auth/recovery/cancel", &json!({})).await.ok(),
            _ => browser.post("/auth/recovery/cancel", &json!({ "token": token })).await.ok(),
        }
        assert_eq!(status(&mut browser, &token).await["stage"], "stopped", "{number} {how}");
        let events = app.events_of("recovery_stopped").await;
        assert_eq!(events.last().unwrap().reason.as_deref(), Some(how));
        assert_eq!(own.watch().await.success()["recoveryDueAt"], Value::Null);
        assert!(own.get("/account").await.text().contains("<p data-recovering hidden>"));
        app.advance(DAY);
        own.sign_in(&key).await.success();
        app.letters().await;
    }
}

async fn c09_after_it_nothing_of_weight_can_be_done_for_three_days(app: App) {
    let (_, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    let key = recovered(&app, &mut browser, &codes[0]).await;
    let iban = json!({ "accountHolder": "Ada", "iban": "NO9386011117947" });
    let calls = [
        ("/auth/passkey/register/options", json!({})),
        ("/api-keys", json!({ "name": "backup" })),
        ("/billing/payout", iban),
        ("/account/export", json!({})),
        ("/account/email", json!({ "address": WORK })),
    ];
    app.advance(3 * DAY - 1);
    browser.sign_in(&key).await.success();
    for (path, body) in &calls {
        browser.post(path, body).await.refusal(409, "on_hold");
        browser.guarded_post(path, body, &key).await.refusal(409, "on_hold");
    }
    // What would be refused is not offered.
    let page = browser.get("/account/recovery/panel").await.text().to_owned();
    assert!(page.contains("was recovered a short while ago") && !page.contains("Add an address"), "{page}");
    // Ending things is never too early, nor are new codes.
    browser.guarded_post("/auth/sessions/revoke", &json!({ "others": true }), &key).await.success();
    make_codes(&mut browser, &key).await;
    app.advance(1);
    assert!(browser.get("/account/recovery/panel").await.text().contains("Add an address"));
    for (path, body) in &calls[1..] {
        browser.guarded_post(path, body, &key).await.ok();
    }
}

async fn c12_whoever_has_a_way_back_may_remove_the_last_passkey(app: App) {
    let (mut browser, key, codes) = saved(&app).await;
    let id = browser.passkeys().await[0]["id"].clone();
    // Codes without an address that the other code could go to are no way back.
    app.sql("UPDATE users SET email_verified_at = NULL").await;
    browser.post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
    app.sql("UPDATE users SET email_verified_at = created_at").await;
    browser.remove_passkey(&id, &key).await.success();
    browser.session().await.refusal(401, "invalid_session");
    app.browser().sign_in(&key).await.refusal(400, "passkey_unknown");

    let mut back = app.browser();
    let new = recovered(&app, &mut back, &codes[0]).await;
    app.browser().sign_in(&new).await.success();
    // The codes went with it. So this one has to stay.
    let id = back.passkeys().await[0]["id"].clone();
    back.post(REMOVE, &json!({ "id": id })).await.refusal(409, "passkey_is_last");
}

async fn c14_of_twenty_who_complete_it_at_once_one_does(app: App) {
    let (_, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    let token = waiting(&app, &mut browser, &codes[0]).await;
    app.advance(DAY);
    let tries = (0..20).map(|_| {
        let (mut browser, token) = (app.browser(), token.clone());
        async move { complete(&mut browser, &token).await.1.status.as_u16() }
    });
    let statuses = join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(app.count("credentials WHERE suspended_at IS NULL").await, 1);
    assert_eq!(app.count(&format!("sessions WHERE created_at = {}", app.now())).await, 1);
}

async fn an_address_of_nobodys_is_answered_like_any_other(app: App) {
    let (_, _, codes) = saved(&app).await;
    // Claimed by somebody, and not confirmed: nobody's.
    app.browser().sign_up("bob@example.test").await;
    let first = if codes[0].starts_with('3') { "4" } else { "3" };
    let wrong = first.to_owned() + &codes[0][1..];
    let mut seen = Vec::new();
    for email in [ADA, "nobody@example.test", "bob@example.test"] {
        let mut browser = app.browser();
        let mut answers = Vec::new();
        let begun = browser.post(START, &json!({ "email": email })).await;
        let token = begun.success()["token"].as_str().unwrap().to_owned();
        answers.push((begun.status.as_u16(), begun.text().len(), String::new()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        for (method, code) in [("mail", "x"), ("saved_code", "x"), ("saved_code", &wrong)] {
            let answer = show(&mut browser, &token, method, code).await;
            answers.push((answer.status.as_u16(), answer.text().len(), answer.code()));
        }
        for number in 0..6 {
            let answer = show(&mut browser, &token, "mail", &format!("0000000{number}")).await;
            answers.push((answer.status.as_u16(), answer.text().len(), answer.code()));
        }
        let now = status(&mut browser, &token).await;
        answers.push((0, 0, format!("{} {} {}", now["stage"], now["shown"], now["wait"])));
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let letters = app.letters().await;
    assert!(letters.iter().all(|letter| letter.to == ADA), "{letters:?}");
    for (email, code) in [("", "email_invalid"), ("ada", "email_invalid"), ("a@b@c", "email_invalid")] {
        app.browser().post(START, &json!({ "email": email })).await.refusal(400, code);
    }
}

async fn whoever_has_saved_no_codes_is_told_what_to_do(app: App) {
    app.confirmed().await;
    let mut browser = app.browser();
    let token = start(&mut browser, ADA).await;
    let said = letter(&app, ADA, "About getting back into Holdfast").await.text;
    assert!(said.contains("no recovery codes") && said.contains("another device"), "{said}");
    show(&mut browser, &token, "mail", "12345678").await.refusal(400, "code_wrong");
}

async fn a_token_is_for_one_recovery_and_a_wrong_one_for_none(app: App) {
    let (_, _, codes) = saved(&app).await;
    let mut browser = app.browser();
    let token = waiting(&app, &mut browser, &codes[0]).await;
    assert_nowhere(std::slice::from_ref(&token), &app.every_value().await);
    let wrong = "A".repeat(43);
    for token in ["", "x", wrong.as_str()] {
        for path in ["status", "cancel", "complete/options"] {
            let answer = app.browser().post(&format!("/auth/recovery/{path}"), &json!({ "token": token })).await;
            answer.refusal(404, "recovery_not_found");
        }
        show(&mut app.browser(), token, "mail", "12345678").await.refusal(404, "recovery_not_found");
    }
    // The browser that began it has it in a cookie as well; another has not.
    let here = browser.post("/auth/recovery/status", &json!({})).await.success();
    assert_eq!(here, status(&mut browser, &token).await);
    app.browser().post("/auth/recovery/status", &json!({})).await.refusal(404, "recovery_not_found");
    // A ceremony of one is none of another, nor a sign-up.
    app.advance(DAY);
    let options = browser.post("/auth/recovery/complete/options", &json!({ "token": token })).await.success();
    let response = browser.new_key().create(&options);
    browser.finish_sign_up(response).await.refusal(400, "ceremony_mismatch");
    browser.post("/auth/recovery/cancel", &json!({ "token": token })).await.success();
    browser.post("/auth/recovery/cancel", &json!({ "token": token })).await.success();
    assert_eq!(app.count_events("recovery_stopped").await, 1);
}
