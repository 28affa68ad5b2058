//! Whether a request looks like the person who signed in. Pure: no I/O, no clock.
//!
//! This is the floor: three signals and a threshold, and the missing bound cookie of a session that has one.

/// At this score one more passkey touch is asked for.
pub const THRESHOLD: u32 = 60;

/// What is known of a request, compared with its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// Another browser family, system, kind of device or language than any that a touch vouched for.
    pub device_changed: bool,
    /// Another network (IPv4 /16, IPv6 /48) than any that a touch vouched for.
    pub network_changed: bool,
    /// It reads or changes something that matters.
    pub sensitive_route: bool,
    /// The browser itself should have proven the session, and has not.
    pub bound_cookie_missing: bool,
}

/// Something about a request that speaks against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its name, stable.
    pub name: &'static str,
    /// What it adds to the score.
    pub points: u32,
    /// One sentence for a person.
    pub why: &'static str,
}

/// What the engine makes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// What speaks against it.
    pub signals: Vec<Signal>,
}

const DEVICE_CHANGED: Signal =
    Signal { name: "device_changed", points: 40, why: "This looks like another browser or device." };
const NETWORK_CHANGED: Signal = Signal { name: "network_changed", points: 25, why: "You are on a new network." };
const SENSITIVE_ROUTE: Signal =
    Signal { name: "sensitive_route", points: 20, why: "This is something only you should be able to do." };
const BOUND_COOKIE_MISSING: Signal = Signal {
    name: "bound_cookie_missing",
    points: 60,
    why: "Your browser did not prove that this session is still on your device.",
};

/// Weigh the facts.
pub fn assess(facts: Facts) -> Assessment {
    let signals = [
        (facts.device_changed, DEVICE_CHANGED),
        (facts.network_changed, NETWORK_CHANGED),
        (facts.sensitive_route, SENSITIVE_ROUTE),
        (facts.bound_cookie_missing, BOUND_COOKIE_MISSING),
    ];
    Assessment { signals: signals.into_iter().filter(|(there, _)| *there).map(|(_, signal)| signal).collect() }
}

impl Assessment {
    /// The sum of the points.
    pub fn score(&self) -> u32 {
        self.signals.iter().map(|signal| signal.points).sum()
    }

    /// Whether one more touch is needed to go on.
    pub fn needs_step_up(&self) -> bool {
        self.score() >= THRESHOLD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_table_decides() {
        let facts = |device_changed, network_changed, sensitive_route| Facts {
            device_changed,
            network_changed,
            sensitive_route,
            bound_cookie_missing: false,
        };
        for (facts, score, step_up) in [
            (facts(false, false, false), 0, false),
            (facts(false, true, false), 25, false),
            (facts(true, false, false), 40, false),
            (facts(false, true, true), 45, false),
            (facts(true, false, true), 60, true),
            (facts(true, true, false), 65, true),
            (facts(true, true, true), 85, true),
            (Facts { bound_cookie_missing: true, ..Facts::default() }, 60, true),
        ] {
            let assessment = assess(facts);
            assert_eq!((assessment.score(), assessment.needs_step_up()), (score, step_up), "{facts:?}");
        }
    }
}
