//! An answer that was made in one browser, handed in from another.

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "challenge_of_another_browser",
    tries: "A fresh answer of the owner's is caught on its way and handed in from another browser.",
    must: "It is refused there, and still works once in the browser that asked for it.",
    events: &["authn_login_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let owner = trial.person().await?;
    let mut browser = trial.browser();
    let options = browser.begin_sign_in().await?;
    let response = owner.passkey.get(&options)?;
    let mut thief = trial.stranger();
    let answer = thief.finish_sign_in(&response).await?;
    trial.sign_in_refused(&answer, "challenge_unknown")?;
    thief.begin_sign_in().await?;
    let answer = thief.finish_sign_in(&response).await?;
    trial.sign_in_refused(&answer, "challenge_unknown")?;
    let answer = browser.finish_sign_in(&response).await?;
    if answer.is_success() {
        Ok(())
    } else {
        Err(Stop::broken(format!("the owner was kept out: {}", answer.said())))
    }
}
