//! An answer that was changed after it was signed, or signed by another key.

use serde_json::json;

use super::super::authenticator::flip_last_bit;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "tampered_signature",
    tries: "A sign-in and a touch with a signature that was changed, data that were changed, and another key under the passkey's name.",
    must: "The signature must hold over exactly what came.",
    events: &["authn_login_fail", "authn_step_up_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    const INVALID: &str = "signature_invalid";
    let mut owner = trial.person().await?;
    for member in ["signature", "authenticatorData"] {
        let mut browser = trial.browser();
        let options = browser.begin_sign_in().await?;
        let answer = browser.finish_sign_in(&flip_last_bit(&owner.passkey.get(&options)?, member)).await?;
        trial.sign_in_refused(&answer, INVALID)?;
    }
    let mut thief = trial.stranger();
    let answer = thief.sign_in(&owner.passkey.forged(&trial.target)?).await?;
    trial.sign_in_refused(&answer, INVALID)?;
    let options = owner.browser.begin_step_up(&json!({ "action": "session_continue", "params": {} })).await?;
    let answer = owner.browser.finish_step_up(&flip_last_bit(&owner.passkey.get(&options)?, "signature")).await?;
    trial.step_up_refused(&answer, INVALID)
}
