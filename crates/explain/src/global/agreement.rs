//! How far two attributions say the same.
//!
//! * of maps: Spearman's correlation of the mean moduli of the input numbers,
//!   with the bootstrap's error over events;
//! * of events: Pearson's correlation of the two attributions of one event,
//!   averaged over events, with the standard error of that mean. Events in
//!   which either is constant say nothing and are left out.
//!
//! Input numbers to which neither ever attributes anything (pixels that no jet
//! reaches) would agree for free, so they do not count.
//!
//! Weighted events count by weight in both.
//!
//! Between methods this is a measure of trust; between a model and its random
//! counterpart it should be small, or the method shows the data, not the model.

use pellucid_core::statistics::{self, Bootstrap};
use pellucid_core::{Estimate, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use crate::attribution::Attribution;
use crate::error::{ExplainError, one_per_event};

/// The agreement of two attributions of the same events.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Spearman's correlation of the maps of the mean modulus.
    pub maps: Estimate,
    /// Pearson's correlation within an event, averaged over events.
    pub events: Estimate,
}

/// Compares two attributions of the same events.
pub fn agreement(
    first: &Attribution,
    second: &Attribution,
    weights: Option<&[f64]>,
    bootstrap: Bootstrap,
) -> Result<Agreement, ExplainError> {
    let n = first.events();
    one_per_event("events of the second attribution", n, second.events())?;
    let widths =
        |values: &[Tensor<f32>]| -> Vec<usize> { values.iter().map(Tensor::row_len).collect() };
    if widths(&first.values) != widths(&second.values) {
        return Err(ExplainError::Setting {
            what: "second attribution",
            expected: format!("{:?} numbers per event", widths(&first.values)),
            found: format!("{:?}", widths(&second.values)),
        });
    }
    if n == 0 {
        return Err(ExplainError::TooFew {
            what: "agreement",
            needed: "at least one event",
            found: 0,
        });
    }
    let used = used(first, second);
    if let Some(weights) = weights {
        one_per_event("weights", n, weights.len())?;
    }
    let blocks = Blocks::new(n, 2 * used.len(), weights, |event, weight, sums| {
        let (a, b) = sums.split_at_mut(used.len());
        for (i, &(input, element)) in used.iter().enumerate() {
            a[i] += weight * f64::from(first.values[input].row(event)[element].abs());
            b[i] += weight * f64::from(second.values[input].row(event)[element].abs());
        }
    });
    let maps = bootstrap
        .of(blocks.len(), |counts| {
            let means = blocks.means(counts);
            let (a, b) = means.split_at(used.len());
            vec![statistics::spearman(a, b, None)]
        })
        .estimates()[0];
    let (within, counted): (Vec<f64>, Vec<f64>) = (0..n)
        .into_par_iter()
        .filter_map(|event| {
            let weight = weights.map_or(1.0, |weights| weights[event]);
            Some((correlation(&first.values, &second.values, event)?, weight))
        })
        .collect::<Vec<_>>()
        .into_iter()
        .unzip();
    Ok(Agreement {
        maps,
        events: statistics::mean_estimate(&within, weights.map(|_| counted.as_slice())),
    })
}

/// The input numbers that either attribution ever gives something.
fn used(first: &Attribution, second: &Attribution) -> Vec<(usize, usize)> {
    let mut used = Vec::new();
    for (input, (a, b)) in first.values.iter().zip(&second.values).enumerate() {
        let mut lit = vec![false; a.row_len()];
        for tensor in [a, b] {
            for event in 0..tensor.rows() {
                for (lit, &x) in lit.iter_mut().zip(tensor.row(event)) {
                    *lit |= x != 0.0;
                }
            }
        }
        used.extend((0..lit.len()).filter(|&i| lit[i]).map(|i| (input, i)));
    }
    used
}

/// Pearson's correlation within one event.
fn correlation(first: &[Tensor<f32>], second: &[Tensor<f32>], event: usize) -> Option<f64> {
    let numbers = |values: &[Tensor<f32>]| -> Vec<f64> {
        values
            .iter()
            .flat_map(|tensor| tensor.row(event))
            .map(|&x| f64::from(x))
            .collect()
    };
    let (mut a, mut b) = (numbers(first), numbers(second));
    let mut squares = [0.0; 3];
    let n = a.len() as f64;
    for list in [&mut a, &mut b] {
        let mean = list.iter().sum::<f64>() / n;
        for x in list.iter_mut() {
            *x -= mean;
        }
    }
    for (a, b) in a.iter().zip(&b) {
        squares[0] += a * a;
        squares[1] += b * b;
        squares[2] += a * b;
    }
    let scale = (squares[0] * squares[1]).sqrt();
    (scale > 0.0).then(|| squares[2] / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::Residual;
    use pellucid_core::random;

    fn attribution(data: Vec<f32>, width: usize) -> Attribution {
        let events = data.len() / width;
        Attribution {
            values: vec![Tensor::new(vec![events, width], data)],
            explained: vec![0.0; events],
            sums: vec![0.0; events],
            residual: Vec::new(),
            meaning: Residual::None,
            absorbed: None,
            stabilised: None,
            empty: None,
            reference: None,
            steps: None,
            output: None,
        }
    }

    #[test]
    fn an_attribution_agrees_with_its_multiple_and_not_with_noise() {
        let mut rng = random::stream(6, 0);
        let mut draw = || -> Vec<f32> {
            // Column i is i + 1 times as wide.
            (0..400 * 30)
                .map(|i| (f64::from(i % 30 + 1) * random::normal(&mut rng)) as f32)
                .collect()
        };
        let a = draw();
        let twice = a.iter().map(|x| 2.0 * x).collect();
        let mut b = draw();
        // The widths of the second run the other way about.
        b.chunks_mut(30).for_each(<[f32]>::reverse);
        let [a, twice, b] = [a, twice, b].map(|data| attribution(data, 30));
        let same = agreement(&a, &twice, None, Bootstrap::default()).unwrap();
        assert!((same.maps.value - 1.0).abs() < 1e-12 && (same.events.value - 1.0).abs() < 1e-6);
        let other = agreement(&a, &b, None, Bootstrap::default()).unwrap();
        assert!(other.maps.value < -0.9, "{other:?}");
        assert!(
            other.events.value.abs() < 4.0 * other.events.error,
            "{other:?}"
        );
    }

    #[test]
    fn pixels_that_are_never_lit_do_not_count_as_agreement() {
        let mut a = vec![0.0; 2 * 1000];
        let mut b = a.clone();
        // Three pixels that the two rank the other way about.
        for event in 0..2 {
            for i in 0..3 {
                a[event * 1000 + i] = i as f32 + 1.0;
                b[event * 1000 + i] = 3.0 - i as f32;
            }
        }
        let [a, b] = [a, b].map(|data| attribution(data, 1000));
        let found = agreement(&a, &b, None, Bootstrap::default()).unwrap();
        assert!((found.maps.value + 1.0).abs() < 1e-12, "{found:?}");
    }
}
