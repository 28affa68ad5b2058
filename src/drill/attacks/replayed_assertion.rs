//! An answer to a challenge, recorded and handed in again.

use serde_json::json;

use super::super::authenticator::Passkey;
use super::super::person::SIGN_UP;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "replayed_assertion",
    tries: "Recorded answers of a sign-in, a sign-up and a touch are handed in a second time.",
    must: "Each challenge works once.",
    events: &["authn_login_fail", "user_create_fail", "authn_step_up_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let mut browser = trial.browser();
    let options = browser.begin_sign_in().await?;
    let mut recorded = browser.clone();
    let response = owner.passkey.get(&options)?;
    let answer = browser.finish_sign_in(&response).await?;
    if !answer.is_success() {
        return Err(Stop::failed(format!("an honest {}", answer.said())));
    }
    let answer = recorded.finish_sign_in(&response).await?;
    trial.sign_in_refused(&answer, "challenge_used")?;

    let mut browser = trial.browser();
    let options = browser.begin_sign_up(&trial.email()).await?;
    let mut recorded = browser.clone();
    let body = json!({ "response": Passkey::synced(&trial.target)?.create(&options)? });
    browser.honest(SIGN_UP, &body).await?;
    let answer = recorded.post(SIGN_UP, &body).await?;
    trial.sign_up_refused(&answer, "challenge_used")?;

    let options = owner.browser.begin_step_up(&json!({ "action": "session_continue", "params": {} })).await?;
    let response = owner.passkey.get(&options)?;
    let answer = owner.browser.finish_step_up(&response).await?;
    if !answer.is_success() {
        return Err(Stop::failed(format!("an honest {}", answer.said())));
    }
    let answer = owner.browser.finish_step_up(&response).await?;
    trial.step_up_refused(&answer, "challenge_used")
}
