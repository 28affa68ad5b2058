//! Countries, networks, towns and prefixes, from the real table of networks (asns.tsv).

use std::collections::HashMap;

use holdfast::risk::{Place, Point};

use super::random::{Random, Weighted, digest};

/// The table that the product itself places countries by.
const POINTS: &str = include_str!("../../src/geo/countries.tsv");
const ASNS: &str = include_str!("asns.tsv");

/// Where people live, in a hundred: the published data set's countries (Norway 42.3, United States 27.8, …). The rest
/// live anywhere, by the number of addresses.
const COUNTRIES: [(&str, f64); 5] = [("NO", 42.3), ("US", 27.8), ("RU", 5.4), ("BR", 3.8), ("DE", 2.9)];
const ELSEWHERE: f64 = 17.8;

/// Prefixes of one town that a network's customers are spread over. Assumed.
const FIXED_POOL: usize = 48;
const MOBILE_POOL: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fixed,
    Mobile,
    Hosting,
}

/// A network in a country.
pub struct Network {
    pub country: usize,
    pub asn: u64,
    pub blocks: usize,
    pub kind: Kind,
}

/// An address, as far as anybody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    pub network: usize,
    pub town: usize,
    pub mobile: bool,
    pub ip: [Option<u64>; 3],
    /// The article's rule looks at the /16. Here a town's share of a network is one.
    pub wide: u64,
}

pub struct World {
    pub networks: Vec<Network>,
    points: HashMap<String, Point>,
    pub countries: Vec<String>,
    homes: Weighted,
    fixed: Vec<(Vec<usize>, Weighted)>,
    mobile: Vec<(Vec<usize>, Weighted)>,
    hosting: Vec<(Vec<usize>, Weighted)>,
    most_hosting: usize,
    anywhere: Weighted,
    /// Networks with few addresses; the smaller half of Romania's.
    pub rare: [Vec<usize>; 2],
}

impl World {
    pub fn new() -> Self {
        let mut countries: Vec<String> = Vec::new();
        let mut networks = Vec::new();
        for line in ASNS.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [country, asn, blocks, kind] = cells[..] else { continue };
            if countries.last().is_none_or(|last| last != country) {
                countries.push(country.to_owned());
            }
            let kind = match kind {
                "m" => Kind::Mobile,
                "h" => Kind::Hosting,
                _ => Kind::Fixed,
            };
            let (asn, blocks) = (asn.parse().unwrap_or(0), blocks.parse().unwrap_or(1));
            networks.push(Network { country: countries.len() - 1, asn, blocks, kind });
        }
        let size = |country: usize| {
            networks.iter().filter(|one| one.country == country).map(|one| one.blocks as f64).sum()
        };
        let sizes: Vec<f64> = (0..countries.len()).map(size).collect();
        let named = |name: &str| COUNTRIES.iter().find(|(country, _)| *country == name).map(|(_, share)| *share);
        let rest: f64 =
            countries.iter().zip(&sizes).filter(|(name, _)| named(name).is_none()).map(|(_, size)| size).sum();
        let homes =
            countries.iter().zip(&sizes).map(|(name, size)| named(name).unwrap_or(ELSEWHERE * size / rest));
        let homes = Weighted::new(homes.collect::<Vec<_>>());
        // Zipf within the country, by the rank of the network's size. Without a mobile network any will do.
        let of = |kind: Kind, otherwise: bool| {
            let list = |country: usize| {
                let mut list: Vec<usize> = (0..networks.len())
                    .filter(|n| networks[*n].country == country && networks[*n].kind == kind)
                    .collect();
                if list.is_empty() && otherwise {
                    list = (0..networks.len()).filter(|n| networks[*n].country == country).take(3).collect();
                }
                let weights = Weighted::new((1..=list.len()).map(|rank| 1.0 / rank as f64));
                (list, weights)
            };
            (0..countries.len()).map(list).collect::<Vec<_>>()
        };
        let (fixed, mobile, hosting) = (of(Kind::Fixed, true), of(Kind::Mobile, true), of(Kind::Hosting, false));
        let most_hosting = (0..countries.len()).max_by_key(|one| hosting[*one].0.len()).unwrap_or_default();
        let anywhere = Weighted::new(networks.iter().map(|one| one.blocks as f64));
        let few = |one: &Network| match countries[one.country].as_str() {
            "RO" => [false, one.blocks <= 1000],
            _ => [one.blocks <= 40, false],
        };
        let rare = [0, 1].map(|side| {
            (0..networks.len()).filter(|n| few(&networks[*n])[side] && networks[*n].kind != Kind::Mobile).collect()
        });
        let points = POINTS.lines().filter(|line| !line.starts_with('#')).filter_map(point).collect();
        Self { networks, points, countries, homes, fixed, mobile, hosting, most_hosting, anywhere, rare }
    }

    /// What the product's geo data would say of an address in this network. Here they are never wrong.
    pub fn place(&self, network: usize) -> Place {
        let one = &self.networks[network];
        let code = self.countries[one.country].as_str();
        Place {
            country: code.as_bytes().try_into().ok(),
            asn: u32::try_from(one.asn).ok(),
            is_hosting: one.kind == Kind::Hosting,
            point: self.points.get(code).copied(),
        }
    }

    pub fn country(&self, random: &mut Random) -> usize {
        self.homes.draw(random)
    }

    /// One of the country's networks, as common as it is there.
    pub fn network(&self, country: usize, kind: Kind, random: &mut Random) -> usize {
        let (list, weights) = match kind {
            Kind::Fixed => &self.fixed[country],
            Kind::Mobile => &self.mobile[country],
            // Whoever rents a server or a VPN there gets one in the country with the most of them, not a home line.
            Kind::Hosting if self.hosting[country].0.is_empty() => &self.hosting[self.most_hosting],
            Kind::Hosting => &self.hosting[country],
        };
        list[weights.draw(random)]
    }

    /// Any network in the world, by its addresses.
    pub fn anywhere(&self, random: &mut Random) -> usize {
        self.anywhere.draw(random)
    }

    pub fn town(&self, network: usize, random: &mut Random) -> usize {
        let towns = (self.networks[network].blocks / 64).clamp(1, 40);
        // Half of the towns hold three quarters of the people.
        (towns as f64 * libm::pow(random.unit(), 2.0)) as usize
    }

    /// An address of this network in this town.
    pub fn address(&self, network: usize, town: usize, mobile: bool, random: &mut Random) -> Address {
        let one = &self.networks[network];
        let pool = one.blocks.min(if mobile { MOBILE_POOL } else { FIXED_POOL }).max(1);
        let nth = random.below(pool);
        let side = u64::from(mobile);
        let (asn, town64) = (one.asn, town as u64);
        Address {
            network,
            town,
            mobile,
            ip: [
                Some(digest(&[1, asn, one.country as u64, town64, side, nth as u64])),
                Some(digest(&[2, asn])),
                Some(digest(&[3, one.country as u64])),
            ],
            wide: digest(&[4, asn, one.country as u64, town64, side]),
        }
    }
}

/// Code, name, latitude, longitude, radius.
fn point(line: &str) -> Option<(String, Point)> {
    let mut cells = line.split('\t');
    let code = cells.next()?.to_owned();
    let _name = cells.next()?;
    let mut number = || cells.next()?.parse::<f64>().ok();
    let (lat, lon, radius) = (number()?, number()?, number()?);
    let e4 = |degrees: f64| (degrees * 10_000.0) as i32;
    Some((code, Point { lat_e4: e4(lat), lon_e4: e4(lon), radius_km: radius as u32 }))
}
