//! The error of a mean over all pairs of two samples.
//!
//! $$ U = \frac{\sum_{ij} v_i w_j\, h(x_i, y_j)}{\sum_{ij} v_i w_j}, \qquad
//!    \sigma_U^2 = \sum_i \tilde v_i^2 (a_i - U)^2 + \sum_j \tilde w_j^2 (b_j - U)^2 $$
//!
//! with `a_i` the mean of `h` over all partners of `x_i`, `b_j` over those of
//! `y_j`, and weights normalised to one. Pairs share events, so the spread over
//! pairs says nothing: it is the spread of these means over *events* that
//! counts. Each sum is multiplied by `n / (n - 1)`, `n` the effective number of
//! events; for equal weights this is P. K. Sen's estimator (1960), and with
//! `h = H(x - y)` that of E. R. DeLong et al., Biometrics 44 (1988) 837, eq. 5.

use crate::Estimate;

/// The mean over all pairs from the means of every event over its partners,
/// with the events' weights if they have any.
pub fn two_sample(
    (first, first_weights): (&[f64], Option<&[f64]>),
    (second, second_weights): (&[f64], Option<&[f64]>),
) -> Estimate {
    let (value, first_variance) = side(first, first_weights);
    let (_, second_variance) = side(second, second_weights);
    Estimate::new(value, (first_variance + second_variance).sqrt())
}

/// The mean of one sample and the variance of that mean.
fn side(means: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    if let Some(weights) = weights {
        assert_eq!(means.len(), weights.len(), "one weight per event");
    }
    let weight = |i: usize| weights.map_or(1.0, |weights| weights[i]);
    let (mut total, mut squares, mut sum) = (0.0, 0.0, 0.0);
    for (i, mean) in means.iter().enumerate() {
        total += weight(i);
        squares += weight(i).powi(2);
        sum += weight(i) * mean;
    }
    let value = sum / total;
    let spread: f64 = means
        .iter()
        .enumerate()
        .map(|(i, mean)| (weight(i) * (mean - value)).powi(2))
        .sum();
    let effective = total * total / squares;
    (
        value,
        spread / (total * total) * effective / (effective - 1.0),
    )
}
