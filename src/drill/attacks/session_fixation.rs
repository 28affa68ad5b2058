//! A token that the attacker knows, planted before the owner signs in.

use serde_json::json;

use super::super::authenticator::Passkey;
use super::super::client::Answer;
use super::super::device_key::{encode, random};
use super::super::person::{Person, SIGN_IN};
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "session_fixation",
    tries: "A token of the attacker's is planted in a browser before somebody signs in or up there.",
    must: "The session gets a token of its own; the planted one is worth nothing more than before, and its own session ends.",
    events: &["session_revoked"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    // One that nobody has, when somebody signs up.
    let planted = encode(&random::<32>());
    let mut browser = trial.browser();
    browser.cookies.insert("__Host-sid".to_owned(), planted.clone());
    let mut owner = Person::sign_up(browser, Passkey::synced(&trial.target)?, trial.email(), false).await?;
    expect_worthless(trial, &planted, &owner).await?;
    // One that nobody has, when somebody signs in.
    let planted = encode(&random::<32>());
    owner.browser.cookies.clear();
    owner.browser.cookies.insert("__Host-sid".to_owned(), planted.clone());
    sign_in(&mut owner).await?;
    expect_worthless(trial, &planted, &owner).await?;
    // One of a live session of the attacker's own.
    let attacker = trial.person().await?;
    owner.browser.cookies.clear();
    owner.browser.cookies.insert("__Host-sid".to_owned(), attacker.browser.sid());
    let answer = sign_in(&mut owner).await?;
    trial.leaves(&answer, "session_revoked", Some("replaced"));
    expect_worthless(trial, &attacker.browser.sid(), &owner).await?;
    owner.expect_signed_in("after the planting").await
}

async fn sign_in(owner: &mut Person) -> Result<Answer, Stop> {
    let options = owner.browser.begin_sign_in().await?;
    let response = json!({ "response": owner.passkey.get(&options)? });
    owner.browser.honest(SIGN_IN, &response).await
}

/// Whoever knows the planted token is nobody.
async fn expect_worthless(trial: &mut Trial, planted: &str, owner: &Person) -> Result<(), Stop> {
    if owner.browser.sid() == planted {
        return Err(Stop::broken("a session was opened under a token that was planted"));
    }
    let mut attacker = trial.browser();
    attacker.cookies.insert("__Host-sid".to_owned(), planted.to_owned());
    let answer = attacker.get("/auth/session").await?;
    trial.refused(&answer, 401, "invalid_session")
}
