//! From a curve to a verdict.

use pellucid_core::Estimate;
use serde::{Deserialize, Serialize};

/// Whether a quantity is infrared and collinear safe, as far as jets can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The response vanishes as a power.
    Safe,
    /// It falls, but more slowly than any power that could be told from 0.
    SudakovSafeLike,
    /// It stays.
    Unsafe,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::SudakovSafeLike => "Sudakov-safe-like",
            Self::Unsafe => "unsafe",
        }
    }
}

/// The decades of the size over which the power is found.
pub(super) const DECADES: f64 = 3.0;

/// Groups of the jackknife.
const GROUPS: usize = 10;

/// Two jets in each group.
pub(super) const LEAST_JETS: usize = 2 * GROUPS;

/// A response that falls by less than this power is none that a fit can tell
/// from a constant: over three decades it loses 30 %.
const LEAST_POWER: f64 = 0.05;

/// The power at small sizes and what follows; `moved[k][jet]` is the response of
/// a jet at `sizes[k]`, which counts by its weight.
pub(super) fn judge(
    sizes: &[f64],
    moved: &[Vec<f64>],
    weights: Option<&[f64]>,
    floor: f64,
) -> (Estimate, Verdict) {
    let smallest = sizes.last().copied().unwrap_or_default();
    let last: Vec<usize> = (0..sizes.len())
        .filter(|&k| sizes[k] <= smallest * 10_f64.powf(DECADES) * 1.001)
        .collect();
    let mean = |k: usize, left_out: Option<usize>| {
        let kept = moved[k]
            .iter()
            .enumerate()
            .filter(|(jet, _)| left_out != Some(jet % GROUPS));
        let (sum, count) = kept.fold((0.0, 0.0), |(sum, count), (jet, x)| {
            let weight = weights.map_or(1.0, |weights| weights[jet]);
            (sum + weight * x, count + weight)
        });
        sum / count
    };
    let power = |left_out| {
        let points = last.iter().map(|&k| (sizes[k], mean(k, left_out)));
        slope(points.filter(|&(_, r)| r > floor))
    };
    let gone = last.iter().any(|&k| mean(k, None) <= floor);
    let Some(value) = power(None) else {
        // At most one of the last sizes moves anything at all.
        return (Estimate::new(f64::INFINITY, 0.0), Verdict::Safe);
    };
    let groups: Vec<f64> = (0..GROUPS).filter_map(|group| power(Some(group))).collect();
    let estimate = Estimate::new(value, jackknife(&groups));
    let verdict = if gone || value - 2.0 * estimate.error > LEAST_POWER {
        Verdict::Safe
    } else if value - 2.0 * estimate.error > 0.0 && value > 0.2 * LEAST_POWER {
        Verdict::SudakovSafeLike
    } else {
        Verdict::Unsafe
    };
    (estimate, verdict)
}

/// The power of a curve by least squares of logarithms; `None` without two
/// points.
fn slope(points: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.map(|(x, y)| (x.ln(), y.ln())).collect();
    if logs.len() < 2 {
        return None;
    }
    let n = logs.len() as f64;
    let (mx, my) = (
        logs.iter().map(|p| p.0).sum::<f64>() / n,
        logs.iter().map(|p| p.1).sum::<f64>() / n,
    );
    let covariance: f64 = logs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let variance: f64 = logs.iter().map(|p| (p.0 - mx).powi(2)).sum();
    Some(covariance / variance)
}

/// The standard error of a value from those with one group left out each.
fn jackknife(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    ((n - 1.0) / n * values.iter().map(|x| (x - mean).powi(2)).sum::<f64>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(r: impl Fn(f64, usize) -> f64) -> (Estimate, Verdict) {
        let sizes: Vec<f64> = (2..=16).map(|i| 10_f64.powf(-0.5 * f64::from(i))).collect();
        let moved: Vec<Vec<f64>> = sizes
            .iter()
            .map(|&size| (0..200).map(|jet| r(size, jet)).collect())
            .collect();
        judge(&sizes, &moved, None, 1e-7)
    }

    /// Jets differ from each other, as they do.
    fn noise(jet: usize) -> f64 {
        1.0 + (jet * 7919 % 101) as f64 / 50.0
    }

    #[test]
    fn jets_without_weight_have_no_say() {
        // Every other jet moves whatever the size, and counts nothing.
        let sizes: Vec<f64> = (2..=16).map(|i| 10_f64.powf(-0.5 * f64::from(i))).collect();
        let moved: Vec<Vec<f64>> = sizes
            .iter()
            .map(|&size| {
                let jet = |jet: usize| if jet % 2 == 1 { 1.0 } else { noise(jet) * size };
                (0..200).map(jet).collect()
            })
            .collect();
        let weights: Vec<f64> = (0..200).map(|jet| f64::from(jet % 2 == 0)).collect();
        let (_, unweighted) = judge(&sizes, &moved, None, 1e-7);
        let (power, weighted) = judge(&sizes, &moved, Some(&weights), 1e-7);
        assert_eq!((unweighted, weighted), (Verdict::Unsafe, Verdict::Safe));
        assert!((power.value - 1.0).abs() < 1e-9, "{power}");
    }

    #[test]
    fn powers_logarithms_and_constants_are_told_apart() {
        let (power, verdict) = curve(|size, jet| noise(jet) * size.powf(0.5));
        assert!((power.value - 0.5).abs() < 1e-9 && verdict == Verdict::Safe);
        let (power, verdict) = curve(|size, jet| noise(jet) / (30.0 - size.ln()));
        assert!(
            power.value > 0.0 && verdict == Verdict::SudakovSafeLike,
            "{power}"
        );
        let (power, verdict) = curve(|_, jet| noise(jet));
        assert!(power.value.abs() < 1e-9 && verdict == Verdict::Unsafe);
        let (_, verdict) = curve(|_, _| 0.0);
        assert_eq!(verdict, Verdict::Safe);
        // What vanishes below some size is safe, however it got there.
        let (_, verdict) = curve(|size, jet| if size > 1e-6 { noise(jet) } else { 0.0 });
        assert_eq!(verdict, Verdict::Safe);
    }
}
