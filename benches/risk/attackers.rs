//! Who else signs in, with the person's password or passkey. Each knows more than the one before.

use holdfast::risk::likelihood::Features;

use super::agents::{Agents, lag};
use super::people::SignIn;
use super::population::{Address, Kind, World};
use super::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attacker {
    /// A1: any address in the world, a common browser.
    Naive,
    /// A2: a VPN's or a rented server's address in the person's country, a common browser.
    Vpn,
    /// A2 by a household's line in the person's country.
    Proxy,
    /// A3: the person's town, any provider there, their browser's exact words.
    Town,
    /// A3 with the person's own provider: all that can be had without the person's line or device.
    Provider,
    /// A4: one of a few rare networks, 7 in 100 in the right country, the browser's exact words.
    VeryTargeted,
    /// A6: on the person's own device, or behind it: the same prefix, words and cookie.
    OnDevice,
}

pub const ATTACKERS: [Attacker; 7] = [
    Attacker::Naive,
    Attacker::Vpn,
    Attacker::Proxy,
    Attacker::Town,
    Attacker::Provider,
    Attacker::VeryTargeted,
    Attacker::OnDevice,
];

impl Attacker {
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "A1 naive",
            Self::Vpn => "A2 VPN",
            Self::Proxy => "A2 home proxy",
            Self::Town => "A3 town",
            Self::Provider => "A3 town+provider",
            Self::VeryTargeted => "A4 very targeted",
            Self::OnDevice => "A6 on device",
        }
    }

    /// A sign-in as this attacker. `now` is what the person's own would be at this moment: who targets a person has
    /// seen it a minute ago, on a page made to look like ours.
    pub fn attempt(
        self,
        now: &SignIn,
        home: usize,
        world: &World,
        agents: &Agents,
        month: usize,
        random: &mut Random,
    ) -> SignIn {
        let kind = agents.kind(random);
        let common = agents.shown(kind, month, lag(random));
        let Address { network, town, mobile, .. } = now.address;
        let (address, agent, kind, device) = match self {
            Self::Naive => (on(world, world.anywhere(random), random), common, kind, None),
            Self::Vpn => (on(world, world.network(home, Kind::Hosting, random), random), common, kind, None),
            Self::Proxy => (on(world, world.network(home, Kind::Fixed, random), random), common, kind, None),
            Self::Town => {
                let side = if mobile { Kind::Mobile } else { Kind::Fixed };
                let there = world.network(world.networks[network].country, side, random);
                (world.address(there, town, mobile, random), now.features.agent, now.kind, None)
            }
            Self::Provider => (world.address(network, town, mobile, random), now.features.agent, now.kind, None),
            Self::VeryTargeted => {
                let network = if random.chance(0.07) {
                    world.network(home, Kind::Hosting, random)
                } else {
                    cluster(world, month, random)
                };
                (on(world, network, random), now.features.agent, now.kind, None)
            }
            Self::OnDevice => (now.address, now.features.agent, now.kind, now.features.device),
        };
        let features = Features { ip: address.ip, agent, device };
        SignIn { features, kept: features, address, kind }
    }
}

fn on(world: &World, network: usize, random: &mut Random) -> Address {
    let town = world.town(network, random);
    world.address(network, town, false, random)
}

/// Takeovers come in clusters: three rare networks a month, more than half of them in Romania.
fn cluster(world: &World, month: usize, random: &mut Random) -> usize {
    let list = &world.rare[usize::from(random.chance(0.56))];
    list[(month * 3 + random.below(3)) * 7 % list.len()]
}
