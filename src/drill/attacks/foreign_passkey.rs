//! A touch of a passkey that is not the account's.

use super::super::authenticator::Passkey;
use serde_json::json;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "foreign_passkey",
    tries: "A thief in somebody's session makes the touch with a passkey of his own account.",
    must: "Only the account's own passkeys count, and the change is still refused.",
    events: &["authn_step_up_fail", "authn_step_up_required"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let (owner, thief) = (trial.person().await?, trial.person().await?);
    let mut stolen = owner.browser.clone();
    let payout = json!({ "accountHolder": "Drill", "iban": "NO9386011117947" });
    // His passkey as it is, and dressed up as the owner's.
    let dressed_up = Passkey { user_handle: owner.passkey.user_handle.clone(), ..thief.passkey.clone() };
    for passkey in [&thief.passkey, &dressed_up] {
        let asked = stolen.post("/billing/payout", &payout).await?;
        let step_up = trial.touch_asked(&asked)?;
        let options = stolen.begin_step_up(&step_up).await?;
        let answer = stolen.finish_step_up(&passkey.get(&options)?).await?;
        trial.step_up_refused(&answer, "user_handle_mismatch")?;
    }
    let answer = stolen.post("/billing/payout", &payout).await?;
    trial.touch_asked(&answer)?;
    Ok(())
}
