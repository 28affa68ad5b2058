//! When to try again, and when to stop trying.

use std::time::Duration;

/// So many attempts, and no more: with the pauses between them about two days.
pub const ATTEMPTS: u32 = 20;
/// The first pause. Each one is twice the one before…
const FIRST: Duration = Duration::from_secs(5);
/// …up to this.
const LONGEST: Duration = Duration::from_hours(6);

/// The pause after so many attempts. `luck`, from 0 to 1, is for spreading: after an outage not everything is tried at once.
/// Half of the pause is certain, the rest is luck.
pub fn pause(attempts: u32, luck: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(30);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    whole.mul_f64(0.5 + luck.clamp(0.0, 1.0) / 2.0)
}

/// The pause, if the other side asked for a time itself. It cannot ask for more than the longest.
pub fn asked(pause: Duration, asked: Option<Duration>) -> Duration {
    pause.max(asked.unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread_over_half_of_it() {
        for (attempts, seconds) in [(1, 5), (2, 10), (3, 20), (10, 2560), (13, 20_480), (14, 21_600), (20, 21_600)]
        {
            let whole = Duration::from_secs(seconds);
            assert_eq!(pause(attempts, 1.0), whole, "{attempts}");
            assert_eq!(pause(attempts, 0.0), whole / 2, "{attempts}");
        }
        assert_eq!(pause(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn all_attempts_take_about_two_days() {
        let all: Duration = (1..ATTEMPTS).map(|attempts| pause(attempts, 0.5)).sum();
        assert!((Duration::from_hours(30)..Duration::from_hours(60)).contains(&all), "{all:?}");
    }

    #[test]
    fn the_other_side_may_ask_for_time_but_not_for_ever() {
        let pause = Duration::from_secs(10);
        assert_eq!(asked(pause, None), pause);
        assert_eq!(asked(pause, Some(Duration::from_secs(3))), pause);
        assert_eq!(asked(pause, Some(Duration::from_secs(90))), Duration::from_secs(90));
        assert_eq!(asked(pause, Some(Duration::MAX)), LONGEST);
    }
}
