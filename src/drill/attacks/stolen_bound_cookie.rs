//! The cookie of a session that is locked to a browser's key, used without that key.

use hyper::Method;
use serde_json::json;

use super::super::device_key::DeviceKey;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "stolen_bound_cookie",
    tries: "The cookie of a session that is locked to a key, copied, is used without the key and with another one.",
    must: "What matters is refused for want of a proof, wherever the thief is; no new token; the owner goes on.",
    events: &["authn_proof_fail", "authn_step_up_required"],
    alerts: &[],
    needs_networks: true,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.bound_person().await?;
    let mut far = owner.browser.stolen_to(trial.elsewhere());
    let answer = far.get("/auth/session").await?;
    trial.touch_asked(&answer)?;
    // In the owner's network, and with the owner's words for itself, so that nothing but the key is missing.
    let mut near = owner.browser.clone();
    near.key = None;
    for path in ["/auth/sessions", "/auth/events", "/api-keys", "/billing/payout", "/account/sessions/panel"] {
        let answer = near.get(path).await?;
        trial.refused(&answer, 401, "dpop_proof_required")?;
    }
    let payout = json!({ "accountHolder": "Drill", "iban": "NO9386011117947" });
    for (path, body) in [
        ("/billing/payout", payout),
        ("/api-keys", json!({ "name": "thief" })),
        ("/auth/session/rotate", json!({})),
        ("/auth/passkey/register/options", json!({})),
        ("/auth/step-up/options", json!({ "action": "session_continue", "params": {} })),
    ] {
        let answer = near.post(path, &body).await?;
        trial.refused(&answer, 401, "dpop_proof_required")?;
    }
    // With a key of his own, and all that the answers say about how to prove.
    for browser in [&mut near, &mut far] {
        browser.key = Some(DeviceKey::new()?);
        let proof = browser.proof(&Method::GET, "/api-keys").unwrap_or_default();
        let answer = browser.send(Method::GET, "/api-keys", &[("dpop", &proof)], "").await?;
        trial.proof_refused(&answer)?;
    }
    let answer = owner.browser.get("/api-keys").await?;
    if !answer.is_success() {
        return Err(Stop::failed(format!("the owner's own proof: {}", answer.said())));
    }
    owner.expect_signed_in("after the theft").await
}
