//! A proof of a session's key, recorded and used again.

use hyper::Method;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "replayed_proof",
    tries: "A proof of the session's key is used a second time, and for another call than it was made for.",
    must: "Each proof works once, for its own call.",
    events: &["authn_proof_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.bound_person().await?;
    let used = owner.browser.proof(&Method::GET, "/api-keys").unwrap_or_default();
    let answer = owner.browser.send(Method::GET, "/api-keys", &[("dpop", &used)], "").await?;
    if !answer.is_success() {
        return Err(Stop::failed(format!("the owner's own proof: {}", answer.said())));
    }
    let answer = owner.browser.clone().send(Method::GET, "/api-keys", &[("dpop", &used)], "").await?;
    trial.proof_refused(&answer)?;
    let unused = owner.browser.proof(&Method::GET, "/api-keys").unwrap_or_default();
    for (method, path) in [(Method::GET, "/billing/payout"), (Method::POST, "/api-keys")] {
        let headers = [("dpop", unused.as_str()), ("content-type", "application/json")];
        let answer = owner.browser.clone().send(method, path, &headers, r#"{"name":"thief"}"#).await?;
        trial.proof_refused(&answer)?;
    }
    owner.expect_signed_in("after the replay").await
}
