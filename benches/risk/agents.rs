//! Real user agents by month (tests/corpus/user-agents.tsv), with an assumed share for each kind of browser.

use super::random::{Random, Weighted, digest};

const CORPUS: &str = include_str!("../../tests/corpus/user-agents.tsv");

/// The month that the simulated year begins with, counted as in the corpus's labels.
pub const FIRST_MONTH: usize = 2025 * 12 + 9;

/// Share of people's devices, in thousandths: phones 63, desktops 33, tablets 4 in a hundred (the RBA data set's
/// classes, without bots), divided among browsers by what is commonly counted. Assumed.
const SHARES: [(&str, f64); 30] = [
    ("chrome-android", 270.0),
    ("safari-iphone", 190.0),
    ("samsung-android", 40.0),
    ("chrome-iphone", 35.0),
    ("google-iphone", 20.0),
    ("webview-android", 20.0),
    ("firefox-android", 10.0),
    ("edge-android", 8.0),
    ("opera-android", 12.0),
    ("edge-iphone", 6.0),
    ("firefox-iphone", 5.0),
    ("opera-iphone", 3.0),
    ("chrome-windows", 140.0),
    ("edge-windows", 50.0),
    ("chrome-macos", 40.0),
    ("safari-macos", 45.0),
    ("firefox-windows", 18.0),
    ("firefox-macos", 6.0),
    ("firefox-linux", 5.0),
    ("chrome-linux", 7.0),
    ("opera-windows", 10.0),
    ("opera-macos", 2.0),
    ("yandex-windows", 5.0),
    ("edge-macos", 3.0),
    ("duckduckgo-macos", 1.0),
    ("chrome-chromeos", 4.0),
    ("safari-ipad", 25.0),
    ("chrome-ipad", 6.0),
    ("google-ipad", 3.0),
    ("chrome-android-tablet", 11.0),
];

/// One user agent.
struct Agent {
    month: usize,
    features: [Option<u64>; 4],
}

/// All of them.
pub struct Agents {
    kinds: Vec<Vec<Agent>>,
    shares: Weighted,
}

impl Agents {
    pub fn new() -> Self {
        let mut kinds: Vec<Vec<Agent>> = SHARES.iter().map(|_| Vec::new()).collect();
        for line in CORPUS.lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line.split('\t');
            let (Some(kind), Some(month), Some(text)) = (cells.next(), cells.next(), cells.next()) else {
                continue;
            };
            let Some(nth) = SHARES.iter().position(|(name, _)| *name == kind) else { continue };
            let (year, month) = month.split_once('-').unwrap_or(("0", "0"));
            let month = year.parse::<usize>().unwrap_or(0) * 12 + month.parse::<usize>().unwrap_or(1) - 1;
            kinds[nth].push(Agent { month, features: features(nth, text) });
        }
        for list in &mut kinds {
            list.sort_by_key(|agent| agent.month);
        }
        Self { kinds, shares: Weighted::new(SHARES.iter().map(|(_, share)| *share)) }
    }

    /// A kind of browser, as common as it is.
    pub fn kind(&self, random: &mut Random) -> usize {
        self.shares.draw(random)
    }

    /// What a browser of this kind says in this month of the simulation, so many months behind the newest.
    pub fn shown(&self, kind: usize, month: usize, behind: usize) -> [Option<u64>; 4] {
        let until = FIRST_MONTH + month - behind.min(24);
        let list = &self.kinds[kind];
        let nth = list.partition_point(|agent| agent.month <= until).saturating_sub(1);
        list[nth].features
    }

    /// Browser family, system family and kind of device: what the article's rule compares. Here a kind is one of each.
    pub fn family(kind: usize) -> u64 {
        digest(&[11, kind as u64])
    }

    pub fn is_mobile(kind: usize) -> bool {
        ["android", "iphone"].iter().any(|system| SHARES[kind].0.ends_with(system))
    }

    pub fn is_desktop(kind: usize) -> bool {
        !Self::is_mobile(kind) && !["ipad", "tablet"].iter().any(|system| SHARES[kind].0.ends_with(system))
    }
}

/// Months that a browser is behind the newest version: most are current, some never are.
pub fn lag(random: &mut Random) -> usize {
    if random.chance(0.12) { 2 + random.geometric(0.12) } else { random.geometric(0.6) }
}

/// Full text, browser and version, system and version, kind of device.
fn features(kind: usize, text: &str) -> [Option<u64>; 4] {
    let bytes = |text: &str| digest(&text.bytes().map(u64::from).collect::<Vec<_>>());
    let name = SHARES[kind].0.split('-').next().unwrap_or("");
    let marks =
        ["OPR/", "OPT/", "EdgiOS/", "EdgA/", "Edg/", "YaBrowser/", "SamsungBrowser/", "GSA/", "FxiOS/", "CriOS/"];
    let mark = marks
        .into_iter()
        .chain(["Firefox/", "Chrome/", "Version/"])
        .find(|mark| text.contains(mark))
        .unwrap_or("");
    let version: String = text.split(mark).nth(1).unwrap_or("").chars().take_while(char::is_ascii_digit).collect();
    let system = text.split(['(', ')']).nth(1).unwrap_or("");
    let system = system.split(';').find(|part| {
        ["Windows", "Mac OS", " OS ", "Android", "CrOS", "Linux x86"].iter().any(|os| part.contains(os))
    });
    let class = if Agents::is_mobile(kind) {
        1
    } else if Agents::is_desktop(kind) {
        2
    } else {
        3
    };
    [
        Some(bytes(text)),
        Some(bytes(&format!("{name} {version}"))),
        Some(bytes(system.unwrap_or("").trim())),
        Some(class),
    ]
}
