//! More than the service should read.

use hyper::Method;

use super::super::person::{SIGN_IN, SIGN_UP_OPTIONS};
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "oversized_body",
    tries: "Bodies of just over 64 KiB, of 1 MiB and of 4 MiB, and headers of 1 MiB.",
    must: "They are refused as too large or cut off, and the service goes on.",
    events: &[],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

const KIB: usize = 1024;

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let json = [("content-type", "application/json")];
    for path in [SIGN_UP_OPTIONS, SIGN_IN, "/auth/logout"] {
        for size in [64 * KIB + 1, 1024 * KIB] {
            let answer = trial.browser().send(Method::POST, path, &json, padded(size)).await?;
            trial.refused(&answer, 413, "payload_too_large")?;
        }
        // Of one that is far too large not even the end is waited for.
        if let Some(answer) = trial.browser().try_send(Method::POST, path, &json, padded(4096 * KIB)).await? {
            trial.refused(&answer, 413, "payload_too_large")?;
        }
    }
    let long = "x".repeat(1024 * KIB);
    if let Some(answer) = trial.browser().try_send(Method::GET, "/auth/session", &[("x-long", &long)], "").await?
        && answer.status != 431
    {
        return Err(Stop::broken(format!("a header of 1 MiB was read: {}", answer.said())));
    }
    let answer = trial.browser().get("/healthz").await?;
    if answer.is_success() { Ok(()) } else { Err(Stop::broken(answer.said())) }
}

/// A body of this size that is in order otherwise.
fn padded(size: usize) -> String {
    const REST: usize = r#"{"email":"a@b.test","padding":""}"#.len();
    format!(r#"{{"email":"a@b.test","padding":"{}"}}"#, "x".repeat(size.saturating_sub(REST)))
}
