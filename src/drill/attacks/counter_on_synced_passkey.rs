//! A synced passkey whose counter goes backwards.

use super::super::authenticator::Passkey;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "counter_on_synced_passkey",
    tries: "A synced passkey signs in with a counter that is behind.",
    must: "It is let in, since honest ones do that, but recorded and told.",
    events: &["credential_counter_regressed"],
    alerts: &["counter_regressed"],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let owner = trial.person().await?;
    for counter in [5, 3] {
        let passkey = Passkey { counter, ..owner.passkey.clone() };
        let answer = trial.browser().sign_in(&passkey).await?;
        if !answer.is_success() {
            return Err(Stop::broken(format!("a synced passkey was refused: {}", answer.said())));
        }
        if counter == 3 {
            trial.leaves(&answer, "credential_counter_regressed", None);
        }
    }
    Ok(())
}
