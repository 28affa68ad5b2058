//! What each way of judging makes of one sign-in. Higher is worse.

use std::sync::LazyLock;

use holdfast::risk::likelihood::{Level, bits, reference};
use holdfast::risk::{Input, Moment, Policy, Profile, SessionPast, assess};

use super::agents::Agents;
use super::people::SignIn;
use super::population::World;
use super::profile::Kept;
use super::table::Everybody;

/// Ways of judging, in the order of [`Scores`].
pub const WAYS: [&str; 12] = [
    "The article's points",
    "The published model",
    "Our model alone",
    "The engine",
    "without the device cookie",
    "without the likelihood model",
    "without impossible travel",
    "without new country",
    "without new operator",
    "without fresh browser",
    "without the browser's words",
    "without anything of the network",
];
pub const ARTICLE: usize = 0;
pub const PUBLISHED: usize = 1;
pub const MODEL_ONLY: usize = 2;
pub const ENGINE: usize = 3;
pub const NO_COOKIE: usize = 4;

pub type Scores = [f32; WAYS.len()];

/// The policies: the product's, and that without one signal each.
pub struct Policies {
    whole: Policy,
    without: Vec<Policy>,
    no_network: Policy,
}

impl Policies {
    /// Of the policy in force, changed by what was given on the command line.
    fn new() -> Self {
        let whole = policy();
        let without = |names: &[&str]| {
            let mut policy = whole.clone();
            for name in names {
                policy.points.insert((*name).to_owned(), 0);
            }
            policy
        };
        Self {
            without: ["unlikely", "impossible_travel", "new_country", "new_asn", "fresh_device"]
                .map(|name| without(&[name]))
                .to_vec(),
            no_network: without(&["new_country", "new_asn", "impossible_travel"]),
            whole,
        }
    }
}

static POLICIES: LazyLock<Policies> = LazyLock::new(Policies::new);

/// The product's policy, or another: `--weigh=new_asn=10`.
pub fn policy() -> Policy {
    let mut policy = Policy::default();
    let arguments: Vec<String> = std::env::args().collect();
    let changes = arguments.iter().filter_map(|argument| argument.strip_prefix("--weigh="));
    if let Err(error) = policy.weigh(changes) {
        println!("{}", error.0);
        std::process::exit(2);
    }
    policy
}

pub fn scores(attempt: &SignIn, kept: &Kept, world: &World, everybody: &Everybody, at_ms: i64) -> Scores {
    let features = &attempt.features;
    let device = !kept.families.contains(&Agents::family(attempt.kind));
    let network = !kept.wide.contains(&attempt.address.wide);
    let article = 40 * u32::from(device) + 25 * u32::from(network);
    let published = reference::bits(features, &kept.past, everybody, everybody.people, everybody.sign_ins);

    let profile = kept.profile(features, everybody, at_ms);
    let model = bits(&profile.evidence);
    let input = sign_in(kept, world, attempt, profile, at_ms);
    let score = |policy: &Policy, input: &Input| assess(policy, input).score as f32;
    let changed = |change: fn(&mut Profile)| {
        let mut input = input.clone();
        input.profile.as_mut().into_iter().for_each(change);
        input
    };
    let no_cookie = Input { session: None, ..changed(without_cookie) };
    let no_words = changed(|profile| profile.evidence.agent = [Level::default(); 4]);
    let no_network = changed(|profile| profile.evidence.network = [Level::default(); 3]);
    let whole = &POLICIES.whole;
    let mut all = [0.0; WAYS.len()];
    all[..5].copy_from_slice(&[
        article as f32,
        published as f32,
        model as f32,
        score(whole, &input),
        score(whole, &no_cookie),
    ]);
    for (nth, policy) in POLICIES.without.iter().enumerate() {
        all[5 + nth] = score(policy, &input);
    }
    all[10] = score(whole, &no_words);
    all[11] = score(&POLICIES.no_network, &no_network);
    all
}

/// What the product would weigh at this sign-in. The passkey is old and the session is the one that is being opened.
pub fn sign_in(kept: &Kept, world: &World, attempt: &SignIn, profile: Profile, at_ms: i64) -> Input {
    Input {
        moment: Moment::SignIn,
        at: at_ms,
        person: kept.person(),
        session: Some(SessionPast {
            device_known_since: Some(kept.known_since(&attempt.features).unwrap_or(at_ms)),
            passkey_created_at: Some(kept.first_ms),
            ..SessionPast::default()
        }),
        place: world.place(attempt.address.network),
        anchor: kept.anchor,
        profile: Some(profile),
        ..Input::default()
    }
}

fn without_cookie(profile: &mut Profile) {
    profile.device_known = false;
    profile.evidence.device = [Level::default()];
}
