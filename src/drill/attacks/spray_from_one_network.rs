//! Many passkeys, tried from one network.

use super::super::authenticator::Passkey;
use super::super::client::Browser;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "spray_from_one_network",
    tries: "One address tries the passkeys of ten people, passkeys that nobody has, and then anything.",
    must: "It is refused each time, and soon told to wait or to work; a person's own device still gets in from there.",
    events: &["authn_login_fail", "excess_rate_limit_exceeded"],
    alerts: &["failures_from_one_network", "unknown_name_probing"],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

/// So many failures of one address are more than anybody honest has.
const MOST: usize = 220;

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let crowd = trial.crowd().await?;
    let mut attacker = trial.stranger();
    for person in &crowd {
        let answer = attacker.sign_in(&person.passkey.forged(&trial.target)?).await?;
        trial.sign_in_refused(&answer, "signature_invalid")?;
    }
    for _ in 0..20 {
        let nobody = Passkey::synced(&trial.target)?;
        let answer = attacker.sign_in(&nobody).await?;
        trial.sign_in_refused(&answer, "passkey_unknown")?;
    }
    let options = attacker.begin_sign_in().await?;
    let stale = Passkey::synced(&trial.target)?.get(&options)?;
    let mut tries = 0;
    let limited = loop {
        let answer = attacker.finish_sign_in(&stale).await?;
        tries += 1;
        match answer.status {
            400 if tries < MOST => {}
            429 => break answer,
            _ => return Err(Stop::broken(format!("{tries} more failures, and {}", answer.said()))),
        }
    };
    trial.refused(&limited, 429, "too_many_requests")?;
    trial.leaves(&limited, "excess_rate_limit_exceeded", None);
    if !limited.headers.contains_key("retry-after") || limited.json["retryAfter"].as_u64().is_none() {
        return Err(Stop::broken("a 429 does not say for how long"));
    }
    trial.note = format!("429 after {} failures", 30 + tries - 1);
    // Somebody who was here before, in the very same place.
    let Some(person) = crowd.first() else { return Ok(()) };
    let mut known = Browser { from: attacker.from, ..person.browser.clone() };
    let answer = known.sign_in(&person.passkey).await?;
    if answer.is_success() {
        Ok(())
    } else {
        Err(Stop::broken(format!("a known device is kept out: {}", answer.said())))
    }
}
