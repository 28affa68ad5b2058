//! Which password manager or device made a passkey, by its AAGUID.
//!
//! The list is the community's (see `aaguids.LICENSE`); `scripts/refresh-aaguids.sh` renews it.
//! Under attestation `none` nobody vouches for an AAGUID: it names, it never decides.

use std::collections::HashMap;
use std::sync::LazyLock;

use uuid::Uuid;

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
}
