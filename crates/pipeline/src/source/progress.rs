//! How far a data set was read, so that work that was stopped goes on with the
//! same account.

use pellucid_core::target::{Target, Truth};
use serde::{Deserialize, Serialize};

use super::Account;

/// What was met so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    pub(super) account: Account,
    /// Of signal and background, or of many classes in their order; of jets without
    /// labels the first is all.
    pub(super) sums: Vec<Sums>,
    /// How many weights are below 0, where jets have weights.
    pub(super) negative: Option<usize>,
}

/// Sums over jets.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sums {
    /// The number of jets.
    pub jets: usize,
    /// A power of two that no weight is above: in units of it no square
    /// overflows.
    scale: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, weight: f64) {
        self.jets += 1;
        let size = weight.abs();
        if size > self.scale {
            let scale = size.log2().ceil().clamp(-1000.0, 1000.0).exp2();
            let change = self.scale / scale;
            self.sum *= change;
            self.squares *= change * change;
            self.scale = scale;
        }
        if self.scale > 0.0 {
            let weight = weight / self.scale;
            self.sum += weight;
            self.squares += weight * weight;
        }
    }

    /// The sum of weights.
    pub fn total(&self) -> f64 {
        self.sum * self.scale
    }

    /// The effective number of jets.
    pub fn effective(&self) -> f64 {
        if self.squares > 0.0 {
            self.sum * self.sum / self.squares
        } else {
            0.0
        }
    }
}

impl Progress {
    /// Counts jets of this truth and these weights.
    pub(super) fn count(&mut self, target: &Target) {
        for event in 0..target.len() {
            let weight = target.weighted().map_or(1.0, |weights| weights[event]);
            let class = match &target.truth {
                Truth::Two { signal, .. } => usize::from(!signal[event]),
                Truth::Classes { classes, .. } => classes[event],
                Truth::None | Truth::Values { .. } => 0,
            };
            if self.sums.len() <= class {
                self.sums.resize(class + 1, Sums::default());
            }
            self.sums[class].add(weight);
        }
        if let Some(weights) = target.weighted() {
            let negative = weights.iter().filter(|&&weight| weight < 0.0).count();
            *self.negative.get_or_insert(0) += negative;
        }
        self.account.jets += target.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_the_unit_of_weights() {
        let of = |unit: f64| {
            let mut sums = Sums::default();
            for weight in [1.0, -0.25, 3.0, 0.0, 0.5] {
                sums.add(weight * unit);
            }
            sums
        };
        let one = of(1.0);
        assert_eq!(one.total(), 4.25);
        // The squares of the others overflow, or are below every number.
        for unit in [1e-300, 1e-46, 1e39, 1e300] {
            let sums = of(unit);
            assert!((sums.total() / unit - 4.25).abs() < 1e-12);
            assert!((sums.effective() - one.effective()).abs() < 1e-12);
        }
    }
}
