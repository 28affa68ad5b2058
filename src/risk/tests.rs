//! The engine as a whole.

use super::signals::testing::{NOW, calm};
use super::*;

#[test]
fn the_articles_table_decides_on_a_young_account() {
    let policy = Policy::default();
    for (device_changed, network_changed, is_sensitive, score, decision) in [
        (false, false, false, 0, Decision::Allow),
        (false, false, true, 20, Decision::Allow),
        (false, true, false, 25, Decision::Allow),
        (true, false, false, 40, Decision::Allow),
        (false, true, true, 45, Decision::Allow),
        (true, false, true, 60, Decision::StepUp),
        (true, true, false, 65, Decision::StepUp),
        (true, true, true, 85, Decision::StepUp),
    ] {
        let input = Input { is_sensitive, device_changed, network_changed, ..worst() };
        let young = Input { person: Person { sign_ins: 9, ..input.person }, ..input };
        let assessment = assess(&policy, &young);
        assert_eq!((assessment.score, assessment.decision), (score, decision), "{assessment:?}");
    }
}

/// Everything that an ordinary request of a young account is not judged by.
fn worst() -> Input {
    let calm = calm();
    Input {
        is_automated: true,
        counter_regressed: true,
        backup_eligibility_changed: true,
        person: Person { recovered_at: Some(NOW), ..calm.person },
        session: Some(SessionPast {
            answered_at: None,
            used_at: Some(NOW),
            device_known_since: Some(NOW),
            passkey_created_at: Some(NOW),
            asn_changed: true,
            family_changed: true,
        }),
        place: Place { country: Some(*b"RO"), asn: Some(1), is_hosting: false, point: Some(there(0)) },
        anchor: Some(Anchor { at: NOW - 1, place: Place { point: Some(there(900_000)), ..Place::default() } }),
        profile: Some(Profile { failed_assertions: 1_000, ..Profile::default() }),
        ..calm
    }
}

fn there(lon_e4: i32) -> Point {
    Point { lat_e4: 0, lon_e4, radius_km: 0 }
}

/// Ways to make a look at somebody worse, each by one thing.
const WORSE: [fn(&mut Input); 16] = [
    |input| input.device_changed = true,
    |input| input.network_changed = true,
    |input| input.is_sensitive = true,
    |input| input.bound_cookie_missing = true,
    |input| input.proof_missing = true,
    |input| input.is_automated = true,
    |input| input.has_failed = true,
    |input| input.counter_regressed = true,
    |input| input.backup_eligibility_changed = true,
    |input| input.person.recovered_at = Some(NOW),
    |input| input.session = input.session.map(|past| SessionPast { device_known_since: Some(NOW), ..past }),
    |input| input.session = input.session.map(|past| SessionPast { passkey_created_at: Some(NOW), ..past }),
    |input| {
        input.session = input.session.map(|past| SessionPast { asn_changed: true, family_changed: true, ..past });
    },
    |input| {
        input.place.country = Some(*b"RO");
        input.profile.as_mut().unwrap().country_seen = false;
    },
    |input| {
        input.place.asn = Some(1);
        input.profile.as_mut().unwrap().asn_seen = false;
    },
    |input| input.profile.as_mut().unwrap().failed_assertions += 5,
];

#[test]
fn one_more_bad_thing_never_lowers_the_score() {
    let policy = Policy::default();
    let mut rose = [false; WORSE.len()];
    // Every set of bad things (2^16), and each that is not in it.
    for set in 0_u32..1 << WORSE.len() {
        let mut input = calm();
        for (bit, worsen) in WORSE.iter().enumerate() {
            if set & 1 << bit != 0 {
                worsen(&mut input);
            }
        }
        let before = assess(&policy, &input);
        for (bit, worsen) in WORSE.iter().enumerate().filter(|(bit, _)| set & 1 << bit == 0) {
            let mut worse = input.clone();
            worsen(&mut worse);
            let after = assess(&policy, &worse);
            assert!(after.score >= before.score, "{set:b} and {bit}");
            rose[bit] |= after.score > before.score;
        }
    }
    assert_eq!(rose, [true; WORSE.len()], "each of them counts");
}

#[test]
fn nothing_odd_is_no_signal() {
    assert_eq!(assess(&Policy::default(), &calm()), Assessment::default());
}

#[test]
fn a_touch_for_exactly_this_answers_whatever_is_odd() {
    let input = Input { device_changed: true, network_changed: true, is_touched: true, ..calm() };
    let assessment = assess(&Policy::default(), &input);
    assert_eq!((assessment.score, assessment.decision), (65, Decision::Allow));
}

#[test]
fn r07_what_is_kept_gives_the_same_again() {
    let policy = Policy::default();
    for input in [calm(), worst(), Input { has_failed: true, ..worst() }] {
        let kept = serde_json::to_string(&input).unwrap();
        let again: Input = serde_json::from_str(&kept).unwrap();
        assert_eq!(again, input);
        assert_eq!(assess(&policy, &again), assess(&policy, &input));
    }
}

#[test]
fn every_signal_speaks_in_one_sentence() {
    let everything = WORSE.iter().fold(worst(), |mut input, worsen| {
        worsen(&mut input);
        input
    });
    let assessment = assess(&Policy::default(), &everything);
    // The likelihood model has its own tests.
    assert_eq!(assessment.signals.len(), RULES.len() - 1, "{assessment:?}");
    for signal in assessment.signals {
        assert!(signal.why.ends_with('.') && signal.why.matches('.').count() == 1, "{signal:?}");
        assert!(!signal.why.contains('!'), "{signal:?}");
    }
}
