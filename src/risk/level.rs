//! How risky something is, in CAEP's three words.

use super::{Assessment, Policy};

/// A level (CAEP 1.0 §3.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing speaks against it, or little.
    #[default]
    Low,
    /// Half of what a touch is asked for.
    Medium,
    /// What a touch is asked for.
    High,
}

impl Level {
    /// Of an assessment. That a page is sensitive says nothing about who asks for it.
    pub fn of(policy: &Policy, assessment: &Assessment) -> Self {
        let signals = assessment.signals.iter().filter(|signal| signal.name != "sensitive_route");
        let points = signals.fold(0_u32, |sum, signal| sum.saturating_add(signal.points));
        if points >= policy.threshold {
            Self::High
        } else if points >= policy.threshold.div_ceil(2) {
            Self::Medium
        } else {
            Self::Low
        }
    }

    /// CAEP's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }

    /// As it is stored.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// From what is stored; what nobody wrote is taken for the worst.
    pub fn from_number(number: i16) -> Self {
        match number {
            0 => Self::Low,
            1 => Self::Medium,
            _ => Self::High,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Signal;
    use super::*;

    #[test]
    fn a_level_begins_at_half_of_the_threshold_and_at_the_threshold() {
        let policy = Policy::default();
        let level = |signals: &[(&'static str, u32)]| {
            let signals =
                signals.iter().map(|&(name, points)| Signal { name: name.into(), points, why: "".into() });
            Level::of(&policy, &Assessment { signals: signals.collect(), ..Assessment::default() })
        };
        for (signals, expected) in [
            (&[][..], Level::Low),
            (&[("sensitive_route", 20)], Level::Low),
            (&[("a", 29), ("sensitive_route", 31)], Level::Low),
            (&[("a", 30)], Level::Medium),
            (&[("a", 59), ("sensitive_route", 20)], Level::Medium),
            (&[("a", 35), ("b", 25)], Level::High),
            (&[("a", u32::MAX), ("b", 1)], Level::High),
        ] {
            assert_eq!(level(signals), expected, "{signals:?}");
            assert_eq!(Level::from_number(expected.number()), expected);
        }
    }
}
