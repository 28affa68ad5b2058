//! One session of up to seven days: where the person uses it from, and somebody else who has its cookies.

use super::people::{DAY_MS, HABITS, Habits, Person};
use super::population::{Address, Kind, World};
use super::random::Random;

pub const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How people change networks in the middle of a sitting. Assumed.
#[derive(Clone, Copy)]
pub struct Moves {
    /// How often, from one use to the next, a device of the average person changes over between wifi and mobile.
    pub flip: f64,
    /// The share of these that lead to a wifi that is not the person's own.
    pub strange: f64,
}

pub const MOVES: Moves = Moves { flip: 0.03, strange: 0.02 };

/// How often people with a VPN switch it on or off. Assumed.
const VPN_SWITCH: f64 = 0.05;
/// Minutes from one use to the next. Assumed.
const BETWEEN_USES: f64 = 4.0;
/// Days that a trip lasts. Assumed.
const TRIP_DAYS: usize = 3;

/// One request, as far as it matters.
#[derive(Clone, Copy)]
pub struct Use {
    pub at_ms: i64,
    pub address: Address,
    pub is_thief: bool,
}

/// What a thief does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Theft {
    /// Comes within five minutes of a use by the person.
    InParallel,
    /// Comes an hour later, if the person is not there then.
    Later,
}

/// Up to seven days, one to three sittings a day, a few uses each. One browser is in one place at a time.
pub fn session(person: &mut Person, world: &World, start_ms: i64, moves: Moves, random: &mut Random) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    // Trips are made by the day here.
    let habits = Habits { travel: 0.0, ..HABITS };
    let mut abroad: Option<(Address, usize)> = None;
    for day in 0..=random.below(7) {
        let was_abroad = abroad.is_some();
        abroad = abroad.and_then(|(there, left)| (left > 1).then(|| (there, left - 1)));
        if abroad.is_none() && !was_abroad && day > 0 && random.chance(HABITS.travel * person.restless) {
            abroad = Some((Person::abroad(world, random), TRIP_DAYS));
        }
        // On a day of travel there is time for it.
        let (from, hours) = if was_abroad == abroad.is_some() { (0.0, 15.0) } else { (10.0, 5.0) };
        let mut starts: Vec<i64> =
            (0..=random.below(3)).map(|_| ((from + random.unit() * hours) * HOUR_MS as f64) as i64).collect();
        starts.sort_unstable();
        for start in starts {
            let wanted = start_ms + day as i64 * DAY_MS + start;
            // Five minutes to get from one place to the next.
            let mut at_ms = uses.last().map_or(wanted, |last| wanted.max(last.at_ms + 5 * MINUTE_MS));
            let mut address = abroad.map_or_else(|| person.address(world, &habits, random), |(there, _)| there);
            for _ in 0..=random.below(8) {
                uses.push(Use { at_ms, address, is_thief: false });
                at_ms += (random.exponential(BETWEEN_USES) * MINUTE_MS as f64) as i64;
                if abroad.is_none() {
                    address = onwards(address, person, world, moves, random);
                }
            }
        }
    }
    uses
}

/// Where the next use of a sitting comes from.
fn onwards(address: Address, person: &Person, world: &World, moves: Moves, random: &mut Random) -> Address {
    if let Some(exits) = person.vpn
        && random.chance(VPN_SWITCH)
    {
        let exit = exits[usize::from(random.chance(0.4))];
        return if exits.contains(&address.network) { person.home } else { world.address(exit, 0, false, random) };
    }
    if !random.chance(moves.flip * person.restless) {
        return address;
    }
    if random.chance(moves.strange) {
        let network = world.network(person.country, Kind::Fixed, random);
        return world.address(network, world.town(network, random), false, random);
    }
    if address.network == person.mobile.network { person.home } else { person.mobile }
}

/// One to five uses within half an hour: half of thieves by a VPN or rented server in the country, a quarter by a
/// home line there, a quarter from anywhere. They have the browser's exact words and all of its cookies.
pub fn steal(uses: &mut Vec<Use>, theft: Theft, home: usize, world: &World, random: &mut Random) {
    let network = match random.below(4) {
        0 | 1 => world.network(home, Kind::Hosting, random),
        2 => world.network(home, Kind::Fixed, random),
        _ => world.anywhere(random),
    };
    let address = world.address(network, world.town(network, random), false, random);
    let near = uses[random.below(uses.len())].at_ms;
    let mut at_ms = match theft {
        Theft::InParallel => near + (random.unit() * 5.0 * MINUTE_MS as f64) as i64,
        Theft::Later => near + HOUR_MS,
    };
    for _ in 0..=random.below(5) {
        uses.push(Use { at_ms, address, is_thief: true });
        at_ms += (random.exponential(6.0) * MINUTE_MS as f64) as i64;
    }
    uses.sort_by_key(|one| one.at_ms);
}
