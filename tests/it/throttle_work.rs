//! Proof of work: asked for only where something is loaded, good once, for who was asked, and not for long.

use axum::http::Method;
use holdfast::throttle::{Admission, Source, Work, solve};
use serde_json::{Value, json};

use super::throttle::strict;
use crate::support::{Answer, App, Browser, SIGN_IN, on_both_databases};

on_both_databases!(
    l08_work_is_good_once,
    l08_work_is_good_for_two_minutes,
    l08_work_is_good_only_where_it_was_asked_for,
    l08_work_that_was_not_done_or_not_asked_for_is_worth_nothing,
    l08_nothing_is_asked_while_nothing_is_loaded,
);

const OPTIONS: &str = "/auth/passkey/login/options";

/// A browser at an address that has failed too often, and the work that it is asked for.
async fn loaded(app: &App) -> (Browser, Work) {
    let mut browser = app.browser();
    for _ in 0..150 {
        browser.post(SIGN_IN, &json!({ "response": {} })).await.refusal(400, "response_malformed");
    }
    let work = asked(&browser.post(OPTIONS, &json!({})).await.refusal(429, "too_many_requests"));
    (browser, work)
}

fn asked(refusal: &Value) -> Work {
    let work = &refusal["proofOfWork"];
    let text = |name: &str| work[name].as_str().unwrap().to_owned();
    Work {
        challenge: text("challenge"),
        salt: text("salt"),
        difficulty: u32::try_from(work["difficulty"].as_u64().unwrap()).unwrap(),
        expires: holdfast::clock::Timestamp(0),
    }
}

async fn present(browser: &mut Browser, work: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("x-proof-of-work", work)];
    browser.send(Method::POST, OPTIONS, &headers, "{}".into()).await
}

async fn l08_work_is_good_once(app: App) {
    let app = strict(&app).await;
    let (mut browser, work) = loaded(&app).await;
    let solved = solve(&work);
    present(&mut browser, &solved).await.ok();
    present(&mut browser, &solved).await.refusal(429, "too_many_requests");
    // Nor at another process, nor with another number for the same challenge.
    let other = strict(&app).await;
    present(&mut browser.at(&other), &solved).await.refusal(429, "too_many_requests");
    let number: u64 = solved.rsplit('.').next().unwrap().parse().unwrap();
    let again = (number + 1..).map(|number| format!("{}.{}.{number}", work.challenge, work.salt));
    let again = again.into_iter().find(|text| is_solved(text)).unwrap();
    present(&mut browser, &again).await.refusal(429, "too_many_requests");
    assert_eq!(app.count("proofs_of_work").await, 1);
    // Of many at once with one proof, one gets through.
    let work = asked(&browser.post(OPTIONS, &json!({})).await.refusal(429, "too_many_requests"));
    let solved = solve(&work);
    let tries = (0..20).map(|_| {
        let (mut browser, solved) = (browser.clone(), solved.clone());
        tokio::spawn(async move { present(&mut browser, &solved).await.status.is_success() })
    });
    let outcomes = futures::future::join_all(tries).await;
    assert_eq!(outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap()).count(), 1);
}

/// Fourteen zero bits, counted in another way.
fn is_solved(text: &str) -> bool {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(text);
    hash[0] == 0 && hash[1] < 4
}

async fn l08_work_is_good_for_two_minutes(app: App) {
    let app = strict(&app).await;
    let (mut browser, work) = loaded(&app).await;
    let solved = solve(&work);
    assert!(is_solved(&solved) && work.difficulty == 14);
    // Its address is kept busy, or it would not have to work at all.
    let source = Source { address: browser.address, ..Source::default() };
    let busy = async || {
        for _ in 0..160 {
            app.state.throttle.failed(&source, Admission::default()).await.unwrap();
        }
    };
    app.advance(119);
    busy().await;
    let late = solve(&asked(&browser.post(OPTIONS, &json!({})).await.refusal(429, "too_many_requests")));
    present(&mut browser, &solved).await.ok();
    app.advance(120);
    busy().await;
    present(&mut browser, &late).await.refusal(429, "too_many_requests");
}

async fn l08_work_is_good_only_where_it_was_asked_for(app: App) {
    let app = strict(&app).await;
    let (mut browser, work) = loaded(&app).await;
    let solved = solve(&work);
    let mut elsewhere = browser.clone();
    elsewhere.address = Some([198, 51, 100, 9].into());
    while elsewhere.post(SIGN_IN, &json!({ "response": {} })).await.code() != "too_many_requests" {}
    present(&mut elsewhere, &solved).await.refusal(429, "too_many_requests");
    present(&mut browser, &solved).await.ok();
}

async fn l08_work_that_was_not_done_or_not_asked_for_is_worth_nothing(app: App) {
    let app = strict(&app).await;
    let (mut browser, work) = loaded(&app).await;
    let unsolved = (0_u64..).map(|number| format!("{}.{}.{number}", work.challenge, work.salt));
    let unsolved = unsolved.into_iter().find(|text| !is_solved(text)).unwrap();
    let easier = Work { salt: work.salt.replace(".14", ".0"), difficulty: 0, ..work.clone() };
    let longer = Work { salt: work.salt.replace('.', ".9"), ..work.clone() };
    let own = Work { challenge: "A".repeat(43), ..work.clone() };
    let wrong = [unsolved, solve(&easier), solve(&longer), solve(&own)];
    let odd = ["", ".", "..", "....", "a.b.c.d.e", "x", &"9".repeat(300)].map(str::to_owned);
    for text in wrong.into_iter().chain(odd) {
        present(&mut browser, &text).await.refusal(429, "too_many_requests");
    }
    assert_eq!(app.count("proofs_of_work").await, 0);
    present(&mut browser, &solve(&work)).await.ok();
}

async fn l08_nothing_is_asked_while_nothing_is_loaded(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    let answer = browser.post(SIGN_IN, &json!({ "response": {} })).await.refusal(400, "response_malformed");
    assert!(answer.get("proofOfWork").is_none() && answer.get("retryAfter").is_none(), "{answer}");
}
