//! A5: how many sessions without a thief are asked for a touch, and how many thieves are. As `auth/evaluation/weigh` and
//! `auth/session/resolve` do it, from memory.

use holdfast::risk::likelihood::Features;
use holdfast::risk::{Anchor, Assessment, Input, Moment, Person as Account, Policy, SessionPast, assess};

use super::agents::Agents;
use super::people::{DAY_MS, HABITS, Habits, Person};
use super::population::World;
use super::profile::{Kept, anchor};
use super::random::{Random, mix};
use super::sessions::{MINUTE_MS, Moves, Theft, Use, session, steal};
use super::simulate::START_MS;
use super::table::Everybody;

/// Networks and operators that a session keeps in mind.
const VOUCHED: usize = 5;
/// A session notes that it was used once in this time.
const NOTED_EVERY: i64 = MINUTE_MS;

/// Which last use of a session is told to the engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LastUse {
    /// Any.
    Any,
    /// One through an operator that a touch vouched for.
    Vouched,
    /// The last, if it came through another operator than this one does.
    Elsewhere,
}

/// How the engine is run.
#[derive(Clone)]
pub struct Setting {
    pub name: &'static str,
    pub policy: Policy,
    /// Each use is of a sensitive page.
    pub is_sensitive: bool,
    /// Which last use of the session counts for `used_at`.
    pub last_use: LastUse,
    /// Operators that a touch in an earlier session vouched for are known to be the person's.
    pub learns_from_touches: bool,
}

/// Of many sessions: what share was challenged.
#[derive(Clone, Copy, Default)]
pub struct Shares {
    /// Without a thief.
    pub honest: f64,
    /// The thief, while the person was there.
    pub in_parallel: f64,
    /// The thief, an hour later.
    pub later: f64,
    /// Touches asked of a session without a thief.
    pub touches: f64,
}

/// What the settings make of the same sessions.
pub fn thieves(
    settings: &[Setting],
    people: usize,
    moves: Moves,
    seed: u64,
    everybody: &Everybody,
) -> Vec<Shares> {
    let (world, agents) = (World::new(), Agents::new());
    let mut sums = vec![Shares::default(); settings.len()];
    for id in 0..people {
        let mut random = Random::new(mix(seed ^ ((id as u64) << 20)));
        let mut person = Person::new((1 << 30) + id as u32, &world, &agents, &mut random);
        let (kept, features, own) = past(&mut person, &world, &agents, &mut random);
        let touched = touched(&mut person, &world, moves, &mut random);
        let uses = session(&mut person, &world, own.at_ms, moves, &mut random);
        let with = |theft, random: &mut Random| {
            let mut uses = uses.clone();
            steal(&mut uses, theft, person.country, &world, random);
            uses
        };
        let thefts = [with(Theft::InParallel, &mut random), with(Theft::Later, &mut random)];
        for (setting, sums) in settings.iter().zip(&mut sums) {
            let run = |uses: &[Use]| {
                Run {
                    setting,
                    world: &world,
                    everybody,
                    kept: &kept,
                    touched: &touched,
                    features,
                    is_vouched: Vec::new(),
                    own,
                }
                .touches(uses, |_, _| {})
            };
            let (honest, _) = run(&uses);
            let caught = thefts.each_ref().map(|uses| f64::from(u8::from(run(uses).1)));
            sums.honest += f64::from(u8::from(honest > 0));
            sums.touches += f64::from(honest);
            sums.in_parallel += caught[0];
            sums.later += caught[1];
        }
    }
    let of = people as f64;
    let share = |sum: Shares| Shares {
        honest: sum.honest / of,
        in_parallel: sum.in_parallel / of,
        later: sum.later / of,
        touches: sum.touches / of,
    };
    sums.into_iter().map(share).collect()
}

/// One session without a thief, as the product runs it: what the person is asked, and where. The last sign-in of `kept` opened it.
pub fn honest(
    setting: &Setting,
    world: &World,
    everybody: &Everybody,
    (kept, features, at_ms): (&Kept, Features, i64),
    uses: &[Use],
    asked: impl FnMut(&Use, &Assessment),
) {
    let own = Own {
        at_ms,
        first_seen_ms: kept.known_since(&features).unwrap_or(at_ms),
        anchor: kept.anchor.filter(|anchor| anchor.at == at_ms),
    };
    let run = Run { setting, world, everybody, kept, touched: &[], features, is_vouched: Vec::new(), own };
    run.touches(uses, asked);
}

/// Where the session was opened.
#[derive(Clone, Copy)]
struct Own {
    at_ms: i64,
    first_seen_ms: i64,
    anchor: Option<Anchor>,
}

/// Twenty sign-ins, one a week, the last of which opens the session.
fn past(person: &mut Person, world: &World, agents: &Agents, random: &mut Random) -> (Kept, Features, Own) {
    let mut kept = Kept::default();
    let mut last = (Features::default(), 0);
    for week in 0..20 {
        let at_ms = START_MS + week * 7 * DAY_MS;
        // The last one not on a trip: the session's own trips come later.
        let habits = if week == 19 { Habits { travel: 0.0, ..HABITS } } else { HABITS };
        let sign_in = person.sign_in(world, agents, &habits, 8, random);
        kept.add(world, &sign_in, at_ms);
        last = (sign_in.kept, at_ms);
    }
    let own = Own {
        at_ms: last.1,
        first_seen_ms: kept.known_since(&last.0).unwrap_or(last.1),
        anchor: kept.anchor.filter(|anchor| anchor.at == last.1),
    };
    (kept, last.0, own)
}

/// Operators that were used within minutes of another one in the nineteen sessions before: a touch was asked for then.
fn touched(person: &mut Person, world: &World, moves: Moves, random: &mut Random) -> Vec<Option<u64>> {
    let mut list = Vec::new();
    for _ in 0..19 {
        let uses = session(person, world, 0, moves, random);
        for pair in uses.windows(2) {
            let asn = pair[1].address.ip[1];
            if pair[0].address.ip[1] != asn
                && pair[1].at_ms - pair[0].at_ms < 5 * MINUTE_MS
                && !list.contains(&asn)
            {
                list.push(asn);
            }
        }
    }
    list
}

/// One session, use by use.
struct Run<'a> {
    setting: &'a Setting,
    world: &'a World,
    everybody: &'a Everybody,
    kept: &'a Kept,
    /// Operators that a touch in an earlier session vouched for.
    touched: &'a [Option<u64>],
    features: Features,
    /// Wide networks and operators, the newest last.
    is_vouched: Vec<(u64, Option<u64>)>,
    own: Own,
}

impl Run<'_> {
    /// How often the person was asked for a touch, and whether the thief was. `asked` hears of each.
    fn touches(mut self, uses: &[Use], mut asked: impl FnMut(&Use, &Assessment)) -> (u32, bool) {
        let own = self.own;
        let (mut touches, mut is_caught) = (0, false);
        let mut session = SessionPast {
            device_known_since: Some(own.first_seen_ms),
            passkey_created_at: Some(self.kept.first_ms),
            used_at: Some(own.at_ms),
            ..SessionPast::default()
        };
        let mut where_last = own.anchor;
        let mut last_asn = self.features.ip[1];
        // The sign-in vouches for where it was.
        let wide = self.kept.wide_of_last;
        self.is_vouched.push((wide, self.features.ip[1]));
        for one in uses {
            let (wide, asn) = (one.address.wide, one.address.ip[1]);
            let is_asn_new = !self.is_vouched.iter().any(|(_, known)| *known == asn);
            let is_elsewhere = self.setting.last_use != LastUse::Elsewhere || last_asn != asn;
            let used_at = session.used_at.filter(|_| is_elsewhere);
            let told = SessionPast { asn_changed: is_asn_new, used_at, ..session };
            let input = self.input(one, told, where_last);
            let assessment = assess(&self.setting.policy, &input);
            if assessment.needs_step_up() {
                asked(one, &assessment);
                if one.is_thief {
                    is_caught = true;
                    continue;
                }
                touches += 1;
                session.answered_at = Some(one.at_ms);
                self.is_vouched.retain(|(known, _)| *known != wide);
                self.is_vouched.push((wide, asn));
                if self.is_vouched.len() > VOUCHED {
                    self.is_vouched.remove(0);
                }
            } else if session.used_at.is_some_and(|at| one.at_ms - at < NOTED_EVERY) {
                continue;
            }
            if self.setting.last_use != LastUse::Vouched || self.is_vouched.iter().any(|(_, known)| *known == asn)
            {
                session.used_at = Some(one.at_ms);
                last_asn = asn;
            }
            where_last = anchor(self.world.place(one.address.network), one.at_ms).or(where_last);
        }
        (touches, is_caught)
    }

    /// What is weighed; as long as nothing has changed, nobody looks any further.
    fn input(&self, one: &Use, session: SessionPast, where_last: Option<Anchor>) -> Input {
        let mut input = Input {
            moment: Moment::SessionUse,
            at: one.at_ms,
            is_sensitive: self.setting.is_sensitive,
            network_changed: !self.is_vouched.iter().any(|(known, _)| *known == one.address.wide),
            person: Account { created_at: 0, ..self.kept.person() },
            session: Some(SessionPast { asn_changed: false, ..session }),
            ..Input::default()
        };
        if input.network_changed {
            let features = Features { ip: one.address.ip, ..self.features };
            input.session = Some(session);
            input.place = self.world.place(one.address.network);
            let mut profile = self.kept.profile(&features, self.everybody, one.at_ms);
            profile.asn_seen |= self.setting.learns_from_touches && self.touched.contains(&one.address.ip[1]);
            input.profile = Some(profile);
            input.anchor = [self.kept.anchor, where_last].into_iter().flatten().max_by_key(|anchor| anchor.at);
        }
        input
    }
}
