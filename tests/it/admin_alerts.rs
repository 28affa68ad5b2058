//! The first page of the console: what it counts, and the alerts that wait for somebody.

use holdfast::audit::{Event, EventType, Origin};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::json;

use crate::support::{App, Browser, Key, flip_last_bit, on_both_databases};

on_both_databases!(
    the_charts_count_what_happened_each_in_its_slot,
    what_comes_late_is_counted_and_what_is_over_is_not_counted_again,
    counting_goes_by_an_index,
    open_alerts_come_gravest_first_with_what_they_rest_on,
    an_alert_is_acknowledged_with_a_touch_for_exactly_that_and_once,
    a_note_is_kept_sealed_and_shown_escaped,
    an_alert_that_nobody_has_cannot_be_acknowledged,
    who_loses_the_role_meanwhile_acknowledges_nothing,
);

const PANEL: &str = "/admin/panel";
const ACKNOWLEDGE: &str = "/admin/alerts/acknowledge";

/// Somebody has the passkey's answer and not its signature.
async fn fail(app: &App, key: &mut Key) {
    let mut browser = app.browser();
    let options = browser.begin_sign_in().await;
    browser.finish_sign_in(flip_last_bit(&key.get(&options), "signature")).await.refusal(400, "signature_invalid");
}

/// The numbers of a table in the panel, by row: when, and its cells.
fn table(html: &str, caption: &str) -> Vec<(String, Vec<u64>)> {
    let label = format!("{caption}: the numbers");
    let (_, rest) = html.split_once(&label).unwrap_or_else(|| panic!("no {caption} in {html}"));
    let (body, _) = rest.split_once("</tbody>").unwrap();
    let (_, body) = body.split_once("<tbody>").unwrap();
    let rows = body.split("<tr>").skip(1).map(|row| {
        let text = |cell: &str| cell.split('<').next().unwrap().to_owned();
        let (_, at) = row.split_once("<time").unwrap();
        let at = text(at.split_once('>').unwrap().1);
        let cells = row.split("<td>").skip(1).map(|cell| text(cell).parse().unwrap());
        (at, cells.collect())
    });
    rows.collect()
}

/// Only the rows that count something.
fn counted(html: &str, caption: &str) -> Vec<(String, Vec<u64>)> {
    table(html, caption).into_iter().filter(|(_, cells)| cells.iter().any(|count| *count > 0)).collect()
}

fn row(at: &str, cells: &[u64]) -> (String, Vec<u64>) {
    (at.to_owned(), cells.to_vec())
}

async fn panel(browser: &mut Browser) -> String {
    let answer = browser.get(PANEL).await;
    answer.ok();
    answer.text().to_owned()
}

async fn the_charts_count_what_happened_each_in_its_slot(app: App) {
    // 19:34:56: somebody comes, and signs in twice more.
    let mut ada = app.browser();
    let mut key = ada.sign_up("ada@example.test").await;
    ada.sign_in(&key).await.success();
    ada.sign_in(&key).await.success();
    // 20:34:56: three failures and one touch that is asked for and not made.
    app.advance(3600);
    for _ in 0..3 {
        fail(&app, &mut key).await;
    }
    ada.post("/api-keys", &json!({ "name": "deploy" })).await.refusal(403, "step_up_required");
    // 20:54:56: limits, and an operator.
    app.advance(20 * 60);
    let tx = app.state.trail.begin().await.unwrap();
    for number in 0..2 {
        let origin = Origin { request_id: format!("r{number}"), ..Origin::default() };
        tx.record(origin, Event::refused(EventType::ExcessRateLimitExceeded, "address"));
    }
    tx.commit().await.unwrap();
    let (mut browser, ..) = app.opened_console().await;
    let html = panel(&mut browser).await;

    // Signed in, new accounts, refused.
    let hour = counted(&html, "Sign-ins, the last hour");
    assert_eq!(hour, [row("20:30", &[0, 0, 3]), row("20:50", &[0, 1, 0])]);
    assert_eq!(table(&html, "Sign-ins, the last hour").len(), 12);
    let day = counted(&html, "Sign-ins, the last 24 hours");
    assert_eq!(day, [row("19:00", &[2, 1, 0]), row("20:00", &[0, 1, 3])]);
    assert_eq!(table(&html, "Sign-ins, the last 24 hours").len(), 24);
    let week = counted(&html, "Sign-ins, the last 7 days");
    assert_eq!(week, [row("Sun 22, 18:00", &[2, 2, 3])]);
    assert_eq!(table(&html, "Sign-ins, the last 7 days").len(), 28);
    // Made, refused, asked for. The operator's touch was not asked for before it was made.
    assert_eq!(counted(&html, "Touches, the last hour"), [row("20:30", &[0, 0, 1]), row("20:50", &[1, 0, 0])]);
    assert_eq!(counted(&html, "Limits reached, the last hour"), [row("20:50", &[2])]);
    let risk: Vec<u64> = counted(&html, "Risk decisions, the last 24 hours")
        .into_iter()
        .fold(vec![0; 3], |sum, (_, cells)| sum.iter().zip(cells).map(|(one, other)| one + other).collect());
    let decisions = app.decisions().await;
    let asked = decisions.iter().filter(|row| row.decision != "allow").count() as u64;
    let raised = decisions.iter().filter(|row| row.decision == "allow" && row.score >= 30).count() as u64;
    assert_eq!(risk, [decisions.len() as u64 - asked - raised, raised, asked]);
    assert!(asked > 0 && decisions.len() as u64 > asked);
    // The picture says the same.
    assert!(html.contains("signed in: 2, new accounts: 2, refused: 3."), "{html}");
}

async fn what_comes_late_is_counted_and_what_is_over_is_not_counted_again(app: App) {
    let (mut browser, key, _) = app.opened_console().await;
    assert_eq!(counted(&panel(&mut browser).await, "Sign-ins, the last hour"), [row("19:30", &[0, 1, 0])]);
    // In the same slot, after it was shown.
    app.browser().sign_in(&key).await.success();
    assert_eq!(counted(&panel(&mut browser).await, "Sign-ins, the last hour"), [row("19:30", &[1, 1, 0])]);
    // 19:36:56: one whose slot was over when its transaction ended.
    app.advance(60);
    let tx = app.state.trail.begin().await.unwrap();
    tx.record(
        Origin { request_id: "r".into(), ..Origin::default() },
        Event::success(EventType::AuthnLoginSuccess),
    );
    app.advance(60);
    // On SQLite there is one writer, and looking is recorded.
    if app.db.get_database_backend() != DatabaseBackend::Sqlite {
        assert_eq!(counted(&panel(&mut browser).await, "Sign-ins, the last hour"), [row("19:30", &[1, 1, 0])]);
    }
    tx.commit().await.unwrap();
    let html = panel(&mut browser).await;
    assert_eq!(counted(&html, "Sign-ins, the last hour"), [row("19:30", &[1, 1, 0]), row("19:35", &[1, 0, 0])]);

    // What is over is known without asking again.
    app.advance(8 * 60);
    browser.open_console(&key).await.success();
    panel(&mut browser).await;
    app.sql("DELETE FROM auth_events WHERE event_type = 'authn_login_success'").await;
    let html = panel(&mut browser).await;
    assert_eq!(counted(&html, "Sign-ins, the last hour"), [row("19:30", &[1, 1, 0]), row("19:35", &[1, 0, 0])]);
    // A week later nothing of it is left.
    app.advance(7 * 24 * 3600 - 60);
    let mut browser = app.browser();
    browser.sign_in(&key).await.success();
    browser.open_console(&key).await.success();
    let html = panel(&mut browser).await;
    let signed_in: u64 = counted(&html, "Sign-ins, the last 7 days").iter().map(|(_, cells)| cells[0]).sum();
    assert_eq!(signed_in, 1);
}

/// As the database would run it, with tables too small for it to bother.
async fn plan(app: &App, sql: &str) -> String {
    let backend = app.db.get_database_backend();
    let explain = if backend == DatabaseBackend::Sqlite {
        "EXPLAIN QUERY PLAN"
    } else {
        app.sql("SET enable_seqscan = off").await;
        "EXPLAIN"
    };
    let rows = app.db.query_all_raw(Statement::from_string(backend, format!("{explain} {sql}"))).await.unwrap();
    let column = if backend == DatabaseBackend::Sqlite { "detail" } else { "QUERY PLAN" };
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap()).collect::<Vec<_>>().join("\n")
}

async fn counting_goes_by_an_index(app: App) {
    let events = "SELECT created_at / 300000 AS slot, event_type AS kind, COUNT(*) AS count FROM auth_events
        WHERE created_at >= 1 AND created_at < 2 AND event_type IN ('a', 'b') GROUP BY created_at / 300000, event_type";
    let decisions = "SELECT created_at / 300000 AS slot, COUNT(*) AS count FROM risk_decisions
        WHERE created_at >= 1 AND created_at < 2 AND decision <> 'allow' AND score >= 30 GROUP BY created_at / 300000";
    let of_kind =
        "SELECT * FROM auth_events WHERE event_type = 'a' ORDER BY created_at DESC, chain DESC, seq DESC LIMIT 51";
    for (sql, sqlite) in [
        (events, "COVERING INDEX auth_events_kind (event_type=? AND created_at>?"),
        (decisions, "COVERING INDEX risk_decisions_levels (created_at>? AND created_at<?"),
        (of_kind, "INDEX auth_events_kind (event_type=?"),
    ] {
        let plan = plan(&app, sql).await;
        // Which of them Postgres takes depends on how full the tables are.
        let is_by_index = if app.db.get_database_backend() == DatabaseBackend::Sqlite {
            plan.contains(sqlite)
        } else {
            plan.contains("Index") && !plan.contains("Seq Scan")
        };
        assert!(is_by_index, "{sqlite} in {plan}");
    }
}

/// Ten failures against Ada, then a sign-in, and the operator's own eyes.
async fn alarmed(app: &App) -> (Browser, Key) {
    let mut key = app.browser().sign_up("ada@example.test").await;
    for _ in 0..10 {
        fail(app, &mut key).await;
    }
    app.state.watcher.look().await.unwrap();
    app.advance(60);
    app.browser().sign_in(&key).await.success();
    app.state.watcher.look().await.unwrap();
    let (browser, key, _) = app.opened_console().await;
    (browser, key)
}

async fn ids(app: &App) -> Vec<String> {
    let open = app.state.watcher.open_alerts(10).await.unwrap();
    open.into_iter().map(|alert| alert.id.to_string()).collect()
}

async fn open_alerts_come_gravest_first_with_what_they_rest_on(app: App) {
    let (mut browser, _) = alarmed(&app).await;
    let html = panel(&mut browser).await;
    let high = html.find("whose passkeys had failed many times").expect("success_after_attack");
    let medium =
        html.find("Somebody keeps failing with the passkeys of one person.").expect("failures_of_one_person");
    assert!(high < medium, "the gravest first");
    let ada = app.id_of("ada@example.test").await;
    assert!(html.contains(&format!("/admin/people/{ada}")) && html.contains("Nobody is locked out."), "{html}");

    let whole = browser.get("/admin/alerts/panel").await;
    let failed = app.events_of("authn_login_fail").await;
    for event in &failed {
        assert!(whole.text().contains(&format!("/admin/events?request={}", event.request_id)));
    }
    assert!(whole.text().contains("The 10 newest events that showed it"), "{}", whole.text());
    assert!(whole.text().contains("Nobody has seen to an alert yet."));
}

async fn an_alert_is_acknowledged_with_a_touch_for_exactly_that_and_once(app: App) {
    let (mut browser, key) = alarmed(&app).await;
    let ids = ids(&app).await;
    let (id, other) = (&ids[0], &ids[1]);
    let body = json!({ "id": id });
    let asked = browser.post(ACKNOWLEDGE, &body).await.refusal(403, "step_up_required");
    assert_eq!(asked["stepUp"], json!({ "action": "alert_acknowledge", "params": { "id": id } }));
    // A touch for looking, for another alert, or for this one with a note does not do.
    for (action, params) in [
        ("admin_open", json!({})),
        ("alert_acknowledge", json!({ "id": other })),
        ("alert_acknowledge", json!({ "id": id, "note": "was me" })),
    ] {
        browser.step_up(action, params, &key).await.success();
        browser.post(ACKNOWLEDGE, &body).await.refusal(403, "step_up_required");
    }
    let before = browser.sid();
    browser.guarded_post(ACKNOWLEDGE, &body, &key).await.success();
    assert_ne!(browser.sid(), before, "the token is replaced after every change that matters");
    assert_eq!(self::ids(&app).await, [other.as_str()]);
    browser.post(ACKNOWLEDGE, &body).await.refusal(404, "alert_not_found");

    let told = app.events_of("authz_admin").await;
    let told = told.iter().find(|event| event.reason.as_deref() == Some("alert_acknowledged")).expect("an event");
    let operator = app.id_of("olga@example.test").await;
    assert_eq!(
        (told.details.actor, told.details.alert.map(|id| id.to_string())),
        (Some(operator), Some(id.clone()))
    );
    let list = browser.get("/admin/alerts/panel").await;
    let (_, seen_to) = list.text().split_once("Seen to</h2>").unwrap();
    assert!(seen_to.contains("olga@example.test") && !seen_to.contains("Nobody has seen"), "{seen_to}");
}

async fn a_note_is_kept_sealed_and_shown_escaped(app: App) {
    let (mut browser, key) = alarmed(&app).await;
    let id = ids(&app).await.remove(0);
    let note = "<b>Called</b> \u{5d0}\u{5d3}\u{5d4} & all is well";
    browser.guarded_post(ACKNOWLEDGE, &json!({ "id": id, "note": note }), &key).await.success();
    let list = browser.get("/admin/alerts/panel").await;
    let shown = "<bdi>&lt;b&gt;Called&lt;/b&gt; \u{5d0}\u{5d3}\u{5d4} &amp; all is well</bdi>";
    assert!(list.text().contains(shown), "{}", list.text());
    crate::support::assert_nowhere(&["Called".to_owned()], &app.every_value().await);
    let other = ids(&app).await.remove(0);
    for note in ["x".repeat(201), "a\u{202e}b".to_owned()] {
        let body = json!({ "id": other, "note": note });
        browser.post(ACKNOWLEDGE, &body).await.refusal(400, "note_invalid");
        let begin = json!({ "action": "alert_acknowledge", "params": body });
        browser.post("/auth/step-up/options", &begin).await.refusal(400, "invalid_request");
    }
    browser.guarded_post(ACKNOWLEDGE, &json!({ "id": other, "note": "  " }), &key).await.success();
}

async fn an_alert_that_nobody_has_cannot_be_acknowledged(app: App) {
    let (mut browser, _, id) = app.opened_console().await;
    let asked = app.count_events("authn_step_up_required").await;
    browser.post(ACKNOWLEDGE, &json!({ "id": id })).await.refusal(404, "alert_not_found");
    browser.post(ACKNOWLEDGE, &json!({ "id": "seven" })).await.refusal(400, "invalid_request");
    browser.post(ACKNOWLEDGE, &json!({})).await.refusal(400, "invalid_request");
    assert_eq!(app.count_events("authn_step_up_required").await, asked, "nobody is asked for a touch in vain");
}

async fn who_loses_the_role_meanwhile_acknowledges_nothing(app: App) {
    let (mut browser, key) = alarmed(&app).await;
    let id = ids(&app).await.remove(0);
    browser.step_up("alert_acknowledge", json!({ "id": id }), &key).await.success();
    app.state.admin.roles.revoke(app.id_of("olga@example.test").await).await.unwrap();
    browser.post(ACKNOWLEDGE, &json!({ "id": id })).await.refusal(404, "not_found");
    assert_eq!(ids(&app).await.len(), 2);
}
