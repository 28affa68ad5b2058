//! A passkey of the attacker's, attached to somebody's account by its address.

use super::super::authenticator::Passkey;
use super::super::person::Person;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "attach_by_address",
    tries: "Somebody signs up with the address of an account that exists, to get into it.",
    must: "He gets an account of his own; the owner's has one passkey as before.",
    events: &["user_created"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let passkey = Passkey::synced(&trial.target)?;
    let mut attacker = Person::sign_up(trial.stranger(), passkey, owner.email.clone(), false).await?;
    if attacker.id == owner.id {
        return Err(Stop::broken("signing up with somebody's address has opened their account"));
    }
    let answer = attacker.browser.sign_in(&attacker.passkey).await?;
    if answer.json["user"]["id"] != attacker.id.as_str() {
        return Err(Stop::broken(format!("signing in with it opens another account: {}", answer.said())));
    }
    trial.leaves(&attacker.made, "user_created", None);
    let passkeys = owner.browser.get("/auth/passkeys").await?;
    match passkeys.json["passkeys"].as_array().map(Vec::len) {
        Some(1) => owner.expect_signed_in("after somebody claimed the address").await,
        _ => Err(Stop::broken("the owner's account has got another passkey")),
    }
}
