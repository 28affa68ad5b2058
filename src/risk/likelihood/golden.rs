//! Against what an implementation in another language makes of the same sign-ins (`scripts/likelihood-vectors.py`).

use super::{Evidence, Feature, Features, MODEL, Past, Population, bits, parts, points, reference};

const NOW_MS: i64 = 1_790_000_000_000;
const VECTORS: &str = include_str!("../../../tests/corpus/likelihood.tsv");

/// What the row says of the values of its own sign-in.
struct Counted {
    features: Features,
    counts: Vec<[u32; 3]>,
}

impl Counted {
    fn at(&self, place: Feature) -> ([u32; 3], Option<u64>) {
        match place {
            Feature::Ip(depth) => (self.counts[depth], self.features.ip[depth]),
            Feature::Agent(depth) => (self.counts[3 + depth], self.features.agent[depth]),
            Feature::Device => (self.counts[7], self.features.device),
        }
    }
}

impl Population for Counted {
    fn count(&self, place: Feature, value: u64) -> u32 {
        let (counts, known) = self.at(place);
        if known == Some(value) { counts[0] } else { 0 }
    }
    fn total(&self, place: Feature) -> u32 {
        self.at(place).0[1]
    }
    fn distinct(&self, place: Feature) -> u32 {
        self.at(place).0[2]
    }
}

fn features(text: &str) -> Features {
    let values: Vec<Option<u64>> = text.split(',').map(|value| value.parse().ok()).collect();
    Features { ip: values[..3].try_into().unwrap(), agent: values[3..7].try_into().unwrap(), device: values[7] }
}

struct Row {
    name: &'static str,
    attempt: Features,
    past: Vec<Past>,
    everybody: Counted,
    people: u32,
    sign_ins: u32,
    published: i32,
    ours: [i32; 3],
}

fn rows() -> Vec<Row> {
    let numbers = |text: &str| text.split('/').map(|number| number.parse().unwrap()).collect::<Vec<u32>>();
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let attempt = features(cells[1]);
        let past = cells[2].split(';').filter(|one| *one != "-").map(|one| {
            let (at, shown) = one.split_once(':').unwrap();
            Past { features: features(shown), at_ms: at.parse().unwrap() }
        });
        let counts = cells[3].split(' ').map(|counts| numbers(counts).try_into().unwrap()).collect();
        let all = numbers(cells[4]);
        let ours: Vec<i32> = cells[6].split(',').map(|bits| bits.parse().unwrap()).collect();
        Row {
            name: cells[0],
            attempt,
            past: past.collect(),
            everybody: Counted { features: attempt, counts },
            people: all[0],
            sign_ins: all[1],
            published: cells[5].parse().unwrap(),
            ours: ours.try_into().unwrap(),
        }
    };
    VECTORS.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

/// The other side rounds exact fractions; a sum of doubles may fall on the other side of a half.
fn same(ours: i32, theirs: i32, what: &str) {
    assert!((ours - theirs).abs() <= 1, "{what}: {ours}, expected {theirs}");
}

#[test]
fn both_models_agree_with_an_independent_implementation() {
    let rows = rows();
    assert!(rows.len() >= 40, "{} rows", rows.len());
    for row in &rows {
        let published = reference::bits(&row.attempt, &row.past, &row.everybody, row.people, row.sign_ins);
        same(published, row.published, row.name);
        let parts = parts(&Evidence::gather(&row.attempt, &row.past, &row.everybody, NOW_MS));
        for (ours, theirs) in [parts.network, parts.agent, parts.device].into_iter().zip(row.ours) {
            same(ours, theirs, row.name);
        }
    }
}

#[test]
fn stored_evidence_gives_the_same_bits() {
    for row in rows() {
        let evidence = Evidence::gather(&row.attempt, &row.past, &row.everybody, NOW_MS);
        let stored = serde_json::to_string(&evidence).unwrap();
        assert!(!stored.contains('.'), "whole numbers only: {stored}");
        assert_eq!(bits(&serde_json::from_str(&stored).unwrap()), bits(&evidence), "{}", row.name);
    }
}

#[test]
fn the_order_of_the_past_does_not_matter() {
    for mut row in rows() {
        let before = Evidence::gather(&row.attempt, &row.past, &row.everybody, NOW_MS);
        row.past.reverse();
        assert_eq!(Evidence::gather(&row.attempt, &row.past, &row.everybody, NOW_MS), before, "{}", row.name);
    }
}

#[test]
fn only_the_newest_hundred_of_180_days_count_and_none_of_the_future() {
    let nobody = Counted { features: Features::default(), counts: vec![[0; 3]; 8] };
    let shown = |device| Features { device: Some(device), ..Features::default() };
    let past = |at_ms, device| Past { features: shown(device), at_ms };
    let own = |past: &[Past]| Evidence::gather(&shown(7), past, &nobody, NOW_MS).device[0].own;
    assert_eq!(own(&[past(NOW_MS, 7)]), 1024);
    assert_eq!(own(&[past(NOW_MS - super::OLDEST_PAST_MS, 7)]), 256);
    assert_eq!(own(&[past(NOW_MS - super::OLDEST_PAST_MS - 1, 7)]), 0);
    assert_eq!(own(&[past(NOW_MS + 1, 7)]), 0);
    let mut long: Vec<Past> = (0..100).map(|n| past(NOW_MS - n, 8)).collect();
    long.push(past(NOW_MS - 1000, 7));
    assert_eq!(own(&long), 0, "the oldest of 101");
}

#[test]
fn points_rise_from_none_to_the_most_and_never_below() {
    let at = |bits| points(bits, &MODEL);
    assert_eq!([at(i32::MIN), at(MODEL.from_bits), at(MODEL.full_bits), at(i32::MAX)], [0, 0, 120, 120]);
    assert_eq!(at(MODEL.full_bits - 1), 119);
    assert!((-9000..20_000).step_by(7).all(|bits| at(bits) <= at(bits + 7)));
}

#[test]
fn the_sentence_names_what_speaks_against_the_person() {
    let why = |network, agent, device| super::Parts { network, agent, device }.why();
    assert_eq!(why(-3000, -1000, -5000), None);
    assert_eq!(why(900, 0, 0), None, "less than one bit");
    assert!(why(5000, -1000, -5000).is_some_and(|why| why.contains("network") && !why.contains("browser")));
    assert!(why(-5000, -1000, 4000).is_some_and(|why| !why.contains("network") && why.contains("browser")));
    assert!(why(5000, 2000, 4000).is_some_and(|why| why.contains("network and browser")));
}
