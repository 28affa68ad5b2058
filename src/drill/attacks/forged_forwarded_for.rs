//! A header that says where the caller is.

use serde_json::json;

use hyper::Method;

use super::super::person::SIGN_IN;
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "forged_forwarded_for",
    tries: "X-Forwarded-For and its relatives say that a request comes from somewhere else.",
    must: "It is where it came from that counts: in the list of sessions, in the trail, and when a stolen cookie is weighed.",
    events: &["authn_login_success", "authn_step_up_required"],
    alerts: &[],
    needs_networks: true,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let home = trial.home().map(|home| home.to_string()).unwrap_or_default();
    let forged = "198.51.100.7";
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", forged),
        ("x-real-ip", forged),
        ("forwarded", "for=198.51.100.7"),
        ("true-client-ip", forged),
    ];
    let options = owner.browser.begin_sign_in().await?;
    let body = json!({ "response": owner.passkey.get(&options)? }).to_string();
    let answer = owner.browser.send(Method::POST, SIGN_IN, &headers, body).await?;
    if !answer.is_success() {
        return Err(Stop::failed(format!("an honest {}", answer.said())));
    }
    // The row must name the network that it really came from.
    trial.leaves(&answer, "authn_login_success", None);
    let sessions = owner.browser.get("/auth/sessions").await?;
    let sessions = sessions.json["sessions"].as_array().cloned().unwrap_or_default();
    let current = sessions.iter().find(|session| session["current"] == true);
    let network = current.and_then(|session| session["network"].as_str()).unwrap_or_default();
    if network.starts_with("198.51.100.") {
        return Err(Stop::broken("a session's network is what a header says"));
    }
    // A thief who says that he is at home.
    let mut thief = owner.browser.stolen_to(trial.elsewhere());
    for path in ["/auth/session", "/api-keys"] {
        let headers = [("x-forwarded-for", home.as_str()), ("x-real-ip", home.as_str())];
        let answer = thief.send(Method::GET, path, &headers, "").await?;
        trial.touch_asked(&answer)?;
    }
    Ok(())
}
