//! Where an address is: its country or city, its network, and whether that network rents out computers.
//!
//! A file is read once, when the server starts, checked from end to end and turned into sorted tables of numbers; then
//! it is let go. So a lookup is two binary searches that have nothing left to stumble over, and whoever replaces the
//! file under a running server disturbs nobody, which a memory map could not promise.

mod countries;
mod credits;
mod files;
pub(crate) mod fuzzing;
#[cfg(test)]
mod hostile;
mod hosting;
mod mmdb;
mod record;
mod shared;
mod table;
mod tree;
mod value;

use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use crate::risk::Place;

pub use countries::country_name;
pub use credits::Credit;
pub use files::default_files;
pub use mmdb::GeoError;
pub use shared::SharedGeo;

use mmdb::Loaded;
use record::Network;

/// What is known of addresses. A clone shares the tables.
#[derive(Clone, Default)]
pub struct Geo {
    places: Option<Arc<Loaded<Place>>>,
    networks: Option<Arc<Loaded<Network>>>,
}

impl Geo {
    /// Reads the files: one that names countries or cities, one that names networks. Either may be missing.
    ///
    /// A file that is damaged, cut short or of another kind is refused as a whole.
    pub fn open(country_or_city: Option<&Path>, asn: Option<&Path>) -> Result<Self, GeoError> {
        Ok(Self {
            places: country_or_city.map(mmdb::load).transpose()?.map(Arc::new),
            networks: asn.map(mmdb::load).transpose()?.map(Arc::new),
        })
    }

    /// No data: every place is unknown.
    #[cfg(test)]
    pub fn nowhere() -> Self {
        Self::default()
    }

    /// Which data these are, for the record of a decision: kind, time of making and a digest of each file, and a digest of
    /// our own table of countries where it is used. `none` without data.
    pub fn version(&self) -> String {
        let mut version = String::new();
        if let Some(places) = &self.places {
            version.push_str(&places.version);
            let _ = write!(version, " countries {}", countries::digest());
        }
        if let Some(networks) = &self.networks {
            if !version.is_empty() {
                version.push_str(", ");
            }
            version.push_str(&networks.version);
        }
        if version.is_empty() { "none".into() } else { version }
    }

    /// Whom to name, with a link, wherever a place from these data is shown.
    pub fn credits(&self) -> Vec<Credit> {
        // Wherever a file has no point of its own, our table of countries gives one, and that is made from DB-IP's.
        let table = self.places.as_ref().map(|_| &credits::DB_IP);
        let places = self.places.iter().flat_map(|loaded| &loaded.credits).chain(table);
        let networks = self.networks.iter().flat_map(|loaded| &loaded.credits);
        let mut all: Vec<Credit> = Vec::new();
        for credit in places.chain(networks) {
            if !all.contains(credit) {
                all.push(*credit);
            }
        }
        all
    }

    /// Where an address is, as far as the data say.
    pub fn locate(&self, address: IpAddr) -> Place {
        // `::ffff:192.0.2.1` is an IPv4 address that came through an IPv6 socket.
        let address = address.to_canonical();
        let place = self.places.as_ref().map(|loaded| loaded.table.find(address)).unwrap_or_default();
        let network = self.networks.as_ref().map(|loaded| loaded.table.find(address)).unwrap_or_default();
        Place { asn: network.asn, is_hosting: network.is_hosting, ..place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::Point;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/geo");
    const NOWHERE: Place = Place { country: None, asn: None, is_hosting: false, point: None };

    fn open(places: &str, networks: bool) -> Geo {
        let folder = Path::new(FOLDER);
        let asn = folder.join("asn.mmdb");
        Geo::open(Some(&folder.join(places)), networks.then_some(asn.as_path())).expect("the fixture")
    }

    fn at(geo: &Geo, address: &str) -> Place {
        geo.locate(address.parse().expect("an address"))
    }

    fn city(country: [u8; 2], (lat_e4, lon_e4): (i32, i32), asn: u32, is_hosting: bool) -> Place {
        let point = Some(Point { lat_e4, lon_e4, radius_km: 20 });
        Place { country: Some(country), asn: Some(asn), is_hosting, point }
    }

    const OSLO: (i32, i32) = (599_127, 107_461);
    const NEW_YORK: (i32, i32) = (407_128, -740_060);

    /// The table at the top of scripts/make-geo-fixture.mjs.
    #[test]
    fn an_address_has_its_city_and_its_network() {
        let geo = open("city.mmdb", true);
        for (address, place) in [
            ("84.208.20.0", city(*b"NO", OSLO, 2119, false)),
            ("84.208.21.255", city(*b"NO", OSLO, 2119, false)),
            ("77.18.40.7", city(*b"NO", OSLO, 2119, false)),
            ("92.220.30.7", city(*b"NO", (603_930, 53_242), 29_695, false)),
            ("73.10.20.7", city(*b"US", NEW_YORK, 7922, false)),
            ("99.40.50.7", city(*b"US", (377_749, -1_224_194), 7018, false)),
            ("144.120.10.7", city(*b"FJ", (-181_416, 1_784_419), 4638, false)),
            ("88.198.10.7", city(*b"DE", (501_109, 86_821), 24_940, true)),
            ("185.240.30.7", city(*b"NL", (523_676, 49_041), 9009, true)),
            ("13.250.10.7", city(*b"SG", (13_521, 1_038_198), 16_509, true)),
            ("2001:db8:2::1", city(*b"NO", OSLO, 2119, false)),
            ("2001:db8:2:ffff:ffff:ffff:ffff:ffff", city(*b"NO", OSLO, 2119, false)),
            ("2001:db8:113:5::1", city(*b"DE", (501_109, 86_821), 24_940, true)),
        ] {
            assert_eq!(at(&geo, address), place, "{address}");
        }
    }

    #[test]
    fn what_the_data_do_not_know_is_unknown() {
        let geo = open("city.mmdb", true);
        for address in [
            "84.208.22.0",
            "84.208.19.255",
            "0.0.0.0",
            "255.255.255.255",
            "127.0.0.1",
            "::",
            "::1",
            "2001:db8:1::1",
        ] {
            assert_eq!(at(&geo, address), NOWHERE, "{address}");
        }
        // Each half may be missing by itself.
        assert_eq!(at(&geo, "198.18.6.1"), NOWHERE, "ZZ, AS 0 and 0° N 0° E mean that nothing is known");
        assert_eq!(at(&geo, "198.19.0.1"), Place { asn: Some(64_496), ..NOWHERE });
        assert_eq!(at(&geo, "100.64.0.1"), Place { asn: None, ..city(*b"NO", OSLO, 0, false) });
        let sea = at(&geo, "198.18.5.1");
        assert!(sea.country.is_none() && sea.point.is_some(), "{sea:?}");
    }

    #[test]
    fn an_ipv4_address_that_came_through_an_ipv6_socket_is_one() {
        let geo = open("city.mmdb", true);
        assert_eq!(at(&geo, "::ffff:84.208.20.1"), at(&geo, "84.208.20.1"));
        assert_ne!(at(&geo, "::ffff:84.208.20.1"), NOWHERE);
    }

    #[test]
    fn a_48_is_told_from_its_neighbour_and_a_64_is_one_place() {
        let geo = open("city.mmdb", true);
        assert_eq!(at(&geo, "2001:db8:3::1"), NOWHERE);
        assert_eq!(at(&geo, "2001:db8:3:5::1"), NOWHERE);
        let first = at(&geo, "2001:db8:3:4::1");
        assert_eq!(first.country, Some(*b"SG"));
        assert_eq!(at(&geo, "2001:db8:3:4:ffff::1"), first, "the /65 speaks for the whole /64");
    }

    #[test]
    fn a_country_alone_gives_the_middle_of_its_addresses_and_how_far_they_reach() {
        let geo = open("country.mmdb", true);
        let (east, west) = (at(&geo, "73.10.20.7"), at(&geo, "99.40.50.7"));
        assert_eq!(east.country, Some(*b"US"));
        assert_eq!((east.point, east.country), (west.point, west.country), "no trip within a country is seen");
        assert!(east.point.is_some_and(|point| point.radius_km > 2000), "{east:?}");
        let cities = open("city.mmdb", true);
        assert_eq!(at(&cities, "1.120.10.7"), at(&geo, "1.120.10.7"), "a record without a point is a country's");
        assert!(at(&geo, "1.120.10.7").point.is_some());
    }

    #[test]
    fn the_flat_layout_says_the_same_and_leaves_the_radius_to_us() {
        let (nested, flat) = (open("city.mmdb", true), open("flat-city.mmdb", true));
        for address in ["84.208.20.7", "73.10.20.7", "198.18.6.1", "2001:db8:113::1", "8.8.8.8"] {
            let point = at(&nested, address).point.map(|point| Point { radius_km: 50, ..point });
            assert_eq!(at(&flat, address), Place { point, ..at(&nested, address) }, "{address}");
        }
    }

    #[test]
    fn without_data_everywhere_is_nowhere() {
        let geo = Geo::nowhere();
        assert_eq!(at(&geo, "84.208.20.7"), NOWHERE);
        assert_eq!((geo.version().as_str(), geo.credits()), ("none", vec![]));
        assert_eq!(open("country.mmdb", false).locate([84, 208, 20, 7].into()).asn, None);
    }

    #[test]
    fn a_version_changes_with_the_data_and_names_them() {
        let both = open("city.mmdb", true).version();
        assert!(both.starts_with("DBIP-City-Lite 1767225600 "), "{both}");
        assert!(both.contains(", holdfast-asn 1767225600 "), "{both}");
        assert_ne!(both, open("country.mmdb", true).version());
        assert_ne!(both, open("city.mmdb", false).version());
        assert_eq!(both, open("city.mmdb", true).version());
    }

    #[test]
    fn whoever_made_the_data_is_credited_once() {
        let texts = |geo: Geo| geo.credits().iter().map(|credit| credit.link).collect::<Vec<_>>();
        let (db_ip, route_views, nro) = ("https://db-ip.com", "https://www.routeviews.org", "https://www.nro.net");
        assert_eq!(texts(open("city.mmdb", true)), [db_ip, route_views, nro]);
        assert_eq!(texts(open("country.mmdb", false)), ["https://www.maxmind.com", db_ip]);
    }
}
