//! A passkey used by somebody who did not show that it is theirs.

use serde_json::json;

use super::super::authenticator::Passkey;
use super::super::person::SIGN_UP;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "unverified_user",
    tries: "A found security key without its PIN: sign-in and sign-up without the owner verified.",
    must: "Nothing is accepted without user verification.",
    events: &["authn_login_fail", "user_create_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let owner = trial.person().await?;
    let answer = trial.stranger().sign_in(&owner.passkey.unverified()).await?;
    trial.sign_in_refused(&answer, "user_not_verified")?;
    let mut browser = trial.stranger();
    let options = browser.begin_sign_up(&trial.email()).await?;
    let response = Passkey::synced(&trial.target)?.unverified().create(&options)?;
    let answer = browser.post(SIGN_UP, &json!({ "response": response })).await?;
    trial.sign_up_refused(&answer, "user_not_verified")
}
