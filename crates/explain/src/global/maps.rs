//! The mean attribution of every input number, and the mean of its modulus.
//!
//! $$ \bar A_i = \frac1N \sum_n A_i(x_n), \qquad
//!    \overline{|A|}_i = \frac1N \sum_n |A_i(x_n)| $$
//!
//! each with the standard error of the mean, which for a mean is what the
//! bootstrap over events gives, without its noise; weighted events count by
//! weight, as in [`mean_estimate`](pellucid_core::statistics::mean_estimate). The mean modulus says where
//! a model looks, the mean in which direction that moves its logit.

use pellucid_core::{Estimate, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ByClass, event_shape};
use crate::error::{ExplainError, one_per_event};

/// Events that one task adds up.
const PIECE: usize = 512;

/// Averages over events, one number per input number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The shape of one event.
    pub shape: Vec<usize>,
    /// How many events.
    pub events: usize,
    /// The mean attribution.
    pub mean: Vec<Estimate>,
    /// The mean of its modulus.
    pub mean_abs: Vec<Estimate>,
}

impl Map {
    /// The mean modulus as a share of the sum of all: what maps of models with
    /// logits of another size are compared by.
    pub fn shares(&self) -> Vec<f64> {
        let total: f64 = self.mean_abs.iter().map(|a| a.value).sum();
        let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
        self.mean_abs.iter().map(|a| a.value * scale).collect()
    }

    fn of(values: &Tensor<f32>, weights: Option<&[f64]>, events: &[usize]) -> Self {
        let width = values.row_len();
        let weight = |event: usize| weights.map_or(1.0, |weights| weights[event]);
        // Sums of w a, w |a|, w² a, w² |a| and w² a², for every number.
        let sums: Vec<[Vec<f64>; 5]> = events
            .par_chunks(PIECE)
            .map(|events| {
                let mut sums = [0; 5].map(|_| vec![0.0; width]);
                let [first, modulus, second, second_modulus, square] = &mut sums;
                for &event in events {
                    let w = weight(event);
                    for (i, &a) in values.row(event).iter().enumerate() {
                        let a = f64::from(a);
                        first[i] += w * a;
                        modulus[i] += w * a.abs();
                        second[i] += w * w * a;
                        second_modulus[i] += w * w * a.abs();
                        square[i] += w * w * a * a;
                    }
                }
                sums
            })
            .collect();
        let mut total = [0; 5].map(|_| vec![0.0; width]);
        for piece in &sums {
            for (total, piece) in total.iter_mut().zip(piece) {
                total
                    .iter_mut()
                    .zip(piece)
                    .for_each(|(total, x)| *total += x);
            }
        }
        let (mut all, mut squares) = (0.0, 0.0);
        for &event in events {
            all += weight(event);
            squares += weight(event).powi(2);
        }
        let effective = all * all / squares;
        let [first, modulus, second, second_modulus, square] = total;
        // Σ w² (a - mean)², multiplied out.
        let estimate = |sum: &[f64], second: &[f64]| -> Vec<Estimate> {
            (0..width)
                .map(|i| {
                    let mean = sum[i] / all;
                    let spread = square[i] - 2.0 * mean * second[i] + mean * mean * squares;
                    let variance = spread.max(0.0) / (all * all) * effective / (effective - 1.0);
                    Estimate::new(mean, variance.sqrt())
                })
                .collect()
        };
        Self {
            shape: event_shape(values),
            events: events.len(),
            mean: estimate(&first, &second),
            mean_abs: estimate(&modulus, &second_modulus),
        }
    }
}

/// The averages of one input's attributions.
pub fn maps(
    values: &Tensor<f32>,
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Result<ByClass<Map>, ExplainError> {
    one_per_event("attributions", labels.len(), values.rows())?;
    if let Some(weights) = weights {
        one_per_event("weights", labels.len(), weights.len())?;
    }
    Ok(ByClass::of(labels, |events| {
        Map::of(values, weights, events)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_carry_the_standard_error_of_the_mean() {
        let values = Tensor::new(vec![4, 2], vec![1.0, 0.0, -1.0, 0.0, 3.0, 0.0, -3.0, 0.0]);
        let maps = maps(&values, &[true, true, false, false], None).unwrap();
        let expected = Estimate::of_repeats(&[1.0, -1.0, 3.0, -3.0]);
        assert_eq!(maps.all.mean[0].value, 0.0);
        assert!((maps.all.mean[0].error - expected.error).abs() < 1e-15);
        assert_eq!(maps.all.mean_abs[0].value, 2.0);
        assert_eq!(maps.background.mean_abs[0].value, 3.0);
        assert_eq!(maps.all.mean[1], Estimate::new(0.0, 0.0));
        assert_eq!(maps.signal.shares(), [1.0, 0.0]);
    }

    #[test]
    fn labels_of_other_events_are_refused() {
        let values = Tensor::new(vec![2, 1], vec![1.0, 2.0]);
        assert!(maps(&values, &[true], None).is_err());
    }
}
