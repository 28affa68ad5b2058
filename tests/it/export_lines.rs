//! What an exported line is: valid in the words of others, one line whatever is in it, and there when its person is not.

use holdfast::audit::export::Format;
use holdfast::audit::{Event, EventType, Origin, RiskOfEvent, SignalPoints};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::export::{export, json_of};
use crate::support::schema::{Ecs, Ocsf};
use crate::support::{App, on_both_databases};

on_both_databases!(
    u11_every_line_of_a_rich_history_is_valid,
    u11_every_kind_is_valid_whole_and_bare_and_erased,
    u04_nothing_in_an_event_ends_a_line_or_drives_a_terminal,
);

/// What a header could bring, and what none could. As long as the shortest column is wide.
const HOSTILE: &str = "x\r\n{}\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{202e}\"\\é😀";

/// No line may be without these.
fn required(format: Format) -> Vec<&'static str> {
    match format {
        Format::Ocsf => {
            vec!["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"]
        }
        Format::Ecs => {
            vec!["@timestamp", "ecs.version", "event.kind", "event.category", "event.type", "event.outcome"]
        }
        Format::Jsonl => vec![],
    }
}

/// Every line is valid, and would not be without what the schema requires, or with what it does not know.
async fn expect_valid(app: &App) -> Vec<Value> {
    let (of_ocsf, of_ecs) = (Ocsf::load(), Ecs::load());
    let mut all = Vec::new();
    for format in [Format::Ocsf, Format::Ecs] {
        let faults = |line: &Value| match format {
            Format::Ocsf => of_ocsf.faults(line),
            _ => of_ecs.faults(line),
        };
        let (lines, told) = export(app, format, None, "", None).await;
        assert_eq!(told.notices, Vec::<String>::new());
        assert_eq!(lines.len(), app.events().await.len());
        for line in lines {
            let line = json_of(&line);
            assert_eq!(faults(&line), Vec::<String>::new(), "{line:#}");
            let about = if line.get("entity").is_some() { "entity" } else { "user" };
            let about = (format == Format::Ocsf).then_some(about);
            for name in required(format).into_iter().chain(about) {
                let mut without = line.clone();
                without.as_object_mut().unwrap().remove(name).unwrap();
                assert!(!faults(&without).is_empty(), "without {name}: {line:#}");
            }
            let mut with = line.clone();
            with["event_word"] = json!("x");
            assert!(!faults(&with).is_empty(), "a name that nobody knows: {line:#}");
            all.push(line);
        }
    }
    all
}

async fn u11_every_line_of_a_rich_history_is_valid(app: App) {
    let app = app.located(&[]).await;
    app.rich_history().await;
    let lines = expect_valid(&app).await;
    let said = |name: &str| lines.iter().filter(|line| line.get(name).is_some()).count();
    // What the past was rich in.
    for name in ["src_endpoint", "auth_factors", "entity", "source.geo.country_iso_code", "event.risk_score"] {
        assert!(said(name) > 5, "{name}: {}", said(name));
    }
}

/// One event of each kind with all that can be in one, and one with as little as can be.
async fn record_every_kind(app: &App, user: Uuid, text: &'static str) {
    let tx = app.state.trail.begin().await.unwrap();
    let full = Origin {
        request_id: text.to_owned(),
        trace_id: Some(text.to_owned()),
        network: Some(text.to_owned()),
        device: Some(json!({ "browser": text, "os": "chrome_os", "class": text, "language": text })),
        country: Some(text.to_owned()),
        asn: Some(u32::MAX),
        browser: Some([7; 32]),
    };
    let risk = RiskOfEvent {
        threshold: 60,
        decision: text.to_owned(),
        signals: vec![SignalPoints { signal: text.to_owned(), points: 40 }],
    };
    for kind in EventType::ALL {
        let id = Uuid::from_u128(7);
        let whole = Event::refused(*kind, text).user(user).session(id).credential(id).api_key(id);
        tx.record(full.clone(), whole.risk(70, risk.clone()).count(3));
        tx.record(Origin::default(), Event::success(*kind));
    }
    tx.commit().await.unwrap();
}

async fn u11_every_kind_is_valid_whole_and_bare_and_erased(app: App) {
    // Somebody who is there: what is told of others lies under the month's key.
    app.browser().sign_up("ada@example.test").await;
    let user = app.stored().await.users[0].id;
    record_every_kind(&app, user, "x").await;
    let lines = expect_valid(&app).await;
    for kind in EventType::ALL {
        let told = lines.iter().filter(|line| line["event.action"] == kind.as_str()).count();
        assert_eq!(told, 2 + usize::from(*kind == EventType::UserCreated), "{kind:?}");
    }

    let tx = app.state.trail.begin().await.unwrap();
    app.state.trail.forget_person(&*tx, user).await.unwrap();
    tx.commit().await.unwrap();
    let lines = expect_valid(&app).await;
    let unreadable = lines.iter().filter(|line| line["holdfast.unreadable"] == true).count();
    assert_eq!(unreadable, EventType::ALL.len() + 1);
    let text = serde_json::to_string(&lines).unwrap();
    assert!(!text.contains(&user.to_string()), "whoever is erased is in no line");
}

async fn u04_nothing_in_an_event_ends_a_line_or_drives_a_terminal(app: App) {
    record_every_kind(&app, Uuid::from_u128(1), HOSTILE).await;
    for format in [Format::Ocsf, Format::Ecs, Format::Jsonl] {
        let (lines, told) = export(&app, format, None, "", None).await;
        assert_eq!(told.lines, 2 * EventType::ALL.len() as u64);
        assert_eq!(lines.len(), 2 * EventType::ALL.len(), "a line for each event and no more");
        for line in &lines {
            assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
            assert!(json_of(line).is_object());
        }
        let whole = lines.iter().filter(|line| json_of(line).to_string().contains("[31m")).count();
        assert_eq!(whole, EventType::ALL.len(), "and what was said is still there");
    }
    expect_valid(&app).await;
}
