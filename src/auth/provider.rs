//! Which password manager or device made a passkey, by its AAGUID.
//!
//! The list is the community's (see `aaguids.LICENSE`); `scripts/refresh-aaguids.sh` renews it.
//! Under attestation `none` nobody vouches for an AAGUID: it names, it never decides.

use std::collections::HashMap;
use std::sync::LazyLock;

use uuid::Uuid;

use super::device::{Browser, Device, Os};

static NAMES: LazyLock<HashMap<Uuid, &'static str>> = LazyLock::new(|| {
    include_str!("aaguids.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(aaguid, name)| Some((aaguid.parse().ok()?, name)))
        .collect()
});

/// The provider's name, if the list has it.
pub(super) fn name(aaguid: Uuid) -> Option<&'static str> {
    NAMES.get(&aaguid).copied()
}

/// What to call a passkey that nobody has named: by who keeps it, and by where it was made.
pub(super) fn default_label(aaguid: Uuid, device: &Device) -> String {
    let provider = name(aaguid).unwrap_or("Passkey");
    let (browser, os) = (device.browser, device.os);
    match (browser == Browser::Unknown, os == Os::Unknown) {
        (false, false) => format!("{provider} ({} on {})", browser.name(), os.name()),
        (false, true) => format!("{provider} ({})", browser.name()),
        (true, false) => format!("{provider} ({})", os.name()),
        (true, true) => provider.to_owned(),
    }
}

/// The same, so that no other of the account is called that.
pub(super) fn distinct_label(label: String, taken: &[String]) -> String {
    let is_free = |label: &String| !taken.contains(label);
    if is_free(&label) {
        return label;
    }
    let numbered = (2..).map(|number| format!("{label} {number}"));
    numbered.take(taken.len() + 1).find(is_free).unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use uuid::uuid;

    use super::*;

    #[test]
    fn well_known_providers_are_named_and_others_are_not() {
        assert_eq!(name(uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")), Some("Google Password Manager"));
        assert_eq!(name(Uuid::nil()), None);
        assert!(NAMES.len() > 50, "the list looks cut: {} names", NAMES.len());
    }

    #[test]
    fn a_passkey_is_called_after_its_keeper_and_where_it_was_made() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let (here, nowhere) = (Device::of(Some(agent), None), Device::of(None, None));
        let google = uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4");
        assert_eq!(default_label(google, &here), "Google Password Manager (Firefox on Linux)");
        assert_eq!(default_label(Uuid::nil(), &here), "Passkey (Firefox on Linux)");
        assert_eq!(default_label(Uuid::nil(), &nowhere), "Passkey");
        let longest = NAMES.values().map(|name| name.chars().count()).max().unwrap_or_default();
        // " (Samsung Internet on ChromeOS) 20" is the longest that can follow, and the column takes 256.
        assert!(longest + 34 < 256, "{longest}");
        let taken = ["a", "a 2"].map(str::to_owned);
        assert_eq!(distinct_label("a".to_owned(), &taken), "a 3");
        assert_eq!(distinct_label("b".to_owned(), &taken), "b");
    }
}
