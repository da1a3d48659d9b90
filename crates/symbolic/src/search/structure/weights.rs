//! What rows count where a target is turned into another.
//!
//! An error of `y` that is the same for all rows is not the same any more for
//! `g(y/M)`: to first order it is `|g'(y/M)| / |M|` as large. So a row counts as
//! much as one over this, in units of the largest.

use super::regression;

/// Weights of rows: one over the error of each, from its size and whether the row
/// can be used at all.
pub fn weights(errors: impl Iterator<Item = (f64, bool)>) -> Vec<f32> {
    let all: Vec<f64> = errors
        .map(|(error, usable)| {
            let weight = 1.0 / error;
            if usable && weight.is_finite() {
                weight
            } else {
                0.0
            }
        })
        .collect();
    let largest = all.iter().copied().fold(0.0, f64::max);
    all.iter().map(|w| (w / largest) as f32).collect()
}

/// Least squares with weights of rows: coefficients and their standard errors.
pub fn weighted(
    design: &[Vec<f64>],
    target: &[f64],
    weights: &[f32],
) -> Option<(Vec<f64>, Vec<f64>)> {
    if weights.iter().all(|w| *w == 1.0) {
        return regression(design, target);
    }
    let weigh = |column: &[f64]| -> Vec<f64> {
        let pairs = column.iter().zip(weights);
        let value = |(&x, &w): (&f64, &f32)| if w == 0.0 { 0.0 } else { x * f64::from(w) };
        pairs.map(value).collect()
    };
    let design: Vec<Vec<f64>> = design.iter().map(|column| weigh(column)).collect();
    regression(&design, &weigh(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_weight_do_not_count() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let mut y: Vec<f64> = x.iter().map(|x| 1.0 + 2.0 * x).collect();
        y[3] = f64::NAN;
        y[7] = 1e6;
        let weights = weights((0..20).map(|i| (1.0 + f64::from(i), i != 3 && i != 7)));
        let (found, _) = weighted(&[vec![1.0; 20], x], &y, &weights).unwrap();
        assert!(
            (found[0] - 1.0).abs() < 1e-5 && (found[1] - 2.0).abs() < 1e-6,
            "{found:?}"
        );
    }
}
