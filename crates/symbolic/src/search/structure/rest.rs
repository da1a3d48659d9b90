//! What is left of a target when a power law and a variable are split off.

use super::Task;
use super::shape::Shape;
use super::weights::weights;
use crate::search::library::LIBRARY_ROWS;
use crate::search::problem::Problem;

/// Rows of the other sign, by their part of the sum of all moduli, that may be
/// noise.
const WRONG: f64 = 0.1;

/// The rest of the target on [`LIBRARY_ROWS`] rows; fewer are repeated.
pub struct Rest {
    pub values: Vec<f64>,
    /// 1 or −1.
    pub sign: f64,
    /// Whether all rows have that sign, but for noise where rows have errors.
    pub one_sign: bool,
    /// How an error of the target moves each row, if that is to count.
    errors: Option<Vec<f64>>,
}

/// The rest turned into what a sum is fitted to.
pub struct Turned {
    pub exact: Vec<f64>,
    pub single: Vec<f32>,
    pub weights: Vec<f32>,
}

impl Rest {
    pub fn of(task: &Task, sample: &Problem) -> Self {
        let law = |row: usize| -> f64 {
            let factors = sample.columns().iter().zip(&task.powers);
            let factors = factors.filter(|(_, power)| **power != 0.0);
            factors
                .map(|(column, power)| column[row].powf(*power))
                .product()
        };
        let rows = || (0..LIBRARY_ROWS).map(|i| i % sample.rows());
        let values: Vec<f64> = rows()
            .map(|row| {
                let less = task
                    .less
                    .map_or(0.0, |v| sample.columns()[usize::from(v)][row]);
                (sample.target()[row] - less) / law(row)
            })
            .collect();
        let sign = if values.iter().sum::<f64>() < 0.0 {
            -1.0
        } else {
            1.0
        };
        let wrong: f64 = values.iter().map(|y| (-y * sign).max(0.0)).sum();
        let all: f64 = values.iter().map(|y| y.abs()).sum();
        let one_sign = if task.noisy {
            wrong < WRONG * all
        } else {
            values.iter().all(|y| y * sign > 0.0)
        };
        let errors = task
            .noisy
            .then(|| rows().map(|row| 1.0 / law(row).abs()).collect());
        Self {
            values,
            sign,
            one_sign,
            errors,
        }
    }

    /// What rows count where the rest is turned into `shape`; none of the other
    /// sign unless the shape takes both.
    pub fn weights(&self, shape: Shape, both: bool) -> Vec<f32> {
        let Some(errors) = &self.errors else {
            return vec![1.0; LIBRARY_ROWS];
        };
        let rows = self.values.iter().zip(errors);
        weights(rows.map(|(&y, &error)| (error * shape.slope(y), both || y * self.sign > 0.0)))
    }

    /// The rest turned into `shape`; `None` if it cannot be.
    pub fn turned(&self, shape: Shape) -> Option<Turned> {
        if !shape.both() && !self.one_sign {
            return None;
        }
        let exact: Vec<f64> = self.values.iter().map(|&y| shape.forward(y)).collect();
        let single: Vec<f32> = exact.iter().map(|&y| y as f32).collect();
        let weights = self.weights(shape, shape.both());
        let mut rows = single.iter().zip(&weights);
        rows.all(|(x, w)| *w == 0.0 || x.is_finite() && w.is_finite())
            .then_some(Turned {
                exact,
                single,
                weights,
            })
    }
}
