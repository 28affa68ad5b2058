//! What kind of machine a request comes from, as far as its own headers say.
//!
//! Anybody can write these headers, so they prove nothing: a device that stays the same earns no trust, one that
//! changes under a session is worth a question. Versions are left out: browsers upgrade themselves every few
//! weeks, and what most say of systems and models is frozen.

use serde::{Deserialize, Serialize};

/// Browsers send a few hundred bytes. What comes after this many is not read.
const READ_LIMIT: usize = 1024;

/// What only browsers on iOS call themselves.
const ON_IOS: [&str; 4] = ["CriOS", "FxiOS", "EdgiOS", "OPiOS"];

/// Browser family, OS family, device class and first language: enough to notice another machine, too little to
/// follow a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Who made the browser.
    pub browser: Browser,
    /// What it runs on.
    pub os: Os,
    /// What one holds in one's hands.
    pub class: Class,
    /// The language asked for first, without its region; `None` if none was named.
    pub language: Option<String>,
}

/// A family of browsers that can be told by its name in the user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Browser {
    /// Google Chrome, Chromium, and those that send Chrome's text as it is (Brave and Vivaldi on desktops).
    Chrome,
    /// Microsoft Edge.
    Edge,
    /// Mozilla Firefox.
    Firefox,
    /// Apple Safari.
    Safari,
    /// Opera, Opera GX, Opera Touch.
    Opera,
    /// Samsung Internet.
    Samsung,
    /// Another browser, an app's own view of the web, a program, or nothing said.
    Unknown,
}

/// A family of operating systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "ChromeOS is called that")]
pub enum Os {
    /// Windows on desktops.
    Windows,
    /// macOS, and iPads that ask for desktop sites.
    Macos,
    /// Linux on desktops, and Android that asks for desktop sites.
    Linux,
    /// ChromeOS.
    ChromeOs,
    /// Android.
    Android,
    /// iOS and iPadOS.
    Ios,
    /// Anything else, or nothing said.
    Unknown,
}

/// The size of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Something with a keyboard.
    Desktop,
    /// Something for a pocket.
    Phone,
    /// Something between the two; televisions and headsets that run Android come out here as well.
    Tablet,
    /// It did not say.
    Other,
}

impl Browser {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Safari => "Safari",
            Self::Opera => "Opera",
            Self::Samsung => "Samsung Internet",
            Self::Unknown => "Unknown browser",
        }
    }
}

impl Os {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Windows => "Windows",
            Self::Macos => "macOS",
            Self::Linux => "Linux",
            Self::ChromeOs => "ChromeOS",
            Self::Android => "Android",
            Self::Ios => "iOS",
            Self::Unknown => "unknown system",
        }
    }
}

impl Class {
    /// One word, for the API and for choosing a picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Other => "other",
        }
    }
}

impl Device {
    /// The device that sent these two headers.
    pub fn of(user_agent: Option<&str>, accept_language: Option<&str>) -> Self {
        let agent = UserAgent::read(start_of(user_agent.unwrap_or_default()));
        let (os, class) = agent.system();
        Self { browser: agent.browser(os), os, class, language: accept_language.and_then(first_language) }
    }

    /// The same family of browser and OS, the same class and language. A language that one of the two did not name
    /// is no change.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let speaks_another = matches!((&self.language, &other.language), (Some(one), Some(two)) if one != two);
        (self.browser, self.os, self.class) == (other.browser, other.os, other.class) && !speaks_another
    }
}

/// A user agent taken apart: `product/version (part; part) product/version …`.
struct UserAgent<'a> {
    /// What stands in the first parentheses, where browsers describe the system.
    parts: Vec<&'a str>,
    /// The names outside of parentheses, without versions.
    products: Vec<&'a str>,
}

impl<'a> UserAgent<'a> {
    /// Parentheses nest, since some models have their own ("moto g(60)"). What is never closed is not read.
    fn read(text: &'a str) -> Self {
        let (mut parts, mut products) = (None, Vec::new());
        let mut name_products = |text: &'a str| {
            products
                .extend(text.split_whitespace().map(|product| product.split_once('/').map_or(product, |it| it.0)));
        };
        let (mut depth, mut start) = (0_usize, 0);
        for (at, letter) in text.char_indices() {
            match (letter, depth) {
                ('(', 0) => {
                    name_products(&text[start..at]);
                    (depth, start) = (1, at + 1);
                }
                ('(', _) => depth += 1,
                (')', 1) => {
                    parts.get_or_insert(&text[start..at]);
                    (depth, start) = (0, at + 1);
                }
                (')', 2..) => depth -= 1,
                _ => {}
            }
        }
        if depth == 0 {
            name_products(&text[start..]);
        }
        let parts = parts.into_iter().flat_map(|parts| parts.split(';')).map(str::trim).collect();
        Self { parts, products }
    }

    /// Whether one of these products is named.
    fn names(&self, products: &[&str]) -> bool {
        self.products.iter().any(|product| products.contains(product))
    }

    /// The first part that names a system decides: Android models and Windows phones name others after their own.
    ///
    /// Two cannot be told from what they pretend to be. Safari on an iPad asks for desktop sites by saying exactly
    /// what it says on a Mac, so it comes out as macOS; an iPad that changes its mind is another device. Browsers
    /// on Android ask by saying "X11; Linux x86_64", so they come out as Linux.
    fn system(&self) -> (Os, Class) {
        const SYSTEMS: [(&str, Os); 9] = [
            ("Windows Phone", Os::Unknown),
            ("Windows NT", Os::Windows),
            ("Macintosh", Os::Macos),
            ("CrOS ", Os::ChromeOs),
            ("Android", Os::Android),
            ("iPhone", Os::Ios),
            ("iPad", Os::Ios),
            ("iPod", Os::Ios),
            // With its processor; televisions and Android say "Linux" and then what they are.
            ("Linux ", Os::Linux),
        ];
        let named = |part: &&str| SYSTEMS.iter().find(|(start, _)| part.starts_with(start)).map(|(_, os)| *os);
        let os = self.parts.iter().find_map(named).unwrap_or(Os::Unknown);
        match os {
            // These names are used on iOS only: an iPad that asks for desktop sites, and gives itself away.
            Os::Macos if self.names(&ON_IOS) => (Os::Ios, Class::Tablet),
            Os::Windows | Os::Macos | Os::Linux | Os::ChromeOs => (os, Class::Desktop),
            Os::Ios if self.parts.iter().any(|part| part.starts_with("iPad")) => (os, Class::Tablet),
            Os::Ios => (os, Class::Phone),
            // Chromium says it among the products, Firefox in the parentheses.
            Os::Android if self.names(&["Mobile"]) || self.parts.contains(&"Mobile") => (os, Class::Phone),
            Os::Android => (os, Class::Tablet),
            Os::Unknown => (os, Class::Other),
        }
    }

    /// Every browser names those it wants to be taken for, so its own name is looked for first.
    fn browser(&self, os: Os) -> Browser {
        const FAMILIES: [(&[&str], Browser); 5] = [
            (&["Edg", "EdgA", "EdgiOS", "Edge"], Browser::Edge),
            (&["OPR", "OPT", "OPX", "OPiOS", "Opera"], Browser::Opera),
            (&["SamsungBrowser"], Browser::Samsung),
            (&["FxiOS"], Browser::Firefox),
            (&["CriOS"], Browser::Chrome),
        ];
        /// All that Chrome, Firefox and Safari say. Who adds a name (Yandex, DuckDuckGo, the Google app on iOS) is
        /// another browser, or an app that shows a page.
        const COMMON: [&str; 11] = [
            "Mozilla",
            "AppleWebKit",
            "Gecko",
            "Version",
            "Mobile",
            "Safari",
            "Chrome",
            "HeadlessChrome",
            "Chromium",
            "Ubuntu",
            "Firefox",
        ];
        if let Some((_, family)) = FAMILIES.iter().find(|(names, _)| self.names(names)) {
            return *family;
        }
        if !self.products.iter().all(|product| COMMON.contains(product)) {
            return Browser::Unknown;
        }
        if self.names(&["Firefox"]) {
            return Browser::Firefox;
        }
        // Whether somebody steers it is judged elsewhere: headless Chrome is Chrome.
        let chrome = self.names(&["Chrome", "HeadlessChrome", "Chromium"]);
        // Android's WebView says "Version", Chrome does not. A view in an app keeps its own cookies, so a session
        // that moves between it and Chrome is worth noticing. Views in apps on iOS lack "Version" and "Safari".
        match (chrome, self.names(&["Version"]) || self.parts.contains(&"wv")) {
            (true, false) => Browser::Chrome,
            (false, true) if self.names(&["Safari"]) && matches!(os, Os::Macos | Os::Ios) => Browser::Safari,
            _ => Browser::Unknown,
        }
    }
}

/// The primary subtag of the first entry: `en-GB,en;q=0.9` is `en`.
fn first_language(header: &str) -> Option<String> {
    let primary = start_of(header).split([',', ';', '-', '_']).next()?.trim();
    let fits = (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    fits.then(|| primary.to_ascii_lowercase())
}

/// At most [`READ_LIMIT`] bytes of it, cut between two characters.
fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ_LIMIT)]
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// 48 months of real upgrades, made by `scripts/refresh-user-agents.mjs`; its header says from what.
    const UPGRADES: &str = include_str!("../../tests/corpus/user-agents.tsv");

    fn device(user_agent: &str) -> Device {
        Device::of(Some(user_agent), None)
    }

    /// Device, months since year 0, user agent.
    fn upgrades() -> impl Iterator<Item = (&'static str, u32, &'static str)> {
        UPGRADES.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let mut columns = line.split('\t');
            let mut column = || columns.next().unwrap();
            let (name, (year, month), agent) = (column(), column().split_once('-').unwrap(), column());
            (name, year.parse::<u32>().unwrap() * 12 + month.parse::<u32>().unwrap(), agent)
        })
    }

    #[test]
    fn an_upgrade_is_no_new_device() {
        let mut devices = BTreeMap::new();
        for (name, month, agent) in upgrades() {
            let now = device(agent);
            let (first, before, months) = devices.entry(name).or_insert((now.clone(), now.clone(), Vec::new()));
            assert!(now.is_same_as(before), "{name}: {before:?} became {now:?} by {agent}");
            assert!(now.is_same_as(first), "{name}: {first:?} became {now:?} by {agent}");
            assert!(months.last().is_none_or(|last| *last < month), "{name}: months go back");
            *before = now;
            months.push(month);
        }
        for (name, (first, _, months)) in &devices {
            let span = months.last().unwrap() - months[0];
            assert!(span >= 24 && months.len() >= 12, "{name}: {} rows in {span} months", months.len());
            for (other, (device, ..)) in &devices {
                assert_eq!(
                    first.is_same_as(device),
                    name == other,
                    "{name} and {other} are {first:?} and {device:?}"
                );
            }
        }
        let agents: BTreeSet<_> = upgrades().map(|(_, _, agent)| agent).collect();
        assert!(devices.len() >= 30, "{} devices", devices.len());
        assert!(agents.len() >= 800, "{} user agents", agents.len());
    }

    #[test]
    fn browsers_that_dress_up_are_known() {
        use self::{Browser as B, Class as C, Os as O};
        let chrome = |system: &str, rest: &str| {
            format!("Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 {rest}")
        };
        let webkit = |system: &str, rest: &str| {
            format!("Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) {rest}")
        };
        let gecko = |system: &str, rest: &str| format!("Mozilla/5.0 ({system}; rv:156.0) Gecko/156.0 {rest}");
        let windows = |rest| chrome("Windows NT 10.0; Win64; x64", rest);
        let linux = |rest| chrome("X11; Linux x86_64", rest);
        let android = |rest| chrome("Linux; Android 10; K", rest);
        let model = |model: &str| chrome(&format!("Linux; Android 16; {model}"), "Mobile Safari/537.36");
        let mac = |rest| webkit("Macintosh; Intel Mac OS X 10_15_7", rest);
        let iphone = |rest| webkit("iPhone; CPU iPhone OS 18_7 like Mac OS X", rest);
        let ipad = |rest| webkit("iPad; CPU OS 18_7 like Mac OS X", rest);
        for (agent, browser, os, class) in [
            (windows("Safari/537.36"), B::Chrome, O::Windows, C::Desktop),
            (windows("Safari/537.36").replace("Chrome", "HeadlessChrome"), B::Chrome, O::Windows, C::Desktop),
            (windows("Safari/537.36 Edg/153.0.0.0"), B::Edge, O::Windows, C::Desktop),
            (windows("Safari/537.36 Edge/18.19582"), B::Edge, O::Windows, C::Desktop),
            (windows("Safari/537.36 OPR/135.0.0.0 (Edition Campaign 34)"), B::Opera, O::Windows, C::Desktop),
            (windows("Safari/537.36 Vivaldi/7.1"), B::Unknown, O::Windows, C::Desktop),
            (windows("YaBrowser/26.6.0.0 Safari/537.36"), B::Unknown, O::Windows, C::Desktop),
            (windows("Electron/38.1.0 Safari/537.36"), B::Unknown, O::Windows, C::Desktop),
            (linux("Safari/537.36"), B::Chrome, O::Linux, C::Desktop),
            (
                linux("Safari/537.36").replace(" Chrome", " Ubuntu Chromium/99 Chrome"),
                B::Chrome,
                O::Linux,
                C::Desktop,
            ),
            (chrome("X11; CrOS x86_64 14541.0.0", "Safari/537.36"), B::Chrome, O::ChromeOs, C::Desktop),
            (webkit("X11; Linux x86_64", "Version/17.0 Safari/605.1.15"), B::Unknown, O::Linux, C::Desktop),
            (android("Mobile Safari/537.36"), B::Chrome, O::Android, C::Phone),
            (android("Safari/537.36"), B::Chrome, O::Android, C::Tablet),
            (android("Mobile Safari/537.36 EdgA/153.0.0.0"), B::Edge, O::Android, C::Phone),
            (android("Mobile DuckDuckGo/5 Safari/537.36"), B::Unknown, O::Android, C::Phone),
            (
                android("Mobile Safari/537.36").replace(") Chrome", ") SamsungBrowser/30 Chrome"),
                B::Samsung,
                O::Android,
                C::Phone,
            ),
            (
                android("Mobile Safari/537.36").replace(") Chrome", ") Version/4.0 Chrome"),
                B::Unknown,
                O::Android,
                C::Phone,
            ),
            (model("SM-A155F Build/BP4A.251205.006; wv"), B::Unknown, O::Android, C::Phone),
            (model("moto g(60)"), B::Chrome, O::Android, C::Phone),
            (model("iPhone 17 Pro"), B::Chrome, O::Android, C::Phone),
            (gecko("Android 16; Mobile", "Firefox/156.0"), B::Firefox, O::Android, C::Phone),
            (gecko("Android 16; Tablet", "Firefox/156.0"), B::Firefox, O::Android, C::Tablet),
            (gecko("X11; Ubuntu; Linux x86_64", "Firefox/156.0"), B::Firefox, O::Linux, C::Desktop),
            (gecko("Windows NT 10.0", "Firefox/91.0 SeaMonkey/2.53"), B::Unknown, O::Windows, C::Desktop),
            (mac("Version/26.6 Safari/605.1.15"), B::Safari, O::Macos, C::Desktop),
            (mac("Version/26.6 Safari/605.1.15 Ddg/26.6"), B::Unknown, O::Macos, C::Desktop),
            (mac("CriOS/149 Version/11.1.1 Safari/605.1.15"), B::Chrome, O::Ios, C::Tablet),
            (mac("FxiOS/156 Safari/605.1.15"), B::Firefox, O::Ios, C::Tablet),
            (mac(""), B::Unknown, O::Macos, C::Desktop),
            (iphone("Version/26.6 Mobile/15E148 Safari/604.1"), B::Safari, O::Ios, C::Phone),
            (iphone("CriOS/153.0.8037.55 Mobile/15E148 Safari/604.1"), B::Chrome, O::Ios, C::Phone),
            (iphone("FxiOS/155 Mobile/15E148 Version/26.4"), B::Firefox, O::Ios, C::Phone),
            (iphone("EdgiOS/153.0 Version/26.0 Mobile/15E148 Safari/604.1"), B::Edge, O::Ios, C::Phone),
            (iphone("Version/26.4 Mobile/15E148 Safari/604.1 OPX/3.3.1"), B::Opera, O::Ios, C::Phone),
            (iphone("GSA/439.4 Mobile/15E148 Safari/604.1"), B::Unknown, O::Ios, C::Phone),
            (iphone("Mobile/15E148"), B::Unknown, O::Ios, C::Phone),
            (iphone("Mobile/23G90 [FBAN/FBIOS;FBAV/580.0;FBDV/iPhone18,3]"), B::Unknown, O::Ios, C::Phone),
            (ipad("Version/26.6 Mobile/15E148 Safari/604.1"), B::Safari, O::Ios, C::Tablet),
            (
                webkit("Mobile; Windows Phone 8.1; Android 4.0", "Mobile Safari/537"),
                B::Unknown,
                O::Unknown,
                C::Other,
            ),
            (webkit("SMART-TV; LINUX; Tizen 5.0", "Version/5.0 TV Safari/537"), B::Unknown, O::Unknown, C::Other),
            ("curl/8.5.0".into(), B::Unknown, O::Unknown, C::Other),
            (String::new(), B::Unknown, O::Unknown, C::Other),
        ] {
            assert_eq!(device(&agent), Device { browser, os, class, language: None }, "{agent}");
        }
        assert_eq!(Device::of(None, None), device(""));
    }

    #[test]
    fn the_first_language_counts_without_its_region() {
        for (header, language) in [
            ("en-GB,en;q=0.9", Some("en")),
            ("DE", Some("de")),
            (" pt_BR ; q=1", Some("pt")),
            ("zh-Hans-CN", Some("zh")),
            ("fil,en", Some("fil")),
            ("", None),
            ("*", None),
            (",en", None),
            ("x-klingon", None),
            ("abcdefghi", None),
            ("e1", None),
            ("ﬁ", None),
            ("en\u{202e}", None),
        ] {
            assert_eq!(Device::of(None, Some(header)).language.as_deref(), language, "{header:?}");
        }
    }

    #[test]
    fn a_language_that_was_not_named_is_no_change() {
        let [none, english, german] = [None, Some("en"), Some("de-AT")].map(|language| Device::of(None, language));
        assert!(english.is_same_as(&english));
        assert!(english.is_same_as(&none) && none.is_same_as(&english));
        assert!(!english.is_same_as(&german) && !german.is_same_as(&english));
    }

    #[test]
    fn nothing_a_stranger_sends_breaks_it() {
        let unknown = device("");
        for agent in [
            "(".repeat(100_000),
            ")".repeat(100_000),
            "()".repeat(100_000),
            "a/".repeat(100_000),
            ";/ \u{a0}".repeat(10_000),
            "😹(".repeat(10_000),
            format!("{}é(Windows NT 10.0)", "a".repeat(READ_LIMIT - 1)),
            ") Mozilla/5.0 ((Windows NT 10.0)".into(),
        ] {
            assert_eq!(device(&agent), unknown, "{agent:.40}");
        }
        // Cut anywhere, in text that is more than ASCII.
        let agent = "Mozilla/5.0 (Linux; Android 16; 红米 (5)) AppleWebKit/537.36 (KHTML, like Gecko) Mobile 😹";
        for (at, _) in agent.char_indices() {
            let _ = (device(&agent[..at]), device(&agent[at..]), Device::of(None, Some(&agent[at..])));
        }
    }

    #[test]
    fn it_is_kept_as_json_and_shown_by_name() {
        let agent =
            "Mozilla/5.0 (X11; CrOS x86_64 1.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36";
        let device = Device::of(Some(agent), Some("en-GB"));
        let json = r#"{"browser":"chrome","os":"chrome_os","class":"desktop","language":"en"}"#;
        assert_eq!(serde_json::to_string(&device).unwrap(), json);
        assert_eq!(serde_json::from_str::<Device>(json).unwrap(), device);
        assert_eq!(
            (device.browser.name(), device.os.name(), device.class.name()),
            ("Chrome", "ChromeOS", "desktop")
        );
    }
}
