//! One simulated year: everybody's sign-ins in order, each judged beside what the attackers would have done there.

use super::agents::Agents;
use super::attackers::{ATTACKERS, Attacker};
use super::audit::Case;
use super::claimed::claimed;
use super::people::{DAY_MS, HABITS, Habits, LATE, Person, SPLITS, SignIn, YEAR_DAYS};
use super::population::World;
use super::profile::Kept;
use super::random::{Random, mix};
use super::scores::{Scores, policy, scores};
use super::table::Everybody;

/// The simulation begins here; only differences matter.
pub const START_MS: i64 = 1_759_000_000_000;

/// How often people of a class sign in: its name, and the days from one sign-in to the next.
pub const CLASSES: [(&str, f64); 5] =
    [("daily", 1.0), ("several days", 3.0), ("weekly", 7.0), ("several weeks", 18.0), ("<monthly", 40.0)];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Split {
    WarmUp,
    Tune,
    Test,
    Late,
}

/// A judged sign-in.
#[derive(Clone, Copy)]
pub struct Record {
    pub who: u32,
    pub split: Split,
    pub young: bool,
    /// How many sign-ins came before.
    pub past: usize,
    pub attacker: Option<Attacker>,
    pub scores: Scores,
    /// The class of a member of the panel, who are counted apart.
    pub class: Option<usize>,
}

pub struct Outcome {
    pub records: Vec<Record>,
    /// What each attacker claims to imitate, beside the same of the legitimate sign-in.
    pub audits: Vec<Vec<Case>>,
    pub everybody: Everybody,
    pub sign_ins: usize,
    pub counts: Vec<usize>,
    /// Of mature accounts' sign-ins in the test period: how many with a prefix, network, country, full agent, device cookie seen before.
    pub seen: [f64; 6],
}

struct Event {
    day: f64,
    who: usize,
    class: Option<usize>,
}

pub fn simulate(people: usize, panel: usize, seed: u64, strangers: Option<&Everybody>) -> Outcome {
    let (world, agents) = (World::new(), Agents::new());
    let policy = policy();
    let mut random = Random::new(seed);
    let (events, counts, total) = events(people, panel, &mut random);
    let mut folk: Vec<(Person, Kept, Random)> = (0..total)
        .map(|id| {
            let mut random = Random::new(mix(seed ^ (id as u64) << 20));
            (Person::new(id as u32, &world, &agents, &mut random), Kept::default(), random)
        })
        .collect();
    let mut everybody = Everybody::default();
    let mut records = Vec::new();
    let mut audits: Vec<Vec<Case>> = ATTACKERS.iter().map(|_| Vec::new()).collect();
    let mut familiar = [0.0; 6];
    for event in &events {
        let at_ms = START_MS + (event.day * DAY_MS as f64) as i64;
        let split = match SPLITS.iter().position(|end| event.day < *end) {
            Some(0) => Split::WarmUp,
            Some(1) => Split::Tune,
            Some(2) => Split::Test,
            _ => Split::Late,
        };
        let habits = if split == Split::Late { &LATE } else { &HABITS };
        let month = (event.day / 30.0) as usize;
        let (person, profile, own) = &mut folk[event.who];
        let before = person.clone();
        let sign_in = person.sign_in(&world, &agents, habits, month, own);
        if !profile.past.is_empty() && (split != Split::WarmUp || event.class.is_some()) {
            let young = policy.is_young(&profile.person(), at_ms);
            let mut judge = |attempt: &SignIn, attacker| {
                let scores = scores(attempt, profile, &world, &everybody, at_ms);
                records.push(Record {
                    who: event.who as u32,
                    split,
                    young,
                    past: profile.past.len(),
                    attacker,
                    scores,
                    class: event.class,
                });
            };
            judge(&sign_in, None);
            if event.class.is_none() {
                for (nth, attacker) in ATTACKERS.into_iter().enumerate() {
                    // What the person could have shown just now, on a browser they have.
                    let owned = Habits { new_device: 0.0, ..*habits };
                    let now = before.clone().sign_in(&world, &agents, &owned, month, &mut random);
                    let attempt = attacker.attempt(&now, person.country, &world, &agents, month, &mut random);
                    judge(&attempt, Some(attacker));
                    if let Some(strangers) = strangers
                        && split == Split::Test
                        && !young
                    {
                        for (shown, attack) in [(&sign_in, false), (&attempt, true)] {
                            let features = claimed(attacker, shown, profile, strangers, &world);
                            audits[nth].push(Case { features, attack, who: event.who as u32 });
                        }
                    }
                }
                if split == Split::Test && !young {
                    count_seen(&mut familiar, &sign_in, profile);
                }
            }
        }
        if event.class.is_none() {
            everybody.people += u32::from(profile.past.is_empty());
            everybody.add(&sign_in.kept);
        }
        profile.add(&world, &sign_in, at_ms);
    }
    Outcome { records, audits, everybody, sign_ins: events.len(), counts, seen: familiar }
}

/// When everybody signs in: log-normal counts over a year, and the panel, each at its own pace.
fn events(people: usize, panel: usize, random: &mut Random) -> (Vec<Event>, Vec<usize>, usize) {
    let mut events = Vec::new();
    let mut counts = Vec::new();
    for who in 0..people {
        let count = libm::round(libm::exp(libm::log(2.0) + 1.15 * random.normal())).clamp(1.0, 360.0);
        counts.push(count as usize);
        let first = random.unit() * 0.8 * YEAR_DAYS;
        let gap = (YEAR_DAYS - first) / count;
        let mut day = first;
        for _ in 0..count as usize {
            if day < YEAR_DAYS {
                events.push(Event { day, who, class: None });
            }
            day += random.exponential(gap);
        }
    }
    let mut who = people;
    for (class, (_, gap)) in CLASSES.iter().enumerate() {
        for _ in 0..panel {
            // The last of 41 sign-ins falls into the test period, or the first into the first month.
            let mut day = (295.0 - 41.0 * gap).max(random.unit() * 30.0) - random.unit() * 5.0;
            for _ in 0..41 {
                if (0.0..SPLITS[2]).contains(&day) {
                    events.push(Event { day, who, class: Some(class) });
                }
                day += gap * (0.5 + random.unit());
            }
            who += 1;
        }
    }
    events.sort_by(|a, b| a.day.total_cmp(&b.day));
    (events, counts, who)
}

fn count_seen(seen: &mut [f64; 6], sign_in: &SignIn, profile: &Kept) {
    let now = &sign_in.features;
    seen[5] += 1.0;
    let has = |same: &dyn Fn(&holdfast::risk::likelihood::Features) -> bool| {
        f64::from(u8::from(profile.past.iter().any(|past| same(&past.features))))
    };
    for (depth, seen) in seen.iter_mut().enumerate().take(3) {
        *seen += has(&|past| past.ip[depth] == now.ip[depth]);
    }
    seen[3] += has(&|past| past.agent[0] == now.agent[0]);
    seen[4] += has(&|past| now.device.is_some() && past.device == now.device);
}
