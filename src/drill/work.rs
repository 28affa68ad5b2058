//! Doing what a 429 asks for: work where it is offered, else waiting.

use std::time::Duration;

use hyper::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::{Answer, Browser};
use super::trial::Stop;

/// Nobody waits longer than this for one call.
const PATIENCE: Duration = Duration::from_secs(20);
/// More work than this is not done: 2^22 hashes take some seconds.
const HARDEST: u64 = 22;

/// Post, and do what is asked for until it is let through, three times at most.
pub(super) async fn patiently(browser: &mut Browser, path: &str, body: &Value) -> Result<Answer, Stop> {
    let mut answer = browser.post(path, body).await?;
    for _ in 0..3 {
        if answer.status != 429 {
            break;
        }
        if let Some(proof) = solve(&answer.json["proofOfWork"]) {
            let headers = [("content-type", "application/json"), ("x-proof-of-work", proof.as_str())];
            answer = browser.send(Method::POST, path, &headers, body.to_string()).await?;
            continue;
        }
        let wait = answer.json["retryAfter"].as_u64().map(Duration::from_secs);
        let Some(wait) = wait.filter(|wait| *wait <= PATIENCE) else { break };
        tokio::time::sleep(wait).await;
        answer = browser.post(path, body).await?;
    }
    Ok(answer)
}

/// The text for `X-Proof-Of-Work`. `None`: none is asked for, or more than we do.
fn solve(asked: &Value) -> Option<String> {
    let (challenge, salt) = (asked["challenge"].as_str()?, asked["salt"].as_str()?);
    let difficulty = asked["difficulty"].as_u64().filter(|difficulty| *difficulty <= HARDEST)?;
    (0_u64..1 << (HARDEST + 3)).map(|number| format!("{challenge}.{salt}.{number}")).find(|text| {
        let hash: [u8; 32] = Sha256::digest(text).into();
        let start = hash.first_chunk().map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes));
        u64::from(start.leading_zeros()) >= difficulty
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_begins_with_enough_zeros() {
        let asked = json!({ "challenge": "c", "salt": "s.1", "difficulty": 10 });
        let text = solve(&asked).expect("a number");
        let hash = Sha256::digest(&text);
        assert!(text.starts_with("c.s.1.") && hash[0] == 0 && hash[1] < 64, "{text}");
        assert_eq!(solve(&json!({ "challenge": "c", "salt": "s", "difficulty": 60 })), None, "too much");
        assert_eq!(solve(&Value::Null), None);
    }
}
