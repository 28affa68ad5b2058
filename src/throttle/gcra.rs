//! The generic cell rate algorithm (ITU-T I.371, Annex A): a limit whose whole state is one moment.
//!
//! That moment is the theoretical arrival time (TAT): when the next one would come if all came evenly. Whoever is ahead of it
//! by no more than the burst allows is let through, and moves it on by one interval. Nothing is stored for who is idle: a TAT
//! that has passed says the same as none at all.

use std::time::Duration;

/// Microseconds since 1970: fine enough for a limit of thousands a second, and far from the end of 64 bits.
pub type Micros = i64;

/// By so much may the clocks of two processes differ.
const SLACK: Micros = 60_000_000;

/// So many at once, and then one in every interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many may come at once, after a pause. At least one.
    pub burst: u32,
    /// How often one more may come.
    pub every: Duration,
}

impl Limit {
    /// So many at once, then one in each interval.
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every }
    }

    /// The same limit, this many times as generous.
    #[must_use]
    pub fn scaled(self, scale: u32) -> Self {
        let scale = scale.max(1);
        Self { burst: self.burst.saturating_mul(scale), every: self.every / scale }
    }

    /// What one costs.
    pub fn interval(self) -> Micros {
        Micros::try_from(self.every.as_micros()).unwrap_or(Micros::MAX).max(1)
    }

    /// The latest TAT at which one more is let through now.
    pub fn bound(self, now: Micros) -> Micros {
        now.saturating_add(self.interval().saturating_mul(Micros::from(self.burst.max(1)) - 1))
    }

    /// Later than any TAT that is ever written (two bursts, where one failure closes a counter), with a minute for clocks that
    /// differ. What lies beyond it was written by a clock that has been put back since, and would lock people out for as long.
    pub fn horizon(self, now: Micros) -> Micros {
        let burst = self.interval().saturating_mul(Micros::from(self.burst.max(1)));
        now.saturating_add(burst.saturating_mul(2)).saturating_add(SLACK)
    }

    /// The TAT, unless a wrong clock wrote it.
    pub fn believed(self, tat: Micros, now: Micros) -> Micros {
        if tat > self.horizon(now) { now } else { tat }
    }

    /// How long one more has to wait. `None`: not at all.
    pub fn wait(self, tat: Micros, now: Micros) -> Option<Duration> {
        let ahead = self.believed(tat, now).saturating_sub(self.bound(now));
        u64::try_from(ahead).ok().filter(|ahead| *ahead > 0).map(Duration::from_micros)
    }

    /// The latest TAT that there is any use in: as if the whole burst had just come. What is counted without being asked (a
    /// failure, work instead of waiting) must not close a counter for longer than that.
    pub fn cap(self, now: Micros) -> Micros {
        now.saturating_add(self.interval().saturating_mul(Micros::from(self.burst.max(1))))
    }

    /// The TAT after one more.
    pub fn after(self, tat: Micros, now: Micros) -> Micros {
        self.believed(tat, now).max(now).saturating_add(self.interval())
    }
}

/// A wait in whole seconds, so that after as many it is over, and one second earlier it is not.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    /// What GCRA promises, written as anybody would without it: a bucket that drips, one drop in each interval.
    struct Bucket {
        limit: Limit,
        /// In microseconds of dripping.
        level: Micros,
        at: Micros,
    }

    impl Bucket {
        fn lets_through(&mut self, now: Micros) -> bool {
            self.level = (self.level - (now - self.at)).max(0);
            self.at = now;
            let size = self.limit.interval() * Micros::from(self.limit.burst);
            let fits = self.level + self.limit.interval() <= size;
            if fits {
                self.level += self.limit.interval();
            }
            fits
        }
    }

    /// The same numbers every time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }
    }

    #[test]
    fn l03_it_decides_as_a_dripping_bucket_does() {
        let mut numbers = Numbers(7);
        for _ in 0..500 {
            let burst = u32::try_from(numbers.below(8)).expect("small") + 1;
            let limit = Limit::new(burst, Duration::from_micros(numbers.below(5_000_000) + 1));
            let mut bucket = Bucket { limit, level: 0, at: 0 };
            let (mut tat, mut now, mut accepted) = (0, 1_795_376_096 * SECOND, Vec::new());
            for _ in 0..200 {
                let pause =
                    numbers.below(3) * numbers.below(u64::try_from(limit.interval()).expect("positive") * 2);
                now += Micros::try_from(pause).expect("small");
                let wait = limit.wait(tat, now);
                assert_eq!(bucket.lets_through(now), wait.is_none(), "{limit:?} at {now}");
                match wait {
                    None => {
                        tat = limit.after(tat, now);
                        accepted.push(now);
                    }
                    Some(wait) => {
                        let later = now + Micros::try_from(wait.as_micros()).expect("small");
                        assert!(limit.wait(tat, later).is_none() && limit.wait(tat, later - 1).is_some());
                    }
                }
            }
            // And what the limit means: never more than the burst and what drips meanwhile, from wherever one counts.
            for (index, start) in accepted.iter().enumerate() {
                for (more, end) in accepted[index..].iter().enumerate() {
                    let dripped = (end - start) / limit.interval();
                    assert!(Micros::try_from(more).expect("small") < Micros::from(burst) + dripped);
                }
            }
        }
    }

    #[test]
    fn a_wait_in_whole_seconds_is_neither_too_short_nor_too_long() {
        let limit = Limit::new(1, Duration::from_millis(2_500));
        let tat = limit.after(0, 1_000 * SECOND);
        for late in [0, 1, 499_999, 500_000, 500_001, 1_499_999] {
            let now = 1_000 * SECOND + late;
            let seconds = whole_seconds(limit.wait(tat, now).expect("a wait"));
            let after = |seconds: u64| limit.wait(tat, now + Micros::try_from(seconds).expect("small") * SECOND);
            assert!(after(seconds).is_none() && after(seconds - 1).is_some(), "{late}: {seconds}");
        }
    }

    #[test]
    fn a_limit_is_scaled_in_burst_and_rate_and_never_vanishes() {
        let limit = Limit::new(3, Duration::from_secs(1));
        assert_eq!(limit.scaled(10), Limit::new(30, Duration::from_millis(100)));
        assert_eq!(limit.scaled(0), limit);
        let huge = limit.scaled(u32::MAX);
        assert_eq!(huge.interval(), 1);
        assert!(
            huge.bound(i64::MAX) == i64::MAX && huge.after(i64::MAX, i64::MAX) == i64::MAX,
            "nothing overflows"
        );
        assert!(limit.wait(i64::MAX, 0).is_none(), "a wrong clock wrote that");
    }
}
