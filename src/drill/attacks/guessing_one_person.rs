//! One person's passkey, tried again and again.

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "guessing_one_person",
    tries: "One address fails with one person's passkey over and over, to get in or to lock the person out.",
    must: "The address is told to wait or to work; the passkey is not locked, and the owner gets in.",
    events: &["authn_login_fail", "excess_rate_limit_exceeded"],
    alerts: &["failures_of_one_person"],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

/// More than any account lets one address fail.
const MOST: usize = 40;

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let forged = owner.passkey.forged(&trial.target)?;
    let mut attacker = trial.stranger();
    let mut tries = 0;
    let limited = loop {
        let answer = attacker.sign_in(&forged).await?;
        if answer.status == 429 {
            break answer;
        }
        trial.sign_in_refused(&answer, "signature_invalid")?;
        tries += 1;
        if tries >= MOST {
            return Err(Stop::broken(format!("{tries} failures with one passkey from one address, and no limit")));
        }
    };
    trial.refused(&limited, 429, "too_many_requests")?;
    trial.leaves(&limited, "excess_rate_limit_exceeded", None);
    if limited.json["proofOfWork"]["challenge"].as_str().is_none() {
        return Err(Stop::broken("a stranger at an account can only wait, so one who fails keeps others out"));
    }
    trial.note = format!("429 after {tries} failures");
    let answer = owner.browser.sign_in(&owner.passkey).await?;
    if answer.is_success() {
        Ok(())
    } else {
        Err(Stop::broken(format!("the owner is kept out: {}", answer.said())))
    }
}
