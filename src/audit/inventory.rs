//! Holds docs/events.md and the code together.

use std::path::Path;

use super::EventType;

const PAGE: &str = include_str!("../../docs/events.md");

/// The cells of the rows of the first table, by event.
fn rows() -> Vec<Vec<String>> {
    let table = PAGE.lines().skip_while(|line| !line.starts_with("| event |")).skip(2);
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// What the code says in the columns that it knows of.
fn meant(kind: EventType) -> [String; 4] {
    let caep = kind.caep().map(|uri| {
        let name = uri.strip_prefix("https://schemas.openid.net/secevent/caep/event-type/");
        format!("CAEP `{}`", name.expect("a type of CAEP"))
    });
    let words = kind.owasp().map(|_| "OWASP".to_owned()).into_iter().chain(caep);
    let (ocsf, ecs) = (kind.ocsf(), kind.ecs());
    [
        words.collect::<Vec<_>>().join("; "),
        format!("{} {}, {} {}", ocsf.class.uid(), ocsf.class.name(), ocsf.activity, ocsf.activity_name),
        format!("{}: {} / {}", ecs.kind, ecs.categories.join(", "), ecs.types.join(", ")),
        kind.severity().name().to_owned(),
    ]
}

#[test]
fn u14_the_page_lists_every_event_as_the_code_means_it_and_no_other() {
    let rows = rows();
    assert_eq!(rows.len(), EventType::ALL.len());
    for kind in EventType::ALL {
        let named = format!("`{}`", kind.as_str());
        let row = rows.iter().find(|row| row[1] == named).unwrap_or_else(|| panic!("{named} is missing"));
        assert_eq!(row[4..8], meant(*kind), "{named}");
        assert!(!row[2].is_empty() && (row[3].starts_with("success") || row[3].starts_with("refused")), "{row:?}");
    }
}

/// All of our source, by path.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
        }
    }
}

#[test]
fn u14_every_event_is_written_somewhere() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let rules: Vec<_> = all
        .iter()
        .filter(|(path, _)| {
            ["/src/auth/", "/src/vault/", "/src/admin/", "/src/audit/keep.rs", "/src/alerts/watch.rs"]
                .iter()
                .any(|it| path.contains(it))
        })
        .collect();
    for kind in EventType::ALL {
        let variant = format!("EventType::{kind:?}");
        assert!(rules.iter().any(|(_, text)| text.contains(&variant)), "nothing writes {kind:?}");
    }
}

#[test]
fn u14_the_page_names_every_sealed_part() {
    let (_, held) = PAGE.split_once("## What an event holds").expect("the parts");
    let id = uuid::Uuid::nil();
    let full = super::Details {
        user: Some(id),
        session: Some(id),
        credential: Some(id),
        api_key: Some(id),
        actor: Some(id),
        alert: Some(id),
        search: Some(String::new()),
        network: Some(String::new()),
        device: Some(serde_json::Value::Bool(true)),
        country: Some(String::new()),
        asn: Some(1),
        browser: Some(String::new()),
        risk: Some(super::RiskOfEvent::default()),
        count: Some(1),
        level: Some(super::LevelChange::default()),
    };
    let full = serde_json::to_value(full).expect("JSON");
    for part in full.as_object().expect("an object").keys() {
        assert!(held.contains(&format!("`{part}`")), "{part} is not on the page");
    }
}
