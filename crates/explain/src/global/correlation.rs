//! The correlation of every input number with what the model makes of it.
//!
//! Pearson's `r` of an input number with the score, over all events and within
//! each class. Its error is that of the infinitesimal jackknife,
//!
//! $$ \sigma_r^2 = \frac1{N^2} \sum_n \Bigl( u_n v_n - \tfrac r2 (u_n^2 + v_n^2) \Bigr)^2 $$
//!
//! with `u`, `v` the two numbers in standard units: the bootstrap's error to
//! leading order in `1/N`, without its noise, and unlike Fisher's
//! transformation good for pixels that are mostly empty.
//!
//! Weighted events count by weight: `1/N²` and the square of each term become
//! `(Σ w)⁻²` and `w²` times that square.
//!
//! * **Reference:** B. Efron, *The Jackknife, the Bootstrap and Other
//!   Resampling Plans* (1982), chapter 6.

use pellucid_core::{Estimate, Tensor, statistics};
use rayon::prelude::*;

use super::ByClass;
use crate::error::{ExplainError, one_per_event};

/// Events that one task reads.
const PIECE: usize = 512;

/// The correlations of one input's numbers with a score.
pub fn correlations(
    input: &Tensor<f32>,
    scores: &[f64],
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Result<ByClass<Vec<Estimate>>, ExplainError> {
    one_per_event("scores", labels.len(), scores.len())?;
    one_per_event("rows of a model input", labels.len(), input.rows())?;
    if let Some(weights) = weights {
        one_per_event("weights", labels.len(), weights.len())?;
    }
    Ok(ByClass::of(labels, |events| {
        of(input, scores, weights, events)
    }))
}

/// Sums over events of the products of the powers that the error needs.
#[derive(Clone, Copy, Default)]
struct Moments {
    m22: f64,
    m31: f64,
    m13: f64,
    m40: f64,
}

fn of(
    input: &Tensor<f32>,
    scores: &[f64],
    weights: Option<&[f64]>,
    events: &[usize],
) -> Vec<Estimate> {
    let width = input.row_len();
    let chosen = input.select_rows(events);
    let y: Vec<f64> = events.iter().map(|&event| scores[event]).collect();
    let weights: Vec<f64> = events
        .iter()
        .map(|&event| weights.map_or(1.0, |weights| weights[event]))
        .collect();
    let n: f64 = weights.iter().sum();
    let correlations = statistics::correlations(chosen.data(), &y, Some(&weights));
    if correlations.is_empty() {
        // No events at all: nothing is known.
        return vec![Estimate::new(f64::NAN, f64::NAN); width];
    }
    let sums = column_sums(&chosen, &weights, |x| x);
    let squares = column_sums(&chosen, &weights, |x| x * x);
    let means: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
    let widths: Vec<f64> = squares
        .iter()
        .zip(&means)
        .map(|(square, mean)| (square / n - mean * mean).max(0.0).sqrt())
        .collect();
    let mean = statistics::mean(&y, Some(&weights));
    let squares = y.iter().zip(&weights);
    let squares: f64 = squares.map(|(y, weight)| weight * (y - mean).powi(2)).sum();
    let spread = (squares / n).max(0.0).sqrt();
    let v: Vec<f64> = y
        .iter()
        .map(|y| {
            if spread > 0.0 {
                (y - mean) / spread
            } else {
                0.0
            }
        })
        .collect();
    let fourth: f64 = v
        .iter()
        .zip(&weights)
        .map(|(v, weight)| weight * weight * v.powi(4))
        .sum();

    let rows: Vec<usize> = (0..events.len()).collect();
    let pieces: Vec<Vec<Moments>> = rows
        .par_chunks(PIECE)
        .map(|rows| {
            let mut sums = vec![Moments::default(); width];
            for &row in rows {
                for (i, &x) in chosen.row(row).iter().enumerate() {
                    let u = if widths[i] > 0.0 {
                        (f64::from(x) - means[i]) / widths[i]
                    } else {
                        0.0
                    };
                    // The products below are of two of these: the weight squared.
                    let w = weights[row];
                    let (uu, uv, vv) = (w * u * u, w * u * v[row], w * v[row] * v[row]);
                    sums[i].m22 += uv * uv;
                    sums[i].m31 += uu * uv;
                    sums[i].m13 += uv * vv;
                    sums[i].m40 += uu * uu;
                }
            }
            sums
        })
        .collect();
    (0..width)
        .map(|i| {
            let mut m = Moments::default();
            for piece in &pieces {
                m.m22 += piece[i].m22;
                m.m31 += piece[i].m31;
                m.m13 += piece[i].m13;
                m.m40 += piece[i].m40;
            }
            let r = correlations[i];
            let square = m.m22 - r * (m.m31 + m.m13) + r * r / 4.0 * (m.m40 + 2.0 * m.m22 + fourth);
            Estimate::new(r, square.max(0.0).sqrt() / n.abs())
        })
        .map(|r| {
            if r.value == 0.0 && r.error.is_nan() {
                Estimate::new(0.0, 0.0)
            } else {
                r
            }
        })
        .collect()
}

fn column_sums(matrix: &Tensor<f32>, weights: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; matrix.row_len()];
    for (row, weight) in weights.iter().enumerate() {
        for (sum, &x) in sums.iter_mut().zip(matrix.row(row)) {
            *sum += weight * f(f64::from(x));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;
    use pellucid_core::statistics::Bootstrap;

    #[test]
    fn the_error_is_the_bootstraps_even_for_a_pixel_that_is_mostly_empty() {
        let mut rng = random::stream(8, 0);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for _ in 0..1500 {
            let (a, b) = (random::normal(&mut rng), random::normal(&mut rng));
            x.extend([a as f32, if a > 1.5 { (a * a) as f32 } else { 0.0 }, 7.0]);
            y.push(a + b);
        }
        let labels: Vec<bool> = (0..1500).map(|i| i % 2 == 0).collect();
        let input = Tensor::new(vec![1500, 3], x);
        let found = correlations(&input, &y, &labels, None).unwrap().all;
        let bootstrap = Bootstrap {
            seed: 1,
            replicas: 1000,
        }
        .of(1500, |counts| {
            let weights: Vec<f64> = counts.iter().map(|&c| f64::from(c)).collect();
            statistics::correlations(input.data(), &y, Some(&weights))
        })
        .estimates();
        for i in 0..2 {
            // 1000 replicas know the error to 2.2 %; four of them, and 1/N.
            assert!(
                (found[i].error / bootstrap[i].error - 1.0).abs() < 0.1,
                "{i}: {found:?}"
            );
        }
        assert!((found[0].value - 0.5_f64.sqrt()).abs() < 0.06);
        assert_eq!(found[2], Estimate::new(0.0, 0.0));
    }
}
