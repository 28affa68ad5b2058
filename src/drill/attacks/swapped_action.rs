//! A touch for one thing, spent on another.

use serde_json::json;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "swapped_action",
    tries: "After a touch for one bank account, another one is saved with it, a key is made, and the touch is spent twice.",
    must: "A touch is good for its own action with its own parameters, once.",
    events: &["authn_step_up_required"],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let wanted = json!({ "accountHolder": "Drill", "iban": "NO9386011117947" });
    let swapped = json!({ "accountHolder": "Drill", "iban": "GB29NWBK60161331926819" });
    let asked = owner.browser.post("/billing/payout", &wanted).await?;
    let step_up = trial.touch_asked(&asked)?;
    owner.touch(&step_up).await?;
    for (path, body) in [("/billing/payout", &swapped), ("/api-keys", &json!({ "name": "thief" }))] {
        let answer = owner.browser.post(path, body).await?;
        trial.touch_asked(&answer)?;
    }
    let answer = owner.browser.post("/billing/payout", &wanted).await?;
    if !answer.is_success() {
        return Err(Stop::broken(format!("what was touched for: {}", answer.said())));
    }
    let answer = owner.browser.post("/billing/payout", &wanted).await?;
    trial.touch_asked(&answer)?;
    Ok(())
}
