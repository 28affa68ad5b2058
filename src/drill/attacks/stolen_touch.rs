//! A touch that the owner makes, spent by whoever has copied the cookies before.

use serde_json::json;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "stolen_touch",
    tries: "A thief with a copy of the cookies waits for the owner's touch and makes the owner's change himself.",
    must: "The touch is good in the owner's browser alone: the thief is asked for one of his own.",
    events: &["authn_step_up_required"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let mut thief = owner.browser.clone();
    let wanted = json!({ "name": "owner" });
    let asked = owner.browser.post("/api-keys", &wanted).await?;
    let step_up = trial.touch_asked(&asked)?;
    owner.touch(&step_up).await?;
    // The first try is answered with the token that the touch has brought; the second is made with it.
    let answer = thief.post("/api-keys", &wanted).await?;
    if answer.status != 409 {
        trial.touch_asked(&answer)?;
    }
    let answer = thief.post("/api-keys", &wanted).await?;
    trial.touch_asked(&answer)?;
    let answer = owner.browser.post("/api-keys", &wanted).await?;
    if answer.is_success() {
        Ok(())
    } else {
        Err(Stop::broken(format!("the owner's touch is gone: {}", answer.said())))
    }
}
