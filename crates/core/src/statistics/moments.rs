//! Means, variances and quantiles.
//!
//! The variance of weighted events is the weighted mean square distance from
//! the weighted mean times `n / (n - 1)` with `n = (Σw)²/Σw²`, the effective
//! number of events; for equal weights it is the usual sample variance.
//!
//! Weights may be negative, as those of generators at next-to-leading order are.
//! Sums over such weights are still estimates of what they stand for; a variance
//! that comes out negative is one that the sample does not determine.
//!
//! A quantile `q` lies at `q (n - 1)` in the sorted sample, straight between
//! neighbours (type 7 of R. J. Hyndman, Y. Fan, Am. Stat. 50 (1996) 361).

use crate::Estimate;

fn weight(weights: Option<&[f64]>, i: usize) -> f64 {
    weights.map_or(1.0, |weights| weights[i])
}

/// The mean.
pub fn mean(values: &[f64], weights: Option<&[f64]>) -> f64 {
    if let Some(weights) = weights {
        assert_eq!(values.len(), weights.len(), "one weight per value");
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        sum += weight(weights, i) * value;
        total += weight(weights, i);
    }
    sum / total
}

/// The number of events of weight one that would say as much: `(Σw)²/Σw²`
/// (L. Kish, *Survey Sampling* (1965), section 8.2), 0 of no weight at all.
///
/// ```
/// use pellucid_core::statistics::effective_number;
/// assert_eq!(effective_number(&[2.0, 2.0, 2.0]), 3.0);
/// assert_eq!(effective_number(&[1.0, 1.0, 1.0, -1.0]), 1.0);
/// ```
pub fn effective_number(weights: &[f64]) -> f64 {
    // Divided by the largest, so that neither square overflows.
    let largest = weights.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let sum: f64 = weights.iter().map(|w| w / largest).sum();
    let squares: f64 = weights.iter().map(|w| (w / largest).powi(2)).sum();
    sum * sum / squares
}

/// The mean with its standard error,
///
/// $$ \sigma^2 = \frac{n}{n - 1}\,\frac{\sum_i w_i^2 (x_i - \bar x)^2}{(\sum_i w_i)^2} $$
///
/// with `n` the [effective number](effective_number) of events; without weights
/// the standard error of the mean of repeated measurements.
pub fn mean_estimate(values: &[f64], weights: Option<&[f64]>) -> Estimate {
    let Some(weights) = weights else {
        return Estimate::of_repeats(values);
    };
    let value = mean(values, Some(weights));
    let total: f64 = weights.iter().sum();
    let spread: f64 = values
        .iter()
        .zip(weights)
        .map(|(x, weight)| (weight * (x - value)).powi(2))
        .sum();
    let effective = effective_number(weights);
    let variance = spread / (total * total) * effective / (effective - 1.0);
    Estimate::new(value, variance.sqrt())
}

/// The variance, not a number for fewer than two values.
pub fn variance(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let mean = mean(values, weights);
    let (mut spread, mut total, mut squares) = (0.0, 0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        let weight = weight(weights, i);
        spread += weight * (value - mean).powi(2);
        total += weight;
        squares += weight * weight;
    }
    let effective = total * total / squares;
    spread / total * effective / (effective - 1.0)
}

/// The quantile `q` (0 to 1) of *sorted* values.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let low = place.floor() as usize;
    let high = (low + 1).min(last);
    let share = place - low as f64;
    // Not `low + share * (high - low)`: that is not a number between infinities.
    if share == 0.0 {
        sorted[low]
    } else {
        sorted[low] * (1.0 - share) + sorted[high] * share
    }
}

/// Several quantiles of values in any order.
pub fn quantiles(values: &[f64], qs: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    qs.iter().map(|&q| quantile(&sorted, q)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_two_shifts_the_mean_like_two_events() {
        assert_eq!(
            mean(&[1.0, 4.0], Some(&[2.0, 1.0])),
            mean(&[1.0, 1.0, 4.0], None)
        );
    }

    #[test]
    fn an_event_and_its_negative_are_no_event() {
        let (values, weights) = ([1.0, 4.0, 9.0, 9.0], [1.0, 2.0, 1.0, -1.0]);
        assert_eq!(mean(&values, Some(&weights)), 3.0);
        // (1 + 2)² / (1 + 4 + 1 + 1).
        assert!((effective_number(&weights) - 9.0 / 7.0).abs() < 1e-15);
        assert_eq!(effective_number(&[]), 0.0);
    }

    #[test]
    fn equal_weights_leave_mean_and_error_as_they_are() {
        let values = [1.0, 2.5, 4.0, -1.0];
        let plain = mean_estimate(&values, None);
        let weighted = mean_estimate(&values, Some(&[0.2; 4]));
        // The same sums in another order of operations.
        assert!((plain.value - weighted.value).abs() < 1e-15);
        assert!((plain.error - weighted.error).abs() < 1e-15);
    }

    #[test]
    fn the_scale_of_the_weights_does_not_matter() {
        let values = [1.0, 2.0, 4.0];
        assert!((variance(&values, None) - 7.0 / 3.0).abs() < 1e-15);
        assert!((variance(&values, Some(&[5.0; 3])) - 7.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(
            quantiles(&[3.0, 1.0, 2.0], &[0.0, 0.25, 0.5, 1.0]),
            [1.0, 1.5, 2.0, 3.0]
        );
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn nothing_has_no_mean_and_one_value_no_variance() {
        assert!(mean(&[], None).is_nan());
        assert!(variance(&[1.0], None).is_nan());
    }
}
