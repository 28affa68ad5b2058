//! A05: a month in which nothing bad happens, and what the alert rules make of it. People sign in about once a week, use their
//! sessions from wherever they are, fail now and then, and get new passkeys.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast::alerts::{RULES, Seen, Severity, rehearse};
use holdfast::clock::Timestamp;
use holdfast::risk::{Assessment, Policy, assess};
use uuid::Uuid;

use super::agents::Agents;
use super::goals::Goal;
use super::people::{DAY_MS, HABITS, Habits, Person};
use super::population::{Address, World};
use super::profile::Kept;
use super::random::{Random, mix};
use super::scores::sign_in;
use super::sessions::{MOVES, session};
use super::simulate::START_MS;
use super::table::Everybody;
use super::thieves::honest;
use super::worlds::product;

const SEED: u64 = 7;
const DAYS: i64 = 30;
/// Weeks of sign-ins that an account has behind it.
const WEEKS: i64 = 20;
/// The share of sign-ins before which the passkey failed once or a few times. Assumed.
const FAILS: f64 = 0.02;
/// The share of touches that are asked for and not made. Assumed.
const LEFT: f64 = 0.05;
/// The share of sign-ins with a browser that is new after which a passkey is added. Assumed.
const ADDS: f64 = 0.5;

/// What happens to one person.
struct Diary<'a> {
    world: &'a World,
    person: Uuid,
    told: &'a mut Vec<Seen>,
}

impl Diary<'_> {
    fn tell(&mut self, at_ms: i64, kind: &str, from: &Address, browser: Option<u64>, what: Option<&Assessment>) {
        let country = self.world.networks[from.network].country;
        let number = self.told.len() as i64;
        self.told.push(Seen {
            at: Timestamp(at_ms),
            kind: kind.to_owned(),
            reason: None,
            score: what.map_or(0, |assessment| assessment.score as i32),
            signals: what
                .map_or_else(Vec::new, |it| it.signals.iter().map(|signal| signal.name.to_string()).collect()),
            person: Some(self.person),
            session: None,
            network: from.ip[0].map(|network| format!("{network:x}")),
            browser: browser.map(|browser| format!("{browser:x}")),
            country: Some(self.world.countries[country].clone()),
            place: (0, number),
            request_id: String::new(),
        });
    }
}

/// Everything that happens in the month, in order.
fn events(people: usize, policy: &Policy, everybody: &Everybody) -> Vec<Seen> {
    let (world, agents) = (World::new(), Agents::new());
    let setting = product(policy);
    let mut told = Vec::new();
    for id in 0..people {
        let mut random = Random::new(mix(SEED ^ ((id as u64) << 20)));
        let mut person = Person::new((1 << 29) + id as u32, &world, &agents, &mut random);
        let mut kept = Kept::default();
        let mut at_ms = START_MS + (random.unit() * 7.0 * DAY_MS as f64) as i64;
        let begin = START_MS + WEEKS * 7 * DAY_MS;
        let mut diary = Diary { world: &world, person: Uuid::from_u128(id as u128 + 1), told: &mut told };
        while at_ms < begin + DAYS * DAY_MS {
            let is_told = at_ms >= begin;
            // Trips are made within sessions, where there is time for them.
            let habits = if is_told { Habits { travel: 0.0, ..HABITS } } else { HABITS };
            let shown = person.sign_in(&world, &agents, &habits, 8, &mut random);
            let (from, browser) = (shown.address, shown.kept.device);
            if is_told {
                if random.chance(FAILS) {
                    for nth in 0..=random.below(3) as i64 {
                        diary.tell(at_ms - 60_000 + nth * 15_000, "authn_login_fail", &from, browser, None);
                    }
                }
                let profile = kept.profile(&shown.features, everybody, at_ms);
                let is_new = !profile.device_known;
                let weighed = assess(policy, &sign_in(&kept, &world, &shown, profile, at_ms));
                diary.tell(at_ms, "authn_login_success", &from, browser, Some(&weighed));
                if is_new && random.chance(ADDS) {
                    diary.tell(at_ms + 120_000, "credential_created", &from, browser, None);
                }
            }
            kept.add(&world, &shown, at_ms);
            let mut last = at_ms;
            if is_told {
                let uses = session(&mut person, &world, at_ms, MOVES, &mut random);
                last = uses.last().map_or(at_ms, |one| one.at_ms);
                let own = (&kept, shown.kept, at_ms);
                let mut asked = Vec::new();
                honest(&setting, &world, everybody, own, &uses, |one, what| {
                    asked.push((one.at_ms, one.address, what.clone()));
                });
                for (at_ms, from, what) in asked {
                    diary.tell(at_ms, "authn_step_up_required", &from, browser, Some(&what));
                    if !random.chance(LEFT) {
                        diary.tell(at_ms + 15_000, "authn_step_up_success", &from, browser, None);
                    }
                }
            }
            at_ms = last + DAY_MS / 4 + (random.exponential(5.0) * DAY_MS as f64) as i64;
        }
    }
    told.sort_by_key(|seen| seen.at);
    told
}

/// The table, and what is wanted of it.
pub fn month(people: usize, policy: &Policy, everybody: &Everybody) -> (String, Goal) {
    let events = events(people, policy, everybody);
    let count = |kind: &str| events.iter().filter(|seen| seen.kind == kind).count();
    let mut text = format!(
        "{people} people, {DAYS} days: {} sign-ins, {} failures, {} touches asked for, {} new passkeys. Per 10,000 people the rules raise:\n\n\
         | rule | severity | alerts |\n|---|---|---|\n",
        count("authn_login_success"),
        count("authn_login_fail"),
        count("authn_step_up_required"),
        count("credential_created"),
    );
    let mut raised: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in rehearse(events) {
        *raised.entry(rule).or_default() += 1;
    }
    let mut high = 0.0;
    for rule in RULES {
        let alerts = raised.get(rule.name).copied().unwrap_or_default() as f64 * 10_000.0 / people as f64;
        if rule.severity == Severity::High {
            high += alerts;
        }
        if alerts > 0.0 {
            let _ = writeln!(text, "| `{}` | {} | {alerts:.1} |", rule.name, rule.severity.as_str());
        }
    }
    (text, Goal::at_most("A05: high alerts in a quiet month, per 10,000 people", high, 1.0))
}
