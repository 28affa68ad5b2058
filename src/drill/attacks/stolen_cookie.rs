//! The cookie of a session that nothing else holds, used elsewhere.

use serde_json::json;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "stolen_cookie",
    tries: "A session's cookie, copied, is used on another device in another network.",
    must: "Every read and every change asks for a touch; no new token; the owner goes on.",
    events: &["authn_step_up_required"],
    alerts: &[],
    needs_networks: true,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let mut thief = owner.browser.stolen_to(trial.elsewhere());
    for path in
        ["/auth/session", "/auth/sessions", "/auth/passkeys", "/auth/events", "/api-keys", "/billing/payout"]
    {
        let answer = thief.get(path).await?;
        trial.touch_asked(&answer)?;
    }
    let payout = json!({ "accountHolder": "Drill", "iban": "NO9386011117947" });
    let changes = [
        ("/billing/payout", payout),
        ("/api-keys", json!({ "name": "thief" })),
        ("/auth/sessions/revoke", json!({ "others": true })),
        ("/auth/passkey/register/options", json!({})),
    ];
    for (path, body) in changes {
        let answer = thief.post(path, &body).await?;
        trial.touch_asked(&answer)?;
    }
    // On a machine like the owner's, in the owner's network, the cookie reads. It still changes nothing.
    let answer = owner.browser.clone().post("/api-keys", &json!({ "name": "thief" })).await?;
    trial.touch_asked(&answer)?;
    owner.expect_signed_in("after the theft").await
}
