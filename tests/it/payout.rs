//! Where people are paid to: checked, sealed, masked, and changed with a touch for exactly that account.

use std::os::unix::fs::PermissionsExt;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{App, Browser, Key, contains, on_both_databases};

on_both_databases!(
    there_is_none_before_any_is_saved,
    what_is_saved_is_shown_masked,
    a_number_that_is_none_is_refused_and_told_why,
    a_holder_that_cannot_be_shown_is_refused,
    what_is_no_request_is_refused,
    what_is_wrong_is_said_before_a_touch_is_asked_for,
    every_change_asks_for_a_touch_for_exactly_that_account,
    s12_a_touch_for_another_account_saves_nothing,
    s12_a_touch_is_good_for_one_change,
    a_change_replaces_the_token_and_leaves_its_event,
    the_last_one_saved_counts,
    nothing_lies_in_the_database_in_clear,
    nothing_in_the_database_can_be_compared_with_a_guess,
    a_row_cannot_be_moved_to_somebody_else,
    keys_can_change_and_what_was_sealed_stays,
    others_see_nothing_and_change_nothing,
    nobody_asks_signed_out,
    a_name_is_shown_as_text,
    it_goes_with_the_account,
    a_cookie_alone_sees_nothing,
);

const PAYOUT: &str = "/billing/payout";
const PANEL: &str = "/account/billing/panel";
const HOLDER: &str = "Grace Brewster Hopper";
const IBAN: &str = "NO9386011117947";
const OTHER_IBAN: &str = "GB29NWBK60161331926819";

fn details(account_holder: &str, iban: &str) -> Value {
    json!({ "accountHolder": account_holder, "iban": iban })
}

async fn signed_up(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    (browser, key)
}

async fn save(browser: &mut Browser, key: &Key, account_holder: &str, iban: &str) -> Value {
    browser.guarded_post(PAYOUT, &details(account_holder, iban), key).await.success()
}

async fn there_is_none_before_any_is_saved(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    assert_eq!(browser.get(PAYOUT).await.success(), json!({ "payout": null }));
    let panel = browser.get(PANEL).await;
    assert!(panel.text().contains("No account is saved yet."), "{}", panel.text());
}

async fn what_is_saved_is_shown_masked(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let saved = save(&mut browser, &key, &format!("  {HOLDER} "), "no93 8601 1117 947").await;
    let payout =
        json!({ "accountHolder": HOLDER, "iban": "NO•• •••• •••7 947", "updatedAt": "2026-11-22T19:34:56Z" });
    assert_eq!(saved, json!({ "ok": true, "payout": payout }));
    app.advance(120);
    assert_eq!(browser.get(PAYOUT).await.success(), json!({ "payout": payout }));
    let panel = browser.get(PANEL).await;
    for shown in [HOLDER, "NO•• •••• •••7 947", "2 minutes ago"] {
        assert!(panel.text().contains(shown), "{shown}: {}", panel.text());
    }
    for answer in [browser.get(PAYOUT).await, panel] {
        assert!(!answer.text().contains("8601"), "{}", answer.text());
    }
}

async fn a_number_that_is_none_is_refused_and_told_why(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let long = "9".repeat(1000);
    for (iban, word) in [
        ("", "does not look like"),
        ("12345678901", "does not look like"),
        ("NO93-8601-1117-947", "does not look like"),
        ("N\u{200b}O9386011117947", "does not look like"),
        ("ＮＯ9386011117947", "does not look like"),
        ("XX9386011117947", "two letters of its country"),
        ("NO93 8601 1117 94", "too short"),
        ("NO93 8601 1117 9470", "too long"),
        (&format!("NO{long}"), "too long"),
        ("NO93 8601 1117 948", "typing mistake"),
        ("NO93 8601 1171 947", "typing mistake"),
        ("NO94 8601 1117 947", "typing mistake"),
    ] {
        let refusal = browser.post(PAYOUT, &details(HOLDER, iban)).await.refusal(400, "iban_invalid");
        let sentence = refusal["error"].as_str().unwrap();
        assert!(sentence.contains(word), "{iban}: {sentence}");
        assert!(iban.len() < 5 || !sentence.contains(&iban[iban.len() - 4..]), "{sentence}");
    }
    for iban in [IBAN, OTHER_IBAN, "DE89 3704 0044 0532 0130 00", "mt84malt011000012345mtlcast001s"] {
        save(&mut browser, &key, HOLDER, iban).await;
    }
}

async fn a_holder_that_cannot_be_shown_is_refused(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for holder in ["", "   ", &"x".repeat(71), "nul\0", "\u{202e}drow", "two\nlines"] {
        let refusal = browser.post(PAYOUT, &details(holder, IBAN)).await.refusal(400, "account_holder_invalid");
        assert!(refusal["error"].as_str().unwrap().contains("70"), "{refusal}");
    }
    // Characters, not bytes.
    for holder in ["x", &"é".repeat(70)] {
        assert_eq!(save(&mut browser, &key, holder, IBAN).await["payout"]["accountHolder"], holder);
    }
}

async fn what_is_no_request_is_refused(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    for body in [
        json!({}),
        json!({ "iban": IBAN }),
        json!({ "accountHolder": HOLDER }),
        json!({ "account_holder": HOLDER, "iban": IBAN }),
        json!({ "accountHolder": HOLDER, "iban": 7 }),
        json!({ "accountHolder": null, "iban": IBAN }),
        json!({ "accountHolder": [HOLDER], "iban": IBAN }),
    ] {
        browser.post(PAYOUT, &body).await.refusal(400, "invalid_request");
    }
    assert_eq!(app.count("payouts").await, 0);
}

async fn what_is_wrong_is_said_before_a_touch_is_asked_for(app: App) {
    let (mut browser, _) = signed_up(&app).await;
    browser.post(PAYOUT, &details(HOLDER, "NO93 8601 1117 948")).await.refusal(400, "iban_invalid");
    browser.post(PAYOUT, &details("", IBAN)).await.refusal(400, "account_holder_invalid");
    assert_eq!(app.count_events("authn_step_up_required").await, 0);
    let asked = json!({ "action": "payout_update", "params": details(HOLDER, "NO93 8601 1117 948") });
    browser.post("/auth/step-up/options", &asked).await.refusal(400, "invalid_request");
    assert_eq!(app.count_ceremonies().await, 1, "the one of signing up");
}

async fn every_change_asks_for_a_touch_for_exactly_that_account(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    let refusal =
        browser.post(PAYOUT, &details(" Ada ", "no93 8601 1117 947")).await.refusal(403, "step_up_required");
    let asked = json!({ "action": "payout_update", "params": details("Ada", IBAN) });
    assert_eq!(refusal["stepUp"], asked);
    assert_eq!(app.count("payouts").await, 0);
    browser.step_up("payout_update", asked["params"].clone(), &key).await.success();
    // However it is spelt.
    browser.post(PAYOUT, &details("Ada ", "NO93 8601 1117 947")).await.success();
}

async fn s12_a_touch_for_another_account_saves_nothing(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("payout_update", details(HOLDER, IBAN), &key).await.success();
    for changed in [
        details(HOLDER, OTHER_IBAN),
        details("Grace Brewster Hoppe", IBAN),
        details(&HOLDER.to_lowercase(), IBAN),
        details(OTHER_IBAN, IBAN),
    ] {
        let refusal = browser.post(PAYOUT, &changed).await.refusal(403, "step_up_required");
        assert_eq!(refusal["stepUp"], json!({ "action": "payout_update", "params": changed }));
    }
    assert_eq!(browser.get(PAYOUT).await.success(), json!({ "payout": null }));
    assert_eq!((app.count("payouts").await, app.count_events("payout_changed").await), (0, 0));
    // Nor is a touch for anything else one for this.
    browser.step_up("session_continue", json!({}), &key).await.success();
    browser.step_up("api_key_create", json!({ "name": HOLDER }), &key).await.success();
    browser.post(PAYOUT, &details(HOLDER, OTHER_IBAN)).await.refusal(403, "step_up_required");
    // Which all did not spend it.
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.success();
    // An answer to the challenge of one account is no touch for another.
    let options = browser.begin_step_up("payout_update", details(HOLDER, OTHER_IBAN)).await;
    browser.finish_step_up(key.get(&options)).await.success();
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.refusal(403, "step_up_required");
}

async fn s12_a_touch_is_good_for_one_change(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("payout_update", details(HOLDER, IBAN), &key).await.success();
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.success();
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.refusal(403, "step_up_required");
    browser.step_up("payout_update", details(HOLDER, IBAN), &key).await.success();
    app.advance(301);
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.refusal(403, "step_up_required");
    assert_eq!(app.count_events("payout_changed").await, 1);
}

async fn a_change_replaces_the_token_and_leaves_its_event(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.step_up("payout_update", details(HOLDER, IBAN), &key).await.success();
    let before = browser.sid();
    let answer = browser.post(PAYOUT, &details(HOLDER, IBAN)).await;
    assert!(answer.new_sid().is_some_and(|next| next != before), "S03");
    assert!(browser.session().await.success()["session"].get("steppedUpUntil").is_none(), "it is spent");
    let (stored, told) = (app.stored().await, app.events_of("payout_changed").await);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].outcome, "success");
    assert_eq!(told[0].user_id, Some(stored.users[0].id));
    assert_eq!(told[0].session_id, Some(stored.sessions[0].id));
}

async fn the_last_one_saved_counts(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    save(&mut browser, &key, HOLDER, IBAN).await;
    app.advance(60);
    save(&mut browser, &key, "Ada", OTHER_IBAN).await;
    let payout = browser.get(PAYOUT).await.success()["payout"].clone();
    assert_eq!(
        payout,
        json!({ "accountHolder": "Ada", "iban": "GB•• •••• •••• •••• ••68 19", "updatedAt": "2026-11-22T19:35:56Z" })
    );
    assert_eq!(app.count("payouts").await, 1);
}

/// The forms in which text could lie in a row: as it is, in hexadecimal, and in base64 wherever it begins there.
fn forms(text: &str) -> Vec<Vec<u8>> {
    use std::fmt::Write;
    let hex = text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let mut forms = vec![text.as_bytes().to_vec(), hex.into_bytes()];
    for shift in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&vec![0; shift], text.as_bytes()].concat());
        // The characters at both ends depend on what is beside them.
        forms.push(encoded.as_bytes()[if shift == 0 { 0 } else { 4 }..encoded.len() - 2].to_vec());
    }
    forms
}

async fn expect_nowhere(app: &App, moment: &str) {
    let values = app.every_value().await;
    assert!(
        values.iter().any(|(_, value)| contains(value, b"ada@example.test")),
        "the search finds what is there"
    );
    for text in [HOLDER, IBAN, "NO93 8601 1117 947", &IBAN[4..], "Hopper"] {
        for form in forms(text) {
            let found = values.iter().find(|(_, value)| contains(value, &form));
            assert!(found.is_none(), "{moment}: {text} lies in {}", found.unwrap().0);
        }
    }
}

async fn nothing_lies_in_the_database_in_clear(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.refusal(403, "step_up_required");
    expect_nowhere(&app, "asked").await;
    let options = browser.begin_step_up("payout_update", details(HOLDER, IBAN)).await;
    expect_nowhere(&app, "a touch under way").await;
    browser.finish_step_up(key.get(&options)).await.success();
    expect_nowhere(&app, "touched").await;
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.success();
    expect_nowhere(&app, "saved").await;
    assert_eq!(app.count("payouts").await, 1);
}

async fn nothing_in_the_database_can_be_compared_with_a_guess(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    // There are few enough account numbers to try them all.
    browser.step_up("payout_update", details(HOLDER, IBAN), &key).await.success();
    let params = details(HOLDER, IBAN).to_string();
    let guesses =
        [IBAN.to_owned(), params.clone(), format!("payout_update{params}"), format!("payout_update\0{params}")];
    let values = app.every_value().await;
    assert_eq!(app.count("step_up_grants").await, 1);
    for guess in guesses {
        let digest = Sha256::digest(&guess);
        let found = values.iter().find(|(_, value)| contains(value, &digest));
        assert!(found.is_none(), "a digest of {guess} lies in {}", found.unwrap().0);
    }
    let has_nonce = |value: &[u8]| forms("\"nonce\"").iter().any(|form| contains(value, form));
    assert!(!values.iter().any(|(_, value)| has_nonce(value)), "the challenge could be tried");
}

async fn a_row_cannot_be_moved_to_somebody_else(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    for column in ["account_holder", "iban"] {
        save(&mut ada, &key, HOLDER, IBAN).await;
        save(&mut bob, &bobs, "Bob", OTHER_IBAN).await;
        let others = format!("SELECT o.{column} FROM payouts o WHERE o.user_id <> payouts.user_id");
        app.sql(&format!("UPDATE payouts SET {column} = ({others})")).await;
        let (one, two) = (ada.get(PAYOUT).await, bob.get(PAYOUT).await);
        let shown = [one.status.as_u16(), two.status.as_u16()];
        assert!(shown.contains(&500), "{column}: {shown:?}");
    }
}

async fn keys_can_change_and_what_was_sealed_stays(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    save(&mut browser, &key, HOLDER, IBAN).await;
    let old = std::fs::read_to_string(&app.secrets).unwrap();
    let new = format!("keys = [\"new:{}\", ", "A".repeat(43));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("turned.toml");
    std::fs::write(&file, old.replace("keys = [", &new)).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let turned = app.beside(&[("HOLDFAST_SECRETS", file.to_str().unwrap())]).await;
    let mut browser = browser.at(&turned);
    assert_eq!(browser.get(PAYOUT).await.success()["payout"]["accountHolder"], HOLDER);
    save(&mut browser, &key, "Ada", OTHER_IBAN).await;
    // What is sealed by now is sealed with the new one.
    let sealed_with: Vec<_> = app.every_value().await.into_iter().filter(|(c, _)| c == "payouts.iban").collect();
    assert_eq!(sealed_with[0].1[..5], *b"\x01\x03new");
}

async fn others_see_nothing_and_change_nothing(app: App) {
    let (mut ada, key) = signed_up(&app).await;
    save(&mut ada, &key, HOLDER, IBAN).await;
    let mut bob = app.browser();
    let bobs = bob.sign_up("bob@example.test").await;
    assert_eq!(bob.get(PAYOUT).await.success(), json!({ "payout": null }));
    assert!(!bob.get(PANEL).await.text().contains(HOLDER));
    save(&mut bob, &bobs, "Bob", OTHER_IBAN).await;
    assert_eq!(ada.get(PAYOUT).await.success()["payout"]["accountHolder"], HOLDER);
    // Ada's passkey is no touch in Bob's session.
    let options = bob.begin_step_up("payout_update", details(HOLDER, IBAN)).await;
    let refused = bob.finish_step_up(key.get(&options)).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    bob.post(PAYOUT, &details(HOLDER, IBAN)).await.refusal(403, "step_up_required");
}

async fn nobody_asks_signed_out(app: App) {
    let mut browser = app.browser();
    browser.get(PAYOUT).await.refusal(401, "no_session");
    browser.get(PANEL).await.refusal(401, "no_session");
    browser.post(PAYOUT, &details(HOLDER, IBAN)).await.refusal(401, "no_session");
    // Whoever is nobody is told nothing of the number either.
    browser.post(PAYOUT, &details(HOLDER, "x")).await.refusal(401, "no_session");
    let page = browser.open("/account/billing").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/"));
}

async fn a_name_is_shown_as_text(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    for (holder, shown) in [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\" onclick=\"alert(1)", "onclick="),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("שרה כהן", "<bdi>שרה כהן</bdi>"),
        ("👩‍💻 & Söhne", "👩‍💻 &amp; Söhne"),
        ("'); DROP TABLE payouts; --", "DROP TABLE payouts"),
    ] {
        assert_eq!(save(&mut browser, &key, holder, IBAN).await["payout"]["accountHolder"], holder);
        assert_eq!(browser.get(PAYOUT).await.success()["payout"]["accountHolder"], holder);
        let panel = browser.get(PANEL).await;
        let html = panel.text();
        assert!(html.contains(shown) && !html.contains("<script"), "{html}");
        let tags = html.match_indices('<').map(|(at, _)| html[at..].split('>').next().unwrap());
        assert!(tags.into_iter().all(|tag| !tag.contains("onclick")), "{html}");
    }
}

async fn it_goes_with_the_account(app: App) {
    let (mut browser, key) = signed_up(&app).await;
    save(&mut browser, &key, HOLDER, IBAN).await;
    assert_eq!(app.count("payouts").await, 1);
    app.sql("DELETE FROM users").await;
    assert_eq!(app.count("payouts").await, 0);
}

async fn a_cookie_alone_sees_nothing(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    save(&mut browser, &key, HOLDER, IBAN).await;
    let mut bare = browser.cookies_only();
    let frame = bare.open("/account/billing").await;
    assert!(
        frame.status == 200 && !frame.text().contains(HOLDER) && !frame.text().contains("947"),
        "an empty frame"
    );
    for path in [PAYOUT, PANEL] {
        bare.call(&Method::GET, path, None).await.refusal(401, "dpop_proof_required");
        assert!(browser.get(path).await.text().contains(HOLDER), "{path}");
    }
    bare.post(PAYOUT, &details(HOLDER, OTHER_IBAN)).await.refusal(401, "dpop_proof_required");
}
