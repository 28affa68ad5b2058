//! People who sign in: where they are, what with, how often.

use holdfast::risk::likelihood::Features;

use super::agents::{Agents, lag};
use super::population::{Address, Kind, World};
use super::random::{Random, digest};

pub const DAY_MS: i64 = 86_400_000;
pub const YEAR_DAYS: f64 = 360.0;
/// Warm-up, tune, test, late: where each ends, in days.
pub const SPLITS: [f64; 4] = [180.0, 240.0, 300.0, 360.0];

/// The share of sign-ins at which something happens. Each is assumed, see docs/risk-evaluation.md.
#[derive(Clone, Copy)]
pub struct Habits {
    pub away_from_home: f64,
    pub new_prefix_fixed: f64,
    pub new_prefix_mobile: f64,
    pub second_device: f64,
    pub new_device: f64,
    pub cookies_lost: f64,
    pub keeps_no_cookies: f64,
    pub other_network: f64,
    pub travel: f64,
    pub vpn_people: f64,
    pub vpn_use: f64,
}

pub const HABITS: Habits = Habits {
    away_from_home: 0.30,
    new_prefix_fixed: 0.15,
    new_prefix_mobile: 0.40,
    second_device: 0.10,
    new_device: 0.025,
    cookies_lost: 0.01,
    keeps_no_cookies: 0.02,
    other_network: 0.02,
    travel: 0.0075,
    vpn_people: 0.03,
    vpn_use: 0.5,
};

/// What the last two months are like: people are on the move more, and more of them use a VPN.
pub const LATE: Habits = Habits { away_from_home: 0.36, travel: 0.012, vpn_use: 0.7, new_device: 0.03, ..HABITS };

/// How unevenly moving about is spread over people: none of it evenly at 0. Set so that the published model asks the
/// median person as often as was published.
const RESTLESS: f64 = 3.0;

#[derive(Clone)]
pub struct Device {
    pub kind: usize,
    pub behind: usize,
    pub cookie: Option<u64>,
}

/// One person.
#[derive(Clone)]
pub struct Person {
    pub id: u32,
    /// How often this person moves about, beside the average. Most hardly do; some always do.
    pub restless: f64,
    pub country: usize,
    pub home: Address,
    pub mobile: Address,
    pub vpn: Option<[usize; 2]>,
    pub devices: Vec<Device>,
    pub no_cookies: bool,
    made: u64,
}

/// One sign-in.
#[derive(Clone, Copy)]
pub struct SignIn {
    pub features: Features,
    /// What the profile keeps: with the cookie that the browser was given.
    pub kept: Features,
    pub address: Address,
    pub kind: usize,
}

impl Person {
    pub fn new(id: u32, world: &World, agents: &Agents, random: &mut Random) -> Self {
        let country = world.country(random);
        let network = world.network(country, Kind::Fixed, random);
        let town = world.town(network, random);
        let mobile = world.network(country, Kind::Mobile, random);
        let mobile_town = world.town(mobile, random);
        let away = world.country(random);
        let vpn = random
            .chance(HABITS.vpn_people)
            .then(|| [world.network(country, Kind::Hosting, random), world.network(away, Kind::Hosting, random)]);
        let devices = 1 + usize::from(random.chance(0.55)) + usize::from(random.chance(0.2));
        let device = |random: &mut Random| Device { kind: agents.kind(random), behind: lag(random), cookie: None };
        Self {
            id,
            restless: (RESTLESS + 1.0) * libm::pow(random.unit(), RESTLESS),
            country,
            home: world.address(network, town, false, random),
            mobile: world.address(mobile, mobile_town, true, random),
            vpn,
            devices: (0..devices).map(|_| device(random)).collect(),
            no_cookies: random.chance(HABITS.keeps_no_cookies),
            made: 0,
        }
    }

    /// The person signs in, in this month of the simulation.
    pub fn sign_in(
        &mut self,
        world: &World,
        agents: &Agents,
        habits: &Habits,
        month: usize,
        random: &mut Random,
    ) -> SignIn {
        if random.chance(habits.new_device) {
            let replaced = if random.chance(0.5) { self.devices.len() - 1 } else { self.devices.len() };
            self.devices.truncate(replaced.max(1));
            self.devices.push(Device { kind: agents.kind(random), behind: lag(random), cookie: None });
            let last = self.devices.len() - 1;
            self.devices.swap(0, last);
        }
        let nth = if self.devices.len() > 1 && random.chance(habits.second_device) {
            1 + random.below(self.devices.len() - 1)
        } else {
            0
        };
        let address = self.address(world, habits, random);
        let no_cookies = self.no_cookies;
        self.made += 1;
        let fresh = digest(&[21, u64::from(self.id), self.made]);
        let device = &mut self.devices[nth];
        if no_cookies || random.chance(habits.cookies_lost) {
            device.cookie = None;
        }
        let features = Features {
            ip: address.ip,
            agent: agents.shown(device.kind, month, device.behind),
            device: device.cookie,
        };
        let cookie = *device.cookie.get_or_insert(fresh);
        SignIn { features, kept: Features { device: Some(cookie), ..features }, address, kind: device.kind }
    }

    pub fn address(&mut self, world: &World, habits: &Habits, random: &mut Random) -> Address {
        if let Some(exits) = self.vpn
            && random.chance(habits.vpn_use)
        {
            let exit = exits[usize::from(random.chance(0.4))];
            return world.address(exit, 0, false, random);
        }
        if random.chance(habits.travel * self.restless) {
            return Self::abroad(world, random);
        }
        if random.chance(habits.other_network * self.restless) {
            let network = world.network(self.country, Kind::Fixed, random);
            let town = world.town(network, random);
            return world.address(network, town, false, random);
        }
        let restless = self.restless;
        let mobile = random.chance(habits.away_from_home * self.restless);
        let (place, moves) = if mobile {
            (&mut self.mobile, habits.new_prefix_mobile)
        } else {
            (&mut self.home, habits.new_prefix_fixed)
        };
        if random.chance(moves * restless) {
            *place = world.address(place.network, place.town, mobile, random);
        }
        *place
    }

    /// Somewhere else in the world.
    pub fn abroad(world: &World, random: &mut Random) -> Address {
        let kind = if random.chance(0.5) { Kind::Mobile } else { Kind::Fixed };
        let network = world.network(world.country(random), kind, random);
        world.address(network, world.town(network, random), kind == Kind::Mobile, random)
    }
}
