//! Input that is not what it should be.

use hyper::Method;
use serde_json::json;

use super::super::client::Answer;
use super::super::device_key::encode;
use super::super::person::{SIGN_IN, SIGN_UP, SIGN_UP_OPTIONS};
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "malformed_body",
    tries: "Bodies that are no JSON, not UTF-8, nested ten thousand deep, of the wrong types, and CBOR that is garbage.",
    must: "Each is refused in the one shape of errors; none is an error of the service.",
    events: &[],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

const JSON: &str = "application/json";

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    for content_type in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
    {
        let headers = [("content-type", content_type)];
        let answer =
            trial.browser().send(Method::POST, SIGN_UP_OPTIONS, &headers, r#"{"email":"a@b.test"}"#).await?;
        trial.refused(&answer, 415, "unsupported_media_type")?;
    }
    let deep = 10_000;
    let mut bodies: Vec<Vec<u8>> =
        ["", "{", "nonsense", "null", "[]", "7", "\"text\"", "{\"email\":7}", "{\"email\":\"\\ud800\"}"]
            .iter()
            .map(|body| body.as_bytes().to_vec())
            .collect();
    bodies.push(b"{\"email\":\"\xff\xfe\"}".to_vec());
    bodies.push(b"{\"email\":\"a@b.test\"}\0".to_vec());
    bodies.push("[".repeat(deep).into_bytes());
    bodies.push(format!("{{\"email\":{}{}}}", "[".repeat(deep), "]".repeat(deep)).into_bytes());
    for path in [SIGN_UP_OPTIONS, SIGN_UP, SIGN_IN] {
        for body in &bodies {
            let answer = trial.browser().send(Method::POST, path, &[("content-type", JSON)], body.clone()).await?;
            expect_input_error(trial, &answer)?;
        }
    }
    let owner = trial.person().await?;
    let (garbage, nested) = (encode(&[0xff; 300]), encode(&vec![0x81; 20_000]));
    for member in ["attestationObject", "authenticatorData", "clientDataJSON", "signature", "userHandle"] {
        for bytes in [garbage.as_str(), nested.as_str(), "", "%%%"] {
            // Over a challenge that is in order, so that what is wrong is looked at.
            let mut browser = trial.browser();
            let (path, mut response) = if member == "attestationObject" {
                let options = browser.begin_sign_up(&trial.email()).await?;
                (SIGN_UP, owner.passkey.clone().create(&options)?)
            } else {
                let options = browser.begin_sign_in().await?;
                (SIGN_IN, owner.passkey.get(&options)?)
            };
            response["response"][member] = json!(bytes);
            let answer = browser.post(path, &json!({ "response": response })).await?;
            expect_input_error(trial, &answer)?;
        }
    }
    let answer = trial.browser().get("/healthz").await?;
    if answer.is_success() { Ok(()) } else { Err(Stop::broken(answer.said())) }
}

/// A refusal with a code and a request id, and no other status.
fn expect_input_error(trial: &mut Trial, answer: &Answer) -> Result<(), Stop> {
    trial.requests.push(answer.request_id.clone());
    let is_shaped = !answer.code().is_empty() && answer.json["requestId"] == answer.request_id.as_str();
    if answer.status == 400 && is_shaped { Ok(()) } else { Err(Stop::broken(answer.said())) }
}
