//! From whoever asks to the keys that are counted. At rest a key is a keyed digest: the table names no address, no account
//! and no mailbox to who has the database alone.

use std::net::IpAddr;

use uuid::Uuid;

use super::limits::Layer;
use crate::keyring::Keyring;
use crate::secret::SecretHash;

/// Names one counter.
pub type Key = [u8; 32];

/// What the keys are for here.
const PURPOSE: &str = "throttle";

/// Whoever asks, as far as throttling goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Source {
    /// The client's address. Whoever has none shares one counter with all others who have none.
    pub address: Option<IpAddr>,
    /// The hash of the cookie by which a browser is known again. Anybody can send one: it is looked up.
    pub device: Option<SecretHash>,
    /// Whether a proof of work came along and was redeemed.
    pub has_worked: bool,
}

/// One counter, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counter {
    pub(super) layer: Layer,
    pub(super) key: Key,
}

impl Source {
    /// The address as bytes, shortened to the narrowest prefix: IPv4 /32, IPv6 /64.
    pub(super) fn tightest(&self) -> Vec<u8> {
        match self.address.map(|address| address.to_canonical()) {
            None => Vec::new(),
            Some(IpAddr::V4(address)) => address.octets().to_vec(),
            Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
        }
    }

    /// The counters of this address: the tightest, and then the wider ones up to everybody's.
    pub(super) fn counters(&self, keyring: &Keyring) -> (Counter, Vec<Counter>) {
        let tightest = self.tightest();
        let wider: &[(Layer, usize)] = match tightest.len() {
            4 => &[(Layer::Network, 3)],
            8 => &[(Layer::Site, 7), (Layer::Network, 6)],
            _ => &[],
        };
        let wider = wider.iter().map(|(layer, length)| counter(keyring, *layer, &tightest[..*length]));
        let wider = wider.chain([counter(keyring, Layer::Global, &[])]).collect();
        (counter(keyring, Layer::Address, &tightest), wider)
    }

    /// The counter of this account, tried from here.
    pub(super) fn at_account(&self, keyring: &Keyring, account: Uuid) -> Counter {
        counter(keyring, Layer::AccountAtAddress, &[account.as_bytes(), self.tightest().as_slice()].concat())
    }
}

/// The counter of this layer for this value. The length of a value tells IPv4 from IPv6.
pub(super) fn counter(keyring: &Keyring, layer: Layer, value: &[u8]) -> Counter {
    let key = keyring.digest(PURPOSE, &[&[layer as u8], value].concat());
    Counter { layer, key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{Place, new_file};

    fn keyring() -> (tempfile::TempDir, Keyring) {
        use std::os::unix::fs::OpenOptionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("keys");
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.write(true).create_new(true).mode(0o600).open(&path).expect("file");
        std::io::Write::write_all(&mut file, new_file().expect("keys").as_bytes()).expect("written");
        (folder, Keyring::load(&Place::Named(path)).expect("keys"))
    }

    fn source(address: &str) -> Source {
        Source { address: Some(address.parse().expect("address")), ..Source::default() }
    }

    #[test]
    fn prefixes_are_those_of_the_document() {
        let (_folder, keys) = keyring();
        let layers = |address: &str| {
            let (tight, wide) = source(address).counters(&keys);
            [vec![tight.layer], wide.iter().map(|counter| counter.layer).collect()].concat()
        };
        assert_eq!(layers("203.0.113.7"), [Layer::Address, Layer::Network, Layer::Global]);
        assert_eq!(layers("2001:db8::1"), [Layer::Address, Layer::Site, Layer::Network, Layer::Global]);
        let shared = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|address| source(address).counters(&keys));
            let same = |counter: &&Counter| counter.layer != Layer::Global && other.1.contains(counter);
            (one.0 == other.0, one.1.iter().filter(same).count())
        };
        assert_eq!(shared("203.0.113.7", "203.0.113.8"), (false, 1));
        assert_eq!(shared("203.0.113.7", "203.0.114.7"), (false, 0));
        assert_eq!(shared("203.0.113.7", "::ffff:203.0.113.7"), (true, 1), "IPv4 written as IPv6 is IPv4");
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"), (true, 2));
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:0:2::1"), (false, 2));
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:0:101::1"), (false, 1));
        assert_eq!(shared("2001:db8:0:1::1", "2001:db8:1:1::1"), (false, 0));
        // Four bytes that an IPv6 prefix has in common with an IPv4 address.
        assert_eq!(shared("32.1.13.184", "2001:db8::1"), (false, 0));
    }

    #[test]
    fn a_key_is_keyed() {
        let ((_one, first), (_other, second)) = (keyring(), keyring());
        let of = |keys: &Keyring| source("203.0.113.7").counters(keys).0.key;
        assert_eq!(of(&first), of(&first));
        assert_ne!(of(&first), of(&second));
    }
}
