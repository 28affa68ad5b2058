//! Whether two samples of times come from one and the same source: the two-sample test of Kolmogorov and Smirnov.

use std::fmt;

/// What two samples say about each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Comparison {
    /// The largest distance of their distributions.
    pub(super) d: f64,
    /// How likely chance alone makes it that large.
    pub(super) p: f64,
    pub(super) medians: [f64; 2],
    pub(super) sizes: [usize; 2],
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { d, p, medians: [one, other], sizes: [first, second] } = self;
        write!(f, "KS D = {d:.3}, p = {p:.4}, medians {one:.3} and {other:.3} ms of {first} and {second} calls")
    }
}

/// Compare them.
pub(super) fn compare(samples: [Vec<f64>; 2]) -> Comparison {
    let [one, other] = samples.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times
    });
    let d = distance(&one, &other);
    let sizes = [one.len(), other.len()];
    Comparison { d, p: chance(d, sizes), medians: [median(&one), median(&other)], sizes }
}

#[expect(clippy::cast_precision_loss, reason = "samples are small")]
fn distance(one: &[f64], other: &[f64]) -> f64 {
    let share =
        |sorted: &[f64], at: f64| sorted.partition_point(|time| *time <= at) as f64 / sorted.len().max(1) as f64;
    one.iter().chain(other).map(|at| (share(one, *at) - share(other, *at)).abs()).fold(0.0, f64::max)
}

/// The asymptotic distribution, with Stephens's correction for small samples.
#[expect(clippy::cast_precision_loss, reason = "samples are small")]
fn chance(d: f64, sizes: [usize; 2]) -> f64 {
    let [one, other] = sizes.map(|size| size as f64);
    if one == 0.0 || other == 0.0 {
        return 1.0;
    }
    let root = (one * other / (one + other)).sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * d;
    let term = |k: f64| (-2.0 * k * k * lambda * lambda).exp();
    let sum: f64 = (1..=100_i32).map(|k| if k % 2 == 1 { term(k.into()) } else { -term(k.into()) }).sum();
    if lambda < 0.2 { 1.0 } else { (2.0 * sum).clamp(0.0, 1.0) }
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_looks_like_one_and_two_like_two() {
        let from = |start: u32| (0..400_u32).map(|n| f64::from(start + n * 7919 % 400)).collect::<Vec<_>>();
        let same = compare([from(0), from(0)]);
        assert!(same.d < 1e-9 && same.p > 0.999, "{same}");
        let shifted = compare([from(0), from(80)]);
        assert!((shifted.d - 0.2).abs() < 1e-9 && shifted.p < 1e-6, "{shifted}");
        assert!((shifted.medians[1] - shifted.medians[0] - 80.0).abs() < 1e-9);
    }

    #[test]
    fn the_chance_is_that_of_the_tables() {
        // D = 1.36 · sqrt(2 / n) is the 5 % point, 1.95 the 0.1 % point (Smirnov 1948).
        for (factor, expected) in [(1.36, 0.05), (1.63, 0.01), (1.95, 0.001)] {
            let p = chance(factor * (2.0_f64 / 1e6).sqrt(), [1_000_000; 2]);
            assert!((p - expected).abs() < expected * 0.1, "{factor}: {p}");
        }
        assert!((chance(0.5, [0, 10]) - 1.0).abs() < f64::EPSILON, "nothing says nothing");
    }
}
