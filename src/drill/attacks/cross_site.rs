//! Another site's page makes the owner's browser act.

use hyper::Method;

use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "cross_site",
    tries: "A page of another site posts with the owner's cookies: as JSON, as a form, as plain text, without an origin.",
    must: "It is refused, and nothing has changed.",
    events: &[],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let mut owner = trial.person().await?;
    let evil = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let framed = [("origin", "null"), ("sec-fetch-site", "cross-site")];
    // Browsers that know no Sec-Fetch-Site say where they are all the same.
    let old = [("origin", "https://evil.example"), ("sec-fetch-site", "")];
    for from in [evil, framed, old] {
        for content_type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
            for path in ["/auth/logout", "/auth/session/rotate", "/api-keys"] {
                let headers = [from[0], from[1], ("content-type", content_type)];
                let answer = owner.browser.send(Method::POST, path, &headers, "{}").await?;
                trial.refused(&answer, 403, "cross_site")?;
            }
        }
    }
    for path in ["/auth/logout", "/auth/session/rotate"] {
        let answer = owner.browser.send(Method::GET, path, &[("sec-fetch-site", "cross-site")], "").await?;
        trial.refused(&answer, 405, "method_not_allowed")?;
    }
    owner.expect_signed_in("after requests from another site").await
}
