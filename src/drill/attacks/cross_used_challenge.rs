//! A challenge that was given for one thing, answered for another.

use serde_json::json;

use super::super::authenticator::Passkey;
use super::super::person::SIGN_UP;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "cross_used_challenge",
    tries: "Challenges of sign-in, sign-up and touch are answered at each other's ends, and in another session.",
    must: "A challenge is good for what it was asked for, in the session that asked.",
    events: &["authn_login_fail", "user_create_fail", "authn_step_up_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    const MISMATCH: &str = "ceremony_mismatch";
    let mut owner = trial.person().await?;
    let go_on = json!({ "action": "session_continue", "params": {} });

    // A touch becomes a sign-in.
    let options = owner.browser.begin_step_up(&go_on).await?;
    let mut thief = owner.browser.clone();
    thief.cookies.remove("__Host-sid");
    let answer = thief.finish_sign_in(&owner.passkey.get(&options)?).await?;
    trial.sign_in_refused(&answer, MISMATCH)?;

    // A sign-in becomes a touch.
    let options = owner.browser.begin_sign_in().await?;
    let answer = owner.browser.finish_step_up(&owner.passkey.get(&options)?).await?;
    trial.step_up_refused(&answer, MISMATCH)?;

    // A sign-in becomes a new account.
    let mut browser = trial.browser();
    let options = browser.begin_sign_in().await?;
    let options = json!({ "challenge": options["challenge"], "user": { "id": owner.passkey.user_handle } });
    let response = Passkey::synced(&trial.target)?.create(&options)?;
    let answer = browser.post(SIGN_UP, &json!({ "response": response })).await?;
    trial.sign_up_refused(&answer, MISMATCH)?;

    // A touch of one session counts in another.
    let options = owner.browser.begin_step_up(&go_on).await?;
    let mut other = trial.browser();
    let answer = other.sign_in(&owner.passkey).await?;
    if !answer.is_success() {
        return Err(Stop::failed(format!("an honest {}", answer.said())));
    }
    let ceremony = owner.browser.cookies.get("__Host-ceremony").cloned().unwrap_or_default();
    other.cookies.insert("__Host-ceremony".to_owned(), ceremony);
    let answer = other.finish_step_up(&owner.passkey.get(&options)?).await?;
    trial.step_up_refused(&answer, MISMATCH)
}
