//! How far what a law leaves over is like it is nearby.
//!
//! Errors of measurements differ from row to row; errors of a network, or of a
//! law that lacks a term, are alike in rows that are near each other. With
//! $\rho_k$ the correlation of a row's residual with that of its k-th neighbour,
//!
//! $$ \tau = 1 + \sum_{k<K} \rho_k, \qquad n_\text{eff} = n/\tau, $$
//!
//! where `K` is the first `k` whose correlation is lost in its error `2/√n`:
//! `τ` rows together know as much as one whose error is independent of all
//! others. Where errors are alike, `τ` is multiplied by $(\kappa - 1)/2$, with the
//! kurtosis $\kappa$ of the residuals (if that is above 1, its value for errors of
//! one normal distribution): few patches of large errors then make up the sum of
//! squares, and the others say little. Distances are of features scaled to standard deviation 1, so
//! correlations of a shorter reach than the distance of rows are not seen.
//!
//! The noise is the limit of `½⟨(r_i − r_k)²⟩` at distance zero, by a straight
//! line over the nearest neighbours (the gamma test: A. Stefánsson, N. Končar,
//! A. J. Jones, Neural Computing & Applications 5 (1997) 131). Where rows have weights `w`,
//! a pair counts by $2/(1/w_i + 1/w_k)$ and residuals are compared as `√w r`, as in the loss.

use crate::search::Problem;

/// Rows that are compared with each other; more would cost their square.
const ROWS: usize = 600;

/// Rows are taken for independent while so few of them know as much as one.
pub const INDEPENDENT: f64 = 1.5;

/// Neighbours that the noise is estimated from.
const NEAREST: usize = 10;

/// Rows of a table with their neighbours.
#[derive(Debug)]
pub struct Neighbours {
    rows: Problem,
    /// For every row the others and their squared distances, the nearest first.
    order: Vec<Vec<(f64, usize)>>,
}

impl Neighbours {
    /// The neighbours within a sample of the rows.
    pub fn new(problem: &Problem, seed: u64) -> Self {
        let rows = problem.sample(ROWS, seed.wrapping_add(5));
        let n = rows.rows() as f64;
        let scaled: Vec<Vec<f64>> = rows
            .columns()
            .iter()
            .filter_map(|column| {
                let mean = column.iter().sum::<f64>() / n;
                let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                let scale = variance.sqrt();
                (scale > 0.0).then(|| column.iter().map(|x| (x - mean) / scale).collect())
            })
            .collect();
        let distance =
            |i: usize, j: usize| -> f64 { scaled.iter().map(|x| (x[i] - x[j]).powi(2)).sum() };
        let order = (0..rows.rows())
            .map(|i| {
                let others = (0..rows.rows()).filter(|&j| j != i);
                let mut others: Vec<(f64, usize)> = others.map(|j| (distance(i, j), j)).collect();
                others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                others
            })
            .collect();
        Self { rows, order }
    }

    /// The rows.
    pub fn rows(&self) -> &Problem {
        &self.rows
    }

    /// How many rows know as much as one, from the residual of every row: 1
    /// where they are independent, `n` at most.
    pub fn alike(&self, residuals: &[f64]) -> f64 {
        let n = residuals.len() as f64;
        let weighed = residuals.iter().zip(self.rows.weights());
        let residuals: Vec<f64> = weighed.map(|(r, w)| w.sqrt() * r).collect();
        let residuals = residuals.as_slice();
        let mean = residuals.iter().sum::<f64>() / n;
        let variance = residuals.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
        if !variance.is_finite() || variance <= 0.0 {
            return 1.0;
        }
        let lost = 2.0 / n.sqrt();
        let mut tau = 1.0;
        for k in 0..residuals.len().saturating_sub(1) {
            let products = self.order.iter().zip(residuals);
            let sum: f64 = products
                .map(|(order, r)| (r - mean) * (residuals[order[k].1] - mean))
                .sum();
            let correlation = sum / (n * variance);
            if correlation < lost {
                break;
            }
            tau += correlation;
        }
        if tau > INDEPENDENT {
            let fourth = residuals.iter().map(|r| (r - mean).powi(4)).sum::<f64>() / n;
            tau *= ((fourth / variance.powi(2) - 1.0) / 2.0).max(1.0);
        }
        tau.min(n)
    }

    /// The variance of what differs between rows at the same place.
    pub fn noise(&self, residuals: &[f64]) -> f64 {
        let weights = self.rows.weights();
        let points: Vec<(f64, f64)> = (0..NEAREST.min(residuals.len().saturating_sub(1)))
            .filter_map(|k| {
                let pairs = self.order.iter().zip(residuals).zip(weights);
                let (mut distance, mut half, mut sum) = (0.0, 0.0, 0.0);
                for ((order, r), w) in pairs {
                    let (d, j) = order[k];
                    let both = 2.0 / (1.0 / w + 1.0 / weights[j]);
                    sum += both;
                    distance += both * d;
                    half += both * 0.5 * (r - residuals[j]).powi(2);
                }
                (sum > 0.0).then(|| (distance / sum, half / sum))
            })
            .collect();
        if points.is_empty() {
            return 0.0;
        }
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let spread: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
        let slope = if spread > 0.0 {
            points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread
        } else {
            0.0
        };
        (y - slope * x).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::{normal, stream, uniform};

    /// Rows in a square with residuals of both kinds.
    fn rows() -> (Neighbours, Vec<f64>, Vec<f64>) {
        let mut rng = stream(3, 0);
        let columns: Vec<Vec<f64>> = (0..2)
            .map(|_| (0..500).map(|_| uniform(&mut rng)).collect())
            .collect();
        let noise: Vec<f64> = (0..500).map(|_| 0.1 * normal(&mut rng)).collect();
        let names = ["x", "y"].map(str::to_owned);
        let features = names.into_iter().zip(columns).collect();
        let problem = Problem::new(features, ("z".to_owned(), noise), None).unwrap();
        let neighbours = Neighbours::new(&problem, 0);
        let noise = neighbours.rows().target().to_vec();
        let [x, y] = [0, 1].map(|i| &neighbours.rows().columns()[i]);
        let smooth = x
            .iter()
            .zip(y)
            .map(|(x, y)| (6.0 * x + 4.0 * y).sin())
            .collect();
        (neighbours, noise, smooth)
    }

    #[test]
    fn independent_errors_are_told_from_smooth_ones() {
        let (neighbours, noise, smooth) = rows();
        assert!(neighbours.alike(&noise) < 1.2);
        // A wave of about one and a half lengths: a handful of independent patches.
        let patches = 500.0 / neighbours.alike(&smooth);
        assert!((2.0..30.0).contains(&patches), "{patches}");
    }

    #[test]
    fn rows_that_hardly_count_do_not_make_the_noise() {
        // Half of the rows are off by 1e3 and have a weight of 1e-9, as in a table with
        // measurements that failed.
        let mut rng = stream(6, 0);
        let x: Vec<f64> = (0..400).map(|_| uniform(&mut rng)).collect();
        let size = |i: usize| if i.is_multiple_of(2) { 0.1 } else { 1e3 };
        let y: Vec<f64> = (0..400).map(|i| size(i) * normal(&mut rng)).collect();
        let weights = (0..400).map(|i| [1.0, 1e-9][i % 2]).collect();
        let weights = Some(("w".to_owned(), weights));
        let problem = Problem::new(vec![("x".to_owned(), x)], ("y".to_owned(), y), weights);
        let neighbours = Neighbours::new(&problem.unwrap(), 0);
        let residuals = neighbours.rows().target().to_vec();
        let found = neighbours.noise(&residuals).sqrt();
        // Some thousand pairs of 200 rows.
        assert!((0.08..0.12).contains(&found), "{found}");
    }

    #[test]
    fn the_noise_is_found_beneath_something_smooth() {
        let (neighbours, noise, smooth) = rows();
        let both: Vec<f64> = noise.iter().zip(&smooth).map(|(a, b)| a + b).collect();
        let found = neighbours.noise(&both).sqrt();
        // The variance of a mean over 500 pairs and ten neighbours, and the
        // wave's curvature: about a tenth each.
        assert!((0.07..0.13).contains(&found), "{found}");
        assert!(neighbours.noise(&smooth).sqrt() < 0.05);
    }
}
