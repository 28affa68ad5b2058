//! An answer that was made on another site.

use serde_json::json;

use super::super::authenticator::Passkey;
use super::super::person::SIGN_UP;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "wrong_origin",
    tries: "Answers that a phishing site has got: another origin, another port, a frame of another site, another relying party.",
    must: "An answer counts only if it was made on the pages of the service.",
    events: &["authn_login_fail", "user_create_fail"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let owner = trial.person().await?;
    let (scheme, host) = (trial.target.origin.split(':').next().unwrap_or_default(), trial.target.rp_id());
    let look_alike = format!("{scheme}://{host}.evil.example");
    for elsewhere in ["https://evil.example".to_owned(), look_alike, format!("{scheme}://{host}:1")] {
        let phished = Passkey { origin: elsewhere, ..owner.passkey.clone() };
        let answer = trial.stranger().sign_in(&phished).await?;
        trial.sign_in_refused(&answer, "origin_mismatch")?;
    }
    let framed = Passkey { is_framed: true, ..owner.passkey.clone() };
    let answer = trial.stranger().sign_in(&framed).await?;
    trial.sign_in_refused(&answer, "origin_mismatch")?;
    let other = Passkey { rp_id: "evil.example".to_owned(), ..owner.passkey.clone() };
    let answer = trial.stranger().sign_in(&other).await?;
    trial.sign_in_refused(&answer, "rp_id_mismatch")?;

    let mut browser = trial.stranger();
    let options = browser.begin_sign_up(&trial.email()).await?;
    let mut phished = Passkey { origin: "https://evil.example".to_owned(), ..Passkey::synced(&trial.target)? };
    let answer = browser.post(SIGN_UP, &json!({ "response": phished.create(&options)? })).await?;
    trial.sign_up_refused(&answer, "origin_mismatch")
}
