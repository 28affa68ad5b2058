//! Something weaker than a touch, in the place of one.

use hyper::Method;
use serde_json::json;

use super::super::authenticator::Passkey;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "weak_method",
    tries: "In the place of a touch: an API key, a new passkey, an answer without verification, an answer to a sign-in.",
    must: "None of them counts, and the change is still refused.",
    events: &["authn_step_up_fail", "authn_step_up_required"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let made = owner.change("/api-keys", &json!({ "name": "drill" })).await?;
    let bearer = format!("Bearer {}", made.json["secret"].as_str().unwrap_or_default());
    let payout = json!({ "accountHolder": "Drill", "iban": "NO9386011117947" });
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];

    // A program's key, alone and beside the session.
    let answer = trial.browser().send(Method::POST, "/billing/payout", &headers, payout.to_string()).await?;
    trial.refused(&answer, 401, "no_session")?;
    let answer = owner.browser.send(Method::POST, "/billing/payout", &headers, payout.to_string()).await?;
    let step_up = trial.touch_asked(&answer)?;
    let body = json!({ "response": { "apiKey": made.json["secret"] } }).to_string();
    let answer = owner.browser.send(Method::POST, "/auth/step-up/verify", &headers, body).await?;
    trial.step_up_refused(&answer, "response_malformed")?;

    // A passkey that is made for the occasion.
    let options = owner.browser.begin_step_up(&step_up).await?;
    let options = json!({ "challenge": options["challenge"], "user": { "id": owner.passkey.user_handle } });
    let answer = owner.browser.finish_step_up(&Passkey::synced(&trial.target)?.create(&options)?).await?;
    trial.step_up_refused(&answer, "response_malformed")?;

    // The owner's passkey, without the owner.
    let options = owner.browser.begin_step_up(&step_up).await?;
    let answer = owner.browser.finish_step_up(&owner.passkey.unverified().get(&options)?).await?;
    trial.step_up_refused(&answer, "user_not_verified")?;

    // What the owner has signed for signing in.
    let options = owner.browser.begin_sign_in().await?;
    let answer = owner.browser.finish_step_up(&owner.passkey.get(&options)?).await?;
    trial.step_up_refused(&answer, "ceremony_mismatch")?;

    let answer = owner.browser.post("/billing/payout", &payout).await?;
    trial.touch_asked(&answer)?;
    Ok(())
}
