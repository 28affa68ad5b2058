//! How long it takes to weigh one sign-in, with a past of a hundred: gather the evidence, and score.

use std::hint::black_box;
use std::time::Instant;

use super::agents::Agents;
use super::people::{DAY_MS, HABITS, Person};
use super::population::World;
use super::profile::Kept;
use super::random::Random;
use super::scores::{policy, sign_in};
use super::simulate::START_MS;
use super::table::Everybody;
use holdfast::risk::assess;

/// Microseconds at the median and at the 99th of a hundred.
pub fn timing(everybody: &Everybody) -> [f64; 2] {
    let (world, agents, policy) = (World::new(), Agents::new(), policy());
    let mut random = Random::new(3);
    let mut person = Person::new(7, &world, &agents, &mut random);
    let mut kept = Kept::default();
    for day in 0..100 {
        let shown = person.sign_in(&world, &agents, &HABITS, 6, &mut random);
        kept.add(&world, &shown, START_MS + day * DAY_MS);
    }
    let now = START_MS + 100 * DAY_MS;
    let mut times: Vec<f64> = (0..10_000)
        .map(|_| {
            let shown = person.sign_in(&world, &agents, &HABITS, 6, &mut random);
            let started = Instant::now();
            let profile = black_box(&kept).profile(&shown.features, everybody, now);
            black_box(assess(&policy, &sign_in(&kept, &world, &shown, profile, now)));
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [times[5_000], times[9_900]]
}
