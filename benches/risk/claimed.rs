//! What each attacker claims to imitate, for the audit.

use holdfast::risk::likelihood::{Feature, Features, Population};

use super::attackers::Attacker;
use super::people::SignIn;
use super::population::World;
use super::profile::Kept;
use super::table::Everybody;

/// The features that this attacker claims to imitate, and no others.
pub fn claimed(
    attacker: Attacker,
    shown: &SignIn,
    profile: &Kept,
    strangers: &Everybody,
    world: &World,
) -> Vec<f64> {
    // Counted among people who are in no other figure: counts that hold the person's own sign-ins, or leave them out,
    // would tell who is who.
    let common = |place: Feature, value: Option<u64>| {
        let count = f64::from(strangers.count(place, value.unwrap_or(0)));
        libm::log((count + 0.5) / f64::from(strangers.total(place).max(1)))
    };
    let own = |of: &dyn Fn(&Features) -> Option<u64>| {
        let same = profile.past.iter().filter(|past| of(&past.features) == of(&shown.features)).count();
        same as f64 / profile.past.len() as f64
    };
    let agent = |depth: usize| common(Feature::Agent(depth), shown.features.agent[depth]);
    let mut list: Vec<f64> = (0..4).map(agent).collect();
    if attacker != Attacker::Naive && attacker != Attacker::VeryTargeted {
        list.push(own(&|features| features.ip[2]));
        list.push(common(Feature::Ip(2), shown.features.ip[2]));
    }
    if attacker == Attacker::Town {
        list.push(f64::from(u8::from(shown.address.mobile)));
    }
    if attacker == Attacker::Provider || attacker == Attacker::OnDevice {
        list.push(own(&|features| features.ip[1]));
        list.push(common(Feature::Ip(1), shown.features.ip[1]));
        list.push(common(Feature::Ip(0), shown.features.ip[0]));
        list.push(f64::from(u8::from(profile.wide.contains(&shown.address.wide))));
        list.push(libm::log(world.networks[shown.address.network].blocks as f64));
    }
    if attacker == Attacker::OnDevice {
        list.push(own(&|features| features.ip[0]));
        list.push(own(&|features| features.device));
    }
    if ![Attacker::Naive, Attacker::Vpn, Attacker::Proxy].contains(&attacker) {
        list.extend((0..4).map(|depth| own(&|features| features.agent[depth])));
    }
    list
}
