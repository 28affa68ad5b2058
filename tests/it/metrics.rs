//! What Prometheus gets to see.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::support::notices::{Ways, numbered};
use crate::support::{App, on_both_databases};

on_both_databases!(
    what_happens_is_counted_and_nobody_is_named,
    the_page_lists_every_metric_and_its_labels,
    metrics_are_not_where_people_are,
);

async fn metrics(app: &App) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = holdfast::server::metrics::router(app.state.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn what_happens_is_counted_and_nobody_is_named(app: App) {
    let mut browser = app.browser();
    let key = browser.sign_up("ada@example.test").await;
    browser.sign_in(&key).await.success();
    browser.session().await.success();
    app.state.keeper.checkpoint().await.unwrap();
    app.advance(30);
    let text = metrics(&app).await;
    for line in [
        r#"holdfast_events_total{event="user_created",outcome="success"} 1"#,
        r#"holdfast_events_total{event="authn_login_success",outcome="success"} 1"#,
        r#"holdfast_risk_decisions_total{moment="sign_in",decision="allow"} 1"#,
        r#"holdfast_http_request_duration_seconds_count{route="/auth/session",method="GET",status="2xx"} 1"#,
        "holdfast_database_up 1",
        "holdfast_audit_checkpoint_age_seconds 30.0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let stored = app.stored().await;
    for secret in [stored.users[0].id.to_string(), "ada@".to_owned(), "203.0.113".to_owned()] {
        assert!(!text.contains(&secret), "{secret}");
    }
    // Whatever strangers ask for, there is one line for all of it.
    for number in 0..50 {
        app.browser().get(&format!("/nothing/{number}")).await;
    }
    assert!(!metrics(&app).await.contains("/nothing"));
    let lines = metrics(&app).await.lines().count();
    assert!(lines < 400, "{lines}");

    app.drop_table("chain_heads").await;
    let text = metrics(&app).await;
    assert!(
        text.contains("holdfast_database_up 0")
            && text.contains("holdfast_audit_checkpoint_age_seconds 1000000000.0")
    );
}

async fn the_page_lists_every_metric_and_its_labels(app: App) {
    // So that every one of them has something to say.
    let mut browser = app.browser();
    browser.sign_up("ada@example.test").await;
    browser.session().await.success();
    app.enqueue(&app.state.outbox, numbered(1)).await;
    let receiver = app.outbox(&Ways::webhook("http://127.0.0.1:9/"));
    app.enqueue(&receiver, numbered(2)).await;
    let text = metrics(&app).await;
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, kind) in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')) {
        let sampled = match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        };
        let suffixes: &[&str] = if kind == "histogram" { &["_count"] } else { &[""] };
        let labels = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (sample, labels) = line.split_once('{')?;
            suffixes.iter().any(|suffix| sample == format!("{sampled}{suffix}")).then(|| labels.split_once('}'))?
        });
        let labels = labels.flat_map(|(labels, _)| labels.split("\",").map(|it| it.split('=').next().unwrap()));
        given.insert(sampled.clone(), labels.map(str::to_owned).collect());
    }
    let page = include_str!("../../docs/operations.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `holdfast_"));
    let listed: BTreeMap<String, BTreeSet<String>> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let labels = cells[1].split(',').map(|label| label.trim().trim_matches('`').to_owned());
            let name = format!("holdfast_{}", cells[0].trim().trim_end_matches('`'));
            (name, labels.filter(|label| !label.is_empty()).collect())
        })
        .collect();
    assert_eq!(given, listed);
}

async fn metrics_are_not_where_people_are(app: App) {
    assert_eq!(app.browser().get("/metrics").await.status, 404);
}
