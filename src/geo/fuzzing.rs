//! For fuzz targets: a file that somebody else has made.

use std::net::IpAddr;

use super::mmdb;
use super::record::Network;
use crate::risk::Place;

/// Read a file of places, and look some addresses up. How many of them are somewhere that is not on the earth.
pub fn places(bytes: &[u8], addresses: &[IpAddr]) -> Option<usize> {
    let loaded = mmdb::parse::<Place>(bytes).ok()?;
    assert!(loaded.version.len() < 120, "a name of any length");
    let is_off = |address: &&IpAddr| {
        loaded
            .table
            .find(**address)
            .point
            .is_some_and(|at| at.lat_e4.abs() > 900_000 || at.lon_e4.abs() > 1_800_000)
    };
    Some(addresses.iter().filter(is_off).count())
}

/// Read a file of networks.
pub fn networks(bytes: &[u8], addresses: &[IpAddr]) -> bool {
    let Ok(loaded) = mmdb::parse::<Network>(bytes) else { return false };
    for address in addresses {
        let _ = loaded.table.find(*address);
    }
    true
}
