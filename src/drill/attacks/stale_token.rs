//! A token that was replaced long ago comes back.

use serde_json::json;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "stale_token",
    tries: "A copy of a session's token is used after the session has gone on to newer ones.",
    must: "It is refused and the whole family ends: the newest token is dead, too.",
    events: &["authn_token_reuse", "session_revoked"],
    alerts: &["token_reuse"],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let mut thief = owner.browser.clone();
    for _ in 0..2 {
        owner.browser.honest("/auth/session/rotate", &json!({})).await?;
        owner.expect_signed_in("after a new token").await?;
    }
    if owner.browser.sid() == thief.sid() {
        return Err(Stop::broken("the session's token does not change"));
    }
    let answer = thief.get("/auth/session").await?;
    trial.refused(&answer, 401, "invalid_session")?;
    trial.leaves(&answer, "authn_token_reuse", Some("replayed"));
    trial.leaves(&answer, "session_revoked", Some("replayed"));
    let newest = owner.browser.get("/auth/session").await?;
    trial.refused(&newest, 401, "invalid_session")
}
