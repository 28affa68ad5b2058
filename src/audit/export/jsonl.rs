//! Our own words: everything there is, as it is.

use serde_json::{Map, Value, json};

use crate::audit::{EventType, Recorded};

pub(super) fn jsonl(event: &Recorded, place: &str) -> Value {
    let mut line = Map::new();
    let mut say = |name: &str, value: Value| {
        if !value.is_null() {
            line.insert(name.to_owned(), value);
        }
    };
    say("cursor", json!(place));
    say("time", json!(event.at.to_rfc3339()));
    say("event", json!(event.kind));
    say("outcome", json!(event.outcome));
    say("reason", json!(event.reason));
    say("severity", json!(EventType::parse(&event.kind).map(|kind| kind.severity() as u8)));
    say("score", json!(event.score));
    say("requestId", json!(event.request_id));
    say("traceId", json!(event.trace_id));
    say("details", json!(event.details));
    if event.details.is_none() {
        say("unreadable", json!(true));
    }
    Value::Object(line)
}
