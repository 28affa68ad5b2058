//! DPoP proofs (RFC 9449) with later calls: which count, and what is said to those that do not.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::support::{Answer, App, Browser, DeviceKey, Jwt, Key, on_both_databases};

on_both_databases!(
    a_good_proof_counts_once_and_for_its_call,
    each_bad_proof_is_refused_and_changes_nothing,
    headers_that_are_no_proof_are_refused,
    two_proofs_are_none,
    a_proof_without_a_nonce_is_told_the_present_one,
    a_nonce_grows_stale,
    a_nonce_of_one_process_is_good_at_the_other,
    a_nonce_of_another_session_is_stale_here,
    a_proof_is_good_once_over_two_processes,
    of_many_copies_of_a_proof_at_once_one_counts,
    a_proof_for_a_token_that_has_changed_is_refused_and_told_the_new_one,
    a_query_is_no_part_of_what_is_proven,
    a_proof_of_another_session_is_refused,
    a_proof_opens_nothing_without_its_cookie,
);

const ROTATE: &str = "/auth/session/rotate";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Bound, and told a nonce.
async fn bound(app: &App) -> (Browser, Key) {
    let mut browser = app.browser();
    let key = browser.sign_up_bound("ada@example.test").await;
    browser.session().await.success();
    assert!(!browser.nonce.is_empty() && !browser.ath.is_empty());
    (browser, key)
}

/// What the browser's page would send to rotate.
fn good(browser: &Browser) -> Jwt {
    browser.proof(&Method::POST, ROTATE)
}

/// Call rotate with these values of the `DPoP` header.
async fn rotate_with(browser: &Browser, proofs: &[&str]) -> Answer {
    let headers: Vec<_> = [JSON].into_iter().chain(proofs.iter().map(|proof| ("dpop", *proof))).collect();
    browser.clone().send(Method::POST, ROTATE, &headers, Body::from("{}")).await
}

/// It was refused in the words of RFC 9449, and the caller is told what to use next.
#[track_caller]
fn expect_refused(answer: &Answer, code: &str, what: &str) {
    assert_eq!(answer.code(), code, "{what}: {answer:?}");
    answer.refusal(401, code);
    assert_eq!(answer.header("www-authenticate"), format!(r#"DPoP error="{code}", algs="ES256""#), "{what}");
    assert!(answer.set_cookies().is_empty(), "{what}: {answer:?}");
    assert!(!answer.header("dpop-nonce").is_empty() && !answer.header("dpop-ath").is_empty(), "{what}");
}

async fn a_good_proof_counts_once_and_for_its_call(app: App) {
    let (mut browser, _) = bound(&app).await;
    let proof = good(&browser).encode();
    rotate_with(&browser, &[&proof]).await.success();
    expect_refused(&rotate_with(&browser, &[&proof]).await, "invalid_dpop_proof", "a second time");
    // Of the same key, for the same token, for something else.
    let proof = browser.proof(&Method::GET, "/auth/sessions").encode();
    expect_refused(&rotate_with(&browser, &[&proof]).await, "invalid_dpop_proof", "for another call");
    browser.rotate().await.success();
    browser.get("/auth/sessions").await.success();
}

async fn each_bad_proof_is_refused_and_changes_nothing(app: App) {
    let (mut browser, _) = bound(&app).await;
    let before = app.stored().await;
    let url = browser.url(ROTATE);
    let own = browser.device_key.clone().unwrap();
    let bad: Vec<(&str, String)> = vec![
        ("type jwt", good(&browser).with_header("typ", "jwt").encode()),
        ("type of DBSC", good(&browser).with_header("typ", "dbsc+jwt").encode()),
        ("no type", good(&browser).without_header("typ").encode()),
        ("alg none", good(&browser).with_header("alg", "none").encode_with_signature(&[])),
        ("alg none, still signed", good(&browser).with_header("alg", "none").encode()),
        ("alg None", good(&browser).with_header("alg", "None").encode_with_signature(&[])),
        ("no alg", good(&browser).without_header("alg").encode()),
        ("HS256 with the public key", good(&browser).encode_as_hs256()),
        ("ES384", good(&browser).with_header("alg", "ES384").encode()),
        ("RS256", good(&browser).with_header("alg", "RS256").encode()),
        ("with the private key", good(&browser).with_header("jwk", own.private_jwk()).encode()),
        ("no key", good(&browser).without_header("jwk").encode()),
        ("another key in it", good(&browser).with_header("jwk", DeviceKey::new().jwk()).encode()),
        ("another key altogether", {
            let other = DeviceKey::new();
            good(&browser).with_header("jwk", other.jwk()).signed_by(&other).encode()
        }),
        ("signed by another", good(&browser).signed_by(&DeviceKey::new()).encode()),
        ("signed in DER", good(&browser).encode_with_der()),
        ("no signature", good(&browser).encode_with_signature(&[])),
        ("zeros for a signature", good(&browser).encode_with_signature(&[0; 64])),
        ("a critical extension", good(&browser).with_header("crit", json!(["b64"])).encode()),
        ("for GET", good(&browser).with("htm", "GET").encode()),
        ("for post", good(&browser).with("htm", "post").encode()),
        ("no method", good(&browser).without("htm").encode()),
        ("another path", good(&browser).with("htu", browser.url("/auth/sessions/revoke")).encode()),
        ("a query", good(&browser).with("htu", format!("{url}?x=1")).encode()),
        ("a fragment", good(&browser).with("htu", format!("{url}#x")).encode()),
        ("a slash more", good(&browser).with("htu", format!("{url}/")).encode()),
        ("a path only", good(&browser).with("htu", ROTATE).encode()),
        ("another scheme", good(&browser).with("htu", url.replace("http:", "https:")).encode()),
        ("another host", good(&browser).with("htu", url.replace("localhost", "evil.example")).encode()),
        ("another port", good(&browser).with("htu", url.replace("3000", "3001")).encode()),
        ("our other name", good(&browser).with("htu", url.replace("localhost", "127.0.0.1")).encode()),
        ("no address", good(&browser).without("htu").encode()),
        ("no jti", good(&browser).without("jti").encode()),
        ("an empty jti", good(&browser).with("jti", "").encode()),
        ("a jti of 129", good(&browser).with("jti", "x".repeat(129)).encode()),
        ("a number for jti", good(&browser).with("jti", 7).encode()),
        ("no iat", good(&browser).without("iat").encode()),
        ("another token", good(&browser).with("ath", "A".repeat(43)).encode()),
        ("no token", good(&browser).without("ath").encode()),
        ("the token itself", good(&browser).with("ath", browser.sid()).encode()),
    ];
    for (what, proof) in &bad {
        expect_refused(&rotate_with(&browser, &[proof]).await, "invalid_dpop_proof", what);
    }
    assert_eq!(app.stored().await, before);
    assert_eq!(app.count_events("session_renewed").await, 0);
    // None of that was held against the owner.
    let longest = good(&browser).with("jti", "x".repeat(128)).encode();
    rotate_with(&browser, &[&longest]).await.success();
    browser.rotate().await.success();
}

async fn headers_that_are_no_proof_are_refused(app: App) {
    let (browser, _) = bound(&app).await;
    let long = "A".repeat(8192);
    let padded = format!("{}=", good(&browser).encode());
    let more = format!("{}.AAAA", good(&browser).encode());
    let long_claim = good(&browser).with("more", "x".repeat(8192)).encode();
    let not_json = good(&browser).encode().replacen("eyJ", "AAA", 1);
    let odd =
        ["x", ".", "..", "a.b.c", "....", "Bearer x", "{}", "é", &long, &padded, &more, &long_claim, &not_json];
    for (number, header) in odd.into_iter().enumerate() {
        let what = format!("number {number}");
        expect_refused(&rotate_with(&browser, &[header]).await, "invalid_dpop_proof", &what);
    }
    assert_eq!(app.count_events("session_renewed").await, 0);
}

async fn two_proofs_are_none(app: App) {
    let (browser, _) = bound(&app).await;
    let (first, second) = (good(&browser).encode(), good(&browser).encode());
    for pair in [[first.as_str(), "x"], ["x", &first], [&first, &first], [&first, &second]] {
        expect_refused(&rotate_with(&browser, &pair).await, "invalid_dpop_proof", "two headers");
    }
    let joined = format!("{first}, {second}");
    expect_refused(&rotate_with(&browser, &[&joined]).await, "invalid_dpop_proof", "two in one");
}

async fn a_proof_without_a_nonce_is_told_the_present_one(app: App) {
    let (mut browser, _) = bound(&app).await;
    for (what, proof) in [
        ("none", good(&browser).without("nonce")),
        ("an empty one", good(&browser).with("nonce", "")),
        ("one nobody gave", good(&browser).with("nonce", "A".repeat(browser.nonce.len()))),
    ] {
        expect_refused(&rotate_with(&browser, &[&proof.encode()]).await, "use_dpop_nonce", what);
    }
    // A page that knows nothing yet is told all it needs.
    (browser.nonce, browser.ath) = (String::new(), String::new());
    browser.get("/auth/sessions").await.success();
}

async fn a_nonce_grows_stale(app: App) {
    let (mut browser, _) = bound(&app).await;
    let early = browser.clone();
    app.advance(60);
    browser.get("/auth/sessions").await.success();
    // A minute later the one from before is as good.
    rotate_with(&early, &[&good(&early).encode()]).await.success();
    app.advance(3600);
    let answer = rotate_with(&browser, &[&good(&browser).encode()]).await;
    expect_refused(&answer, "use_dpop_nonce", "an hour later");
    assert_ne!(answer.header("dpop-nonce"), early.nonce);
}

async fn a_nonce_of_one_process_is_good_at_the_other(app: App) {
    let (browser, _) = bound(&app).await;
    let other = app.beside(&[]).await;
    rotate_with(&browser.at(&other), &[&good(&browser).encode()]).await.success();
}

async fn a_nonce_of_another_session_is_stale_here(app: App) {
    let (browser, key) = bound(&app).await;
    let mut second = app.browser();
    second.sign_in_bound(&key).await.success();
    second.session().await.success();
    let proof = good(&browser).with("nonce", second.nonce.as_str()).encode();
    expect_refused(&rotate_with(&browser, &[&proof]).await, "use_dpop_nonce", "another session's");
}

async fn a_proof_is_good_once_over_two_processes(app: App) {
    let (browser, _) = bound(&app).await;
    let other = app.beside(&[]).await;
    let proof = good(&browser).encode();
    rotate_with(&browser, &[&proof]).await.success();
    for _ in 0..2 {
        let answer = rotate_with(&browser.at(&other), &[&proof]).await;
        expect_refused(&answer, "invalid_dpop_proof", "at the other process");
    }
    app.advance(200);
    expect_refused(&rotate_with(&browser, &[&proof]).await, "invalid_dpop_proof", "minutes later");
}

async fn of_many_copies_of_a_proof_at_once_one_counts(app: App) {
    let (browser, _) = bound(&app).await;
    let other = app.beside(&[]).await;
    for _ in 0..4 {
        let proof = browser.proof(&Method::GET, "/auth/sessions").encode();
        let tries = (0..16).map(|number| {
            let mut tab = browser.at(if number % 2 == 0 { &app } else { &other });
            let proof = proof.clone();
            tokio::spawn(async move {
                tab.send(Method::GET, "/auth/sessions", &[("dpop", &proof)], Body::empty()).await
            })
        });
        let mut counted = 0;
        for answer in futures::future::join_all(tries.collect::<Vec<_>>()).await {
            let answer = answer.unwrap();
            if answer.status == 200 {
                counted += 1;
            } else {
                expect_refused(&answer, "invalid_dpop_proof", "a copy");
            }
        }
        assert_eq!(counted, 1);
    }
}

async fn a_proof_for_a_token_that_has_changed_is_refused_and_told_the_new_one(app: App) {
    let (mut browser, _) = bound(&app).await;
    // Another tab rotated: this one has the new cookie, as browsers share it, and the old `ath`.
    let mut tab = browser.clone();
    browser.rotate().await.success();
    tab.cookies.clone_from(&browser.cookies);
    let answer = rotate_with(&tab, &[&good(&tab).encode()]).await;
    expect_refused(&answer, "invalid_dpop_proof", "of the token before");
    assert_eq!(answer.header("dpop-ath"), crate::support::ath(&browser.sid()));
    answer.header("dpop-ath").clone_into(&mut tab.ath);
    rotate_with(&tab, &[&good(&tab).encode()]).await.success();
}

async fn a_query_is_no_part_of_what_is_proven(app: App) {
    let (mut browser, _) = bound(&app).await;
    let proof = good(&browser).encode();
    let answer =
        browser.send(Method::POST, &format!("{ROTATE}?x=1"), &[JSON, ("dpop", &proof)], "{}".into()).await;
    answer.success();
    app.advance(18 * 60);
    browser.get("/auth/session?watch=1").await.success();
}

async fn a_proof_of_another_session_is_refused(app: App) {
    let (ada, key) = bound(&app).await;
    let mut second = app.browser();
    second.sign_in_bound(&key).await.success();
    second.session().await.success();
    // The thief has an account and a key, and the victim's cookie.
    let mut thief = second.clone();
    thief.cookies.clone_from(&ada.cookies);
    expect_refused(&rotate_with(&thief, &[&good(&second).encode()]).await, "invalid_dpop_proof", "his own");
    let mut told = thief.clone();
    (told.nonce, told.ath) = (ada.nonce.clone(), ada.ath.clone());
    expect_refused(&rotate_with(&told, &[&good(&told).encode()]).await, "invalid_dpop_proof", "made for it");
    // His own session's answers tell him nothing of hers.
    assert_ne!((&second.nonce, &second.ath), (&ada.nonce, &ada.ath));
}

async fn a_proof_opens_nothing_without_its_cookie(app: App) {
    let (mut browser, _) = bound(&app).await;
    let mut without = browser.clone();
    without.cookies.remove("__Host-sid");
    without.get("/auth/sessions").await.refusal(401, "no_session");
    without.rotate().await.refusal(401, "no_session");
    let ended = browser.clone();
    browser.sign_out().await.success();
    ended.clone().get("/auth/sessions").await.refusal(401, "invalid_session");
}
