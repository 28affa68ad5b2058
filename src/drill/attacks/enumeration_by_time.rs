//! Who has an account, read from how long answers take.

use std::time::Duration;

use serde_json::json;

use super::super::client::Line;
use super::super::device_key::random;
use super::super::person::SIGN_UP_OPTIONS;
use super::super::statistics::{self, Comparison};
use super::super::trial::{Stop, Trial};
use super::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "enumeration_by_time",
    tries: "Sign-up is begun many times with addresses that have an account and addresses that have none, in random order.",
    must: "A Kolmogorov-Smirnov test finds no difference of 5 % or 0.1 ms in how long it takes.",
    events: &[],
    alerts: &[],
    needs_networks: false,
    run: |trial| Box::pin(run(trial)),
};

/// So many calls of each sort a sample has, over so many addresses: below what one address may ask for.
const CALLS: usize = 400;
const ADDRESSES: u8 = 4;
/// So unlikely must it be that chance alone has done it.
const SURE: f64 = 0.001;
/// A difference of the medians that is smaller than this tells nobody anything over a network.
const SHARE: f64 = 0.05;
const LEAST: f64 = 0.1;

async fn run(trial: &mut Trial) -> Result<(), Stop> {
    let known = trial.person().await?.email;
    let found = sample(trial, &known, 0).await?;
    trial.note = found.to_string();
    if !tells(&found) {
        return Ok(());
    }
    // Once in a thousand it is chance. Twice in a row it is not.
    let again = sample(trial, &known, ADDRESSES).await?;
    trial.note = format!("{found}; again: {again}");
    if tells(&again) {
        Err(Stop::broken(format!("the time tells addresses apart: {}", trial.note)))
    } else {
        Ok(())
    }
}

fn tells(found: &Comparison) -> bool {
    let [one, other] = found.medians;
    found.p < SURE && (one - other).abs() > LEAST.max(SHARE * one.min(other))
}

/// Both sorts, in an order that nobody foresees, each over the same connections.
async fn sample(trial: &mut Trial, known: &str, first: u8) -> Result<Comparison, Stop> {
    let addresses = if trial.target.has_networks { ADDRESSES } else { 1 };
    let calls = if trial.target.has_networks { CALLS } else { CALLS / 4 };
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..addresses {
        let mut browser = trial.browser();
        browser.from = trial.network(2 + first + number);
        let mut line = Line::open(&trial.target, browser.from).await?;
        let share = calls / usize::from(addresses);
        for turn in 0..share {
            let [coin] = random::<1>();
            let order = if coin % 2 == 0 { [0, 1] } else { [1, 0] };
            for which in order {
                let email = if which == 0 { known.to_owned() } else { trial.email() };
                let body = json!({ "email": email });
                let answer = browser.post_over(&mut line, SIGN_UP_OPTIONS, &body).await?;
                match answer.status {
                    // The first ones of a connection warm it up.
                    200 if turn < 5 => {}
                    200 => times[which].push(answer.took.as_secs_f64() * 1000.0),
                    429 => {
                        let wait = answer.json["retryAfter"].as_u64().unwrap_or(1).min(20);
                        tokio::time::sleep(Duration::from_secs(wait)).await;
                    }
                    _ => return Err(Stop::failed(format!("an honest {}", answer.said()))),
                }
            }
        }
    }
    Ok(statistics::compare(times))
}
