use super::*;

const NOW: Timestamp = Timestamp(1_000_000_000_000);
const POLICY: fn() -> RecoveryPolicy = RecoveryPolicy::default;

fn waiting(tier: Tier) -> Recovery {
    let mut one = Recovery::begin(NOW);
    assert!(one.approve(Method::Mail, NOW, tier, &POLICY()));
    assert!(one.approve(Method::SavedCode, NOW, tier, &POLICY()));
    one
}

#[test]
fn c01_one_method_alone_is_no_recovery_however_often_it_is_shown() {
    for method in Method::ALL {
        let mut one = Recovery::begin(NOW);
        assert!(one.approve(method, NOW, Tier::KnownDevice, &POLICY()));
        assert!(!one.approve(method, NOW, Tier::KnownDevice, &POLICY()));
        assert_eq!(one.stage(NOW), Stage::Begun);
        assert!(!one.complete(NOW.plus(Duration::from_mins(59))));
        assert_eq!(one.stage(NOW.plus(BEGUN_LIFETIME)), Stage::Expired);
        assert!(!one.complete(NOW.plus(Duration::from_hours(100))));
    }
}

#[test]
fn c05_the_wait_is_over_to_the_millisecond_and_not_before() {
    for (tier, hours) in [(Tier::KnownDevice, 1), (Tier::NewDevice, 24)] {
        let one = waiting(tier);
        let due = NOW.plus(Duration::from_hours(hours));
        let almost = due.minus(Duration::from_millis(1));
        assert_eq!((one.stage(almost), one.stage(due)), (Stage::Waiting, Stage::Ready));
        assert!(!{ one }.complete(almost));
        assert!({ one }.complete(due));
        let until = due.plus(POLICY().complete_within);
        assert!(!{ one }.complete(until));
        assert_eq!(one.stage(until), Stage::Expired);
    }
}

#[test]
fn c04_notices_come_in_order_and_within_the_wait() {
    for tier in [Tier::KnownDevice, Tier::NewDevice] {
        let wait = waiting(tier).wait.expect("a wait");
        let times: Vec<_> = Notice::ALL.iter().map(|notice| notice.at(&wait)).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "{tier:?}: {times:?}");
        assert_eq!((times.first(), times.last()), (Some(&wait.since), Some(&wait.due)));
    }
    let wait = waiting(Tier::NewDevice).wait.expect("a wait");
    assert_eq!(wait.due.since(Notice::Soon.at(&wait)), Duration::from_hours(1));
}

/// Whatever is done in whatever order and at whatever time: the rules that people are promised hold after each step.
#[test]
fn c14_no_walk_of_a_million_steps_leaves_the_rules() {
    const STEPS: u32 = 1_000_000;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let policy = POLICY();
    let mut now = NOW;
    let mut one = Recovery::begin(now);
    let mut reached = std::collections::HashSet::new();
    for _ in 0..STEPS {
        let before = one;
        let stage = one.stage(now);
        reached.insert(stage.as_str());
        let mut is_another = false;
        match next(8) {
            0 if one.approve(Method::Mail, now, tier(next(2)), &policy) => {
                assert_eq!((stage, before.mail_at), (Stage::Begun, None));
            }
            1 if one.approve(Method::SavedCode, now, tier(next(2)), &policy) => {
                assert_eq!((stage, before.saved_at), (Stage::Begun, None));
            }
            2 if next(4) == 0 => {
                one.stop(now);
            }
            3 if one.complete(now) => {
                let wait = before.wait.expect("a wait");
                assert!(before.mail_at.is_some() && before.saved_at.is_some() && before.end.is_none());
                assert!(now >= wait.due && now < wait.until && now >= wait.since.plus(wait.tier.delay(&policy)));
            }
            4 => now = now.plus(Duration::from_secs(next(1_800))),
            5 => now = now.plus(Duration::from_hours(next(40))),
            // A clock that is set back lets nobody in earlier.
            6 => now = now.minus(Duration::from_mins(next(10))),
            7 if stage == Stage::Completed || stage == Stage::Stopped || stage == Stage::Expired => {
                one = Recovery::begin(now);
                is_another = true;
            }
            _ => {}
        }
        // What is over stays as it is, and a wait that was set is never another.
        if !is_another && before.end.is_some() {
            assert_eq!(one, before);
        }
        if !is_another && before.wait.is_some() {
            assert_eq!(one.wait, before.wait);
        }
    }
    assert_eq!(reached.len(), 6, "every stage was reached: {reached:?}");
}

fn tier(number: u64) -> Tier {
    if number == 0 { Tier::KnownDevice } else { Tier::NewDevice }
}
