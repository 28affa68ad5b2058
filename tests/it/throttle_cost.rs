//! Work done tells as much as words: whether an address has an account shows in no number of statements.

use holdfast::throttle::Source;
use serde_json::{Value, json};

use super::throttle::strict;
use crate::support::{App, Browser, on_both_databases};

on_both_databases!(
    l06_options_cost_the_same_for_known_and_unknown_addresses,
    l06_a_mail_costs_the_same_for_known_and_unknown_addresses,
    a_flood_that_is_refused_costs_no_statement,
);

async fn statements(app: &App, browser: &mut Browser, path: &str, body: Value) -> (u64, u16, Vec<String>) {
    // What is counted in memory is written at its own time.
    app.state.throttle.flush().await.unwrap();
    app.advance(1);
    let before = app.state.store.statements();
    let answer = browser.post(path, &body).await;
    let cost = app.state.store.statements() - before;
    let json = answer.json();
    let members = json.as_object().unwrap().keys().cloned().collect();
    (cost, answer.status.as_u16(), members)
}

async fn l06_options_cost_the_same_for_known_and_unknown_addresses(app: App) {
    let app = strict(&app).await;
    app.browser().sign_up("ada@example.test").await;
    for path in ["/auth/passkey/register/options", "/auth/passkey/login/options"] {
        let mut costs = Vec::new();
        for email in ["ada@example.test", "nobody@example.test", "ada@example.test", "noone@example.test"] {
            costs.push(statements(&app, &mut app.browser(), path, json!({ "email": email })).await);
        }
        assert!(costs.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {costs:?}");
        // Something is counted: the throttle's read and write, and the ceremony's row.
        assert!(costs[0].0 >= 3 && costs[0].1 == 200, "{costs:?}");
    }
}

async fn l06_a_mail_costs_the_same_for_known_and_unknown_addresses(app: App) {
    let app = strict(&app).await;
    app.browser().sign_up("ada@example.test").await;
    let mut costs = Vec::new();
    for email in ["ada@example.test", "nobody@example.test"] {
        let before = app.state.store.statements();
        app.state.throttle.mail(email, &Source::default()).await.unwrap();
        costs.push(app.state.store.statements() - before);
    }
    assert_eq!(costs, [2, 2]);
}

async fn a_flood_that_is_refused_costs_no_statement(app: App) {
    let app = strict(&app).await;
    let mut browser = app.browser();
    let bad = json!({ "response": {} });
    while browser.post("/auth/passkey/login/verify", &bad).await.code() != "too_many_requests" {}
    app.state.throttle.flush().await.unwrap();
    let before = app.state.store.statements();
    for _ in 0..50 {
        browser.post("/auth/passkey/login/verify", &bad).await.refusal(429, "too_many_requests");
    }
    assert_eq!(app.state.store.statements() - before, 0);
}
