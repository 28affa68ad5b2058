//! A copy of a passkey that lives on one device.

use super::super::authenticator::Passkey;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "counter_on_one_device",
    tries: "A copy of a passkey that lives on one device signs with a counter that has been used.",
    must: "It is refused, and the original goes on.",
    events: &["authn_login_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let owner = trial.person_with(Passkey::on_one_device(&trial.target)?, false).await?;
    let at = |counter| Passkey { counter, ..owner.passkey.clone() };
    for (counter, is_copy) in [(5, false), (3, true), (5, true), (6, false)] {
        let answer = trial.browser().sign_in(&at(counter)).await?;
        if is_copy {
            trial.sign_in_refused(&answer, "counter_regressed")?;
        } else if !answer.is_success() {
            return Err(Stop::broken(format!("the original was refused: {}", answer.said())));
        }
    }
    Ok(())
}
