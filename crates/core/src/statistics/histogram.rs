//! Histograms that keep their variance.
//!
//! A bin holds `Σ w` of its events and `Σ w²`, the variance of that sum. What
//! lies outside of the edges is counted, not lost. Bins are closed below and
//! open above, the last one closed on both sides.

use serde::{Deserialize, Serialize};

/// Weights per bin with their variances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The rising edges, one more than bins.
    pub edges: Vec<f64>,
    /// The sum of weights in every bin.
    pub values: Vec<f64>,
    /// The sum of squared weights in every bin.
    pub variances: Vec<f64>,
    /// The sum of weights below the first edge.
    pub underflow: f64,
    /// The sum of weights above the last edge, and of NaN.
    pub overflow: f64,
}

impl Histogram {
    /// An empty histogram with these edges, or `None` if there are fewer than
    /// two or they do not rise.
    pub fn new(edges: Vec<f64>) -> Option<Self> {
        let rising = edges.len() > 1 && edges.windows(2).all(|pair| pair[0] < pair[1]);
        let bins = edges.len().saturating_sub(1);
        rising.then(|| Self {
            values: vec![0.0; bins],
            variances: vec![0.0; bins],
            underflow: 0.0,
            overflow: 0.0,
            edges,
        })
    }

    /// An empty histogram of `bins` equal bins, or `None` if the range is empty.
    pub fn uniform(bins: usize, low: f64, high: f64) -> Option<Self> {
        let edge = |i| low + (high - low) * i as f64 / bins as f64;
        Self::new((0..=bins).map(edge).collect())
    }

    /// Adds a value with its weight.
    pub fn add(&mut self, value: f64, weight: f64) {
        let (low, high) = (self.edges[0], self.edges[self.edges.len() - 1]);
        if value < low {
            self.underflow += weight;
        } else if value <= high {
            let bin = self.edges.partition_point(|&edge| edge <= value) - 1;
            let bin = bin.min(self.values.len() - 1);
            self.values[bin] += weight;
            self.variances[bin] += weight * weight;
        } else {
            self.overflow += weight;
        }
    }

    /// Adds many values, each of weight 1 if there are no weights.
    pub fn fill(&mut self, values: &[f64], weights: Option<&[f64]>) {
        if let Some(weights) = weights {
            assert_eq!(values.len(), weights.len(), "one weight per value");
        }
        for (i, &value) in values.iter().enumerate() {
            self.add(value, weights.map_or(1.0, |weights| weights[i]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_outside_and_the_last_edge_is_inside() {
        let mut histogram = Histogram::uniform(2, 0.0, 2.0).unwrap();
        histogram.fill(&[-1.0, 0.0, 0.5, 1.0, 2.0, 2.1, f64::NAN], None);
        assert_eq!(histogram.values, [2.0, 2.0]);
        assert_eq!((histogram.underflow, histogram.overflow), (1.0, 2.0));
    }

    #[test]
    fn variances_are_sums_of_squared_weights() {
        let mut histogram = Histogram::new(vec![0.0, 1.0, 10.0]).unwrap();
        histogram.fill(&[0.5, 0.6, 5.0], Some(&[2.0, 3.0, -1.0]));
        assert_eq!(histogram.values, [5.0, -1.0]);
        assert_eq!(histogram.variances, [13.0, 1.0]);
    }

    #[test]
    fn edges_that_do_not_rise_are_refused() {
        assert!(Histogram::new(vec![0.0, 0.0]).is_none());
        assert!(Histogram::new(vec![0.0]).is_none());
        assert!(Histogram::uniform(0, 0.0, 1.0).is_none());
        assert!(Histogram::new(vec![0.0, f64::NAN]).is_none());
    }
}
