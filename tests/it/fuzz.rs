//! Everything that reads a stranger's bytes, given what nobody would send: the short form of what `make soak` does for longer and
//! guided by coverage (fuzz/).

#[path = "../../fuzz/mutate.rs"]
mod mutate;
#[path = "../../fuzz/seeds.rs"]
mod seeds;
#[path = "../../fuzz/service.rs"]
mod service;
#[path = "../../fuzz/targets.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::seed::Chance;
use mutate::Dice;
use targets::{TARGETS, Target};

impl Dice for Chance {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(Self::below(self, limit.max(1) as u64)).unwrap()
    }
}

/// Each seed as it is, then so many mutations of them.
fn run(target: &Target) {
    let mut chance = Chance::new();
    println!("fuzz {}: HOLDFAST_TEST_SEED={}", target.name, chance.seed());
    let seeds = seeds::of(target.name);
    assert!(!seeds.is_empty(), "{} has no seeds in tests/corpus/fuzz", target.name);
    let read = |input: &[u8]| {
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(input)));
        assert!(outcome.is_ok(), "{}: {:?}", target.name, String::from_utf8_lossy(input));
    };
    for seed in &seeds {
        read(seed);
    }
    for _ in 0..target.runs {
        let pick = |chance: &mut Chance| usize::try_from(Chance::below(chance, seeds.len() as u64)).unwrap();
        let (mut input, other) = (seeds[pick(&mut chance)].clone(), pick(&mut chance));
        mutate::mutate(&mut input, &seeds[other], target.limit, &mut chance);
        read(&input);
    }
    println!("fuzz {}: {} seeds, {} mutations", target.name, seeds.len(), target.runs);
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            run(TARGETS.iter().find(|target| target.name == stringify!($name)).expect("a target"));
        })+

        #[test]
        fn every_target_is_run() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),+]);
        }
    };
}

targets!(
    cookies,
    headers,
    query,
    back,
    browser,
    text,
    iban,
    proof,
    registration,
    assertion,
    geo,
    checkpoints,
    settings,
    requests,
);

/// Mutations of something that is refused at the door would say little.
#[test]
fn the_seeds_are_understood() {
    use holdfast::fuzzing;

    let file = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fuzz").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let passkey = fuzzing::registration(seeds::REGISTRATION).expect("a passkey");
    let both = file("assertion/good.txt");
    assert!(fuzzing::assertion(both.split_once('\n').unwrap().1, &passkey));
    assert_eq!(fuzzing::proof(&file("proof/dpop.txt")).as_deref(), Some("abcdefgh01234567"));
    assert_eq!(fuzzing::dbsc_jwt(&file("proof/dbsc.txt")), Some(true));
    assert!(fuzzing::jwk(&file("proof/jwk.json")).is_some());
    let cookie = |name: &str| fuzzing::cookie(&fuzzing::headers(format!("cookie: {}", file(name)).as_bytes()));
    assert!(cookie("cookies/one.txt").is_some() && cookie("cookies/decoded.txt").is_none());
    let edge = fuzzing::edge(&fuzzing::headers(file("headers/traced.txt").as_bytes()), [10, 0, 0, 1].into());
    assert_eq!((edge.address.to_string().as_str(), edge.trace.is_some()), ("198.51.100.7", true));
    assert!(edge.bearer.is_some() && edge.dbsc.len() == 1);
    assert!(fuzzing::iban(&file("iban/malta.txt")).is_some() && fuzzing::email(&file("text/mail.txt")).is_some());
    assert!(fuzzing::query(&format!("/x?{}", file("query/page.txt"))).is_some());
    // An address that grows in lower case is judged by what it has become.
    assert_eq!(fuzzing::email(&file("text/mail-dotted.txt")), None);
    fuzzing::settings(&file("settings/some.toml")).unwrap();
}
