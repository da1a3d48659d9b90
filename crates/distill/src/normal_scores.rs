//! Observables as normal scores: what spans six decades made fit for a network.
//!
//! $$ u(x) = \Phi^{-1}\Bigl(\frac{r(x) - 1/2}{n}\Bigr) $$
//!
//! with `r(x)` the rank of `x` among the `n` *training* values, equal values
//! sharing their mean rank: the training sample becomes normal with mean 0 and
//! width 1, whatever its units and tails. Between training values `u` is
//! straight, beyond them constant. It only rises, so nothing about the ordering
//! of events is lost or added.
//!
//! `Φ⁻¹` is that of M. Abramowitz, I. Stegun, eq. 26.2.23, good to 4.5e-4: more
//! than a choice of scale needs.

use pellucid_core::statistics::ranks;

/// The map of one observable, fitted to training values.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalScores {
    /// Different training values, rising.
    values: Vec<f64>,
    /// Their scores.
    scores: Vec<f64>,
}

impl NormalScores {
    /// Fits the map to the training values of one observable.
    pub fn fit(training: &[f64]) -> Self {
        let n = training.len() as f64;
        let mut pairs: Vec<(f64, f64)> = training
            .iter()
            .zip(ranks(training))
            .map(|(&value, rank)| (value, inverse_normal((rank - 0.5) / n)))
            .collect();
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        pairs.dedup_by(|a, b| a.0 == b.0);
        let (values, scores) = pairs.into_iter().unzip();
        Self { values, scores }
    }

    /// The score of a value; 0 if there was no training value.
    pub fn score(&self, value: f64) -> f64 {
        let above = self.values.partition_point(|&other| other < value);
        let Some(&high) = self.scores.get(above) else {
            return self.scores.last().copied().unwrap_or(0.0);
        };
        if above == 0 || self.values[above] == value {
            return high;
        }
        let low = self.scores[above - 1];
        let (left, right) = (self.values[above - 1], self.values[above]);
        low + (high - low) * ((value - left) / (right - left))
    }
}

/// The point below which a standard normal number lies with probability `p`.
fn inverse_normal(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let above = 2.515517 + t * (0.802853 + t * 0.010328);
    let below = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let z = t - above / below;
    if p < 0.5 { -z } else { z }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;

    #[test]
    fn known_quantiles_of_the_normal_distribution() {
        // The error that the formula states.
        for (p, z) in [
            (0.5, 0.0),
            (0.841_344_7, 1.0),
            (0.022_750_1, -2.0),
            (0.998_650_1, 3.0),
        ] {
            assert!((inverse_normal(p) - z).abs() < 4.5e-4, "{p}");
        }
    }

    #[test]
    fn numbers_over_many_decades_become_normal() {
        let mut rng = random::stream(1, 0);
        let training: Vec<f64> = (0..5000)
            .map(|_| (4.0 * random::normal(&mut rng)).exp())
            .collect();
        let map = NormalScores::fit(&training);
        let scores: Vec<f64> = training.iter().map(|&value| map.score(value)).collect();
        let square = scores.iter().map(|score| score * score).sum::<f64>() / 5000.0;
        assert!(scores.iter().sum::<f64>().abs() / 5000.0 < 1e-3);
        assert!((square - 1.0).abs() < 0.01, "{square}");
        // exp(0) is the median; the estimate from 5000 is good to 0.018.
        assert!(map.score(1.0).abs() < 0.06);
    }

    #[test]
    fn it_rises_and_is_constant_outside() {
        let map = NormalScores::fit(&[0.0, 0.0, 0.0, 5.0, 7.0]);
        assert_eq!(map.score(-1.0), map.score(0.0));
        assert_eq!(map.score(9.0), map.score(7.0));
        assert!(map.score(0.0) < map.score(1.0) && map.score(1.0) < map.score(5.0));
        // The median of one value: zero to the accuracy of the formula.
        assert!(NormalScores::fit(&[3.0; 4]).score(8.0).abs() < 4.5e-4);
    }
}
