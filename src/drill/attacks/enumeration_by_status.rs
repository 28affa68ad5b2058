//! Who has an account, read from what answers say.

use serde_json::{Value, json};

use super::super::client::Answer;
use super::super::person::{SIGN_IN_OPTIONS, SIGN_UP_OPTIONS};
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "enumeration_by_status",
    tries: "Sign-up and sign-in are begun with an address that has an account and with one that has none.",
    must: "The answers are the same but for what is random in each.",
    events: &[],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let owner = trial.person().await?;
    let nobody = trial.email();
    for path in [SIGN_UP_OPTIONS, SIGN_IN_OPTIONS] {
        let mut seen = Vec::new();
        for email in [&owner.email, &nobody, &owner.email, &nobody] {
            let answer = trial.stranger().post(path, &json!({ "email": email })).await?;
            trial.requests.push(answer.request_id.clone());
            seen.push(shape(&answer, email));
        }
        if let Some(other) = seen.iter().find(|shape| **shape != seen[0]) {
            return Err(Stop::broken(format!("{path} tells addresses apart: {} and {other}", seen[0])));
        }
    }
    Ok(())
}

/// All that can be told of an answer but what is random in it.
fn shape(answer: &Answer, email: &str) -> String {
    let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    headers.dedup();
    let length = answer.headers.get("content-length").and_then(|value| value.to_str().ok()).unwrap_or_default();
    format!("{} {headers:?} {length} {}", answer.status, form(&answer.json, email))
}

/// The JSON with its keys and plain values, and of texts that are not always the same only how long they are.
fn form(json: &Value, email: &str) -> String {
    match json {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| match name.as_str() {
                "challenge" | "id" | "requestId" => {
                    format!("{name}: {} characters", value.as_str().map_or(0, str::len))
                }
                _ => format!("{name}: {}", form(value, email)),
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("{:?}", items.iter().map(|item| form(item, email)).collect::<Vec<_>>()),
        Value::String(text) => text.replace(email, "the address"),
        other => other.to_string(),
    }
}
