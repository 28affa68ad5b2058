//! Many passkeys, tried a few times each from many networks.

use super::super::client::Browser;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "spray_from_many_networks",
    tries: "Five networks try the passkeys of eight people, four times each: below every limit.",
    must: "It is refused each time, and told as what it is.",
    events: &["authn_login_fail"],
    alerts: &["spray"],
    needs_networks: true,
    run: |trial| Box::pin(run(trial)),
};

const PEOPLE: usize = 8;
const NETWORKS: u8 = 5;

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let crowd = trial.crowd().await?;
    let mut networks = (0..NETWORKS).cycle();
    for _ in 0..4 {
        for person in crowd.iter().take(PEOPLE) {
            let from = trial.network(10 + networks.next().unwrap_or_default());
            let mut attacker = Browser { from, ..trial.stranger() };
            let answer = attacker.sign_in(&person.passkey.forged(&trial.target)?).await?;
            trial.sign_in_refused(&answer, "signature_invalid")?;
        }
    }
    Ok(())
}
